"""Why a question finds a file late, or not at all: where each channel ranks it, and what dropped it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.retrieval.asking import asked_of, normalised
from groundsight.retrieval.fusion import without_tails
from groundsight.retrieval.search import search
from groundsight.types import Asset, Condition, Principal, Query, Word
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.index import ChannelResult
    from groundsight.parts import Parts
    from groundsight.tracing import Watch


class Ranking(Word):
    """Where a channel ranks the best part of a file among all that the caller may see, None beyond the candidates."""

    channel: str
    rank: int | None
    raw: float


class Fate(Word):
    """How a file fares with a question: its place among the hits, each channel's rank, and in words what decided."""

    place: int | None
    shown: int
    channels: tuple[Ranking, ...]
    why: str


def fate(parts: Parts, text: str, asset: Asset, who: Principal, watch: Watch) -> Fate:
    """Ask the question as a search does, and follow one file through it.

    Raises:
        InvalidArgument, LimitExceeded: the question itself.
    """
    limits, rules = parts.settings.limits, parts.settings.search
    query = normalised(Query(text=text, limit=rules.limit), limits)
    channels = _ranked(parts, query, asset, who, watch)
    wide = search(parts, query.model_copy(update={"limit": limits.results}), who, watch)
    place = next((at for at, hit in enumerate(wide.hits, 1) if hit.asset.asset_id == asset.asset_id), None)
    if place is not None:
        late = f"it is hit {place}, and {rules.limit} are shown: ask for more, or in its words"
        why = f"it is hit {place}" if place <= rules.limit else late
    elif wide.nothing is not None:
        why = f"the search shows nothing at all: {wide.nothing.why}"
    elif any(each.rank for each in channels):
        why = f"other passages stand before it in every list: {number_of(len(wide.hits), 'hit')}"
    else:
        why = "no channel has it among its candidates: it shares no telling word with the question and is not near it"
    return Fate(place=place, shown=rules.limit, channels=channels, why=why)


def _ranked(parts: Parts, query: Query, asset: Asset, who: Principal, watch: Watch) -> tuple[Ranking, ...]:
    asked, most = (
        asked_of(parts, query, who, watch),
        min(parts.settings.search.candidates, parts.settings.limits.candidates),
    )
    where = visible_to(who)
    every = without_tails(parts.index.search(asked.channels, where, most))
    alone = parts.index.search(asked.channels, where.also(_only(asset)), 1)
    return tuple(
        Ranking(channel=one.channel, rank=_rank(all_, asset), raw=round(one.hits[0][1], 4))
        for all_, one in zip(every, alone, strict=True)
        if one.hits
    )


def _rank(result: ChannelResult, asset: Asset) -> int | None:
    return next((at for at, (unit, _) in enumerate(result.hits, 1) if unit.startswith(f"{asset.asset_id}-")), None)


def _only(asset: Asset) -> Condition:
    return Condition(field="asset_id", op="eq", value=asset.asset_id)
