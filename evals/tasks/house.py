"""The house set, or a folder of one's own: files, questions, gold evidence, answers and refusals.

``DIR`` holds ``questions.jsonl``; the files lie in ``--corpus`` (default ``DIR/files``). Each question
is searched and asked; the questions without gold have to be refused.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from groundsight.errors import InvalidArgument
from groundsight.evals.gold import Library, Question, as_groups
from groundsight.evals.metrics import (
    Estimate,
    all_at,
    average_precision,
    bootstrap,
    contains_answer,
    ndcg_at,
    parity_gap,
    percentile,
    precision_recall_f1,
    recall_at,
    reciprocal_rank,
)
from groundsight.evals.reading import read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.governance.access import tenant_of
from groundsight.governance.pii import Memory, redact
from groundsight.suite import Suite, open_suite
from groundsight.types import TEXT_FIELDS, Answer, Query, SearchResult

HOUSE = Path(__file__).resolve().parent.parent / "house"
DEMO = Path(__file__).resolve().parent.parent / "demo" / "files"


def run(context: Context) -> TaskResult:
    """Ingest the files, search and ask every question, and score what came back."""
    questions = read_rows(context.folder / "questions.jsonl", Question, context.limit)
    corpus = context.corpus or (DEMO if context.folder == HOUSE else context.folder / "files")
    cpu, wall = time.process_time(), time.perf_counter()
    with open_suite(context.settings.model_copy(update={"home": context.home})) as suite:
        report = suite.acting_for(watch=context.watch).ingest([corpus])
        if report.units == 0 and report.unchanged == 0:
            raise InvalidArgument(
                "nothing could be read from the corpus", which=str(corpus), next_step="check --corpus"
            )
        library = Library(list(suite.parts.index.scan(tenant_of(suite.principal))))
        items = [_ask(question, suite, library, place, context) for place, question in enumerate(questions)]
        first = suite.search(questions[0].question)
        fingerprint = str(sorted(suite.parts.index.fingerprints().items()))
    metrics = _metrics(items, context.seed) | {"pii_leakage": exact(_leaks(library, context))}
    return TaskResult(
        task="house",
        dataset=context.folder.name,
        n=len(items),
        metrics=metrics,
        items=items,
        tier={"tier": first.tier.name, **first.tier.models},
        degraded=[lane.lane for lane in first.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        plots=_plots(items),
    )


def _ask(question: Question, suite: Suite, library: Library, place: int, context: Context) -> ItemResult:
    context.watch.step(place, None, question.question)
    start = time.perf_counter()
    found = suite.search(Query(text=question.question, limit=20, hops=suite.settings.search.hops))
    searched = 1000 * (time.perf_counter() - start)
    answer = suite.ask(question.question)
    scores = _answer_scores(question, answer) | {
        "search_ms": searched,
        "answer_ms": 1000 * (time.perf_counter() - start) - searched,
    }
    if question.gold:
        scores = _ranking(question, found, library) | scores
    detail = _detail(question, found, answer)
    return ItemResult(question.id, scores, segments={"kind": question.kind, **question.segments}, detail=detail)


def _ranking(question: Question, found: SearchResult, library: Library) -> dict[str, float]:
    gold = [library.holders(each) for each in question.gold]
    ranked, names = as_groups([hit.unit.unit_id for hit in found.hits], gold)
    return {
        "recall_at_10": recall_at(ranked, names, 10),
        "recall_at_5": recall_at(ranked, names, 5),
        "all_at_10": all_at(ranked, names, 10),
        "map": average_precision(ranked, names),
        "mrr": reciprocal_rank(ranked, names),
        "ndcg_at_10": ndcg_at(ranked, dict.fromkeys(names, 1.0), 10),
    }


def _answer_scores(question: Question, answer: Answer) -> dict[str, float]:
    """Score the answer, or the refusal; an answer with the wrong content counts as wrong, not as refused."""
    gave = answer.status in ("answered", "partial")
    scores = {"gave_answer": float(gave)}
    if not question.gold:
        return scores | {"refused": float(not gave)}
    right = gave and contains_answer(answer.text, question.answers)
    scores["answer_contains"] = float(right)
    if answer.grounding_ratio is not None and gave:
        scores["grounding_ratio"] = answer.grounding_ratio
    return scores


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
    found.pop("gave_answer")
    unanswerable = ["refused" in item.scores for item in items]
    kept_back = [item.scores["gave_answer"] == 0.0 for item in items]
    precision, recall, _ = precision_recall_f1(kept_back, unanswerable)
    found |= {"refusal_precision": exact(precision), "refusal_recall": exact(recall)}
    found.pop("refused", None)
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        found[f"{name}_retrieval_ms"] = exact(percentile([item.scores["search_ms"] for item in items], share))
    for kind in ("file_kind", "region"):
        found[f"parity_gap_{kind}"] = exact(parity_gap(_by_segment(items, kind)))
    return found


def _by_segment(items: Sequence[ItemResult], kind: str) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for item in items:
        if "recall_at_10" in item.scores and item.segments.get(kind):
            groups[item.segments[kind]].append(item.scores["recall_at_10"])
    return {name: bootstrap(values).value for name, values in sorted(groups.items())}


def _plots(items: Sequence[ItemResult]) -> dict[str, Any]:
    stages = {name: percentile([item.scores[f"{name}_ms"] for item in items], 0.5) for name in ("search", "answer")}
    return {"by_hop": _by_segment(items, "kind"), "latency_ms": stages}


def _leaks(library: Library, context: Context) -> float:
    """Declared personal data that is still to be found in any stored text."""
    texts = (unit.field(name) for unit, _ in library.units for name in TEXT_FIELDS)
    kinds = context.settings.governance.redact
    return float(sum(len(redact(text, kinds, Memory()).spans) for text in texts if text))
