"""What the floor lets through: queries that no file touches, made from a set, and the share of them that gets hits."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.reading import Item, read_rows
from groundsight.suite import Suite
from groundsight.types import Query

FILE = "negatives.jsonl"
MADE = 30


class Stranger(Item):
    """A question that no file of the folder touches."""

    question: str


def false_accepts(folder: Path, questions: Sequence[str], suite: Suite, seed: int = 0) -> dict[str, Estimate]:
    """Search for nonsense, for identifiers that are nowhere and for ``negatives.jsonl`` of the set; count the hits."""
    file = folder / FILE
    strange = [row.question for row in read_rows(file, Stranger)] if file.is_file() else []
    asked = {"nonsense": list(nonsense(questions, seed)), "nowhere": list(_nowhere(seed)), "off_topic": strange}
    return {f"false_accept_{kind}": _rate(queries, suite, seed) for kind, queries in asked.items() if queries}


def nonsense(questions: Sequence[str], seed: int) -> Iterator[str]:
    """Yield one to six of the questions' words at a time with their letters shuffled."""
    rng = random.Random(seed)
    words = sorted({word.casefold() for text in questions for word in text.split() if word.isalpha() and len(word) > 3})
    for _ in range(MADE if words else 0):
        yield " ".join("".join(rng.sample(word, len(word))) for word in rng.choices(words, k=rng.randint(1, 6)))


def _nowhere(seed: int) -> Iterator[str]:
    rng = random.Random(seed)
    for _ in range(MADE):
        yield f"{''.join(rng.choices('BCDFGHJKLMNPQRSTVWXZ', k=3))}-{rng.randint(10_000, 99_999)}"


def _rate(queries: Sequence[str], suite: Suite, seed: int) -> Estimate:
    return bootstrap([float(bool(suite.search(Query(text=text)).hits)) for text in queries], seed=seed)
