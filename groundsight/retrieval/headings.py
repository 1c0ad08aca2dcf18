"""Which headings a text names: the longest runs of its words that are the heading of some unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.index.keys import heading_key, longest_first, phrases_in

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.types import Filter

MOST_HOLDERS = 15
MOST_MENTIONS = 500


@dataclass(frozen=True)
class Named:
    """One unit whose heading a text names, as the text spells it."""

    unit_id: str
    shown: str


def headings_named(
    texts: Sequence[str], index: Index, where: Filter, *, as_names: bool = False
) -> tuple[tuple[Named, ...], ...]:
    """Return, per text, the units whose headings it names; a heading of more than 15 units says nothing."""
    runs = [tuple(phrases_in(text, as_names=as_names)) for text in texts]
    keys = dict.fromkeys(heading_key(shown) for found in runs for _, _, shown in found)
    linked = index.linked(tuple(keys), where, MOST_MENTIONS)
    holders = {key: _holders(pairs) for key, pairs in linked.items()}
    return tuple(_named(found, holders) for found in runs)


def _holders(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    found = tuple(unit_id for unit_id, role in pairs if role == "heading")
    return found if len(found) <= MOST_HOLDERS else ()


def _named(runs: Sequence[tuple[int, int, str]], holders: Mapping[str, tuple[str, ...]]) -> tuple[Named, ...]:
    known = [run for run in runs if holders.get(heading_key(run[2]))]
    found = {
        unit_id: Named(unit_id, shown)
        for _, _, shown in reversed(longest_first(known))
        for unit_id in holders[heading_key(shown)]
    }
    return tuple(found.values())
