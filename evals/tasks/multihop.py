"""Multi-hop retrieval: share of a question's gold passages in the top k, and of questions with all of them.

``DIR`` holds ``corpus.jsonl(.gz)`` (id, title, text) and ``questions.jsonl`` (question, gold_ids, answer).
Questions whose gold passages are not published count for answer coverage only (as in KET-RAG).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from pydantic import model_validator

from groundsight.errors import NotFound
from groundsight.evals.corpus import Shelf, shelve
from groundsight.evals.floor import false_accepts
from groundsight.evals.lanes import Lane, chance, fingerprint_of
from groundsight.evals.metrics import (
    Estimate,
    all_at,
    average_precision,
    contains_answer,
    recall_at,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, exact, latency, made, means
from groundsight.evals.timing import Clock
from groundsight.suite import Suite
from groundsight.types import Query, SearchResult

LANES = ("bm25_only_recall_at_5", "vectors_only_recall_at_5")


class Question(Item):
    """A question with its gold passages and answers, as far as they are published."""

    id: str
    question: str
    answers: list[str]
    gold_ids: list[str] | None = None
    hops: int | None = None
    type: str = ""

    @model_validator(mode="before")
    @classmethod
    def _answers(cls, data: Any) -> Any:
        answer = [data["answer"]] if data.get("answer") else []
        return {**data, "answers": [*answer, *data.get("answer_aliases", [])]}


def run(context: Context) -> TaskResult:
    """Store the corpus, search every question over hops, and rank passages."""
    questions = read_rows(first_file(context.folder, "questions.jsonl"), Question, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as opened:
        suite = opened.acting_for(watch=context.watch)
        shelf = shelve(first_file(context.corpus or context.folder, "corpus.jsonl*"), suite)
        indexed = time.process_time() - cpu
        for question in questions:
            _check_gold(question, shelf)
        items = _items(questions, suite, shelf, context)
        told = suite.search(questions[0].question)
        accepted = false_accepts(context.folder, [each.question for each in questions], suite, context.seed)
        fingerprint = fingerprint_of(suite)
    metrics = means(items, context.seed) | _speed(items, context.seed) | accepted | {"index_cpu_s": exact(indexed)}
    return TaskResult(
        task="multihop",
        dataset=context.folder.name,
        n=len(items),
        metrics={name: estimate for name, estimate in metrics.items() if name not in LANES},
        items=items,
        tier={"tier": told.tier.name, **told.tier.models},
        degraded=[lane.lane for lane in told.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={name: metrics[name] for name in LANES if name in metrics} | _blind(questions, shelf, context.seed),
        plots={"by_hop": _by_hop(items)},
        segments=by_segment(items, context.seed),
    )


def _items(questions: Sequence[Question], suite: Suite, shelf: Shelf, context: Context) -> list[ItemResult]:
    jobs = [(question.id, partial(_score, question, suite, shelf)) for question in questions]
    return made(jobs, context, suite.parts.index.version())


def _speed(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    shares = {"p50_retrieval_ms": 0.5, "p95_retrieval_ms": 0.95, "p99_retrieval_ms": 0.99}
    return {name: latency(items, "search", share, seed) for name, share in shares.items()}


def _blind(questions: Sequence[Question], shelf: Shelf, seed: int) -> dict[str, Estimate]:
    golds = [[[name] for name in question.gold_ids] for question in questions if question.gold_ids]
    return {"random_recall_at_5": chance(list(shelf.unit_of), golds, 5, seed)} if golds else {}


def _check_gold(question: Question, shelf: Shelf) -> None:
    missing = [name for name in question.gold_ids or [] if name not in shelf.unit_of]
    if missing:
        raise NotFound("a gold passage is not in the corpus", which=f"{question.id}: {', '.join(missing)}")


def _score(question: Question, suite: Suite, shelf: Shelf) -> ItemResult:
    clock = Clock()
    with clock.stage("search"):
        asked = Query(text=question.question, limit=20, hops=1 + suite.settings.search.hops)
        found = suite.acting_for(watch=clock.watch).search(asked)
    clock.take_search()
    ranked = [shelf.passage_of[hit.unit.unit_id] for hit in found.hits]
    gold = question.gold_ids
    ranking: dict[str, float] = {}
    if gold:
        ranking = {"wrongly_floored": float(not found.hits)}
        ranking |= {f"recall_at_{k}": recall_at(ranked, gold, k) for k in (2, 5, 10)}
        ranking |= {"all_at_5": all_at(ranked, gold, 5), "map": average_precision(ranked, gold)}
        lane = Lane(lambda found: ([shelf.passage_of[unit_id] for unit_id in found], gold), at=5)
        ranking |= lane.scores(question.question, suite)
    if question.answers:
        context = "\n".join(shelf.text_of[name] for name in ranked[:5])
        ranking["answer_in_top_5"] = float(contains_answer(context, question.answers))
    segments = {"hops": str(question.hops or len(gold or []) or "unknown"), "type": question.type}
    detail = {"question": question.question, "gold": gold, "answers": question.answers, "path": _path(found, shelf)}
    return ItemResult(
        question.id, ranking, segments=segments, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail
    )


def _path(found: SearchResult, shelf: Shelf) -> list[dict[str, Any]]:
    return [
        {
            "passage": shelf.passage_of[hit.unit.unit_id],
            "title": hit.asset.title,
            "score": round(hit.score, 4),
            "hop": hit.hop,
            "reason": hit.reason,
        }
        for hit in found.hits[:10]
    ]


def _by_hop(items: Sequence[ItemResult]) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item in items:
        if "recall_at_5" in item.scores:
            groups[item.segments["hops"]].append(item.scores["recall_at_5"])
    return {f"{hops} hops": sum(values) / len(values) for hops, values in sorted(groups.items())}
