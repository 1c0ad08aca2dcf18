"""Which of several sources is in force: by what a file says of itself, its dates, and its version number."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from groundsight.agent.question import naming_of
from groundsight.computing.run import day_of
from groundsight.language.content import stems_of
from groundsight.language.dates import Moment, find_moments
from groundsight.language.sentences import sentence_spans
from groundsight.language.typography import squeeze
from groundsight.types import Evidence

T = TypeVar("T")
# What a mail quotes and what a change struck out is not what the document says now.
QUOTED = "quoted"
UNSAID = (QUOTED, "deleted")
_REPLACES = re.compile(r"\b(?:replaces?|supersedes?|replacing|superseding)\b", re.I)
_REPLACED = re.compile(r"\b(?:(?:replaced|superseded) by|no longer (?:valid|in force))\b", re.I)
_SINCE = re.compile(
    r"\b(?:valid from|in force from|in force since|effective(?: from)?|as of|valid since)\s+(.{4,24})", re.I
)
_VERSION = re.compile(r"\b(?:v|version|rev|revision)[ ._-]?(\d+(?:\.\d+)*)\b", re.I)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def in_force_first(things: Sequence[T], source: Callable[[T], Evidence], years: frozenset[int]) -> list[T]:
    """Order what sources say: those of an asked year first, then the one in force; without a sign the order stays."""
    return sorted(things, key=lambda one: (_is_of(source(one), years), _standing(source(one))), reverse=True)


def _is_of(one: Evidence, years: frozenset[int]) -> bool:
    return bool(years & {int(year) for year in _YEAR.findall(naming_of(one))}) or _since(one).year in years


def told(text: str, one: Evidence, first: Evidence) -> str:
    """Introduce what another source says, and whether the first one replaces it."""
    # A full stop inside the quotes would end the sentence before its markers.
    said = squeeze(text).strip(".-•* ")
    if replaces(first, one):
        return f'This replaces: "{said}"'
    return f'Another source differs: "{said}"'


def also(text: str) -> str:
    """Introduce what another source says of the same matter, without saying that it differs."""
    return f'Another source says of it: "{squeeze(text).rstrip(".")}"'


def replaces(newer: Evidence, older: Evidence) -> bool:
    """Say whether a file says that it replaces an older one of its own name or date, or that one that it was."""
    later = _since(newer) > _since(older)
    return bool(_REPLACED.search(older.text)) or (later and any(_means(said, older) for said in _replacing(newer)))


def _replacing(one: Evidence) -> list[str]:
    lines = (one.text[start:end] for start, end in sentence_spans(one.text))
    return [line for line in lines if _REPLACES.search(line)]


def _means(said: str, older: Evidence) -> bool:
    """A date since which the older one holds, or two words of its name."""
    days = {day for moment in find_moments(said) if (day := _as_day(moment))}
    return _since(older) in days or len(stems_of(said) & stems_of(naming_of(older))) > 1


def _standing(one: Evidence) -> tuple[bool, date, tuple[int, ...]]:
    version = _VERSION.search(naming_of(one))
    numbers = tuple(map(int, version[1].split("."))) if version else ()
    return not _REPLACED.search(one.text), _since(one), numbers


def _since(one: Evidence) -> date:
    """Return the day from which a source says to hold, else the year in its name, else when it was made."""
    stated = [day for found in _SINCE.finditer(f"{one.place.section or ''}\n{one.text}") if (day := _day(found[1]))]
    years = [date(int(year), 1, 1) for year in _YEAR.findall(naming_of(one))]
    return max(stated or years, default=one.created or date.min)


def _day(text: str) -> date | None:
    return next(filter(None, map(_as_day, find_moments(text))), None)


def _as_day(moment: Moment) -> date | None:
    return day_of(moment) or (date(moment.year, moment.month or 1, 1) if moment.year else None)
