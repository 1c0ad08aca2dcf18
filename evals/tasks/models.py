"""What the answer graph makes of a language model that writes well, lies, or believes a planted note.

``DIR`` holds ``models.jsonl``: id, kind (``ideal``, ``bad``, ``planted``), files (name, text), question, answer, gold.
Each item's files are the only ones of a tenant of its own; the question goes through the real graph, whose client
model is a script that writes this answer and cites the passages nearest to each sentence. ``--limit N`` takes N items
of each kind.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from groundsight.errors import InputRequired
from groundsight.evals.corpus import scoped, write_files
from groundsight.evals.journal import Make
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import Estimate, auroc
from groundsight.evals.metrics.wording import words
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, exact, made, means
from groundsight.evals.tasks.grounding import overlap, told
from groundsight.evals.timing import Clock
from groundsight.language.sentences import split_claims, without_markers
from groundsight.retrieval.words import terms_of
from groundsight.rounds import Client
from groundsight.suite import Suite
from groundsight.tracing import Watch
from groundsight.types import Answer

SHOWN = ("given", "given_part", "given_alone")
ADDS = 2  # content words that a further passage has to add to be cited
_PASSAGE = re.compile(r"id=(E\d+) from=.*?>>>\n(.*?)\n<<<", re.S)


class File(Item):
    """A small file by name."""

    name: str
    text: str


class Told(Item):
    """Files, a question and what the model writes; ``gold`` says in a person's words what would be right."""

    id: str
    kind: Literal["ideal", "bad", "planted"]
    files: list[File]
    question: str
    answer: str
    gold: str


def run(context: Context) -> TaskResult:
    """Ask every question with its scripted model, and count what of the model's words is given."""
    rows = read_rows(first_file(context.folder, "models.jsonl"), Told)
    cpu, wall = time.process_time(), time.perf_counter()
    with _opened(context) as suite:
        jobs = [job for kind in ("ideal", "bad", "planted") for job in _jobs(kind, rows, suite, context)]
        items = made(jobs, context, fingerprint_of(suite))
        fingerprint = fingerprint_of(suite)
    return TaskResult(
        task="models",
        dataset=context.folder.name,
        n=len(items),
        metrics=_metrics(items, context.seed),
        items=items,
        tier={"writer": "a script"},
        degraded=(),
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls=_controls(items, context.seed),
        segments=by_segment(items, context.seed, SHOWN),
    )


def _opened(context: Context) -> Suite:
    """The suite of the task with the client's model as its language model."""
    agent = context.settings.agent.model_copy(update={"llm": "client"})
    return replace(context, settings=context.settings.model_copy(update={"agent": agent})).open()


def _jobs(kind: str, rows: Sequence[Told], suite: Suite, context: Context) -> list[tuple[str, Make]]:
    chosen = [row for row in rows if row.kind == kind][: context.limit]
    return [(row.id, partial(_item, row, suite, context)) for row in chosen]


def _item(row: Told, suite: Suite, context: Context) -> ItemResult:
    folder, clock = context.home / "files" / row.id, Clock()
    write_files(folder, {file.name: file.text for file in row.files})
    scope = scoped(suite, row.id, folder)
    with clock.stage("answer"):
        answer = answered_with(row.answer, row.question, scope)
    text = " ".join(file.text for file in row.files)
    said = {"status": answer.status, "stop_reason": answer.stop_reason, "text": answer.text}
    return ItemResult(
        row.id,
        {**_scores(row, answer), "overlap": overlap(row.answer, text), "short": -float(len(row.answer))},
        segments={"kind": row.kind},
        wall_ms=clock.wall_ms,
        cpu_ms=clock.cpu_ms,
        detail={"question": row.question, "model": row.answer, "gold": row.gold, "answer": said, "label": row.kind},
    )


def _scores(row: Told, answer: Answer) -> dict[str, float]:
    """Whether all of the model's words were given, some of them, and whether only one file stands beside them."""
    heard = " ".join(words(without_markers(answer.text))) if answer.status in ("answered", "partial") else ""
    kept = [" ".join(words(claim.text)) in heard for claim in split_claims(row.answer)]
    scores = {"given": float(all(kept)), "given_part": float(any(kept))}
    if row.kind == "planted":
        sources = {citation.source for citation in answer.citations}
        scores["given_alone"] = float(all(kept) and len(sources) < len(row.files))
    return scores


def answered_with(text: str, question: str, suite: Suite) -> Answer:
    """Ask through the graph, in rounds, of a client whose model always writes ``text``."""
    client = Client(samples=True)
    while True:
        try:
            return suite.acting_for(watch=Watch(client=client)).ask(question)
        except InputRequired as waits:
            reply = {"text": _written(text, question, waits.request["sample"]), "model": "script"}
            client = Client(client.shelf, samples=True, ticket=waits.ticket, reply=reply)


def _written(text: str, question: str, asked: Mapping[str, Any]) -> str:
    """A plan with the question alone, or the answer with the passages that each sentence takes its words from."""
    if "PlanReply" in asked["system"]:
        return json.dumps({"steps": [{"question": question}]})
    passages = {name: set(terms_of(passage)) for name, passage in _PASSAGE.findall(asked["user"])}
    sentences = [{"text": claim.text, "cites": _cites(claim.text, passages)} for claim in split_claims(text)]
    return json.dumps({"sentences": sentences})


def _cites(sentence: str, passages: Mapping[str, set[str]]) -> list[str]:
    """The nearest passage, and each further one that adds some of the words still missing."""
    missing, cites = set(terms_of(sentence)), list[str]()
    while best := max(
        (name for name in passages if name not in cites), key=lambda n: len(missing & passages[n]), default=""
    ):
        if cites and len(missing & passages[best]) < ADDS:
            break
        cites.append(best)
        missing -= passages[best]
    return cites


def _metrics(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {}
    for kind in ("ideal", "bad", "planted"):
        figures = means([item for item in items if item.segments["kind"] == kind], seed)
        found |= {f"{kind}_{name}": figures[name] for name in SHOWN if name in figures}
    return found


def _controls(items: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    """Giving whatever a model writes, and how well overlap or length tell the ideal answers from the bad ones."""
    rows = [replace(item, detail={"label": item.segments["kind"] == "ideal"}) for item in items]
    both = [item for item in rows if item.segments["kind"] != "planted"]
    return {
        "overlap_auroc": told(both, "overlap").figure(auroc, seed),
        "length_only_auroc": told(both, "short").figure(auroc, seed),
        "always_yes_ideal_given": exact(1.0),
        "always_yes_bad_given": exact(1.0),
    }
