"""Ranking metrics over one query: ids found, best first, against the gold ids.

Every function raises ValueError for an empty gold set: a question without gold has no recall, and
must be scored as a refusal instead. Duplicates in ``found`` count at their first place only.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence


def recall_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """Share of the gold ids among the first k (Manning et al. 2008, chapter 8)."""
    return len(_gold(gold) & set(_unique(found)[:k])) / len(set(gold))


def hit_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """1.0 when any gold id is among the first k, often misnamed recall."""
    return float(bool(_gold(gold) & set(_unique(found)[:k])))


def all_at(found: Sequence[str], gold: Collection[str], k: int) -> float:
    """1.0 when every gold id is among the first k: what a multi-hop answer needs."""
    return float(_gold(gold) <= set(_unique(found)[:k]))


def reciprocal_rank(found: Sequence[str], gold: Collection[str]) -> float:
    """One over the rank of the first gold id, 0.0 when none is found (Voorhees, TREC-8 1999)."""
    wanted = _gold(gold)
    return next((1.0 / rank for rank, item in enumerate(_unique(found), 1) if item in wanted), 0.0)


def average_precision(found: Sequence[str], gold: Collection[str]) -> float:
    """Mean of the precision at each gold id; gold ids that are not found count as 0."""
    wanted, seen, total = _gold(gold), 0, 0.0
    for rank, item in enumerate(_unique(found), 1):
        if item in wanted:
            seen += 1
            total += seen / rank
    return total / len(wanted)


def ndcg_at(found: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Discounted gain with the exponential gain 2^grade - 1 over the ideal (Burges et al. 2005).

    Raises:
        ValueError: no grade is above zero.
    """
    ideal = _gain(sorted(grades.values(), reverse=True)[:k])
    if ideal <= 0:
        raise ValueError("no gold id has a grade above zero")
    return _gain([grades.get(item, 0.0) for item in _unique(found)[:k]]) / ideal


def _gain(grades: Sequence[float]) -> float:
    return sum((2.0**grade - 1.0) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _gold(gold: Collection[str]) -> set[str]:
    if not gold:
        raise ValueError("an empty gold set has no ranking metric")
    return set(gold)


def _unique(found: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(found))
