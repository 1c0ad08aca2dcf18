"""The house questions about the renamed story: trams for ferries, other places, people and file names, the same facts.

``DIR`` is the house set's. The demo's files are made afresh with every noun of ``evals/demo/renames.txt`` exchanged,
and so are questions and answers: what an answer loses by that, it owed to words of the story. Both stories are asked,
each in a tenant of its own. Making the files needs the ``dev`` extra. ``--limit N`` draws N questions with gold and N
without.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from groundsight.evals.asking import OUTCOMES, coverage, outcomes
from groundsight.evals.corpus import scoped
from groundsight.evals.demo.rename import renamed, write_renamed
from groundsight.evals.gold import Question
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.reading import read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.segments import by_segment
from groundsight.evals.tasks import Context, house, made, means
from groundsight.evals.tasks.other_words import asked

BEFORE = "as written "


def run(context: Context) -> TaskResult:
    """Ask both stories; ``lost`` is the share of questions that only the story as written answers right, net."""
    questions = read_rows(context.folder / "questions.jsonl", Question)
    cpu, wall = time.process_time(), time.perf_counter()
    write_renamed(context.home / "files")
    with context.open() as suite:
        before, after = scoped(suite, "written", house.DEMO), scoped(suite, "renamed", context.home / "files")
        first, fingerprint = after.search(renamed(questions[0].question)), fingerprint_of(suite)
        jobs = [*asked(questions, before, context.limit, BEFORE), *asked(_renamed(questions), after, context.limit)]
        items = made(jobs, context, suite.parts.index.version())
    told, story = items[len(items) // 2 :], items[: len(items) // 2]
    return TaskResult(
        task="renamed",
        dataset=context.folder.name,
        n=len(told),
        metrics={**outcomes(told, context.seed), "lost": _lost(story, told, context.seed)},
        items=told,
        tier={"tier": first.tier.name, **first.tier.models},
        degraded=[lane.lane for lane in first.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls=_controls(story, told, context.seed),
        plots=coverage(told),
        segments=by_segment(told, context.seed, OUTCOMES),
    )


def _renamed(questions: Sequence[Question]) -> list[Question]:
    """The questions as data, with every noun exchanged: also in the answers."""
    return [
        each.model_copy(
            update={"question": renamed(each.question), "answers": [renamed(answer) for answer in each.answers]}
        )
        for each in questions
    ]


def _lost(story: Sequence[ItemResult], told: Sequence[ItemResult], seed: int) -> Estimate:
    pairs = zip(story, told, strict=True)
    return bootstrap(
        [old.scores["right"] - new.scores["right"] for old, new in pairs if "right" in new.scores], seed=seed
    )


def _controls(story: Sequence[ItemResult], told: Sequence[ItemResult], seed: int) -> dict[str, Estimate]:
    as_written = outcomes(story, seed)
    return {
        **{f"as_written_{name}": as_written[name] for name in ("right", "wrong", "near_misses_refused")},
        "nearest_passage_right": means(told, seed)["nearest"],
    }
