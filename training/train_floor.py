"""Fit the floor of a search on public sets, and write the coefficients with their origin.

``python -m groundsight.training.train_floor --home HOMES FIT... --held-out SET...`` reads indexes that
``groundsight eval TASK DIR --home HOMES`` made. A set's own questions are true where the gold stands in the first ten;
the questions of the other sets and nonsense are false. ``--natural SET...`` are questions in other words than their
texts: from them comes the least score, and without FIT the weights stay. Nothing of the sets is kept but the figures
and a hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundsight.doors.usage import Parser
from groundsight.evals.floor import nonsense
from groundsight.evals.reading import first_file
from groundsight.retrieval import floor as product
from groundsight.retrieval.floor import Evidenced, Floor
from groundsight.settings import Search, Settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Query

OTHERS = 60
# No true query is lost where the floor is set, and half a point is left: held out under one in a hundred is lost then.
STEP = 0.5


@dataclass(frozen=True)
class Asked:
    """Evidence of one query, its label and the set it was asked over."""

    evidence: Evidenced
    true: bool
    kind: str


def questions_of(folder: Path) -> list[tuple[str, list[str]]]:
    """Return the set's questions with the names of their gold."""
    rows = [json.loads(line) for line in first_file(folder, "questions.jsonl", "items.jsonl").open(encoding="utf-8")]
    return [(row.get("question") or row.get("caption") or row.get("title"), _gold(row)) for row in rows]


def _gold(row: dict[str, object]) -> list[str]:
    gold = row.get("gold_ids") or row.get("gold_docs") or row.get("gold") or [row.get("image")]
    return [Path(str(each["source"] if isinstance(each, dict) else each)).name for each in gold]  # type: ignore[union-attr]


def asked_over(folder: Path, others: Sequence[Path], home: Path) -> Iterator[Asked]:
    """Ask a set's own questions, a draw of the others' and nonsense over its index, with the floor off."""
    own, rng = questions_of(folder), random.Random(0)
    index = next(home.glob(f"*/{folder.name}"))
    with open_suite(Settings(home=index, search=Search(floor=False))) as suite:
        for text, gold in own:
            evidence, sources = _searched(suite, text)
            if not sources.isdisjoint(gold):
                yield Asked(evidence, True, folder.name)
        for other in others:
            for text, _ in rng.sample(questions_of(other), min(OTHERS, len(questions_of(other)))):
                yield Asked(_searched(suite, text)[0], False, other.name)
        for text in nonsense([text for text, _ in own], 0):
            yield Asked(_searched(suite, text)[0], False, "nonsense")


def _searched(suite: Suite, text: str) -> tuple[Evidenced, set[str]]:
    found = suite.search(Query(text=text, limit=50))
    evidence = product.evidence_for(found.query, found.hits)
    return evidence, {Path(hit.asset.source).name for hit in found.hits[:10]}


def fitted(asked: Sequence[Sequence[Asked]]) -> NDArray[np.float64]:
    """Return weights of nearness, covered words and the intercept; each set and label weighs the same."""
    rows = [(each, 1 / sum(other.true == each.true for other in one)) for one in asked for each in one]
    x: NDArray[np.float64] = np.array([(each.evidence.nearness, each.evidence.covered, 1.0) for each, _ in rows])
    y: NDArray[np.float64] = np.array([float(each.true) for each, _ in rows])
    weight: NDArray[np.float64] = np.array([share for _, share in rows])
    weight, weights = weight / weight.mean(), np.zeros(3, np.float64)
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-(x @ weights)))
        slope = x.T @ (weight * (chance - y)) + 0.01 * weights
        bend = (x * (weight * chance * (1.0 - chance))[:, None]).T @ x + 0.01 * np.eye(3)
        weights = weights - np.linalg.solve(bend, slope)
    return weights


def told(asked: Sequence[Asked], floor: Floor) -> str:
    """Return how many true queries and how many false ones pass, by where they come from."""
    passed: dict[str, list[bool]] = {}
    for each in asked:
        passed.setdefault(("own" if each.true else each.kind), []).append(floor.passes(each.evidence))
    return ", ".join(f"{kind} {sum(found)}/{len(found)}" for kind, found in passed.items())


def _origin(folders: Sequence[Path], asked: Sequence[Sequence[Asked]]) -> str:
    data = json.dumps([[each.evidence.model_dump(), each.true] for one in asked for each in one])
    digest = hashlib.sha256(data.encode()).hexdigest()[:12]
    names = ", ".join(each.name for each in folders)
    return f"training/train_floor.py on {sum(map(len, asked))} queries over {names}, evidence sha256 {digest}"


def _beside(folder: Path, options: argparse.Namespace) -> list[Path]:
    """A set that is fitted is not asked the questions of a set that is held out."""
    fit = [*options.fit, *options.natural]
    known: list[Path] = fit if folder in fit else [*fit, *options.held_out]
    return [one for one in known if one != folder]


def main() -> None:
    """Fit, print what passes on every set, and write the packaged coefficients."""
    parser = Parser(description=__doc__)
    parser.add_argument("fit", nargs="*", type=Path)
    parser.add_argument("--natural", nargs="+", type=Path, required=True)
    parser.add_argument("--held-out", nargs="*", type=Path, default=[])
    parser.add_argument("--home", type=Path, required=True)
    options = parser.parse_args()
    sets: list[Path] = [*options.fit, *options.natural, *options.held_out]
    asked = {each: list(asked_over(each, others, options.home)) for each in sets for others in [_beside(each, options)]}
    fit, natural = [asked[each] for each in options.fit], [asked[each] for each in options.natural]
    floor = product.packaged_floor()
    if fit:
        names = ("nearness", "covered", "intercept")
        weights = dict(zip(names, (round(float(one), 3) for one in fitted(fit)), strict=True))
        floor = floor.model_copy(update={**weights, "origin": _origin(options.fit, fit)})
    least = min(
        floor.score(each.evidence) for one in natural for each in one if each.true and not each.evidence.strange
    )
    origin = f"{floor.origin.partition('; least ')[0]}; least {_origin(options.natural, natural)}"
    floor = floor.model_copy(update={"least": STEP * math.floor(least / STEP), "origin": origin})
    for each in sets:
        print(f"{'held out' if each in options.held_out else 'fitted'} {each.name}, shown: {told(asked[each], floor)}")
    path = Path(product.__file__).parent / "data" / "floor.json"
    path.write_text(floor.model_dump_json(indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
