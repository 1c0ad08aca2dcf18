"""What a text leaves open: the rest of the question searched again, with the names that the text gives.

A name that many units hold says little by itself (``Zimbabwe``); together with the words that are still
unanswered (``waterfall``) it leads on. Only units that hold one of the names come back, so a hop can say why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.index import ChannelQuery
from groundsight.index.keys import as_key, is_plain, words_of
from groundsight.retrieval.words import KEPT_TEXTS, fold, quotable

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.types import Filter, Unit

# Twelve names and ten units cost 1 ms a text; more of either changed no recall on four multi-hop sets.
MOST_NAMES = 12
MOST_UNITS = 10


@dataclass(frozen=True)
class Onward:
    """A unit that answers to the rest of the question and holds a name of the text, as the text spells it."""

    unit_id: str
    shown: str


def onwards(
    question: str, asked: Set[str], starts: Sequence[tuple[Unit, Set[str]]], index: Index, where: Filter
) -> tuple[tuple[Onward, ...], ...]:
    """Return, per start, what the rest of the question leads to, best first.

    A start is a unit with the folded words of the question that are covered so far; ``asked`` are the
    keys of what the question itself names, which lead nowhere new.
    """
    names = [_names(unit, asked) for unit, _ in starts]
    asks = [_ask(question, covered, found) for (_, covered), found in zip(starts, names, strict=True)]
    results = iter(index.search(tuple(ask for ask in asks if ask), where, MOST_UNITS) if any(asks) else ())
    listed = [[unit_id for unit_id, _ in next(results).hits] if ask else [] for ask in asks]
    wanted = tuple(dict.fromkeys(unit_id for units in listed for unit_id in units))
    units = {unit.unit_id: unit for unit, _ in index.get(wanted, where)}
    return tuple(
        tuple(_sharing([units[unit_id] for unit_id in found if unit_id in units], known))
        for found, known in zip(listed, names, strict=True)
    )


def _names(unit: Unit, asked: Set[str]) -> Mapping[str, str]:
    """Return the unit's names, with how they are told apart; numbers and what the question names are left out."""
    shown = [link.shown for link in unit.links if link.key not in asked and not link.shown[0].isdigit()]
    parts = [part for name in shown for part in name.split(" and ")]
    found = {spelled(part): part for part in reversed(parts) if as_key(part) not in asked}
    return dict(list(reversed(found.items()))[:MOST_NAMES])


def _ask(question: str, covered: Set[str], names: Mapping[str, str]) -> ChannelQuery | None:
    """Ask for the open words twice and for each name once: a dozen names must not drown two words."""
    rest = [word for word in words_of(question) if not is_plain(word) and fold(word) not in covered]
    return ChannelQuery("bm25_text", text=" ".join((*rest, *rest, *names.values()))) if rest and names else None


def _sharing(units: Sequence[Unit], names: Mapping[str, str]) -> list[Onward]:
    held = [(unit.unit_id, f" {spelled(quotable(unit))} ") for unit in units]
    first = [(unit_id, next((names[name] for name in names if f" {name} " in text), "")) for unit_id, text in held]
    return [Onward(unit_id, shown) for unit_id, shown in first if shown]


@lru_cache(maxsize=KEPT_TEXTS)
def spelled(text: str) -> str:
    """Return the words of a text with single spaces, case folded, so that one lies in another."""
    return " ".join(words_of(text)).casefold()
