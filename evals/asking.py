"""A question on its way through search and answer, and what is counted of it: right, wrong, shown or unanswered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, TypeVar

from groundsight.evals.metrics import Estimate, contains_answer, precision_recall_f1, risk_coverage
from groundsight.evals.metrics.wording import words
from groundsight.evals.reading import Item
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, means, of_set
from groundsight.evals.timing import Clock
from groundsight.retrieval.evidence import evidence_of
from groundsight.suite import Suite
from groundsight.types import Query, SearchResult

OUTCOMES = ("right", "wrong", "shown", "unanswered", "near_misses_refused")
DRAW = 0  # the same rows in every limited run, whatever --seed: gates compare runs
KEPT_BACK = {"abstained": "unanswered", "refused": "unanswered", "evidence": "shown"}

Row = TypeVar("Row")


class Asked(Item):
    """A question with its answer, the shortest span of the text; of a list all items count, parted by "; "."""

    question: str
    answer: str
    also: tuple[str, ...] = ()
    type: str

    def answered_by(self, text: str) -> bool:
        """True when the text holds the answer or another form of it; yes and no count as the first word only."""
        if self.type == "yes_no":
            return words(text)[:1] == words(self.answer)
        forms = (self.answer, *self.also)
        if self.type == "list":
            return any(all(contains_answer(text, [part]) for part in form.split("; ")) for form in forms)
        return contains_answer(text, forms)


@dataclass(frozen=True)
class Asking:
    """Asks a suite; ``name`` is the item's id, ``cluster`` the source that items share, ``segments`` their kinds."""

    name: str
    suite: Suite
    segments: dict[str, str]
    cluster: str = ""

    def question(self, text: str, answers: Sequence[str], answered_by: Callable[[str], bool]) -> ItemResult:
        """Ask, and tell a right answer from a wrong one; ``nearest`` is what the best hit alone would give."""
        item, outcome = self._asked(text, answers)
        found = self.suite.search(Query(text=text))
        right = outcome == "given" and answered_by(item.detail["answer"]["text"])
        scores = {
            "right": float(right),
            "wrong": float(outcome == "given" and not right),
            "shown": float(outcome == "shown"),
            "unanswered": float(outcome == "unanswered"),
            "nearest": float(any(answered_by(evidence_of(hit).text) for hit in found.hits[:1])),
        }
        hits = [{"source": hit.asset.source, "score": round(hit.score, 4)} for hit in found.hits[:3]]
        return replace(item, scores=scores, detail={**item.detail, "hits": hits})

    def near_miss(self, text: str) -> ItemResult:
        """Ask what the texts only seem to answer; showing evidence is no answer."""
        item, outcome = self._asked(text, ())
        return replace(item, scores={"near_misses_refused": float(outcome != "given")})

    def _asked(self, text: str, answers: Sequence[str]) -> tuple[ItemResult, str]:
        clock = Clock()
        with clock.stage("answer"):
            answer = self.suite.acting_for(watch=clock.watch).ask(text)
        said = {"status": answer.status, "stop_reason": answer.stop_reason, "text": answer.text}
        sure = min((verdict.probability for verdict in answer.verdicts), default=0.0)
        item = ItemResult(
            self.name,
            {},
            cluster=self.cluster,
            segments=self.segments,
            wall_ms=clock.wall_ms,
            cpu_ms=clock.cpu_ms,
            detail={"question": text, "answers": answers, "answer": said, "sure": sure},
        )
        return item, KEPT_BACK.get(answer.status, "given")


def drawn(groups: Sequence[Sequence[Row]], limit: int | None) -> list[Row]:
    """All rows in order, or ``limit`` of them: one of every group by lot, then a second of every group, and so on."""
    if limit is None:
        return [row for group in groups for row in group]
    lot = random.Random(DRAW)
    shuffled = [lot.sample(group, len(group)) for group in lot.sample(groups, len(groups))]
    return [row for turn in zip_longest(*shuffled) for row in turn if row is not None][:limit]


def outcomes(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    """The share of every outcome, and how many of the answers given are right."""
    found = means(items, seed)
    questions = [item for item in items if "right" in item.scores]
    shares = {name: found[name] for name in OUTCOMES if name in found}
    return {**shares, "precision_of_given": of_set(questions, _precision, seed)} if questions else shares


def coverage(items: Sequence[ItemResult]) -> dict[str, Any]:
    """How often the surest answers are wrong, as more of the questions are answered; what was kept back comes last."""
    questions = [item for item in items if "right" in item.scores]
    given = [item.scores["right"] + item.scores["wrong"] for item in questions]
    sure = [item.detail["sure"] * gave for item, gave in zip(questions, given, strict=True)]
    return {"risk_coverage": risk_coverage(sure, [item.scores["right"] == 1.0 for item in questions])}


def _precision(questions: Sequence[ItemResult]) -> float:
    given = [item.scores["right"] + item.scores["wrong"] == 1.0 for item in questions]
    return precision_recall_f1(given, [item.scores["right"] == 1.0 for item in questions])[0]


def asked_result(
    task: str,
    context: Context,
    items: list[ItemResult],
    first: SearchResult,
    fingerprint: str,
    started: tuple[float, float],
) -> TaskResult:
    """Return what questions over one or several folders came to; ``started`` are processor and wall clock before."""
    cpu, wall = started
    return TaskResult(
        task=task,
        dataset=context.folder.name,
        n=len(items),
        metrics=outcomes(items, context.seed),
        items=items,
        tier={"tier": first.tier.name, **first.tier.models},
        degraded=[lane.lane for lane in first.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={"nearest_passage_right": means(items, context.seed)["nearest"]},
        plots=coverage(items),
        segments=by_segment(items, context.seed, OUTCOMES),
    )
