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
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from groundsight.encoders import open_reader, open_verifier
from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import (
    Estimate,
    auroc,
    balanced_accuracy,
    best_threshold,
    bootstrap,
    expected_calibration_error,
    precision_recall_f1,
    rejected_at,
    reliability,
    resampled,
    risk_coverage,
)
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.evals.timing import Clock
from groundsight.grounding import Judge
from groundsight.grounding.calibrate import Arbiter, open_arbiter
from groundsight.grounding.judges import open_judge
from groundsight.grounding.verify import verify
from groundsight.ingestion.readers.table_elements import as_text
from groundsight.language.sentences import evidence_from_text, sentence_spans
from groundsight.retrieval.words import terms_of
from groundsight.settings import Models
from groundsight.types import Evidence, GroundingReport

SELECTED = 42  # words: of the whole article overlap tells QAGS CNN/DM at AUROC .629, of as many words at .752


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
        plots=curves(judged),
    )


def need_both(labels: Sequence[bool], path: Path) -> None:
    """Raise InvalidArgument when all labels are the same: nothing can be told apart then."""
    if len(set(labels)) < 2:
        raise InvalidArgument(
            "every answer has the same label", which=str(path), next_step="add answers of the other kind"
        )


def judge_case(case: Case, context: Context, judge: Judge | None) -> ItemResult:
    """Check one answer against its evidence; every score is 0.0 to 1.0."""
    item = judge_answer(case.id, case.answer, evidence_of_case(case), case.label, context, judge)
    return replace(item, cluster=case.cluster)


def judge_answer(
    name: str, answer: str, evidence: Sequence[Evidence], label: bool, context: Context, judge: Judge | None
) -> ItemResult:
    """Check one answer whose ``label`` says whether the evidence supports all of it."""
    context.watch.check()
    clock = Clock()
    with clock.stage("verify"):
        models = context.settings.models
        arbiter = arbiter_of(models.reader, models.verifier, models.threads)
        report = verify(answer, evidence, context.settings.grounding, judge=judge, arbiter=arbiter)
    said = report.checkable > 0 and report.supported == report.checkable
    scores = {
        "p_supported": p_supported(report),
        "said_supported": float(said),
        "said_contradicted": float(report.contradicted > 0),
        "correct": float(said == label),
    }
    if report.grounding_ratio is not None:
        scores["grounding_ratio"] = report.grounding_ratio
    reasons = [reason.message for verdict in report.claims for reason in verdict.reasons]
    detail = {"answer": answer, "label": label, "ratio": report.grounding_ratio, "reasons": reasons}
    return ItemResult(name, scores, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail)


@cache
def arbiter_of(reader: str, verifier: str, threads: int) -> Arbiter:
    """Open what decides on free wording as the product does, once for all items."""
    models = Models(reader=reader, verifier=verifier, threads=threads)
    return open_arbiter(open_verifier(models, lambda: open_reader(models)))


def stopped(item: ItemResult) -> dict[str, float]:
    """What a judged claim counts for: a lie is caught or not, a truth is refused or not, and may be contradicted."""
    refused, sure = 1.0 - item.scores["said_supported"], {"p_supported": item.scores["p_supported"]}
    if not item.detail["label"]:
        return {"caught": refused, **sure}
    return {"truths_refused": refused, "truths_contradicted": item.scores["said_contradicted"], **sure}


def overlap(claim: str, evidence: str) -> float:
    """Share of the claim's content words that the evidence holds, plural endings folded."""
    said = set(terms_of(claim))
    return len(said & set(terms_of(evidence))) / max(len(said), 1)


def evidence_of_case(case: Case) -> list[Evidence]:
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


def curves(judged: Judged) -> dict[str, Any]:
    """How often the probability errs among the surest claims, and how far it can be taken at its word."""
    scores, labels = judged.scores, judged.labels
    right = [(score >= 0.5) == label for score, label in zip(scores, labels, strict=True)]
    return {
        "risk_coverage": risk_coverage([abs(score - 0.5) for score in scores], right),
        "reliability": reliability(scores, labels),
    }


def told(items: Sequence[ItemResult], score: str = "p_supported") -> Judged:
    """Judged claims or answers by one of their scores."""
    scores, labels = [item.scores[score] for item in items], [bool(item.detail["label"]) for item in items]
    said = [not item.scores.get("truths_refused", item.scores.get("caught")) for item in items]
    return Judged(scores, said, labels, [item.cluster or item.id for item in items])


def plain_controls(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    """What needs no check; overlap catches lies at the share of truths that the check refuses."""
    length = {"length_only_auroc": told(items, "short").figure(auroc, seed)} if "short" in items[0].scores else {}
    return {
        "overlap_auroc": told(items, "overlap").figure(auroc, seed),
        "overlap_caught": caught_by_overlap(items, seed),
        **length,
        "always_yes_caught": exact(0.0),
    }


def caught_by_overlap(items: Sequence[ItemResult], seed: int) -> Estimate:
    """The share of lies that word overlap rejects when it rejects as many truths as the check."""
    share = means(items, seed)["truths_refused"].value
    return told(items, "overlap").figure(lambda scores, labels: rejected_at(scores, labels, share), seed)


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
    whole = [overlap(case.answer, _text(case)) for case in cases]
    nearest = [overlap(case.answer, selected(case.answer, _text(case))) for case in cases]
    similar = [max(SequenceMatcher(None, case.answer, text).ratio() for text in case.evidence) for case in cases]
    _, _, everything = precision_recall_f1([True] * len(labels), labels)
    return {
        "always_yes_f1": exact(everything),
        "always_yes_balanced_accuracy": exact(balanced_accuracy([True] * len(labels), labels)),
        "length_only_auroc": replace(judged, scores=shorter).figure(auroc, seed),
        "overlap_auroc": replace(judged, scores=whole).figure(auroc, seed),
        "selected_overlap_auroc": replace(judged, scores=nearest).figure(auroc, seed),
        "difflib_auroc": replace(judged, scores=similar).figure(auroc, seed),
    }


def _text(case: Case) -> str:
    return "\n".join([*case.evidence, as_text(case.cells)])


def selected(claim: str, evidence: str) -> str:
    """The sentences of the evidence that share most words with the claim, until they hold ``SELECTED`` words."""
    said, kept = set(terms_of(claim)), list[str]()
    sentences = [evidence[start:end] for start, end in sentence_spans(evidence)]
    for sentence in sorted(sentences, key=lambda each: -len(said & set(terms_of(each)))):
        if kept and len(" ".join([*kept, sentence]).split()) > SELECTED:
            break
        kept.append(sentence)
    return "\n".join(kept)


def _cross_validated(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Balanced accuracy with the threshold of each half taken from the other half."""
    halves = (range(0, len(scores), 2), range(1, len(scores), 2))
    found: list[float] = []
    for learn, test in (halves, halves[::-1]):
        cut = best_threshold([scores[i] for i in learn], [labels[i] for i in learn])
        found.append(balanced_accuracy([scores[i] >= cut for i in test], [labels[i] for i in test]))
    return sum(found) / len(found)
