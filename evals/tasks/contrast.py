"""True and false sentences about the same evidence that differ in one thing; no index and no model needed.

``DIR`` holds ``contrast.jsonl`` (id, kind, channel, evidence, true, false) and, where they are there, ``verbs.jsonl``
(evidence, true, false: another verb), ``paraphrase.jsonl`` (evidence, true) and ``signs.jsonl`` (evidence, claim,
expected). The evidence of channel ``table`` has a row a line and cells parted by ";". ``--limit N`` draws N rows of
each set over its kinds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from groundsight.evals.asking import drawn
from groundsight.evals.journal import Make
from groundsight.evals.metrics import Estimate, auroc
from groundsight.evals.reading import Item, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, made, means, of_set
from groundsight.evals.tasks.grounding import curves, judge_answer, overlap, plain_controls, stopped, told
from groundsight.grounding import Judge
from groundsight.grounding.judges import open_judge
from groundsight.ingestion.readers.table_elements import as_text
from groundsight.language.sentences import evidence_from_text
from groundsight.types import Box, Evidence, EvidencePart, Span, TextLine

SETS = ("contrast", "verbs", "signs", "paraphrase")
READER_SURE = 0.9  # what the reader of pictures says of a clean line


class Pair(Item):
    """Evidence with a true and a false sentence, or with one claim that it is expected to support or not."""

    id: str
    kind: str = "verb"
    channel: Literal["text", "table", "ocr"] = "text"
    evidence: str
    true: str = ""
    false: str = ""
    claim: str = ""
    expected: Literal["supported", "not"] = "supported"
    language: str = ""

    def claims(self) -> list[tuple[str, bool]]:
        """The sentences that are there, each with whether it is true."""
        said = ((self.true, True), (self.false, False), (self.claim, self.expected == "supported"))
        return [(text, truth) for text, truth in said if text]


def run(context: Context) -> TaskResult:
    """Check the sentences of the floors."""
    return checked_pairs("contrast", context)


def checked_pairs(task: str, context: Context) -> TaskResult:
    """Check every sentence against its evidence, beside word overlap, length and always saying yes."""
    judge = open_judge(context.settings.models)
    name = judge.fingerprint if judge is not None else context.settings.models.judge
    cpu, wall = time.process_time(), time.perf_counter()
    items = made([job for of in SETS for job in _jobs(of, context, judge)], context, name)
    return TaskResult(
        task=task,
        dataset=context.folder.name,
        n=len(items),
        metrics=_metrics(items, context.seed),
        items=items,
        tier={"judge": name},
        degraded=(),
        fingerprint=f"judge={name}",
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls=plain_controls(_of(items, "contrast"), context.seed),
        plots=curves(told(items)),
        segments=by_segment(items, context.seed, ("caught", "truths_refused")),
    )


def _jobs(name: str, context: Context, judge: Judge | None) -> Iterator[tuple[str, Make]]:
    """A job for each sentence of a set; only the first set has to be there."""
    path = context.folder / f"{name}.jsonl"
    if name != SETS[0] and not path.is_file():
        return
    for pair in _drawn(path, context.limit):
        for text, truth in pair.claims():
            job = f"{pair.id}/{'true' if truth else 'false'}"
            yield job, partial(_item, job, name, pair, text, truth, context, judge)


def _drawn(path: Path, limit: int | None) -> list[Pair]:
    kinds: dict[str, list[Pair]] = {}
    for pair in read_rows(path, Pair):
        kinds.setdefault(pair.kind, []).append(pair)
    return drawn(list(kinds.values()), limit)


def _item(job: str, name: str, pair: Pair, text: str, truth: bool, context: Context, judge: Judge | None) -> ItemResult:
    item = judge_answer(job, text, [_evidence(pair)], truth, context, judge)
    plain = {"overlap": overlap(text, pair.evidence), "short": -float(len(text))}
    segments = {name: pair.kind} | ({"channel": pair.channel} if name == SETS[0] else {})
    segments |= {"language": pair.language} if pair.language else {}
    return replace(item, cluster=pair.id, segments=segments, scores=stopped(item) | plain)


def _evidence(pair: Pair) -> Evidence:
    """The evidence as its reader gives it: text, a table with its cells, or a line read from a picture."""
    if pair.channel == "text":
        text = evidence_from_text(pair.id, f"{pair.id}.txt", pair.evidence)
        return text.model_copy(update={"language": pair.language})
    if pair.channel == "table":
        cells = tuple(tuple(cell.strip() for cell in line.split(";")) for line in pair.evidence.splitlines())
        table = evidence_from_text(pair.id, f"{pair.id}.csv", as_text(cells))
        return table.model_copy(update={"kind": "table", "cells": cells})
    whole = EvidencePart(channel="ocr", span=Span(start=0, end=len(pair.evidence)), confidence=READER_SURE)
    line = TextLine(text=pair.evidence, box=Box(x0=0.1, y0=0.1, x1=0.9, y1=0.2), confidence=READER_SURE)
    return Evidence(
        evidence_id=pair.id, kind="image", source=f"{pair.id}.png", text=pair.evidence, parts=(whole,), lines=(line,)
    )


def _of(items: Sequence[ItemResult], name: str) -> list[ItemResult]:
    return [item for item in items if name in item.segments]


def _metrics(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for name in SETS:
        figures = means(_of(items, name), seed)
        found |= {f"{name}_{told}": figures[told] for told in ("caught", "truths_refused") if told in figures}
    lies = [item for item in _of(items, "contrast") if "caught" in item.scores]
    return found | {
        "contrast_worst_kind_caught": of_set(lies, _worst_kind, seed),
        "contrast_auroc": told(_of(items, "contrast")).figure(auroc, seed),
    }


def _worst_kind(lies: Sequence[ItemResult]) -> float:
    kinds: dict[str, list[float]] = {}
    for item in lies:
        kinds.setdefault(item.segments["contrast"], []).append(item.scores["caught"])
    return min(sum(caught) / len(caught) for caught in kinds.values())
