"""Metrics as pure functions: numbers in, numbers out; the source and the edge cases are in each docstring."""

from __future__ import annotations

from groundsight.evals.metrics.intervals import Estimate, bootstrap, gap_between, paired, resampled
from groundsight.evals.metrics.judging import (
    auroc,
    balanced_accuracy,
    best_threshold,
    expected_calibration_error,
    precision_recall_f1,
    rejected_at,
    reliability,
    risk_coverage,
)
from groundsight.evals.metrics.ranking import (
    all_at,
    average_precision,
    hit_at,
    ndcg_at,
    recall_at,
    reciprocal_rank,
)
from groundsight.evals.metrics.stewardship import (
    caption_blend,
    percentile,
)
from groundsight.evals.metrics.wording import (
    bleu,
    character_error_rate,
    cider,
    contains_answer,
    rouge_l,
    scene_graph_f1,
    token_f1,
    word_error_rate,
)

__all__ = [
    "Estimate",
    "all_at",
    "auroc",
    "average_precision",
    "balanced_accuracy",
    "best_threshold",
    "bleu",
    "bootstrap",
    "caption_blend",
    "character_error_rate",
    "cider",
    "contains_answer",
    "expected_calibration_error",
    "gap_between",
    "hit_at",
    "ndcg_at",
    "paired",
    "percentile",
    "precision_recall_f1",
    "recall_at",
    "reciprocal_rank",
    "rejected_at",
    "reliability",
    "resampled",
    "risk_coverage",
    "rouge_l",
    "scene_graph_f1",
    "token_f1",
    "word_error_rate",
]
