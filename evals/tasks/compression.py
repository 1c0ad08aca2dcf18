"""Recall after vector compression: the text vectors of an index as float32, float16, int8 and one bit a number.

``DIR`` and ``--corpus`` as in the house task, or a folder with ``corpus.jsonl`` as in the multihop task. Vectors
alone are ranked, exhaustively, so that nothing but the compression differs. A format is refused when it loses more
recall than the tolerance; the embedded index finds its candidates with int8 codes and ranks them by float32.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundsight.errors import Disabled, InvalidArgument
from groundsight.evals.compare import TOLERANCE, compression_verdict
from groundsight.evals.corpus import shelve
from groundsight.evals.gold import Question, as_groups
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import recall_at
from groundsight.evals.reading import first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, house, means, multihop
from groundsight.index.export import stored_vectors
from groundsight.index.vectors import quantise
from groundsight.suite import Suite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FIRST = 10
Golds = Mapping[str, tuple[str, Sequence[frozenset[str]]]]


@dataclass(frozen=True)
class Format:
    """How a row of float32 is stored, as the float32 that can be read back, and the bytes of a row of d numbers."""

    kept: Callable[[Floats], Floats]
    row_bytes: Callable[[int], float]


def _halves(rows: Floats) -> Floats:
    return rows.astype(np.float16).astype(np.float32)


def _int8(rows: Floats) -> Floats:
    codes, scales = quantise(rows)
    return codes.astype(np.float32) * scales[:, None]


def _signs(rows: Floats) -> Floats:
    return np.where(rows > 0, 1.0, -1.0).astype(np.float32)


FORMATS = {
    "float32": Format(lambda rows: rows, lambda d: 4.0 * d),
    "float16": Format(_halves, lambda d: 2.0 * d),
    "int8": Format(_int8, lambda d: d + 4.0),
    "binary": Format(_signs, lambda d: d / 8),
}


def run(context: Context) -> TaskResult:
    """Rank every question with gold by the compressed vectors of the index.

    Raises:
        Disabled: there is no text encoder, or no embedded index.
        InvalidArgument: no question has gold, or the index holds no text vectors.
    """
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as suite:
        golds = _golds(suite, context)
        ids, stored = stored_vectors(context.home / "index", "text")
        if not golds or not len(stored):
            raise InvalidArgument("nothing to rank", which=f"{len(golds)} questions with gold, {len(ids)} vectors")
        items = _items(golds, ids, stored, suite)
        fingerprint = fingerprint_of(suite)
    metrics = means(items, context.seed)
    full = metrics[f"recall_at_{FIRST}_float32"]
    verdicts = {n: compression_verdict(full, metrics[f"recall_at_{FIRST}_{n}"]) for n in FORMATS if n != "float32"}
    return TaskResult(
        task="compression",
        dataset=context.folder.name,
        n=len(items),
        metrics=metrics | {f"bytes_{n}": exact(each.row_bytes(stored.shape[1])) for n, each in FORMATS.items()},
        items=items,
        tier={"text": fingerprint, **{f"{name} at {TOLERANCE:.0%}": said for name, said in verdicts.items()}},
        degraded=[f"{name} vectors" for name, said in verdicts.items() if said == "refused"],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
    )


def _golds(suite: Suite, context: Context) -> Golds:
    """Questions with the units that hold each gold fact, by id."""
    if suite.parts.text_encoder is None or suite.settings.index.backend != "local":
        raise Disabled("compression is measured on text vectors of the embedded index", which="models.text")
    path = first_file(context.folder, "questions.jsonl")
    if list(context.folder.glob("corpus.jsonl*")):
        return _of_passages(path, suite, context)
    library = house.ingested(suite, house.corpus_of(context), context)
    rows = read_rows(path, Question, context.limit)
    return {row.id: (row.question, [library.holders(gold) for gold in row.gold]) for row in rows if row.gold}


def _of_passages(path: Path, suite: Suite, context: Context) -> Golds:
    shelf = shelve(first_file(context.folder, "corpus.jsonl*"), suite.acting_for(watch=context.watch))
    rows = [row for row in read_rows(path, multihop.Question, context.limit) if row.gold_ids]
    return {row.id: (row.question, [frozenset([shelf.unit_of[g]]) for g in row.gold_ids or ()]) for row in rows}


def _items(golds: Golds, ids: Sequence[str], stored: Floats, suite: Suite) -> list[ItemResult]:
    encoder = suite.parts.text_encoder
    assert encoder is not None
    asked = encoder.encode([text for text, _ in golds.values()], role="query")
    ranked = {name: _ranked(each, asked, stored) for name, each in FORMATS.items()}
    items: list[ItemResult] = []
    for place, (name, (text, gold)) in enumerate(golds.items()):
        found = {form: [ids[int(row)] for row in rows[place]] for form, rows in ranked.items()}
        items.append(ItemResult(name, _scores(found, gold), detail={"question": text, "found": found["float32"]}))
    return items


def _ranked(form: Format, asked: Floats, stored: Floats) -> NDArray[np.int64]:
    """Places of the best rows for every question; ties in the order of the index."""
    scores = form.kept(asked) @ form.kept(stored).T
    return np.argsort(-scores, axis=1, kind="stable")[:, : 5 * FIRST]


def _scores(found: Mapping[str, list[str]], gold: Sequence[frozenset[str]]) -> dict[str, float]:
    """Recall of each format, what it loses against float32, and how many of float32's first ten it keeps."""
    recalls = {name: recall_at(*as_groups(ids, gold), FIRST) for name, ids in found.items()}
    scores = {f"recall_at_{FIRST}_{name}": recall for name, recall in recalls.items()}
    exact_ones = set(found["float32"][:FIRST])
    for name in found:
        if name != "float32":
            scores[f"loss_{name}"] = recalls["float32"] - recalls[name]
            scores[f"neighbours_kept_{name}"] = len(exact_ones & set(found[name][:FIRST])) / len(exact_ones)
    return scores
