"""From the best units to what they speak of: one or more hops over shared headings, names and ids.

No language model reads anything: a unit leads to the units whose heading it names, to those that share a
rare name or id with it, and to those that share any name with it and answer to the rest of the question.
Every unit keeps its best path, which is also its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.retrieval.headings import MOST_HOLDERS, headings_named, keys_in
from groundsight.retrieval.onwards import onwards
from groundsight.retrieval.relevance import Relevance, relevance_of
from groundsight.retrieval.words import asked_weights, quotable, terms_of
from groundsight.types import ChannelScore, Filter, Hit

if TYPE_CHECKING:
    from groundsight.index import ChannelQuery, Index
    from groundsight.parts import Parts
    from groundsight.tracing import Watch
    from groundsight.types import Asset, Principal, Unit

SOURCES = 5
# Weights in the middle of a plateau over four multi-hop sets: changing any of them by a sixth moves recall at 5 by
# at most 2 points. More inherited worth lets a chain of names overtake what the question itself is near to.
INHERITED = 0.65
OWN = 0.3
COVERING = 0.5
PER_RANK = 0.01
OF_MENTION = 0.8
OF_REST = 0.6


@dataclass(frozen=True)
class Jump:
    """A link from a hit to a unit: where it starts, what it is called, how much of the source's worth it carries."""

    source: Trail
    rank: int
    target: str
    shown: str
    carried: float


@dataclass(frozen=True)
class Trail:
    """A hit on its best path: its worth from 0, and the question's words that the path has covered.

    ``arrived`` tells that this walk led to it, so that its score still has to be booked.
    """

    hit: Hit
    worth: float
    covered: frozenset[str]
    arrived: bool = False


def follow(
    parts: Parts,
    question: str,
    hits: Sequence[Hit],
    principal: Principal,
    watch: Watch,
    hops: int = 1,
    where: Filter | None = None,
    asks: Sequence[ChannelQuery] | None = None,
) -> tuple[Hit, ...]:
    """Return the hits and what they lead to within ``hops`` links, best first; contributions still add up.

    ``hops`` counts links, so a hit found over one link has ``hop`` 2. ``where`` narrows the targets;
    ``asks`` are the question's channel queries when they are already encoded.
    """
    if not hits or hops < 1:
        return tuple(hits)
    scope = visible_to(principal).also(*(where.conditions if where else ()))
    relevance = relevance_of(parts, question, asks, hits)
    walk = _Walk(parts.index, scope, relevance, question, _weights(question, hits))
    trails = walk.seeds(hits)
    frontier = _best(trails.values())
    for _ in range(hops):
        watch.check()
        found = walk.onwards(frontier, trails)
        trails.update(found)
        frontier = _best(found.values())
    return _ranked(trails.values(), _top(hits))


class _Walk:
    """One question's walk over the links."""

    def __init__(
        self, index: Index, where: Filter, relevance: Relevance, question: str, weights: Mapping[str, float]
    ) -> None:
        self._index, self._where, self._relevance = index, where, relevance
        self._question, self._weights = question, weights
        self._covered: dict[str, frozenset[str]] = {}

    def seeds(self, hits: Sequence[Hit]) -> dict[str, Trail]:
        top = _top(hits)
        return {hit.unit.unit_id: Trail(hit, hit.score / top, self._covers(hit.unit)) for hit in hits}

    def onwards(self, frontier: Sequence[Trail], known: Mapping[str, Trail]) -> dict[str, Trail]:
        """Return the trails that one more link improves, by unit id."""
        jumps = [*self._to_headings(frontier), *self._to_mentions(frontier), *self._to_the_rest(frontier)]
        units = self._index.get(tuple(dict.fromkeys(jump.target for jump in jumps)), self._where)
        own = self._relevance.of(units, self._index, self._where)
        placed = {unit.unit_id: (unit, asset) for unit, asset in units}
        found: dict[str, Trail] = {}
        for jump in jumps:
            if jump.target in placed and jump.target != jump.source.hit.unit.unit_id:
                best = found.get(jump.target) or known.get(jump.target)
                worth = self._worth(jump, placed[jump.target][0], own.get(jump.target, 0.0))
                if best is None or worth > best.worth:
                    found[jump.target] = self._arrived(jump, *placed[jump.target], worth, known.get(jump.target))
        return found

    def _to_headings(self, frontier: Sequence[Trail]) -> Iterable[Jump]:
        texts = [quotable(trail.hit.unit) for trail in frontier]
        named = headings_named(texts, self._index, self._where, as_names=True)
        for rank, (trail, names) in enumerate(zip(frontier, named, strict=True)):
            for name in names:
                yield Jump(trail, rank, name.unit_id, name.shown, INHERITED)

    def _to_mentions(self, frontier: Sequence[Trail]) -> Iterable[Jump]:
        keys = dict.fromkeys(link.key for trail in frontier for link in trail.hit.unit.links)
        linked = self._index.linked(tuple(keys), self._where, MOST_HOLDERS)
        for rank, trail in enumerate(frontier):
            for link in trail.hit.unit.links:
                holders = linked.get(link.key, ())
                for unit_id, _ in holders:
                    yield Jump(trail, rank, unit_id, link.shown, INHERITED * _rare(len(holders)))

    def _to_the_rest(self, frontier: Sequence[Trail]) -> Iterable[Jump]:
        starts = [(trail.hit.unit, trail.covered) for trail in frontier]
        found = onwards(self._question, keys_in(self._question), starts, self._index, self._where)
        for rank, (trail, led) in enumerate(zip(frontier, found, strict=True)):
            for onward in led:
                yield Jump(trail, rank, onward.unit_id, onward.shown, INHERITED * OF_REST)

    def _worth(self, jump: Jump, unit: Unit, own: float) -> float:
        bonus = COVERING * self._share(self._covers(unit) - jump.source.covered)
        return max(0.0, jump.carried * jump.source.worth + OWN * own + bonus - PER_RANK * jump.rank)

    def _arrived(self, jump: Jump, unit: Unit, asset: Asset, worth: float, known: Trail | None) -> Trail:
        hit = _linked_hit(jump, unit, asset, worth, known.hit if known else None)
        return Trail(hit, worth, self._covers(unit) | jump.source.covered, arrived=True)

    def _covers(self, unit: Unit) -> frozenset[str]:
        if unit.unit_id not in self._covered:
            self._covered[unit.unit_id] = frozenset(self._weights).intersection(terms_of(quotable(unit)))
        return self._covered[unit.unit_id]

    def _share(self, terms: frozenset[str]) -> float:
        total = sum(self._weights.values())
        return sum(self._weights[term] for term in terms) / total if total else 0.0


def _weights(question: str, hits: Sequence[Hit]) -> Mapping[str, float]:
    asked = frozenset(terms_of(question))
    return asked_weights(asked, [asked.intersection(terms_of(quotable(hit.unit))) for hit in hits])


def _rare(holders: int) -> float:
    return OF_MENTION * (1.0 - (holders - 2) / (2 * MOST_HOLDERS)) if holders > 2 else OF_MENTION


def _linked_hit(jump: Jump, unit: Unit, asset: Asset, worth: float, known: Hit | None) -> Hit:
    own = tuple(part for part in known.channels if part.channel != "link") if known else ()
    return Hit(
        unit=unit,
        asset=asset,
        score=worth,
        channels=own,
        matched=known.matched if known else (),
        hop=jump.source.hit.hop + 1,
        reason=f'linked by "{jump.shown}"',
    )


def _top(hits: Sequence[Hit]) -> float:
    return max(hit.score for hit in hits) or 1.0


def _best(trails: Iterable[Trail]) -> tuple[Trail, ...]:
    return tuple(sorted(trails, key=lambda trail: (-trail.worth, trail.hit.unit.unit_id))[:SOURCES])


def _ranked(trails: Iterable[Trail], top: float) -> tuple[Hit, ...]:
    hits = [_settled(trail, top) if trail.arrived else trail.hit for trail in trails]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.unit.unit_id)))


def _settled(trail: Trail, top: float) -> Hit:
    """Bring a linked hit back to the scale of the search and book the rest of its score on its link."""
    halved = tuple(part.model_copy(update={"contribution": OWN * part.contribution}) for part in trail.hit.channels)
    score = trail.worth * top
    rest = score - sum(part.contribution for part in halved)
    link = ChannelScore(channel="link", raw=trail.worth, weight=INHERITED, contribution=rest)
    return trail.hit.model_copy(update={"score": score, "channels": (*halved, link)})
