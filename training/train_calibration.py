"""Fit the probability of support on texts written for this project, and write the coefficients with their origin.

Run ``python -m groundsight.training.train_calibration`` after a feature of the check has changed. Needs the extra
``eval``. The public sets and the test part measure the result; none of their items is read here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundsight.doors.usage import Parser
from groundsight.encoders.reader import READER, VERIFIER, Reader
from groundsight.evals.metrics import auroc, balanced_accuracy, expected_calibration_error
from groundsight.evals.tasks.grounding import Case, evidence_of_case
from groundsight.evals.tasks.written import WRITTEN, read_texts
from groundsight.evidence.passage_index import PassageIndex
from groundsight.grounding.calibrate import DATA, FEATURES, PLAIN, READ_FEATURES, Calibration, packaged_at, reads_of
from groundsight.grounding.decide import bound_to
from groundsight.language.facts import read_facts
from groundsight.language.speech import stated

_ARTICLES = Path(__file__).resolve().parent / "calibration"
TEXTS = [_ARTICLES / "articles.txt", _ARTICLES / "snippets.txt"]
# The couples that differ in what is hardest to read measure: fitted on them, too, words in common count against a claim
# (rewordings refused in `contrast` .17 to .48).
_ELSE = ("sheets", "couples")
HELD_OUT = [*TEXTS, *(path for path in sorted(WRITTEN.glob("*held_out.jsonl")) if not path.stem.startswith(_ELSE))]
NETS = {one.name: one for one in (READER, VERIFIER)}
_FOLDS = 5
NEWTON_STEPS = 50
# With the verifier .73 of the lies among 2,909 held-out claims that no check refuses are caught and .24 of the truths
# refused; at .45 .65 and .17, at .55 .80 and .30. A false sentence passed in 4 of 40 whole answers, at .5 in 5, at .48
# in 6. With the reader .61 and .31.
READ_THRESHOLD = 0.51
# Share of the coefficients fitted without a net. The texts that a net is fitted on hold no claim about another matter,
# so words in common count for nothing there. With .15 and the reader: AUROC on WiCE development .69 to .74, BEGIN .84
# to .87 and .82 to .84; contrast floor .81 as before, sealed plain texts .845 to .834; with .3 those lose .03. With the
# verifier contrast has .883 for .879 without.
LEXICAL = 0.15


@dataclass(frozen=True)
class Example:
    """One claim that no check of a slot refuses: its features, its label, its text, and what its wording tells."""

    features: tuple[float, ...]
    label: bool
    text: int
    told: float = 0.0


@dataclass(frozen=True)
class Article:
    """A text with its table, and the claims about it, each with whether the text says so."""

    text: str
    claims: tuple[tuple[str, bool], ...]
    written: bool = False
    cells: tuple[tuple[str, ...], ...] = ()


def read_articles(path: Path) -> list[Article]:
    """Read written texts, matched pairs, or articles (``=``) with supported claims (``+``) and others (``-``)."""
    if path.suffix == ".jsonl":
        told = not path.stem.startswith("pairs")
        return [
            Article(one.text, tuple((each.claim, each.label == "supported") for each in one.claims), told, one.cells)
            for one in read_texts(path)
        ]
    blocks = re.split(r"^= ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [_article(block.strip().split("\n")[1:]) for block in blocks]


def _article(lines: Sequence[str]) -> Article:
    claims = tuple((line[2:], line[0] == "+") for line in lines if line[:2] in ("+ ", "- "))
    return Article("\n".join(line for line in lines if line[:2] not in ("+ ", "- ")), claims)


def examples(articles: Sequence[Article], reader: Reader | None, tells: Callable[[str], float]) -> Iterator[Example]:
    """Bind every claim to its own text, and let the reader read it where there is one."""
    for at, article in enumerate(articles):
        case = Case(id=str(at), answer="", evidence=[article.text], label=True, cells=article.cells)
        index = PassageIndex(evidence_of_case(case))
        for claim, label in article.claims:
            bound = bound_to(read_facts(stated(claim)), index)
            if bound.chosen and not bound.conflicts and not bound.open:
                read = () if reader is None else (reads_of(bound, index, reader),)
                yield Example(
                    (*(bound.features[name] for name in FEATURES), *read),
                    label,
                    at,
                    tells(claim) if article.written else 0.0,
                )


def fit(known: Sequence[Example]) -> NDArray[np.float64]:
    """Return intercept and weights of a logistic, beside what the wording of a claim tells by itself."""
    x = np.array([[1.0, *one.features] for one in known])
    y, told = np.array([one.label for one in known], float), np.array([one.told for one in known])
    weights, ridge = np.zeros(x.shape[1]), np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-(x @ weights + told)))
        weights -= np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, x.T @ (p - y) + ridge @ weights)
    return weights


def _silent(claim: str) -> float:
    del claim
    return 0.0


def telling() -> Callable[[str], float]:
    """Return how far the wording of a claim tells by itself that it is true, in logits, as the training texts have it.

    People reword what is true and copy what they falsify: without this the weights would learn that.
    """
    # scikit-learn carries no types.
    text: Any = import_module("sklearn.feature_extraction.text")
    linear: Any = import_module("sklearn.linear_model")
    claims = [claim for article in read_articles(WRITTEN / "train.jsonl") for claim in article.claims]
    words: Any = text.TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    model: Any = linear.LogisticRegression(C=3.0, max_iter=1000)
    model.fit(words.fit_transform([claim for claim, _ in claims]), [label for _, label in claims])
    return lambda claim: float(np.clip(model.decision_function(words.transform([claim]))[0], -2.5, 2.5))


def predicted(known: Sequence[Example], weights: NDArray[np.float64]) -> list[float]:
    """Return the probability of support of each claim."""
    return [float(1 / (1 + np.exp(-(weights[0] + np.dot(one.features, weights[1:]))))) for one in known]


def cross_validated(known: Sequence[Example]) -> dict[str, float]:
    """Measure on texts that the coefficients have not seen."""
    scores: list[float] = []
    labels: list[bool] = []
    for fold in range(_FOLDS):
        weights = fit([one for one in known if one.text % _FOLDS != fold])
        held = [one for one in known if one.text % _FOLDS == fold]
        scores += predicted(held, weights)
        labels += [one.label for one in held]
    said = [score >= 0.5 for score in scores]
    return {
        "auroc": auroc(scores, labels),
        "balanced_accuracy": balanced_accuracy(said, labels),
        "ece": expected_calibration_error(scores, labels),
    }


def train(paths: Sequence[Path], reader: Reader | None = None) -> Calibration:
    """Fit on all texts; the figures of the origin are those of the cross-validation."""
    known = list(
        examples(
            [article for path in paths for article in read_articles(path)], reader, telling() if reader else _silent
        )
    )
    figures, weights = cross_validated(known), fit(known)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]
    origin = (
        f"logistic regression by training/train_calibration.py on {len(known)} claims that no check refuses "
        f"({len(paths)} files, sha256 {digest}); cross-validated by text: "
        + ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    )
    named = dict(zip(("intercept", *(READ_FEATURES if reader else FEATURES)), map(float, weights), strict=True))
    if reader:
        plain = packaged_at(PLAIN)
        shared = {"intercept": plain.intercept, **plain.weights}
        named = {name: (1 - LEXICAL) * value + LEXICAL * shared.get(name, 0.0) for name, value in named.items()}
    rounded = {name: round(value, 3) for name, value in named.items()}
    threshold, intercept = READ_THRESHOLD if reader else 0.5, rounded.pop("intercept")
    return Calibration(
        version=f"fitted-{digest}", origin=origin, threshold=threshold, intercept=intercept, weights=rounded
    )


def main() -> None:
    """Print the figures and write the coefficients."""
    parser = Parser(description=__doc__)
    parser.add_argument("texts", type=Path, nargs="*", help="files of texts")
    parser.add_argument("--net", choices=NETS, help="fit with a packaged net, on texts that it never saw")
    given = parser.parse_args()
    reader = Reader(NETS[given.net], threads=2) if given.net else None
    found = train(given.texts or (HELD_OUT if reader else TEXTS), reader)
    out = DATA / f"{PLAIN}_{reader.name}.json" if reader else DATA / f"{PLAIN}.json"
    out.write_text(json.dumps(found.model_dump(), indent=2) + "\n", "utf-8")
    print(found.origin, found.weights)


if __name__ == "__main__":
    main()
