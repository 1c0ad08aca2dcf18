"""Newer counts more: a small share of the score that decays with the age of the asset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from groundsight.types import Asset, ChannelScore


def newest(assets: Iterable[Asset]) -> date | None:
    """Return the newest date among the candidates: the reference day, so that results need no clock."""
    return max((asset.created for asset in assets if asset.created), default=None)


def recency_share(asset: Asset, today: date, per_day: float, weight: float) -> ChannelScore | None:
    """Return ``weight / (1 + per_day * days)`` as a share of its own; None for an asset without a date."""
    if asset.created is None or weight <= 0:
        return None
    freshness = 1.0 / (1.0 + per_day * max((today - asset.created).days, 0))
    return ChannelScore(channel="recency", raw=freshness, weight=weight, contribution=weight * freshness)
