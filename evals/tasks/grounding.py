"""Grounding: claims or answers against evidence, with human labels.

Reads WiCE (claim, evidence sentences, label), BEGIN (knowledge, response, begin_label) and rows of
one's own: ``{"id", "answer", "evidence": ["..."], "label": true}``, with the ``cells`` of a table and its ``title``
where the evidence has one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import (
    Estimate,
    auroc,
    balanced_accuracy,
    best_threshold,
    bootstrap,
    expected_calibration_error,
    precision_recall_f1,
    reliability,
    resampled,
    risk_coverage,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.evals.timing import Clock
from groundsight.grounding import Judge
from groundsight.grounding.claims import evidence_from_text
from groundsight.grounding.judges import open_judge
from groundsight.grounding.verify import verify
from groundsight.ingestion.readers.csv_file import as_text
from groundsight.types import Evidence, GroundingReport


class Case(Item):
    """One answer with its evidence and whether people found it fully supported."""

    id: str
    answer: str
    evidence: list[str] = Field(min_length=1)
    label: bool
    cluster: str = ""
    title: str = ""
    cells: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_public_sets(cls, data: Any) -> Any:
        if "claim" in data and "evidence" in data:
            label = data.get("label") == "supported"
            page = ["\n".join(data["evidence"])]
            return {
                **data,
                "answer": data["claim"],
                "evidence": page,
                "label": label,
                "cluster": str(data.get("page", "")),
            }
        if "begin_label" in data:
            label = data["begin_label"] == "Fully attributable"
            return {**data, "answer": data["response"], "evidence": [data["knowledge"]], "label": label}
        return data


def run(context: Context) -> TaskResult:
    """Judge every answer and compare with the labels, beside three controls that need no judge."""
    path = first_file(context.folder, "*.jsonl", "dev*.jsonl.gz", "test*.jsonl.gz", "*.jsonl.gz")
    cases, judge = read_rows(path, Case, context.limit), open_judge(context.settings.models)
    cpu, wall = time.process_time(), time.perf_counter()
    items = [judge_case(case, context, judge) for case in cases]
    spent = time.process_time() - cpu
    labels = [case.label for case in cases]
    need_both(labels, path)
    scores = [item.scores["p_supported"] for item in items]
    said = [bool(item.scores["said_supported"]) for item in items]
    judged = Judged(scores, said, labels, [item.cluster or item.id for item in items])
    names = judge.fingerprint if judge is not None else context.settings.models.judge
    return TaskResult(
        task="grounding",
        dataset=f"{path.parent.name}/{path.name}",
        n=len(items),
        metrics=_metrics(judged, items, context.seed),
        items=items,
        tier={"judge": names},
        degraded=(),
        fingerprint=f"judge={names}",
        cpu_s=spent,
        wall_s=time.perf_counter() - wall,
        controls=_controls(cases, judged, context.seed),
        plots={
            "risk_coverage": risk_coverage([abs(s - 0.5) for s in scores], _right(scores, labels)),
            "reliability": reliability(scores, labels),
        },
    )


def need_both(labels: Sequence[bool], path: Path) -> None:
    """Raise InvalidArgument when all labels are the same: nothing can be told apart then."""
    if len(set(labels)) < 2:
        raise InvalidArgument(
            "every answer has the same label", which=str(path), next_step="add answers of the other kind"
        )


def judge_case(case: Case, context: Context, judge: Judge | None) -> ItemResult:
    """Check one answer against its evidence; every score is 0.0 to 1.0."""
    context.watch.check()
    clock = Clock()
    with clock.stage("verify"):
        report = verify(case.answer, _evidence(case), context.settings.grounding, judge=judge)
    said = report.checkable > 0 and report.supported == report.checkable
    scores = {
        "p_supported": p_supported(report),
        "said_supported": float(said),
        "said_contradicted": float(report.contradicted > 0),
        "correct": float(said == case.label),
    }
    if report.grounding_ratio is not None:
        scores["grounding_ratio"] = report.grounding_ratio
    reasons = [reason.message for verdict in report.claims for reason in verdict.reasons]
    detail = {"answer": case.answer, "label": case.label, "ratio": report.grounding_ratio, "reasons": reasons}
    return ItemResult(case.id, scores, cluster=case.cluster, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail)


def _evidence(case: Case) -> list[Evidence]:
    """The texts, and the table as the reader of a file gives it: rows parted by bars, with their cells."""
    found = [evidence_from_text(f"{case.id}-{place}", case.id, text) for place, text in enumerate(case.evidence)]
    if case.cells:
        table = evidence_from_text(f"{case.id}-table", case.id, as_text(case.cells))
        found.append(table.model_copy(update={"kind": "table", "title": case.title, "cells": case.cells}))
    return found


def p_supported(report: GroundingReport) -> float:
    """Probability that the whole answer is supported: that of its weakest checkable claim."""
    checkable = [verdict.probability for verdict in report.claims if verdict.label != "not_checkable"]
    return min(checkable, default=0.0)


@dataclass(frozen=True)
class Judged:
    """Scores beside labels, by item; ``clusters`` names the source document that items share."""

    scores: Sequence[float]
    said: Sequence[bool]
    labels: Sequence[bool]
    clusters: Sequence[str]

    def figure(self, metric: Callable[[Sequence[float], Sequence[bool]], float], seed: int) -> Estimate:
        """A metric of scores and labels with its interval."""
        return self._drawn(self.scores, metric, seed)

    def decided(self, metric: Callable[[Sequence[bool], Sequence[bool]], float], seed: int) -> Estimate:
        """A metric of decisions and labels with its interval."""
        return self._drawn(self.said, metric, seed)

    def _drawn(self, values: Sequence[Any], metric: Callable[[Any, Sequence[bool]], float], seed: int) -> Estimate:
        def at(places: Sequence[int]) -> float:
            return metric([values[place] for place in places], [self.labels[place] for place in places])

        return resampled(at, self.clusters, seed=seed)


def _metrics(judged: Judged, items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    ratios = [item.scores["grounding_ratio"] for item in items if "grounding_ratio" in item.scores]
    found = {
        "auroc": judged.figure(auroc, seed),
        "balanced_accuracy": judged.decided(balanced_accuracy, seed),
        "balanced_accuracy_cv": exact(_cross_validated(judged.scores, judged.labels)),
        "precision": judged.decided(lambda said, labels: precision_recall_f1(said, labels)[0], seed),
        "recall": judged.decided(lambda said, labels: precision_recall_f1(said, labels)[1], seed),
        "f1": judged.decided(lambda said, labels: precision_recall_f1(said, labels)[2], seed),
        "ece": judged.figure(expected_calibration_error, seed),
        "accuracy": means(items, seed)["correct"],
    }
    return found | ({"grounding_ratio": bootstrap(ratios, seed=seed)} if ratios else {})


def _controls(cases: Sequence[Case], judged: Judged, seed: int) -> dict[str, Estimate]:
    labels = judged.labels
    shorter = [-float(len(case.answer)) for case in cases]
    similar = [max(SequenceMatcher(None, case.answer, text).ratio() for text in case.evidence) for case in cases]
    _, _, everything = precision_recall_f1([True] * len(labels), labels)
    return {
        "always_yes_f1": exact(everything),
        "always_yes_balanced_accuracy": exact(balanced_accuracy([True] * len(labels), labels)),
        "length_only_auroc": replace(judged, scores=shorter).figure(auroc, seed),
        "difflib_auroc": replace(judged, scores=similar).figure(auroc, seed),
    }


def _cross_validated(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Balanced accuracy with the threshold of each half taken from the other half."""
    halves = (range(0, len(scores), 2), range(1, len(scores), 2))
    found: list[float] = []
    for learn, test in (halves, halves[::-1]):
        cut = best_threshold([scores[i] for i in learn], [labels[i] for i in learn])
        found.append(balanced_accuracy([scores[i] >= cut for i in test], [labels[i] for i in test]))
    return sum(found) / len(found)


def _right(scores: Sequence[float], labels: Sequence[bool]) -> list[bool]:
    return [(score >= 0.5) == label for score, label in zip(scores, labels, strict=True)]
