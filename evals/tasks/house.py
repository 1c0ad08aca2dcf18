"""The house set, or a folder of one's own: files, questions, gold evidence, answers and refusals.

``DIR`` holds ``questions.jsonl``; the files lie in ``--corpus`` (default ``DIR/files``). Each question
is searched and asked; the questions without gold have to be refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundsight.evals.corpus import ingest_only
from groundsight.evals.falsify import falsified_caught
from groundsight.evals.floor import false_accepts
from groundsight.evals.gold import Library, Question, as_groups
from groundsight.evals.lanes import Lane, chance, filter_exactness, fingerprint_of
from groundsight.evals.metrics import (
    Estimate,
    all_at,
    average_precision,
    contains_answer,
    ndcg_at,
    precision_recall_f1,
    recall_at,
    reciprocal_rank,
)
from groundsight.evals.reading import read_rows
from groundsight.evals.residue import residue, values_of
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment, parity_gaps
from groundsight.evals.tasks import Context, exact, latency, made, means, of_set
from groundsight.evals.timing import Clock
from groundsight.governance.access import tenant_of
from groundsight.suite import Suite
from groundsight.types import Answer, Query, SearchResult

HOUSE = Path(__file__).resolve().parent.parent / "house"
DEMO = Path(__file__).resolve().parent.parent / "demo" / "files"
LANES = ("bm25_only_recall_at_10", "vectors_only_recall_at_10")
_CHECKED = re.compile(r"(\d+) of (\d+) sentences supported")


def run(context: Context) -> TaskResult:
    """Ingest the files, search and ask every question, and score what came back."""
    questions = read_rows(context.folder / "questions.jsonl", Question, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as suite:
        library = ingested(suite, corpus_of(context), context)
        first = suite.search(questions[0].question)
        items = _items(questions, suite, library, context)
        looked_up = suite.parts.searches
        fingerprint = fingerprint_of(suite)
        accepted = false_accepts(context.folder, [each.question for each in questions], suite, context.seed)
    metrics = (
        _metrics(items, context.seed)
        | accepted
        | _redaction(context)
        | {"cache_hit_ratio": exact(looked_up.hits / max(looked_up.hits + looked_up.misses, 1))}
    )
    return TaskResult(
        task="house",
        dataset=context.folder.name,
        n=len(items),
        metrics={name: estimate for name, estimate in metrics.items() if name not in LANES},
        items=items,
        tier={"tier": first.tier.name, **first.tier.models},
        degraded=[lane.lane for lane in first.degraded] + _drafts(questions),
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={name: metrics[name] for name in LANES if name in metrics} | _blind(questions, library, context),
        plots=_plots(items),
        segments=by_segment(items, context.seed),
    )


def _drafts(questions: Sequence[Question]) -> list[str]:
    count = sum(bool(question.draft) for question in questions)
    return [f"{count} questions are drafts that nobody corrected"] if count else []


def corpus_of(context: Context) -> Path:
    """The folder of files: ``--corpus``, the demo for the house set, else ``files`` beside the questions."""
    return context.corpus or (DEMO if context.folder == HOUSE else context.folder / "files")


def ingested(suite: Suite, corpus: Path, context: Context) -> Library:
    """Bring the corpus into the index and return all its units."""
    ingest_only(corpus, suite.acting_for(watch=context.watch))
    return Library(list(suite.parts.index.scan(tenant_of(suite.principal))))


def _items(questions: Sequence[Question], suite: Suite, library: Library, context: Context) -> list[ItemResult]:
    """Ask every question; the gold of all is looked up first, so that a wrong line costs no run."""
    golds = {each.id: [library.holders(gold) for gold in each.gold] for each in questions}
    others = [text for each in questions for text in each.answers]
    jobs = [
        (each.id, _Asking(each, golds[each.id], others, library.sides(golds[each.id]), suite).item)
        for each in questions
    ]
    return made(jobs, context, suite.parts.index.version())


@dataclass(frozen=True)
class _Asking:
    """One question on its way through search, answer and check."""

    question: Question
    gold: Sequence[frozenset[str]]
    others: Sequence[str]
    sides: Mapping[str, str]
    suite: Suite

    def item(self) -> ItemResult:
        text, clock = self.question.question, Clock()
        timed = self.suite.acting_for(watch=clock.watch)
        with clock.stage("search"):
            found = timed.search(Query(text=text, limit=20, hops=self.suite.settings.search.hops))
        clock.take_search()
        with clock.stage("answer"):
            answer = timed.ask(text)
        clock.take_trace(answer)
        scores = (self._ranking(found) if self.gold else {}) | self._answer_scores(answer)
        segments = {"kind": self.question.kind, **self.sides, **self.question.segments}
        return ItemResult(
            self.question.id,
            scores,
            segments=segments,
            wall_ms=clock.wall_ms,
            cpu_ms=clock.cpu_ms,
            detail=_detail(self.question, found, answer),
        )

    def _ranking(self, found: SearchResult) -> dict[str, float]:
        ranked, names = as_groups([hit.unit.unit_id for hit in found.hits], self.gold)
        scores = {
            "recall_at_10": recall_at(ranked, names, 10),
            "recall_at_5": recall_at(ranked, names, 5),
            "all_at_10": all_at(ranked, names, 10),
            "map": average_precision(ranked, names),
            "mrr": reciprocal_rank(ranked, names),
            "ndcg_at_10": ndcg_at(ranked, dict.fromkeys(names, 1.0), 10),
            "wrongly_floored": float(not found.hits),
        }
        scores |= Lane(lambda found: as_groups(found, self.gold)).scores(self.question.question, self.suite)
        source = _source_of(found, self.gold)
        exactness = filter_exactness(self.question.question, source, self.suite) if source else None
        return scores | ({"filter_exactness": exactness} if exactness is not None else {})

    def _answer_scores(self, answer: Answer) -> dict[str, float]:
        """Score the answer, or the refusal; an answer with the wrong content is wrong, not refused."""
        gave = answer.status in ("answered", "partial")
        scores = {"gave_answer": float(gave)}
        if not self.gold:
            return scores | {"refused": float(not gave)}
        right = gave and contains_answer(answer.text, self.question.answers)
        scores["answer_contains"] = float(right)
        if answer.status == "evidence":
            scores["evidence_contains"] = float(contains_answer(answer.text, self.question.answers))
        if answer.grounding_ratio is not None and gave:
            scores |= {"grounding_ratio": answer.grounding_ratio} | _refined(answer)
        caught = falsified_caught(answer, self.question.answers, self.others, self.suite)
        return scores | ({"falsified_caught": caught} if caught is not None else {})


def _refined(answer: Answer) -> dict[str, float]:
    """What refinement added to the grounding ratio, from the first check in the trace to the answer given."""
    checks = (_CHECKED.search(step.detail) for step in answer.trace if step.node == "verify")
    first = next((check for check in checks if check), None)
    if first is None or answer.grounding_ratio is None or int(first[2]) == 0:
        return {}
    return {"grounding_delta": answer.grounding_ratio - int(first[1]) / int(first[2])}


def _source_of(found: SearchResult, gold: Sequence[frozenset[str]]) -> str:
    holders = frozenset[str]().union(*gold)
    return next((hit.asset.source for hit in found.hits if hit.unit.unit_id in holders), "")


def _detail(question: Question, found: SearchResult, answer: Answer) -> dict[str, Any]:
    hits = [
        {"id": hit.unit.unit_id, "source": hit.asset.source, "score": round(hit.score, 4), "hop": hit.hop}
        | ({"reason": hit.reason} if hit.hop > 1 else {})
        for hit in found.hits[:10]
    ]
    gold = [f"{each.source}: {each.contains}" for each in question.gold]
    said = {"status": answer.status, "stop_reason": answer.stop_reason, "text": answer.text}
    return {"question": question.question, "gold": gold, "answers": question.answers, "answer": said, "hits": hits}


def _metrics(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found = means(items, seed)
    for name in ("gave_answer", "refused"):
        found.pop(name, None)
    if any("refused" in item.scores for item in items):
        found["refusal_precision"] = of_set(items, lambda drawn: _refusal(drawn)[0], seed)
        found["refusal_recall"] = of_set(items, lambda drawn: _refusal(drawn)[1], seed)
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        for stage, told in (("search", "retrieval"), ("answer", "answer")):
            found[f"{name}_{told}_ms"] = latency(items, stage, share, seed)
    return found | parity_gaps(items, seed)


def _refusal(items: Sequence[ItemResult]) -> tuple[float, float]:
    """Precision and recall of refusing, with ``unanswerable`` as the positive class."""
    held_back = [item.scores["gave_answer"] == 0.0 for item in items]
    precision, recall, _ = precision_recall_f1(held_back, ["refused" in item.scores for item in items])
    return precision, recall


def _blind(questions: Sequence[Question], library: Library, context: Context) -> dict[str, Estimate]:
    """What blind draws reach."""
    golds = [[library.holders(gold) for gold in each.gold] for each in questions if each.gold]
    names = [unit.unit_id for unit, _ in library.units]
    return {"random_recall_at_10": chance(names, golds, 10, context.seed)} if golds else {}


def _plots(items: Sequence[ItemResult]) -> dict[str, Any]:
    hops: dict[str, list[float]] = {}
    for item in items:
        if "recall_at_10" in item.scores:
            hops.setdefault(item.segments.get("kind") or "all", []).append(item.scores["recall_at_10"])
    return {"by_hop": {name: sum(values) / len(values) for name, values in sorted(hops.items())}}


def _redaction(context: Context) -> dict[str, Estimate]:
    """Search the home after the ingest for the declared values that the files show."""
    files = [path for path in sorted(corpus_of(context).rglob("*")) if path.is_file()]
    values = values_of(files, context.settings)
    left = residue(context.home, values, context.settings.governance.redact)
    return {
        "pii_leakage": exact(float(len(left))),
        "pii_redaction_coverage": exact(1.0 - len(left) / max(len(values), len(left), 1)),
    }
