"""Retrieval: from a question, a caption or a title to the right file of a folder.

Reads ``items.jsonl`` (image with question, caption or title) and ``questions.jsonl`` (question with
``gold_docs``). Every file of the folder is ingested as a user's would be; hits are ranked by file.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from groundsight.errors import NotFound
from groundsight.evals.corpus import ingest_only
from groundsight.evals.floor import false_accepts
from groundsight.evals.lanes import Lane, chance, fingerprint_of
from groundsight.evals.metrics import (
    average_precision,
    hit_at,
    recall_at,
    reciprocal_rank,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, exact, latency, made, means
from groundsight.evals.timing import Clock
from groundsight.governance.access import tenant_of
from groundsight.suite import Suite
from groundsight.types import Asset, Query

LANES = ("bm25_only_recall_at_10", "vectors_only_recall_at_10")
RANKED = 50


class Wanted(Item):
    """A query and the files that answer it."""

    id: str
    query: str
    gold: list[str] = Field(min_length=1)
    segments: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_public_sets(cls, data: Any) -> Any:
        if "image" in data:
            words = data.get("question") or data.get("caption") or data.get("title")
            segments = {"category": data["category"]} if data.get("category") else {}
            return {"id": data.get("id", data["image"]), "query": words, "gold": [data["image"]], "segments": segments}
        if "gold_docs" in data:
            kinds = {name: data[name] for name in ("question_type", "chunk_type") if data.get(name)}
            return {"id": data["id"], "query": data["question"], "gold": data["gold_docs"], "segments": kinds}
        return data


def run(context: Context) -> TaskResult:
    """Ingest, search, and rank files; BM25 alone and chance stand beside."""
    rows = read_rows(first_file(context.folder, "questions.jsonl", "items.jsonl"), Wanted)
    rows = rows[: context.limit]
    corpus = context.corpus or next(path for path in sorted(context.folder.iterdir()) if path.is_dir())
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as suite:
        report = ingest_only(corpus, suite.acting_for(watch=context.watch))
        ingested = time.process_time() - cpu
        files = suite.parts.index.assets(tenant_of(suite.principal))
        missing = _unread(rows, files, corpus)
        items = _items(rows, suite, context)
        told = suite.search(rows[0].query)
        accepted = false_accepts(context.folder, [row.query for row in rows], suite, context.seed)
        fingerprint = fingerprint_of(suite)
    metrics = (
        means(items, context.seed)
        | accepted
        | {
            "p95_retrieval_ms": latency(items, "search", 0.95, context.seed),
            "ingest_cpu_s": exact(ingested),
            "failed_files": exact(report.failed),
            "gold_files_missing": exact(len(missing)),
        }
    )
    golds = [[[Path(name).name] for name in row.gold] for row in rows]
    blind = chance([Path(asset.source).name for asset in files], golds, 10, context.seed)
    return TaskResult(
        task="retrieval",
        dataset=context.folder.name,
        n=len(items),
        metrics={name: estimate for name, estimate in metrics.items() if name not in LANES},
        items=items,
        tier={"tier": told.tier.name, **told.tier.models},
        degraded=[lane.lane for lane in told.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={name: metrics[name] for name in LANES if name in metrics} | {"random_recall_at_10": blind},
        segments=by_segment(items, context.seed),
    )


def _items(rows: Sequence[Wanted], suite: Suite, context: Context) -> list[ItemResult]:
    jobs = [(row.id, partial(_score, row, suite, context.folder)) for row in rows]
    return made(jobs, context, suite.parts.index.version())


def _score(row: Wanted, suite: Suite, folder: Path) -> ItemResult:
    clock = Clock()
    with clock.stage("search"):
        found = suite.acting_for(watch=clock.watch).search(Query(text=row.query, limit=RANKED))
    clock.take_search()
    source_of = {hit.unit.unit_id: hit.asset.source for hit in found.hits}
    ranked = list(dict.fromkeys(source_of.values()))
    gold = _named(row, ranked)
    scores = {
        "recall_at_10": recall_at(ranked, gold, 10),
        "recall_at_5": recall_at(ranked, gold, 5),
        "hit_at_1": hit_at(ranked, gold, 1),
        "wrongly_floored": float(not found.hits),
        "map": average_precision(ranked, gold),
        "mrr": reciprocal_rank(ranked, gold),
    }
    scores |= Lane(partial(_by_file, suite, row)).scores(row.query, suite, limit=RANKED)
    shown = {"score": [round(hit.score, 4) for hit in found.hits[:10]], "found": ranked[:10]}
    detail = {"question": row.query, "gold": row.gold, **shown, "picture_file": str(folder / row.gold[0])}
    return ItemResult(row.id, scores, segments=row.segments, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail)


def _by_file(suite: Suite, row: Wanted, found: Sequence[str]) -> tuple[list[str], list[str]]:
    """Turn units into their files."""
    pairs = suite.parts.index.get(found, tenant_of(suite.principal))
    ranked = list(dict.fromkeys(asset.source for _, asset in pairs))
    return ranked, _named(row, ranked)


def _named(row: Wanted, sources: Sequence[str]) -> list[str]:
    """Name gold files as the index does where they were found, else as the data set does."""
    return [next((s for s in sources if Path(s).name == Path(name).name), name) for name in row.gold]


def _unread(rows: Sequence[Wanted], files: Sequence[Asset], corpus: Path) -> list[str]:
    """Gold files that are there and could not be read: they count as misses.

    Raises:
        NotFound: a gold file is not in the corpus at all.
    """
    read = {Path(asset.source).name for asset in files}
    there = {path.name for path in corpus.rglob("*")}
    for row in rows:
        absent = [name for name in row.gold if Path(name).name not in there]
        if absent:
            raise NotFound("a gold file is not in the corpus", which=f"{row.id}: {', '.join(absent)}")
    return sorted({name for row in rows for name in row.gold if Path(name).name not in read})
