"""Fit the probability of support on claims written for this project, and write the coefficients with their origin.

Run ``python -m groundsight.evals.train_calibration`` after a feature of the check has changed. Needs the extra
``eval``. The public sets measure the result; none of their items is read here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundsight.doors.usage import Parser
from groundsight.evals.metrics import auroc, balanced_accuracy, expected_calibration_error
from groundsight.grounding.calibrate import FEATURES, PACKAGED, Calibration, packaged
from groundsight.grounding.claims import evidence_from_text
from groundsight.grounding.compare import compare
from groundsight.grounding.facts import read_facts
from groundsight.grounding.gather import gather
from groundsight.grounding.search import PassageIndex

TEXTS = Path(__file__).resolve().parent / "calibration"
_NEIGHBOURS = {"articles.txt": (0, 1, 5), "snippets.txt": (0,)}
_ROUNDS = 8
_FOLDS = 5


@dataclass(frozen=True)
class Article:
    """A text and the claims about it, each with what the text says of it."""

    title: str
    text: str
    claims: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Example:
    """One claim: the features of every way to support it, its label, and the article it is about."""

    ways: NDArray[np.float64]
    label: bool
    article: int
    weight: float


def read_articles(path: Path) -> tuple[Article, ...]:
    """Read articles (``=``), supported claims (``+``) and others (``-``)."""
    blocks = re.split(r"^= ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return tuple(_article(block.strip().split("\n")) for block in blocks)


def _article(lines: Sequence[str]) -> Article:
    claims = tuple((line[2:], line[0] == "+") for line in lines[1:] if line[:2] in ("+ ", "- "))
    text = "\n".join(line for line in lines[1:] if line[:2] not in ("+ ", "- "))
    return Article(lines[0], text, claims)


def examples(articles: Sequence[Article], neighbours: Sequence[int], calibration: Calibration) -> Iterator[Example]:
    """Measure every claim against its article with so many other articles before and behind it."""
    for at, article in enumerate(articles):
        for count in neighbours:
            around = [articles[(at + step) % len(articles)].text for step in range(1, count + 1)]
            text = "\n".join((*around[: count // 2], article.text, *around[count // 2 :]))
            index = PassageIndex([evidence_from_text("e", "article.txt", text)])
            for claim, label in article.claims:
                yield Example(_ways(claim, index, calibration), label, at, 1 / len(neighbours))


def _ways(claim: str, index: PassageIndex, calibration: Calibration) -> NDArray[np.float64]:
    facts = read_facts(claim)
    found = [compare(facts, passage, calibration) for passage in index.candidates(facts)]
    rows = [[one.features.get(name, 0.0) for name in FEATURES] for one in gather(facts, found, index, calibration)]
    return np.array(rows or [[0.0] * len(FEATURES)], dtype=np.float64)


def fit(known: Sequence[Example], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intercept and weights: each round takes the likeliest way of every claim and fits them again."""
    # scikit-learn carries no types.
    regression: Any = import_module("sklearn.linear_model").LogisticRegression
    weights = start
    for _ in range(_ROUNDS):
        best = np.array([one.ways[int(np.argmax(one.ways @ weights[1:]))] for one in known])
        model: Any = regression(C=1.0, max_iter=2000)
        model.fit(best, [one.label for one in known], [one.weight for one in known])
        weights = np.concatenate([model.intercept_, model.coef_[0]])
    return weights


def predicted(known: Sequence[Example], weights: NDArray[np.float64]) -> list[float]:
    """Return the probability of support of each claim."""
    return [float(1 / (1 + np.exp(-(weights[0] + np.max(one.ways @ weights[1:]))))) for one in known]


def cross_validated(known: Sequence[Example], start: NDArray[np.float64]) -> dict[str, float]:
    """Measure on articles that the coefficients have not seen."""
    scores: list[float] = []
    labels: list[bool] = []
    for fold in range(_FOLDS):
        weights = fit([one for one in known if one.article % _FOLDS != fold], start)
        held = [one for one in known if one.article % _FOLDS == fold]
        scores += predicted(held, weights)
        labels += [one.label for one in held]
    said = [score >= 0.5 for score in scores]
    return {
        "auroc": auroc(scores, labels),
        "balanced_accuracy": balanced_accuracy(said, labels),
        "ece": expected_calibration_error(scores, labels),
    }


def train() -> tuple[Calibration, dict[str, float]]:
    """Fit on all texts; the figures are those of the cross-validation."""
    old = packaged()
    known = [one for name, count in _NEIGHBOURS.items() for one in examples(read_articles(TEXTS / name), count, old)]
    start = np.array([old.intercept, *(old.weights.get(name, 0.0) for name in FEATURES)])
    figures, weights = cross_validated(known, start), fit(known, start)
    digest = hashlib.sha256(b"".join((TEXTS / name).read_bytes() for name in _NEIGHBOURS)).hexdigest()[:12]
    origin = (
        f"logistic regression by evals/train_calibration.py on {len(known)} pairs of claim and text "
        f"(evals/calibration, sha256 {digest}); cross-validated by text: "
        + ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    )
    named = {name: round(float(value), 3) for name, value in zip(FEATURES, weights[1:], strict=True)}
    found = Calibration(
        version=f"fitted-{digest}", origin=origin, threshold=0.5, intercept=round(float(weights[0]), 3), weights=named
    )
    return found, figures


def main() -> None:
    """Print the figures and write the coefficients."""
    parser = Parser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PACKAGED, help="file of coefficients to write")
    out: Path = parser.parse_args().out
    found, _ = train()
    out.write_text(json.dumps(found.model_dump(), indent=2) + "\n", "utf-8")
    print(found.origin)


if __name__ == "__main__":
    main()
