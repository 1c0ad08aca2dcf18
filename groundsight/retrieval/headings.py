"""Which headings a text names: the longest runs of its words that are the heading of some unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.index.keys import heading_key, longest_first, phrases_in

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.types import Filter

MOST_HOLDERS = 15
MOST_MENTIONS = 500
KEPT_TEXTS = 64


@dataclass(frozen=True)
class Named:
    """One unit whose heading a text names, as the text spells it; ``holders`` units have this heading."""

    unit_id: str
    shown: str
    holders: int = 1


def headings_named(
    texts: Sequence[str], index: Index, where: Filter, *, as_names: bool = False
) -> tuple[tuple[Named, ...], ...]:
    """Return, per text, the units whose headings it names; a heading of more than 15 units says nothing."""
    runs = [_runs(text, as_names) for text in texts]
    keys = dict.fromkeys(key for found in runs for _, _, _, key in found)
    linked = index.linked(tuple(keys), where, MOST_MENTIONS)
    holders = {key: _holders(pairs) for key, pairs in linked.items()}
    return tuple(_named(found, holders) for found in runs)


def keys_in(text: str) -> frozenset[str]:
    """Return the key of every run of words that could be a name or a heading."""
    return frozenset(key for _, _, _, key in _runs(text, False))


def _holders(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    found = tuple(unit_id for unit_id, role in pairs if role == "heading")
    return found if len(found) <= MOST_HOLDERS else ()


@lru_cache(maxsize=KEPT_TEXTS)
def _runs(text: str, as_names: bool) -> tuple[tuple[int, int, str, str], ...]:
    """Return every run of words that could be a heading, with its key."""
    return tuple(
        (first, after, shown, heading_key(shown)) for first, after, shown in phrases_in(text, as_names=as_names)
    )


def _named(runs: Sequence[tuple[int, int, str, str]], holders: Mapping[str, tuple[str, ...]]) -> tuple[Named, ...]:
    known = [(first, after, shown) for first, after, shown, key in runs if holders.get(key)]
    found = {
        unit_id: Named(unit_id, shown, len(holders[heading_key(shown)]))
        for _, _, shown in reversed(longest_first(known))
        for unit_id in holders[heading_key(shown)]
    }
    return tuple(found.values())
