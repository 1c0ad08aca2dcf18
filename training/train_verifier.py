"""Train the packaged verifier on claims and write it.

``python -m groundsight.training.train_verifier --start all-mpnet-base-v2 --couples evals/written/couples_train.jsonl
evals/written/documents_train.jsonl --texts evals/written/train.jsonl --pairs evals/written/pairs_train.jsonl --claims
train.jsonl.gz edited.jsonl.gz --out DIR``: an hour and a half on two cores for a pass of 45,000 claims; ``--start
verifier.pt`` goes on. Then fit the arbiter (``training.train_calibration --net verifier``).
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from groundsight.doors.usage import Parser
from groundsight.evals.reading import read_rows
from groundsight.evals.tasks.written import Asked, Pair, Text, read_texts
from groundsight.evidence.selected import Lines
from groundsight.language.speech import YES_NO
from groundsight.training.reader_rows import Row, lines_of, overlap, parted, windows_of, written
from groundsight.training.train_reader import Shares, lib, shared, train
from groundsight.training.verifier_graph import export, rounded
from groundsight.training.verifier_net import VerifierNet

RATE, ROWS = 4e-5, 16
# From here on the net is rounded while it is trained.
ROUNDED_FROM = 0.5
COUPLES, TEXTS, PAIRS = (Shares(one, 0.0, 0.0, 0.0) for one in (0.6, 0.4, 0.13))
PARTED = Shares(0.0, 0.0, 0.0, 0.12)
PART = 0.2
# How many questions are asked as statements, and how many of these with the answer to another one, too.
STATED, WRONGLY = 0.42, 0.45
WINDOW_CHARS, IN_WINDOW = 420, 0.7
# Texts of which two true claims stand beside another text, the one of so many that shares most words.
AWAY, AMONG = 0.43, 12


def statements(texts: Sequence[Text], lot: random.Random) -> Iterator[Row]:
    """Yield questions with a value: their answer, or that of the question of the text that is most like them.

    The latter is what tempts in a near miss.
    """
    for text in texts:
        answered = [one for one in text.questions if one.type not in ("yes_no", "list")]
        lines, shown = Lines(lines_of(text)), windows_of(text, WINDOW_CHARS)
        for asked in answered:
            others = [one for one in answered if one.answer not in asked.answer and asked.answer not in one.answer]
            if lot.random() < STATED:
                yield _stated(asked.question, asked.answer, True, lines, shown, lot)
            if others and lot.random() < STATED * WRONGLY:
                yield _stated(asked.question, _like(asked.question, others).answer, False, lines, shown, lot)
        for miss in text.near_misses if answered else ():
            if lot.random() < STATED and not YES_NO.match(miss.question):
                yield _stated(miss.question, _like(miss.question, answered).answer, False, lines, shown, lot)


def _like(question: str, others: Sequence[Asked]) -> Asked:
    return max(others, key=lambda one: overlap(question, one.question))


def _stated(question: str, value: str, right: bool, lines: Lines, shown: Sequence[str], lot: random.Random) -> Row:
    said = f"{question} {value}"
    holding = [one for one in shown if value in one]
    if holding and lot.random() < IN_WINDOW:
        return Row("claim", said, max(holding, key=lambda one: overlap(question, one)), right)
    return Row("claim", said, lines.selected(said), right)


def elsewhere(texts: Sequence[Text], lot: random.Random) -> Iterator[Row]:
    """Yield true claims beside the lines of another text, which says something else."""
    lines = [Lines(lines_of(text)) for text in texts]
    for at in lot.sample(range(len(texts)), int(AWAY * len(texts))):
        true = [one.claim for one in texts[at].claims if one.label == "supported"]
        for claim in lot.sample(true, min(2, len(true))):
            others = [n for n in lot.sample(range(len(texts)), min(AMONG, len(texts))) if n != at]
            words = {*claim.lower().split()}
            beside = (lines[n].selected(claim) for n in others)
            yield Row("claim", claim, max(beside, key=lambda one: len(words & {*one.lower().split()})), False)


class Rounding:
    """Holds a net to four bits a weight and eight an input while a step is taken; the exact weights are changed."""

    def __init__(self, net: VerifierNet) -> None:
        self._on = False
        products = [one for one in net.layers.modules() if isinstance(one, nn.Linear)]
        self._folded = [net.words, *products]
        for one in products:
            one.register_forward_pre_hook(self._input)

    @contextmanager
    def __call__(self, share: float) -> Generator[None]:
        """Hold it where enough was read."""
        self._on = share >= ROUNDED_FROM
        exact = [one.weight.data for one in self._folded] if self._on else []
        for one, weight in zip(self._folded, exact, strict=False):
            one.weight.data = rounded(weight)
        yield
        for one, weight in zip(self._folded, exact, strict=False):
            one.weight.data = weight
        self._on = False

    def _input(self, _: nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """What is lost is added as a constant, so that the gradient passes."""
        (x,) = given
        lost = in_eight(x.detach().float()) - x.detach().float() if self._on else torch.zeros(())
        return (x + lost.to(x.dtype),)


def in_eight(x: torch.Tensor) -> torch.Tensor:
    """Round as DynamicQuantizeLinear does: 255 steps from the least to the greatest, zero among them."""
    low, high = x.min().clamp(max=0), x.max().clamp(min=0)
    step = ((high - low) / 255).clamp_min(1e-9)
    zero = (-low / step).round()
    return (((x / step).round() + zero).clamp(0, 255) - zero) * step


def opened(start: Path) -> VerifierNet:
    """Return a net that starts from a folder with MPNet, or goes on from a net of before (``.pt``)."""
    lib.manual_seed(0)
    if start.is_dir():
        return VerifierNet(start)
    net = VerifierNet()
    net.load_state_dict(lib.load(start, weights_only=True))
    return net


def main() -> None:
    """Train, export, and print the hashes that ``encoders/reader.py`` has to name."""
    parser = Parser(prog="python -m groundsight.training.train_verifier", description=__doc__)
    for name in ("--start", "--out"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--couples", "--texts", "--pairs", "--claims"):
        parser.add_argument(name, type=Path, nargs="+", required=True)
    given, lot = parser.parse_args(), random.Random(23)
    couples, texts = ([text for path in paths for text in read_texts(path)] for paths in (given.couples, given.texts))
    pairs = [pair for path in given.pairs for pair in read_rows(path, Pair)]
    rows = [
        *COUPLES.drawn(written(couples, lot), lot),
        *TEXTS.drawn(written(texts, lot), lot),
        *PAIRS.drawn((row for pair in pairs for row in written(pair.texts(), lot)), lot),
        *PARTED.drawn(parted(pairs, lot), lot),
        *statements([*couples, *texts], lot),
        *elsewhere(couples, lot),
        *shared(given.claims, [], PART, lot),
    ]
    print(f"{len(rows)} rows", flush=True)
    net = opened(given.start)
    train(rows, net, RATE, lot, ROWS, Rounding(net))
    torch.save(net.state_dict(), given.out / "verifier.pt")
    print(*export(net, given.out))


if __name__ == "__main__":
    main()
