"""Multi-hop retrieval: share of a question's gold passages in the top k, and of questions with all of them.

``DIR`` holds ``corpus.jsonl(.gz)`` (id, title, text) and ``questions.jsonl`` (question, gold_ids, answer).
Questions whose gold passages are not published count for answer coverage only (as in KET-RAG).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pydantic import model_validator

from groundsight.errors import NotFound
from groundsight.evals.corpus import Shelf, shelve
from groundsight.evals.metrics import (
    all_at,
    average_precision,
    bootstrap,
    contains_answer,
    percentile,
    recall_at,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.suite import Suite, open_suite
from groundsight.types import Channel, Query, SearchResult

BM25: tuple[Channel, ...] = ("bm25_text", "bm25_meta")


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
    with open_suite(context.settings.model_copy(update={"home": context.home})) as opened:
        suite = opened.acting_for(watch=context.watch)
        shelf = shelve(first_file(context.corpus or context.folder, "corpus.jsonl*"), suite)
        indexed = time.process_time() - cpu
        for question in questions:
            _check_gold(question, shelf)
        items = [_score(question, suite, shelf, place, len(questions)) for place, question in enumerate(questions, 1)]
        lexical = [_control(question, suite, shelf) for question in questions if question.gold_ids]
        told = suite.search(questions[0].question)
        fingerprint = str(sorted(suite.parts.index.fingerprints().items()))
    times = [item.scores["search_ms"] for item in items]
    return TaskResult(
        task="multihop",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {"index_cpu_s": exact(indexed), "p95_ms": exact(percentile(times, 0.95))},
        items=items,
        tier={"tier": told.tier.name, **told.tier.models},
        degraded=[lane.lane for lane in told.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={"bm25_only_recall_at_5": bootstrap(lexical, seed=context.seed)} if lexical else {},
        plots={"by_hop": _by_hop(items), "latency_ms": {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)}},
    )


def _check_gold(question: Question, shelf: Shelf) -> None:
    missing = [name for name in question.gold_ids or [] if name not in shelf.unit_of]
    if missing:
        raise NotFound("a gold passage is not in the corpus", which=f"{question.id}: {', '.join(missing)}")


def _score(question: Question, suite: Suite, shelf: Shelf, done: int, total: int) -> ItemResult:
    suite.watch.step(done, total, question.question)
    cpu, start = time.process_time(), time.perf_counter()
    found = suite.search(Query(text=question.question, limit=20, hops=1 + suite.settings.search.hops))
    scores = {"search_ms": 1000 * (time.perf_counter() - start), "cpu_ms": 1000 * (time.process_time() - cpu)}
    ranked = [shelf.passage_of[hit.unit.unit_id] for hit in found.hits]
    gold = question.gold_ids
    ranking: dict[str, float] = {}
    if gold:
        ranking = {f"recall_at_{k}": recall_at(ranked, gold, k) for k in (2, 5, 10)}
        ranking |= {"all_at_5": all_at(ranked, gold, 5), "map": average_precision(ranked, gold)}
    if question.answers:
        context = "\n".join(shelf.text_of[name] for name in ranked[:5])
        ranking["answer_in_top_5"] = float(contains_answer(context, question.answers))
    segments = {"hops": str(question.hops or len(gold or []) or "unknown"), "type": question.type}
    detail = {"question": question.question, "gold": gold, "answers": question.answers, "path": _path(found, shelf)}
    return ItemResult(question.id, ranking | scores, segments=segments, detail=detail)


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


def _control(question: Question, suite: Suite, shelf: Shelf) -> float:
    found = suite.search(Query(text=question.question, limit=5, channels=BM25))
    return recall_at([shelf.passage_of[hit.unit.unit_id] for hit in found.hits], question.gold_ids or [], 5)


def _by_hop(items: Sequence[ItemResult]) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item in items:
        if "recall_at_5" in item.scores:
            groups[item.segments["hops"]].append(item.scores["recall_at_5"])
    return {f"{hops} hops": sum(values) / len(values) for hops, values in sorted(groups.items())}
