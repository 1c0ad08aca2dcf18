"""The written set: truths and lies about texts, questions and near misses asked of all texts, no model needed.

``DIR`` holds ``test.jsonl`` (or is such a file): one text a line, as ``evals/written/README.md`` tells. Every claim is
checked against its own text; every question is asked of an index of all texts. ``--limit N`` asks N questions and N
near misses, drawn over the texts; claims cost little and are always checked all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field

from groundsight.evals.journal import Make
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import (
    Estimate,
    auroc,
    balanced_accuracy,
    contains_answer,
    precision_recall_f1,
    rejected_at,
)
from groundsight.evals.metrics.wording import words
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, exact, house, means, of_set
from groundsight.evals.tasks.grounding import Case, Judged, judge_case, need_both
from groundsight.evals.timing import Clock
from groundsight.grounding import Judge
from groundsight.grounding.judges import open_judge
from groundsight.ingestion.readers.csv_file import as_text
from groundsight.retrieval.evidence import evidence_of
from groundsight.retrieval.words import terms_of
from groundsight.suite import Suite
from groundsight.types import Query, SearchResult

WRITTEN = Path(__file__).resolve().parent.parent / "written"
OF_CLAIMS = ("caught", "truths_refused", "truths_contradicted")
OF_ANSWERS = ("right", "wrong", "refused", "near_misses_refused")
DRAW = 0  # the same questions in every limited run, whatever --seed: gates compare runs

Row = TypeVar("Row")


class Statement(Item):
    """A sentence about a text, true or wrong in one thing; ``how`` names the rewording or the fault."""

    claim: str
    label: Literal["supported", "contradicted", "unsupported"]
    how: str


class Asked(Item):
    """A question with its answer, the shortest span of the text; of a list all items count, parted by "; "."""

    question: str
    answer: str
    also: tuple[str, ...] = ()
    type: str

    def answered_by(self, text: str) -> bool:
        """True when the text holds the answer or another form of it; yes and no count as the first word only."""
        if self.type == "yes_no":
            return words(text)[:1] == words(self.answer)
        forms = (self.answer, *self.also)
        if self.type == "list":
            return any(all(contains_answer(text, [part]) for part in form.split("; ")) for form in forms)
        return contains_answer(text, forms)


class NearMiss(Item):
    """A question that a text seems to answer and doesn't; ``how`` names what is missing."""

    question: str
    how: str


class Text(Item):
    """A text with its table, where it has one, and everything written about it."""

    id: str
    text: str
    cells: tuple[tuple[str, ...], ...] = ()
    claims: list[Statement] = Field(min_length=1)
    questions: list[Asked] = Field(min_length=1)
    near_misses: list[NearMiss] = Field(min_length=1)


def run(context: Context) -> TaskResult:
    """Check all claims and ask the questions, beside word overlap, the nearest passage and always saying yes."""
    path = first_file(context.folder, "test.jsonl", "*.jsonl")
    texts, judge = read_rows(path, Text), open_judge(context.settings.models)
    need_both([each.label == "supported" for text in texts for each in text.claims], path)
    cpu, wall = time.process_time(), time.perf_counter()
    _write_files(texts, context.home / "files")
    with context.open() as suite:
        house.ingested(suite, context.home / "files", context)
        first = suite.search(texts[0].questions[0].question)
        items = _items([*_claims(texts, context, judge), *_questions(texts, context.limit, suite)], suite, context)
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
        controls=_controls(items, judged, context.seed),
        segments=by_segment(items, context.seed, (*OF_CLAIMS, *OF_ANSWERS)),
    )


def _name(judge: Judge | None, context: Context) -> str:
    return judge.fingerprint if judge is not None else context.settings.models.judge


def _write_files(texts: Sequence[Text], folder: Path) -> None:
    """Make the folder hold these texts and nothing else; what is there already keeps its time of change."""
    wanted = {f"{text.id}.{'html' if text.cells else 'txt'}": _content(text) for text in texts}
    folder.mkdir(parents=True, exist_ok=True)
    for stranger in {path.name for path in folder.iterdir()} - wanted.keys():
        (folder / stranger).unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != content:
            path.write_text(content, "utf-8")


def _content(text: Text) -> str:
    """The text as it is; with a table, a page whose first line is the heading, so that both stay in one file."""
    if not text.cells:
        return text.text
    title, *lines = [escape(line) for line in text.text.splitlines() if line.strip()]
    rows = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in text.cells]
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    said = "".join(f"<p>{line}</p>" for line in lines)
    return f"<h1>{title}</h1><table>{table}</table>{said}"


def _items(jobs: Sequence[tuple[str, Make]], suite: Suite, context: Context) -> list[ItemResult]:
    items: list[ItemResult] = []
    with context.keeping(suite.parts.index.version()) as keep:
        for place, (name, make) in enumerate(jobs, 1):
            context.watch.step(place, len(jobs), name)
            items.append(keep(name, make))
    return items


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
    refused = 1.0 - item.scores["said_supported"]
    of_truth = {"truths_refused": refused, "truths_contradicted": item.scores["said_contradicted"]}
    scores = of_truth if truth else {"caught": refused}
    scores |= {"p_supported": item.scores["p_supported"], "overlap": _overlap(claim.claim, text)}
    return replace(item, scores=scores, segments={"truth" if truth else "lie": claim.how})


def _overlap(claim: str, text: Text) -> float:
    """Share of the claim's content words that its text and table hold, plural endings folded."""
    said = set(terms_of(claim))
    return len(said & set(terms_of(f"{text.text}\n{as_text(text.cells)}"))) / max(len(said), 1)


def _questions(texts: Sequence[Text], limit: int | None, suite: Suite) -> Iterator[tuple[str, Make]]:
    questions = [[(text.id, n, each) for n, each in enumerate(text.questions, 1)] for text in texts]
    for source, place, asked in _drawn(questions, limit):
        name = f"{source}/question {place}"
        yield name, partial(_Asking(name, source, suite).question, asked)
    misses = [[(text.id, n, each) for n, each in enumerate(text.near_misses, 1)] for text in texts]
    for source, place, miss in _drawn(misses, limit):
        name = f"{source}/near miss {place}"
        yield name, partial(_Asking(name, source, suite).near_miss, miss)


def _drawn(groups: Sequence[Sequence[Row]], limit: int | None) -> list[Row]:
    """All rows in order, or ``limit`` of them: one of every text by lot, then a second of every text, and so on."""
    if limit is None:
        return [row for group in groups for row in group]
    lot = random.Random(DRAW)
    shuffled = [lot.sample(group, len(group)) for group in lot.sample(groups, len(groups))]
    return [row for turn in zip_longest(*shuffled) for row in turn if row is not None][:limit]


@dataclass(frozen=True)
class _Asking:
    """One question or near miss on its way through search and answer; ``source`` is the id of its text."""

    name: str
    source: str
    suite: Suite

    def question(self, asked: Asked) -> ItemResult:
        item, found = self._asked(asked.question, {"question": asked.type}, (asked.answer, *asked.also))
        gave, text = item.scores["gave_answer"], item.detail["answer"]["text"]
        right = bool(gave) and asked.answered_by(text)
        nearest = any(asked.answered_by(evidence_of(hit).text) for hit in found.hits[:1])
        scores = {"right": float(right), "wrong": gave - right, "refused": 1.0 - gave, "nearest": float(nearest)}
        return replace(item, scores={**item.scores, **scores})

    def near_miss(self, miss: NearMiss) -> ItemResult:
        item, _ = self._asked(miss.question, {"near_miss": miss.how}, ())
        return replace(item, scores={"near_misses_refused": 1.0 - item.scores["gave_answer"]})

    def _asked(self, text: str, segments: dict[str, str], answers: Sequence[str]) -> tuple[ItemResult, SearchResult]:
        clock = Clock()
        timed = self.suite.acting_for(watch=clock.watch)
        with clock.stage("search"):
            found = timed.search(Query(text=text))
        with clock.stage("answer"):
            answer = timed.ask(text)
        said = {"status": answer.status, "stop_reason": answer.stop_reason, "text": answer.text}
        hits = [{"source": hit.asset.source, "score": round(hit.score, 4)} for hit in found.hits[:3]]
        item = ItemResult(
            self.name,
            {"gave_answer": float(answer.status in ("answered", "partial"))},
            cluster=self.source,
            segments=segments,
            wall_ms=clock.wall_ms,
            cpu_ms=clock.cpu_ms,
            detail={"question": text, "answers": answers, "answer": said, "hits": hits},
        )
        return item, found


def _metrics(items: Sequence[ItemResult], judged: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found, truths = means(items, seed), _told(judged)
    return {
        **{name: found[name] for name in OF_CLAIMS},
        "auroc": truths.figure(auroc, seed),
        "balanced_accuracy": truths.decided(balanced_accuracy, seed),
        **{name: found[name] for name in OF_ANSWERS},
        "precision_of_given": of_set([item for item in items if "right" in item.scores], _precision, seed),
    }


def _controls(items: Sequence[ItemResult], judged: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    """What needs no check and no answer; overlap catches lies at the share of truths that the check refuses."""
    found, truths = means(items, seed), _told(judged)
    overlap = replace(truths, scores=[item.scores["overlap"] for item in judged])
    share = found["truths_refused"].value
    return {
        "overlap_auroc": overlap.figure(auroc, seed),
        "overlap_caught": overlap.figure(lambda scores, labels: rejected_at(scores, labels, share), seed),
        "always_yes_caught": exact(0.0),
        "always_yes_balanced_accuracy": exact(0.5),
        "nearest_passage_right": found["nearest"],
    }


def _told(judged: Sequence[ItemResult]) -> Judged:
    truths = ["truth" in item.segments for item in judged]
    scores = [item.scores["p_supported"] for item in judged]
    said = [not item.scores.get("truths_refused", item.scores.get("caught")) for item in judged]
    return Judged(scores, said, truths, [item.cluster for item in judged])


def _precision(questions: Sequence[ItemResult]) -> float:
    given = [item.scores["gave_answer"] == 1.0 for item in questions]
    return precision_recall_f1(given, [item.scores["right"] == 1.0 for item in questions])[0]
