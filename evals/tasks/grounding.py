"""Grounding: claims or answers against evidence, with human labels.

Reads WiCE (claim, evidence sentences, label), BEGIN (knowledge, response, begin_label) and rows of
one's own: ``{"id", "answer", "evidence": ["..."], "label": true}``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any

from pydantic import Field, model_validator

from groundsight.evals.metrics import (
    Estimate,
    auroc,
    balanced_accuracy,
    best_threshold,
    expected_calibration_error,
    precision_recall_f1,
    risk_coverage,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.grounding.claims import evidence_from_text
from groundsight.grounding.verify import verify
from groundsight.types import GroundingReport


class Case(Item):
    """One answer with its evidence and whether people found it fully supported."""

    id: str
    answer: str
    evidence: list[str] = Field(min_length=1)
    label: bool
    cluster: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_public_sets(cls, data: Any) -> Any:
        if "claim" in data and "evidence" in data:
            label = data.get("label") == "supported"
            return {**data, "answer": data["claim"], "label": label, "cluster": str(data.get("page", ""))}
        if "begin_label" in data:
            label = data["begin_label"] == "Fully attributable"
            return {**data, "answer": data["response"], "evidence": [data["knowledge"]], "label": label}
        return data


def run(context: Context) -> TaskResult:
    """Judge every answer and compare with the labels, beside three controls that need no judge."""
    path = first_file(context.folder, "*.jsonl", "dev*.jsonl.gz", "test*.jsonl.gz", "*.jsonl.gz")
    cases = read_rows(path, Case, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    items = [_judge(case, context) for case in cases]
    labels = [case.label for case in cases]
    scores = [item.scores["p_supported"] for item in items]
    spent = time.process_time() - cpu
    return TaskResult(
        task="grounding",
        dataset=f"{context.folder.name}/{path.name}",
        n=len(items),
        metrics=_metrics(scores, labels, items, context.seed) | {"cpu_ms": exact(1000 * spent / len(items))},
        items=items,
        tier={"judge": context.settings.models.judge},
        degraded=(),
        fingerprint=f"judge={context.settings.models.judge}",
        cpu_s=spent,
        wall_s=time.perf_counter() - wall,
        controls=_controls(cases, labels, context.seed),
        plots={"risk_coverage": risk_coverage([abs(s - 0.5) for s in scores], _right(scores, labels))},
    )


def _judge(case: Case, context: Context) -> ItemResult:
    context.watch.check()
    evidence = [evidence_from_text(f"{case.id}-{place}", case.id, text) for place, text in enumerate(case.evidence)]
    report = verify(case.answer, evidence, context.settings.grounding)
    said = report.checkable > 0 and report.supported == report.checkable
    scores = {"p_supported": p_supported(report), "said_supported": float(said), "correct": float(said == case.label)}
    reasons = [reason.message for verdict in report.claims for reason in verdict.reasons]
    detail = {"answer": case.answer, "label": case.label, "ratio": report.grounding_ratio, "reasons": reasons}
    return ItemResult(case.id, scores, cluster=case.cluster, detail=detail)


def p_supported(report: GroundingReport) -> float:
    """Probability that the whole answer is supported: that of its weakest checkable claim."""
    checkable = [verdict.probability for verdict in report.claims if verdict.label != "not_checkable"]
    return min(checkable, default=0.0)


def _metrics(
    scores: Sequence[float], labels: Sequence[bool], items: Sequence[ItemResult], seed: int
) -> dict[str, Estimate]:
    said = [bool(item.scores["said_supported"]) for item in items]
    precision, recall, f1 = precision_recall_f1(said, labels)
    found = {
        "auroc": _interval(auroc, scores, labels, seed),
        "balanced_accuracy": exact(balanced_accuracy(said, labels)),
        "balanced_accuracy_cv": exact(_cross_validated(scores, labels)),
        "precision": exact(precision),
        "recall": exact(recall),
        "f1": exact(f1),
        "ece": exact(expected_calibration_error(scores, labels)),
    }
    return found | {"accuracy": means(items, seed)["correct"]}


def _controls(cases: Sequence[Case], labels: Sequence[bool], seed: int) -> dict[str, Estimate]:
    shorter = [-float(len(case.answer)) for case in cases]
    similar = [max(SequenceMatcher(None, case.answer, text).ratio() for text in case.evidence) for case in cases]
    _, _, everything = precision_recall_f1([True] * len(labels), labels)
    return {
        "always_yes_f1": exact(everything),
        "length_only_auroc": _interval(auroc, shorter, labels, seed),
        "difflib_auroc": _interval(auroc, similar, labels, seed),
    }


def _interval(
    metric: Callable[[Sequence[float], Sequence[bool]], float],
    scores: Sequence[float],
    labels: Sequence[bool],
    seed: int,
) -> Estimate:
    """Bootstrap a set-level metric by drawing items of each class, so that both stay present."""
    import random

    rng = random.Random(seed)
    yes = [place for place, label in enumerate(labels) if label]
    no = [place for place, label in enumerate(labels) if not label]
    drawn: list[float] = []
    for _ in range(200):
        chosen = rng.choices(yes, k=len(yes)) + rng.choices(no, k=len(no))
        drawn.append(metric([scores[place] for place in chosen], [labels[place] for place in chosen]))
    drawn.sort()
    return Estimate(metric(scores, labels), drawn[4], drawn[194])


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
