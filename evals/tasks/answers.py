"""Whole answers of several sentences about their evidence: the true ones, and the same with one false sentence.

``DIR`` holds ``answers.jsonl`` (id, evidence, question, true_answer, false_answer, false_sentence) and, where it is
there, ``shapes.jsonl`` (id, shape, evidence, answer, lie): a lie beside a true sentence in a shape that looks
uncheckable, such as a question or a heading. No index and no model needed. ``--limit N`` takes the first N answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from groundsight.evals.journal import Make
from groundsight.evals.metrics import Estimate, auroc
from groundsight.evals.reading import Item, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, made, means
from groundsight.evals.tasks.grounding import arbiter_of, curves, overlap, p_supported, plain_controls, told
from groundsight.evals.timing import Clock
from groundsight.grounding import Judge
from groundsight.grounding.judges import open_judge
from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.types import Evidence, GroundingReport

OF_ANSWERS = ("truths_refused", "caught", "passed", "shapes_given")
LET_THROUGH = ("supported", "not_checkable")

Check = Callable[[str, str, Sequence[Evidence]], tuple[GroundingReport, ItemResult]]


class Answered(Item):
    """Texts, a question, its true answer, and that answer with one sentence made false."""

    id: str
    evidence: list[str]
    true_answer: str
    false_answer: str
    false_sentence: str


class Shaped(Item):
    """A text, and an answer with a true sentence and a lie of some shape."""

    id: str
    shape: str
    evidence: str
    answer: str
    lie: str


def run(context: Context) -> TaskResult:
    """Check every answer against its texts, beside word overlap, length and always saying yes."""
    judge = open_judge(context.settings.models)
    name = judge.fingerprint if judge is not None else context.settings.models.judge
    cpu, wall = time.process_time(), time.perf_counter()
    items = made(_jobs(context, judge), context, name)
    return TaskResult(
        task="answers",
        dataset=context.folder.name,
        n=len(items),
        metrics=_metrics(items, context.seed),
        items=items,
        tier={"judge": name},
        degraded=(),
        fingerprint=f"judge={name}",
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls=plain_controls([item for item in items if "label" in item.detail], context.seed),
        plots=curves(told([item for item in items if "label" in item.detail])),
        segments=by_segment(items, context.seed, OF_ANSWERS),
    )


def _jobs(context: Context, judge: Judge | None) -> list[tuple[str, Make]]:
    check = partial(_check, context=context, judge=judge)
    jobs: list[tuple[str, Make]] = []
    for row in read_rows(context.folder / "answers.jsonl", Answered, context.limit):
        evidence, both = (
            _evidence(row.id, row.evidence),
            ((row.true_answer, ""), (row.false_answer, row.false_sentence)),
        )
        for answer, lie in both:
            name = f"{row.id}/{'false' if lie else 'true'}"
            jobs.append((name, partial(_answer, name, row.id, answer, lie, evidence, check)))
    path = context.folder / "shapes.jsonl"
    for row in read_rows(path, Shaped) if path.is_file() else []:
        jobs.append((row.id, partial(_shape, row, check)))
    return jobs


def _evidence(name: str, texts: Sequence[str]) -> list[Evidence]:
    return [evidence_from_text(f"{name}-{place}", f"{name}-{place}.txt", text) for place, text in enumerate(texts, 1)]


def _check(
    name: str, answer: str, evidence: Sequence[Evidence], context: Context, judge: Judge | None
) -> tuple[GroundingReport, ItemResult]:
    clock = Clock()
    with clock.stage("verify"):
        models = context.settings.models
        arbiter = arbiter_of(models.reader, models.verifier, models.threads)
        report = verify(answer, evidence, context.settings.grounding, judge=judge, arbiter=arbiter)
    claims = [{"text": each.claim.text, "label": each.label} for each in report.claims]
    plain = {"overlap": overlap(answer, " ".join(each.text for each in evidence)), "short": -float(len(answer))}
    detail = {"answer": answer, "verdict": report.verdict, "claims": claims}
    return report, ItemResult(
        name, {"p_supported": p_supported(report), **plain}, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail
    )


def _answer(name: str, row: str, answer: str, lie: str, evidence: Sequence[Evidence], check: Check) -> ItemResult:
    """A true answer is refused unless all of it is supported; a false one is caught by its false sentence only."""
    report, item = check(name, answer, evidence)
    whole = 0 < report.supported == report.checkable
    counted = {"caught": float(stops(report, answer, lie)), "passed": float(report.verdict == "pass")}
    scores = counted if lie else {"truths_refused": float(not whole)}
    detail = {**item.detail, "label": not lie, "lie": lie}
    return replace(item, cluster=row, scores={**item.scores, **scores}, detail=detail)


def _shape(row: Shaped, check: Check) -> ItemResult:
    report, item = check(row.id, row.answer, _evidence(row.id, [row.evidence]))
    given = float(not stops(report, row.answer, row.lie))
    detail = {**item.detail, "lie": row.lie}
    return replace(item, scores={"shapes_given": given}, segments={"shape": row.shape}, detail=detail)


def stops(report: GroundingReport, answer: str, lie: str) -> bool:
    """True when a claim within the lie was checked and not supported; what nobody can check is let through."""
    start = answer.index(lie)
    inside = [
        each for each in report.claims if each.claim.span.start < start + len(lie) and each.claim.span.end > start
    ]
    return any(each.label not in LET_THROUGH for each in inside)


def _metrics(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found = means(items, seed)
    answers = [item for item in items if "label" in item.detail]
    return {**{name: found[name] for name in OF_ANSWERS if name in found}, "auroc": told(answers).figure(auroc, seed)}
