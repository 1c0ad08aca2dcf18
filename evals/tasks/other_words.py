"""The house questions as people ask who never saw the files: other words, other syntax, the same answers.

``DIR`` holds ``other_words.jsonl`` with the ids of the house set; the files are its own. ``--limit N`` draws N over the
kinds of questions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial

from groundsight.evals.asking import Asking, asked_result, drawn
from groundsight.evals.gold import Question
from groundsight.evals.journal import Make
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import contains_answer
from groundsight.evals.reading import first_file, read_rows
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import Context, house, made
from groundsight.suite import Suite


def run(context: Context) -> TaskResult:
    """Ask every question, and count right, wrong, shown and unanswered beside the nearest passage."""
    questions = read_rows(first_file(context.folder, "other_words.jsonl"), Question)
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as suite:
        house.ingested(suite, house.corpus_of(context), context)
        first, fingerprint = suite.search(questions[0].question), fingerprint_of(suite)
        items = made(list(asked(questions, suite, context.limit)), context, suite.parts.index.version())
    return asked_result("other_words", context, items, first, fingerprint, (cpu, wall))


def asked(
    questions: Sequence[Question], suite: Suite, limit: int | None, prefix: str = ""
) -> Iterator[tuple[str, Make]]:
    """A job for each question, or for ``limit`` with gold and as many without, drawn over their kinds."""
    for answerable in (True, False):
        kinds: dict[str, list[Question]] = {}
        for question in questions:
            if bool(question.gold) == answerable:
                kinds.setdefault(question.kind, []).append(question)
        for each in drawn(list(kinds.values()), limit):
            asking = Asking(f"{prefix}{each.id}", suite, {"kind": each.kind}, each.id)
            held = partial(contains_answer, answers=each.answers)
            ask = partial(asking.question, each.question, each.answers, held)
            yield asking.name, ask if answerable else partial(asking.near_miss, each.question)
