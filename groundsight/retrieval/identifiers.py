"""Identifiers that a query names, and the units that hold them exactly.

What an identifier is follows from its build and from the index, never from a list: digits with letters or with
separators, at most ``FEW`` holders. ``INV-2041``, ``INV 2041`` and ``inv2041`` are one; ``INV-2042``, ``INV-20411`` and
``INV-2041-7`` are others. Where nobody holds the spelling asked for, separators don't count at all: ``MR2024017`` and
``MR-2024-017`` are one then.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.index import ChannelQuery
from groundsight.index.keys import is_plain
from groundsight.retrieval.fusion import best_first, total_of
from groundsight.retrieval.spellings import ANYHOW, DATE, PARTS, Identifier, has_digit
from groundsight.retrieval.words import quotable
from groundsight.types import Channel, ChannelScore

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.types import Filter, Hit, Unit

# What more units hold tells them apart no better than a word: COVID-19 stands in hundreds of quarterly reports.
FEW = 50
LANE = "identifier"
OVER = 1.5
# The rest of a contract speaks of its number without repeating it. OPENED * OVER + 1 stays under OVER.
OPENED = 0.3
LONGEST_RUN = 6
FIELDS: tuple[Channel, ...] = ("bm25_text", "bm25_caption", "bm25_ocr", "bm25_transcript", "bm25_meta")
_OUTER = "\"'“”‘’«»()[]{}<>,;!?*"
_YEAR = re.compile(r"(?:1[5-9]\d\d|20[0-3]\d)s?")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+(?:[.,]\d+)?|\d+[.,]\d+")
_COUNTED = re.compile(r"\d+(?:[a-z]{1,3}|%)|\d+\w{0,2}-[a-z]{2,}.*|[a-z]+-(?:1[5-9]\d\d|20[0-3]\d)s?")


def named_in(query: str) -> tuple[tuple[Identifier, ...], ...]:
    """Return, per run of neighbouring words, what could be an identifier there: the longest first."""
    return tuple(found for run in _runs(unicodedata.normalize("NFKC", query)) if (found := tuple(_within(run))))


@dataclass(frozen=True)
class Held:
    """What the index says about a query's identifiers: who holds each, and which nobody holds."""

    by: Mapping[Identifier, frozenset[str]]
    absent: tuple[str, ...] = ()
    opened: frozenset[str] = frozenset()

    def worth(self, unit: Unit) -> float:
        """Return how many of the identifiers this unit holds, ``OPENED`` for none in a file that opens with one.

        What more than ``FEW`` hold is no identifier.
        """
        count = sum(unit.unit_id in units for units in self.by.values() if len(units) <= FEW)
        return count or (OPENED if unit.asset_id in self.opened else 0)

    def units(self) -> frozenset[str]:
        """Return the units that hold at least one."""
        return frozenset(unit_id for units in self.by.values() if len(units) <= FEW for unit_id in units)


def held_in(query: str, index: Index, where: Filter) -> Held:
    """Look the query's identifiers up among what the filter lets through: found by words, then read.

    In a run of words the longest identifiers that are held count, and the shortest of those that are not.
    """
    runs = named_in(query)
    units = _read(" ".join(dict.fromkeys(one.asked for run in runs for one in run)), index, where)
    held: dict[Identifier, frozenset[str]] = {}
    absent: list[str] = []
    for run in runs:
        taken = _taken(run, units, Identifier.held_by, held)
        left = [one for one in run if taken.isdisjoint(one.words)]
        parted = _read(" ".join(dict.fromkeys(one.pieces for one in left)), index, where)
        taken |= _taken(left, parted, Identifier.parted_by, held)
        units = [*units, *parted]
        for one in reversed(left):
            if one.sure and taken.isdisjoint(one.words) and not any(one.parted_by(text, ANYHOW) for _, text in parted):
                taken.update(one.words)
                absent.append(one.shown)
    few = {unit_id for found in held.values() if len(found) <= FEW for unit_id in found}
    opened = frozenset(unit.asset_id for unit, _ in units if unit.ordinal == 0 and unit.unit_id in few)
    return Held(held, tuple(absent), opened)


def _taken(
    run: Iterable[Identifier],
    units: Sequence[tuple[Unit, str]],
    holds: Callable[[Identifier, str], bool],
    held: dict[Identifier, frozenset[str]],
) -> set[str]:
    """Note who holds what, the longest first, and return the words that are accounted for."""
    taken: set[str] = set()
    for one in run:
        found = frozenset(unit.unit_id for unit, text in units if holds(one, text))
        if found and taken.isdisjoint(one.words):
            taken.update(one.words)
            held[one] = found
    return taken


def is_named(hit: Hit) -> bool:
    """Tell whether a hit holds an identifier of the query."""
    return any(part.channel == LANE for part in hit.channels)


def levelled(hits: Sequence[Hit], held: Held) -> tuple[Hit, ...]:
    """Bring what holds an identifier level with the best, so that links lead on from it; more they would inherit."""
    if not held.units():
        return tuple(hits)
    top = max((hit.score for hit in hits), default=0.0)
    return best_first(
        _with_share(hit, held.worth(hit.unit), min(1.0, held.worth(hit.unit)) * (top - hit.score)) for hit in hits
    )


def lifted(hits: Sequence[Hit], held: Held) -> tuple[Hit, ...]:
    """Put what holds an identifier above all that holds none, and what holds two above what holds one.

    The share is of the best score without it, and half as much again, so that the spread over assets keeps them too.
    """
    if not held.units():
        return tuple(hits)
    plain = [_without_share(hit) for hit in hits]
    step = OVER * max((hit.score for hit in plain), default=0.0)
    return best_first(_with_share(hit, held.worth(hit.unit), step * held.worth(hit.unit)) for hit in plain)


def _without_share(hit: Hit) -> Hit:
    rest = tuple(part for part in hit.channels if part.channel != LANE)
    return hit if len(rest) == len(hit.channels) else hit.model_copy(update={"channels": rest, "score": total_of(rest)})


def _with_share(hit: Hit, worth: float, contribution: float) -> Hit:
    if not worth or not contribution:
        return hit
    share = ChannelScore(channel=LANE, raw=worth, weight=contribution / worth, contribution=contribution)
    return hit.model_copy(update={"channels": (*hit.channels, share), "score": hit.score + contribution})


def _read(asked: str, index: Index, where: Filter) -> list[tuple[Unit, str]]:
    if not asked.strip():
        return []
    results = index.search([ChannelQuery(channel, text=asked) for channel in FIELDS], where, FEW + 1)
    found = dict.fromkeys(unit_id for result in results for unit_id, _ in result.hits)
    return [(unit, quotable(unit)) for unit, _ in index.get(tuple(found), where)]


def _runs(query: str) -> Iterator[tuple[str, ...]]:
    """Yield the runs of neighbouring words that hold digits or stand like a code; a comma ends a run."""
    run: list[str] = []
    for chunk in query.split():
        word = chunk.strip(_OUTER).rstrip(".:").removesuffix("'s").removesuffix("’s")
        if word and (has_digit(word) or _is_code(word) or "@" in word):
            run = [*run, word][-LONGEST_RUN:]
            if chunk[-1] not in ",;!?)":
                continue
        yield tuple(run)
        run = []
    yield tuple(run)


def _within(run: tuple[str, ...]) -> Iterator[Identifier]:
    """Cut a run before a word that begins like a name and after small letters, which may be any word.

    ``INV-2041 PO 7781`` is two, ``part 4711-B`` has one, ``12 O 345/21`` is one and falls into no two.
    """
    cuts = [at for at in range(len(run) + 1) if at in (0, len(run)) or _named(run[at]) or run[at - 1].islower()]
    pairs = [(first, after) for first in cuts for after in cuts if first < after]
    for first, after in sorted(pairs, key=lambda pair: pair[0] - pair[1]):
        words = run[first:after]
        if _alone(words[0]) if len(words) == 1 else _together(words):
            yield Identifier(words, all(word.isupper() or has_digit(word) for word in words))


def _alone(word: str) -> bool:
    """A mail address, digits with letters, digits with two separators, or five digits in one."""
    digits = sum(map(str.isdigit, word))
    if any(form.fullmatch(word) for form in (_YEAR, DATE, _AMOUNT, _COUNTED)):
        return False
    if "@" in word[1:-1]:
        return True
    return digits >= 2 and (any(map(str.isalpha, word)) or len(PARTS.findall(word)) > 2 or digits >= 5)


def _together(words: Sequence[str]) -> bool:
    """Codes with a number that is no year, or numbers of seven digits and more; amounts and dates break it."""
    numbers = [word for word in words if has_digit(word)]
    if len(words[-1]) > 1 and not has_digit(words[-1]):
        return False
    if any(form.fullmatch(word) for word in numbers for form in (DATE, _AMOUNT, _COUNTED)):
        return False
    telling = sum(sum(map(str.isdigit, word)) for word in numbers if not _YEAR.fullmatch(word))
    return telling >= (7 if len(numbers) == len(words) else 3)


def _named(word: str) -> bool:
    return len(word) > 1 and word[:2].isalpha()


def _is_code(word: str) -> bool:
    """Up to six capitals, or up to four small letters as people type them; ``FA-MR`` is one too."""
    bare = "".join(PARTS.findall(word))
    return bare.isalpha() and len(bare) <= (6 if word.isupper() else 4) and not is_plain(word)
