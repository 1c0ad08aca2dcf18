"""Refusal: of answerable and unanswerable questions, which are answered and which are refused.

``DIR`` and ``--corpus`` as in the house task; only the decision to answer counts here.
"""

from __future__ import annotations

from dataclasses import replace

from groundsight.evals.metrics import balanced_accuracy, precision_recall_f1
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, house


def run(context: Context) -> TaskResult:
    """Run the house task and keep what concerns refusing; always answering stands beside."""
    whole = house.run(context)
    items = [_decision(item) for item in whole.items]
    refused = [item.scores["gave_answer"] == 0.0 for item in items]
    unanswerable = [item.scores["unanswerable"] == 1.0 for item in items]
    precision, recall, f1 = precision_recall_f1(refused, unanswerable)
    metrics = {
        "refusal_precision": exact(precision),
        "refusal_recall": exact(recall),
        "refusal_f1": exact(f1),
        "balanced_accuracy": exact(balanced_accuracy(refused, unanswerable)),
    }
    controls = {"always_answer_balanced_accuracy": exact(balanced_accuracy([False] * len(items), unanswerable))}
    return replace(whole, task="refusal", metrics=metrics, items=items, controls=controls, plots={})


def _decision(item: ItemResult) -> ItemResult:
    unanswerable = float("refused" in item.scores)
    right = float(item.scores["gave_answer"] != unanswerable)
    scores = {"right": right, "gave_answer": item.scores["gave_answer"], "unanswerable": unanswerable}
    return replace(item, scores=scores)
