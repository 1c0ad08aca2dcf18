"""Metrics of a judge: scores or probabilities against yes/no labels."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby, pairwise


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Probability that a positive scores above a negative, ties counting half (Mann and Whitney 1947).

    Raises:
        ValueError: only one class is present.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise ValueError("AUROC needs both classes")
    order = sorted(zip(scores, labels, strict=True), key=lambda pair: pair[0])
    rank_sum, seen = 0.0, 0
    for _, group in groupby(order, key=lambda pair: pair[0]):
        tied = [label for _, label in group]
        rank_sum += sum(tied) * (seen + (len(tied) + 1) / 2)
        seen += len(tied)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def balanced_accuracy(predicted: Sequence[bool], labels: Sequence[bool]) -> float:
    """Mean of the recalls of both classes; 0.5 for a judge that always says the same.

    Raises:
        ValueError: only one class is present.
    """
    pairs = list(zip(predicted, labels, strict=True))
    yes = [said for said, truth in pairs if truth]
    no = [said for said, truth in pairs if not truth]
    if not yes or not no:
        raise ValueError("balanced accuracy needs both classes")
    return (sum(yes) / len(yes) + sum(not said for said in no) / len(no)) / 2


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The score at or above which "yes" gives the best balanced accuracy on these items."""
    cuts = sorted(set(scores))
    return max(cuts, key=lambda cut: balanced_accuracy([score >= cut for score in scores], labels))


def rejected_at(scores: Sequence[float], labels: Sequence[bool], share: float) -> float:
    """Share of the false that a floor under the scores rejects when it rejects ``share`` of the true.

    Between two floors both shares are drawn along a line, as if equal scores were told apart by chance.

    Raises:
        ValueError: only one class is present.
    """
    true = sorted(score for score, label in zip(scores, labels, strict=True) if label)
    false = sorted(score for score, label in zip(scores, labels, strict=True) if not label)
    if not true or not false:
        raise ValueError("both classes are needed")
    floors = [*sorted({*true, *false}), float("inf")]
    points = [(bisect_left(true, cut) / len(true), bisect_left(false, cut) / len(false)) for cut in floors]
    for (x, y), (right, top) in pairwise(points):
        if x <= share < right:
            return y + (top - y) * (share - x) / (right - x)
    return 1.0


def precision_recall_f1(predicted: Sequence[bool], labels: Sequence[bool]) -> tuple[float, float, float]:
    """Precision, recall and F1 of "yes"; a ratio without cases is 0.0 (scikit-learn's zero_division=0)."""
    hits = sum(said and truth for said, truth in zip(predicted, labels, strict=True))
    precision = hits / sum(predicted) if any(predicted) else 0.0
    recall = hits / sum(labels) if any(labels) else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


def expected_calibration_error(probabilities: Sequence[float], labels: Sequence[bool], bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, by bin size (Naeini et al. 2015).

    Raises:
        ValueError: no items.
    """
    if not labels:
        raise ValueError("calibration needs at least one item")
    placed = _placed(probabilities, labels, bins)
    gaps = (abs(sum(p for p, _ in cell) - sum(label for _, label in cell)) for cell in placed)
    return sum(gaps) / len(labels)


def reliability(probabilities: Sequence[float], labels: Sequence[bool], bins: int = 10) -> list[tuple[float, float]]:
    """Mean confidence and share of yes in each filled bin, confidence rising (DeGroot and Fienberg 1983)."""
    filled = [cell for cell in _placed(probabilities, labels, bins) if cell]
    return [(sum(p for p, _ in cell) / len(cell), sum(label for _, label in cell) / len(cell)) for cell in filled]


def _placed(probabilities: Sequence[float], labels: Sequence[bool], bins: int) -> list[list[tuple[float, bool]]]:
    placed: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for probability, label in zip(probabilities, labels, strict=True):
        placed[min(int(probability * bins), bins - 1)].append((probability, label))
    return placed


def risk_coverage(confidences: Sequence[float], correct: Sequence[bool]) -> list[tuple[float, float]]:
    """Error rate among the most confident items, at each coverage (El-Yaniv and Wiener 2010).

    Returns (coverage, risk) pairs, one for each distinct confidence, coverage rising to 1.
    """
    order = sorted(zip(confidences, correct, strict=True), key=lambda pair: -pair[0])
    curve: list[tuple[float, float]] = []
    wrong = 0
    for taken, (confidence, right) in enumerate(order, 1):
        wrong += not right
        if taken == len(order) or order[taken][0] < confidence:
            curve.append((taken / len(order), wrong / taken))
    return curve
