"""Refusal: of answerable and unanswerable questions, which are answered and which are refused.

``DIR`` and ``--corpus`` as in the house task; only the decision to answer counts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import balanced_accuracy, precision_recall_f1
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, house, of_set


def run(context: Context) -> TaskResult:
    """Run the house task and keep what concerns refusing; always answering stands beside.

    Raises:
        InvalidArgument: every question is answerable, or none: refusing can't be judged on one kind alone.
    """
    whole = house.run(context)
    items = [_decision(item) for item in whole.items]
    if len({item.scores["unanswerable"] for item in items}) < 2:
        raise InvalidArgument(
            "refusal needs questions with gold and questions without",
            which=f"{len(items)} questions",
            next_step="leave out the gold of a third of them, or raise --limit",
        )
    metrics = {
        "refusal_precision": of_set(items, lambda drawn: precision_recall_f1(*_sides(drawn))[0], context.seed),
        "refusal_recall": of_set(items, lambda drawn: precision_recall_f1(*_sides(drawn))[1], context.seed),
        "refusal_f1": of_set(items, lambda drawn: precision_recall_f1(*_sides(drawn))[2], context.seed),
        "balanced_accuracy": of_set(items, lambda drawn: balanced_accuracy(*_sides(drawn)), context.seed),
    }
    unanswerable = _sides(items)[1]
    controls = {"always_answer_balanced_accuracy": exact(balanced_accuracy([False] * len(items), unanswerable))}
    return replace(whole, task="refusal", metrics=metrics, items=items, controls=controls, plots={}, segments={})


def _sides(items: Sequence[ItemResult]) -> tuple[list[bool], list[bool]]:
    """Which were refused, and which had to be."""
    return (
        [item.scores["gave_answer"] == 0.0 for item in items],
        [item.scores["unanswerable"] == 1.0 for item in items],
    )


def _decision(item: ItemResult) -> ItemResult:
    unanswerable = float("refused" in item.scores)
    right = float(item.scores["gave_answer"] != unanswerable)
    scores = {"right": right, "gave_answer": item.scores["gave_answer"], "unanswerable": unanswerable}
    return replace(item, scores=scores)
