"""Train the packaged reader and write its int8 weights.

``python -m groundsight.training.train_reader --start model.safetensors --claims train.jsonl.gz edited.jsonl.gz
--questions train.jsonl.gz qamr.jsonl.gz --out reader.onnx --texts TEXTS... --pairs PAIRS...``: TEXTS are files like
``evals/written/train.jsonl``, PAIRS like ``evals/written/pairs_train.jsonl``. Half an hour on two cores. Shared
sets come in small shares: with more of them real text got worse while their own development part got better. Then fit
the gate and the arbiter on texts that were not trained on (``training.train_gate``).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn import functional

from groundsight.doors.usage import Parser
from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.pairing import SEP, Paired, paired
from groundsight.evals.reading import read_rows
from groundsight.evals.tasks.written import Pair, Text, read_texts
from groundsight.training.reader_net import ReaderNet, unpacked
from groundsight.training.reader_rows import Row, parted, shared_claims, shared_questions, written

TOKENS, ROWS, SORTED = 144, 32, 40
RATE, HEAD_RATE, WARM_UP, FLAT, FLOOR = 2.2e-4, 6.0, 60, 0.6, 0.03
KEPT_MOST = 0.996
OF_CLAIMS = {
    "syn": 0.1, "tpl": 0.14, "table": 0.2, "fever": 0.12, "fm2": 0.25, "feversym": 0.3, "snli": 0.12, "breaking": 0.2,
    "conjnli": 0.1, "edited": 1.0,
}  # fmt: skip
OF_QUESTIONS = {
    "halueval": 0.08, "halueval-neg": 0.2, "squad2": 0.6, "wtq": 1.0, "wtq-neg": 1.0, "wtq-cell": 0.28,
    "wtq-cell-neg": 0.4, "feta": 1.0, "covidqa": 0.2, "covidqa-neg": 0.4, "tatqa-table": 1.0, "tatqa-text": 0.6,
    "tatqa-neg": 1.0, "tatqa-compute": 0.35, "qamr": 0.45, "qamr-neg": 0.45, "statement": 0.1,
}  # fmt: skip
Batch = list[tuple[Row, Paired]]


class Shares(NamedTuple):
    """Which part is drawn of claims, of questions that are answered and that are not, and of statements of answers."""

    claims: float
    answered: float
    not_answered: float
    stated: float

    def drawn(self, rows: Iterable[Row], lot: random.Random) -> Iterator[Row]:
        """Draw from rows."""
        for row in rows:
            said = self.stated if "?" in row.asked else self.claims
            asked = self.answered if row.span[0] >= 0 else self.not_answered
            if lot.random() < (said if row.task == "claim" else asked):
                yield row


# A pass that goes on: new documents, and so much of what was read before that it is not forgotten.
NEW, EARLIER = Shares(1.0, 1.0, 0.6, 0.5), Shares(0.16, 0.25, 0.07, 0.08)
PAIRED, PARTED = Shares(0.12, 0.0, 0.0, 0.0), Shares(0.05, 0.12, 0.15, 0.05)
# The types of torch are partial.
lib: Any = torch


def rows_of(
    texts: Sequence[Text],
    pairs: Sequence[Pair],
    lot: random.Random,
    kept: float = 1.0,
) -> list[Row]:
    """Draw the written rows: answered questions, claims on pairs and a third of others twice.

    ``kept`` of what does not ask over pairs is drawn.
    """
    again = [row for row in written(texts, lot) if row.span[0] >= 0 or (row.task == "claim" and lot.random() < 0.35)]
    claimed = [row for pair in pairs for row in written(pair.texts(), lot)]
    return [
        *(row for row in (*written(texts, lot), *again, *claimed, *claimed) if lot.random() < kept),
        *parted(pairs, lot),
    ]


def rows_again(
    documents: Sequence[Text], texts: Sequence[Text], pairs: Sequence[Pair], lot: random.Random
) -> list[Row]:
    """Draw the rows of a pass that goes on, those of the public sets left out."""
    return [
        *NEW.drawn(written(documents, lot), lot),
        *EARLIER.drawn(written(texts, lot), lot),
        *PAIRED.drawn((row for pair in pairs for row in written(pair.texts(), lot)), lot),
        *PARTED.drawn(parted(pairs, lot), lot),
    ]


def shared(claims: Sequence[Path], questions: Sequence[Path], part: float, lot: random.Random) -> list[Row]:
    """Draw a part of the shares of the public sets."""
    of_claims = {name: share * part for name, share in OF_CLAIMS.items()}
    of_questions = {name: share * part for name, share in OF_QUESTIONS.items()}
    return [
        *(row for path in claims for row in shared_claims(path, of_claims, lot)),
        *(row for path in questions for row in shared_questions(path, of_questions, lot)),
    ]


def batches(rows: list[Row], tokenizer: Any, lot: random.Random, size: int = ROWS) -> Iterator[Batch]:
    """Yield batches of one task and of about one length, in an order of chance."""
    lot.shuffle(rows)
    for start in range(0, len(rows), size * SORTED):
        drawn = [
            (row, paired(row.asked, row.passage, row.task, tokenizer, TOKENS))
            for row in rows[start : start + size * SORTED]
        ]
        made: list[Batch] = []
        for task in ("claim", "question"):
            same = sorted((one for one in drawn if one[0].task == task), key=lambda one: len(one[1].ids))
            made += [same[at : at + size] for at in range(0, len(same), size)]
        lot.shuffle(made)
        yield from made


def tensors(batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pad a batch to ids, kinds and mask."""
    longest = max(len(one.ids) for _, one in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    kinds, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    for at, (_, one) in enumerate(batch):
        length = len(one.ids)
        ids[at, :length], kinds[at, :length], mask[at, :length] = torch.tensor(one.ids), torch.tensor(one.kinds), 1
    return ids, kinds, mask


def loss_of(batch: Batch, out: torch.Tensor, tokenizer: Any) -> torch.Tensor:
    """Cross entropy of the span, or of the label with that of the false words where they are known."""
    if batch[0][0].task == "question":
        places = torch.tensor([_tokens(row, pair) for row, pair in batch])
        both = (functional.cross_entropy(out[:, :, at], places[:, at]) for at in (0, 1))
        return sum(both, torch.tensor(0.0)) / 2
    labels = torch.tensor([0.97 if row.supported else 0.03 for row, _ in batch])
    loss = functional.binary_cross_entropy_with_logits(out[:, 0, 3], labels)
    false = torch.full(out.shape[:2], -1.0)
    for at, (row, pair) in enumerate(batch):
        asked = tokenizer.encode(row.asked, add_special_tokens=False).offsets[: pair.ids.index(SEP) - 1]
        if row.supported or row.false_words:
            false[at, 1 : len(asked) + 1] = torch.tensor([float(_hit(one, row.false_words)) for one in asked])
    known = false >= 0
    if not known.any():
        return loss
    heavy = torch.tensor(3.0)
    return loss + 0.3 * functional.binary_cross_entropy_with_logits(out[:, :, 2][known], false[known], pos_weight=heavy)


def _tokens(row: Row, pair: Paired) -> tuple[int, int]:
    held = [at for at, place in enumerate(pair.offsets) if place and _hit(place, (row.span,))]
    return (held[0], held[-1]) if held else (0, 0)


def _hit(place: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(place[0] < end and place[1] > start for start, end in spans)


def opened(start: Path) -> ReaderNet:
    """Return a net that starts from MiniLM, or goes on from a net of before (``.pt``, ``.onnx``)."""
    lib.manual_seed(0)
    if start.suffix == ".safetensors":
        return ReaderNet(start)
    net = ReaderNet()
    net.load_state_dict(unpacked(start) if start.suffix == ".onnx" else lib.load(start, weights_only=True))
    return net


def train(
    rows: list[Row],
    net: ReaderNet,
    top: float,
    lot: random.Random,
    size: int = ROWS,
    coarse: Callable[[float], AbstractContextManager[None]] = lambda share: nullcontext(),
) -> ReaderNet:
    """Read every row once, ``size`` a step, at a rate of at most ``top``; what is returned is the moving average.

    ``coarse`` is what the net is held to while a step is taken, by the share of the rows that were read.
    """
    tokenizer = open_tokenizer()
    net.words.requires_grad_(False)
    net.places.requires_grad_(False)
    parts = {name: list(part.parameters()) for name, part in net.named_children() if name not in ("words", "places")}
    body = [one for name in ("norm", "layers", "rel") for one in parts.pop(name, [])]
    heads = [one for part in parts.values() for one in part]
    groups: Any = [{"params": body, "lr": top}, {"params": heads, "lr": top * HEAD_RATE}]
    optimiser: Any = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    kept = {name: one.detach().clone() for name, one in net.named_parameters() if one.requires_grad}
    seen = 0
    for step, batch in enumerate(batches(rows, tokenizer, lot, size), 1):
        share = seen / len(rows)
        slope = min(1.0, step / WARM_UP) * (1.0 if share < FLAT else max(FLOOR, (1 - share) / (1 - FLAT)))
        for group, rate in zip(optimiser.param_groups, (top, top * HEAD_RATE), strict=True):
            group["lr"] = rate * slope
        optimiser.zero_grad()
        with coarse(share):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = net(*tensors(batch))
            loss: Any = loss_of(batch, out.float(), tokenizer)
            loss.backward()
        torch.nn.utils.clip_grad_norm_([*body, *heads], 1.0)
        optimiser.step()
        seen += len(batch)
        decay = min(KEPT_MOST, (1 + step) / (10 + step))
        for name, one in net.named_parameters():
            if name in kept:
                kept[name].lerp_(one.detach(), 1 - decay)
        if step % 100 == 0:
            print(f"{seen} of {len(rows)} rows, loss {loss.item():.3f}", flush=True)
    net.load_state_dict(kept, strict=False)
    return net.eval()


def whole(net: ReaderNet, out: Path) -> Path:
    """Write the graph with its weights as they are."""
    ids = torch.randint(5, 3000, (2, 20))
    names = ["ids", "kinds", "mask"]
    axes = {name: {0: "rows", 1: "tokens"} for name in [*names, "out"]}
    lib.onnx.export(
        net, (ids, torch.ones_like(ids), torch.ones_like(ids)), str(out), input_names=names, output_names=["out"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    return out


def export(net: ReaderNet, out: Path) -> str:
    """Write the weights as int8 and return their hash."""
    quantization: Any = import_module("onnxruntime.quantization")
    exact = whole(net, out.with_suffix(".fp32.onnx"))
    kinds = ["MatMul", "Gather", "Gemm"]
    quantised = {"weight_type": quantization.QuantType.QInt8, "op_types_to_quantize": kinds, "per_channel": True}
    quantization.quantize_dynamic(exact, out, **quantised)
    exact.unlink()
    return hashlib.sha256(out.read_bytes()).hexdigest()


def main() -> None:
    """Train, export, and print the hash that ``encoders/reader.py`` has to name."""
    parser = Parser(prog="python -m groundsight.training.train_reader", description=__doc__)
    for name in ("--start", "--out"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--claims", "--questions"):
        parser.add_argument(name, type=Path, nargs="+", required=True)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--part", type=float, default=1.0, help="part of the shares of the public sets")
    parser.add_argument("--kept", type=float, default=1.0, help="part of the rows that do not ask over pairs")
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--documents", type=Path, nargs="*", default=[], help="new texts for a pass that goes on")
    given, lot = parser.parse_args(), random.Random(7)
    texts = [text for path in given.texts for text in read_texts(path)]
    pairs = [pair for path in given.pairs for pair in read_rows(path, Pair)]
    new = [text for path in given.documents for text in read_texts(path)]
    rows = rows_again(new, texts, pairs, lot) if new else rows_of(texts, pairs, lot, given.kept)
    rows += shared(given.claims, given.questions, given.part, lot)
    print(f"{len(texts)} texts, {len(pairs)} of pairs, {len(rows)} rows", flush=True)
    again = given.start.suffix in (".pt", ".onnx")
    net = train(rows, opened(given.start), RATE / 2 if again else RATE, lot)
    torch.save(net.state_dict(), given.out.with_suffix(".pt"))
    print(export(net, given.out))


if __name__ == "__main__":
    main()
