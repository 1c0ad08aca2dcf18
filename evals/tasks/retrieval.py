"""Retrieval: from a question, a caption or a title to the right file of a folder.

Reads ``items.jsonl`` (image with question, caption or title) and ``questions.jsonl`` (question with
``gold_docs``). Every file of the folder is ingested as a user's would be; hits are ranked by file.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import model_validator

from groundsight.evals.metrics import (
    Estimate,
    average_precision,
    bootstrap,
    hit_at,
    percentile,
    recall_at,
    reciprocal_rank,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.suite import Suite, open_suite
from groundsight.types import Channel, Query, SearchResult

LEXICAL: tuple[Channel, ...] = ("bm25_text", "bm25_ocr", "bm25_caption", "bm25_meta")
RANKED = 50


class Wanted(Item):
    """A query and the files that answer it."""

    id: str
    query: str
    gold: list[str]

    @model_validator(mode="before")
    @classmethod
    def _from_public_sets(cls, data: Any) -> Any:
        if "image" in data:
            words = data.get("question") or data.get("caption") or data.get("title")
            return {"id": data.get("id", data["image"]), "query": words, "gold": [data["image"]]}
        if "gold_docs" in data:
            return {"id": data["id"], "query": data["question"], "gold": data["gold_docs"]}
        return data


def run(context: Context) -> TaskResult:
    """Ingest, search, and rank files; BM25 alone and chance stand beside."""
    rows = read_rows(first_file(context.folder, "questions.jsonl", "items.jsonl"), Wanted)
    rows = rows[: context.limit]
    corpus = context.corpus or next(path for path in sorted(context.folder.iterdir()) if path.is_dir())
    cpu, wall = time.process_time(), time.perf_counter()
    with open_suite(context.settings.model_copy(update={"home": context.home})) as suite:
        report = suite.acting_for(watch=context.watch).ingest([corpus])
        ingested = time.process_time() - cpu
        files = [asset.source for asset in _assets(suite)]
        items = [_score(row, suite, place, len(rows), context) for place, row in enumerate(rows, 1)]
        lexical = [_recall(row, suite.search(Query(text=row.query, limit=RANKED, channels=LEXICAL))) for row in rows]
        told = suite.search(rows[0].query)
        fingerprint = str(sorted(suite.parts.index.fingerprints().items()))
    return TaskResult(
        task="retrieval",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {"ingest_cpu_s": exact(ingested), "failed_files": exact(report.failed)},
        items=items,
        tier={"tier": told.tier.name, **told.tier.models},
        degraded=[lane.lane for lane in told.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={
            "bm25_only_recall_at_10": bootstrap(lexical, seed=context.seed),
            "random_recall_at_10": _chance(rows, files, context.seed),
        },
        plots={"latency_ms": {"p50": percentile([item.scores["search_ms"] for item in items], 0.5)}},
    )


def _score(row: Wanted, suite: Suite, done: int, total: int, context: Context) -> ItemResult:
    context.watch.step(done, total, row.query)
    start = time.perf_counter()
    found = suite.search(Query(text=row.query, limit=RANKED))
    spent = 1000 * (time.perf_counter() - start)
    ranked, gold = _files(found), _gold(row, found)
    scores = {
        "recall_at_10": recall_at(ranked, gold, 10),
        "recall_at_5": recall_at(ranked, gold, 5),
        "hit_at_1": hit_at(ranked, gold, 1),
        "map": average_precision(ranked, gold),
        "mrr": reciprocal_rank(ranked, gold),
        "search_ms": spent,
    }
    picture = str(context.folder / row.gold[0])
    detail = {"question": row.query, "gold": row.gold, "found": ranked[:10], "picture_file": picture}
    return ItemResult(row.id, scores, detail=detail)


def _files(found: SearchResult) -> list[str]:
    return list(dict.fromkeys(hit.asset.source for hit in found.hits))


def _gold(row: Wanted, found: SearchResult) -> list[str]:
    """Name gold files as the index does where they were found, else as the data set does."""
    sources = _files(found)
    return [next((s for s in sources if Path(s).name == Path(name).name), name) for name in row.gold]


def _recall(row: Wanted, found: SearchResult) -> float:
    return recall_at(_files(found), _gold(row, found), 10)


def _chance(rows: Sequence[Wanted], files: Sequence[str], seed: int) -> Estimate:
    rng = random.Random(seed)
    names = [Path(file).name for file in files]
    draws = [rng.sample(names, min(10, len(names))) for _ in rows]
    return bootstrap([recall_at(d, [Path(n).name for n in r.gold], 10) for d, r in zip(draws, rows, strict=True)])


def _assets(suite: Suite) -> Sequence[Any]:
    from groundsight.governance.access import tenant_of

    return suite.parts.index.assets(tenant_of(suite.principal))
