"""The written set: truths and lies about texts, questions and near misses asked of all texts, no model needed.

``DIR`` holds ``test.jsonl`` (or is such a file): one text a line, as ``evals/written/README.md`` tells. Every claim is
checked against its own text; every question is asked of an index of all texts. ``--limit N`` asks N questions and N
near misses, drawn over the texts; claims cost little and are always checked all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Literal

from pydantic import Field

from groundsight.evals.asking import OUTCOMES, Asked, Asking, drawn, outcomes
from groundsight.evals.corpus import write_files
from groundsight.evals.journal import Make
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import Estimate, auroc, balanced_accuracy
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, house, made, means
from groundsight.evals.tasks.grounding import (
    Case,
    curves,
    judge_case,
    need_both,
    overlap,
    plain_controls,
    stopped,
    told,
)
from groundsight.grounding import Judge
from groundsight.grounding.judges import open_judge
from groundsight.ingestion.readers.table_elements import as_text
from groundsight.suite import Suite

WRITTEN = Path(__file__).resolve().parent.parent / "written"
Label = Literal["supported", "contradicted", "unsupported"]
OF_CLAIMS = ("caught", "truths_refused", "truths_contradicted")


class Statement(Item):
    """A sentence about a text, true or wrong in one thing; ``how`` names the rewording or the fault."""

    claim: str
    label: Label
    how: str


class NearMiss(Item):
    """A question that a text seems to answer and doesn't; ``how`` names what is missing."""

    question: str
    how: str


class Text(Item):
    """A text with its table, where it has one, and everything written about it."""

    id: str
    text: str
    cells: tuple[tuple[str, ...], ...] = ()
    claims: list[Statement] = Field(default_factory=list[Statement])
    questions: list[Asked] = Field(default_factory=list[Asked])
    near_misses: list[NearMiss] = Field(default_factory=list[NearMiss])


class Weighed(Item):
    """One sentence with its label in each of two texts."""

    claim: str
    a: Label
    b: Label
    how: str


class Parted(Item):
    """One question with the span that answers it in each of two texts, none where that text does not."""

    question: str
    a: str | None
    b: str | None
    type: str


class Pair(Item):
    """Two texts of the same words in other roles: sentences mostly true of one, questions mostly answered by one."""

    id: str
    a: str
    b: str
    claims: list[Weighed] = Field(min_length=1)
    questions: list[Parted] = Field(default_factory=list[Parted])

    def texts(self) -> tuple[Text, Text]:
        """Return both as texts of their own."""
        labels: tuple[list[Label], list[Label]] = ([one.a for one in self.claims], [one.b for one in self.claims])
        first, second = (
            [Statement(claim=one.claim, label=label, how=one.how) for one, label in zip(self.claims, side, strict=True)]
            for side in labels
        )
        return Text(id=f"{self.id}-a", text=self.a, claims=first), Text(id=f"{self.id}-b", text=self.b, claims=second)


def read_texts(path: Path) -> list[Text]:
    """Read texts; of pairs both sides."""
    if path.stem.startswith("pairs"):
        return [text for pair in read_rows(path, Pair) for text in pair.texts()]
    return read_rows(path, Text)


def run(context: Context) -> TaskResult:
    """Check all claims and ask the questions, beside word overlap, the nearest passage and always saying yes."""
    path = first_file(context.folder, "test.jsonl", "*.jsonl")
    texts, judge = read_rows(path, Text), open_judge(context.settings.models)
    need_both([each.label == "supported" for text in texts for each in text.claims], path)
    cpu, wall = time.process_time(), time.perf_counter()
    write_files(context.home / "files", files_of(texts))
    with context.open() as suite:
        house.ingested(suite, context.home / "files", context)
        first = suite.search(texts[0].questions[0].question)
        jobs = [*_claims(texts, context, judge), *_questions(texts, context.limit, suite)]
        items = made(jobs, context, suite.parts.index.version())
        fingerprint = fingerprint_of(suite)
    judged = [item for item in items if "p_supported" in item.scores]
    return TaskResult(
        task="written",
        dataset=f"{path.parent.name}/{path.name}",
        n=len(items),
        metrics=_metrics(items, judged, context.seed),
        items=items,
        tier={"tier": first.tier.name, **first.tier.models, "judge": _name(judge, context)},
        degraded=[lane.lane for lane in first.degraded],
        fingerprint=f"{fingerprint} judge={_name(judge, context)}",
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls=plain_controls(judged, context.seed)
        | {"nearest_passage_right": means(items, context.seed)["nearest"]},
        plots=curves(told(judged)),
        segments=by_segment(items, context.seed, (*OF_CLAIMS, *OUTCOMES)),
    )


def _name(judge: Judge | None, context: Context) -> str:
    return judge.fingerprint if judge is not None else context.settings.models.judge


def files_of(texts: Sequence[Text]) -> dict[str, str]:
    """Return the content of each text's file by its name."""
    return {f"{text.id}.{'html' if text.cells else 'txt'}": _content(text) for text in texts}


def _content(text: Text) -> str:
    """The text as it is; with a table, a page whose first line is the heading, so that both stay in one file."""
    if not text.cells:
        return text.text
    title, *lines = [escape(line) for line in text.text.splitlines() if line.strip()]
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in text.cells]
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f"<h1>{title}</h1><table>{table}</table>{said}"


def _claims(texts: Sequence[Text], context: Context, judge: Judge | None) -> Iterator[tuple[str, Make]]:
    for text in texts:
        for place, claim in enumerate(text.claims, 1):
            yield f"{text.id}/claim {place}", partial(_claim, text, place, claim, context, judge)


def _claim(text: Text, place: int, claim: Statement, context: Context, judge: Judge | None) -> ItemResult:
    truth = claim.label == "supported"
    case = Case(
        id=f"{text.id}/claim {place}",
        answer=claim.claim,
        evidence=[text.text],
        label=truth,
        cluster=text.id,
        title=text.text.splitlines()[0],
        cells=text.cells,
    )
    item = judge_case(case, context, judge)
    scores = stopped(item) | {"overlap": overlap(claim.claim, f"{text.text}\n{as_text(text.cells)}")}
    return replace(item, scores=scores, segments={"truth" if truth else "lie": claim.how})


def _questions(texts: Sequence[Text], limit: int | None, suite: Suite) -> Iterator[tuple[str, Make]]:
    questions = [[(text.id, n, each) for n, each in enumerate(text.questions, 1)] for text in texts]
    for source, place, asked in drawn(questions, limit):
        asking = Asking(f"{source}/question {place}", suite, {"question": asked.type}, source)
        yield asking.name, partial(asking.question, asked.question, (asked.answer, *asked.also), asked.answered_by)
    misses = [[(text.id, n, each) for n, each in enumerate(text.near_misses, 1)] for text in texts]
    for source, place, miss in drawn(misses, limit):
        asking = Asking(f"{source}/near miss {place}", suite, {"near_miss": miss.how}, source)
        yield asking.name, partial(asking.near_miss, miss.question)


def _metrics(items: Sequence[ItemResult], judged: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found, truths = means(judged, seed), told(judged)
    return {
        **{name: found[name] for name in OF_CLAIMS},
        "auroc": truths.figure(auroc, seed),
        "balanced_accuracy": truths.decided(balanced_accuracy, seed),
        **outcomes(items, seed),
    }
