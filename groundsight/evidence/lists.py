"""Lists whose points give the same figures, as tables: offers, flats, the days of a journey, the places of a race."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from groundsight.evidence.grids import Row, Table
from groundsight.evidence.tables import is_drawn
from groundsight.language.content import function_words
from groundsight.language.quantities import Quantity, find_quantities
from groundsight.language.units import is_money
from groundsight.types import Evidence

Span = tuple[int, int]
# "- Ekowarm: 8,200 euros", "Flat A, Lindenstrasse 14: 68 square metres"; "1. Lena Ruck, 1:02.4"
_POINT = re.compile(r"^\s*(?:[-*+•–]\s+)?(?P<key>[^\W\d][^:\n]{0,59}?):\s+(?P<rest>\S.*)$")
_RANKED = re.compile(
    r"^\s*(?P<place>\d{1,2})[.)]\s+(?P<key>[^\W\d_][^,;:\n(]{1,40}?)\s*(?:[,;:–(]|\s-)\s*(?P<rest>\S.*)$"
)
_PART = re.compile(r"[^,;.\n(]+(?:[.,]\d[^,;.\n(]*)*")
_TIMED = re.compile(r"\b\d{1,3}(?::[0-5]\d){1,2}(?:\.\d+)?\b")
_WORD = re.compile(r"\w+")
PLACE = "Place"
_LABEL_WORDS = 5
_NAMES = {"months": "time", "clock": "time", "area": "size", "mass": "weight", "length": "distance"}


class _Value(NamedTuple):
    """A figure of a point: what stands with it, its kind, and where it stands."""

    label: str
    kind: str
    span: Span
    counted: bool = False


class _Point(NamedTuple):
    key: Span
    place: str
    values: list[_Value]
    span: Span


def lists(evidence: Sequence[Evidence]) -> tuple[Table, ...]:
    """Return every run of points that give figures of the same kinds as a table, a point a row."""
    return tuple(
        table for one in evidence if len(one.cells) < 2 for run in _runs(one.text) for table in _table(one, run)
    )


def _runs(text: str) -> Iterator[list[_Point]]:
    run: list[_Point] = []
    for line in re.finditer(r"[^\n]*", text):
        point = _point(line)
        if point is None and not line.group().strip():
            continue
        if run and (point is None or bool(point.place) != bool(run[-1].place) or _restarts(run[-1], point)):
            yield run
            run = []
        run += [point] if point else []
    yield run


def _restarts(last: _Point, point: _Point) -> bool:
    return bool(point.place) and int(point.place) != int(last.place) + 1


def _point(line: re.Match[str]) -> _Point | None:
    shown = line.group()
    found = None if is_drawn(shown) else _RANKED.match(shown) or _POINT.match(shown)
    if found is None:
        return None
    start = line.start()
    key = start + found.start("key"), start + found.end("key")
    values = list(_values(found["rest"], start + found.start("rest")))
    place = found["place"] if found.re is _RANKED else ""
    return _Point(key, place, values, line.span())


def _values(rest: str, offset: int) -> Iterator[_Value]:
    """The figures with a unit, and the times, of the parts of a point; a part with several says too much for one."""
    for part in _PART.finditer(rest):
        timed = [(one.span(), "clock", False) for one in _TIMED.finditer(part.group())]
        read = (one for one in find_quantities(part.group()) if _counts(one))
        found = timed or [(one.span, one.kind or one.noun, not one.kind) for one in read]
        if len(found) == 1:
            (start, end), kind, counted = found[0]
            words = f"{part.group()[:start]} {part.group()[end:]}".split()
            label = " ".join(words) if len(words) <= _LABEL_WORDS else ""
            at = offset + part.start()
            yield _Value(label, kind, (at + start, at + end), counted)


def _counts(one: Quantity) -> bool:
    return bool(one.kind or one.noun) and one.kind != "ordinal" and one.bound == "exact"


def _table(one: Evidence, run: Sequence[_Point]) -> Iterator[Table]:
    """One table of a run of at least two points, with a column for what more than half of them give."""
    # A day of rest has no kilometres.
    run = [point for point in run if point.values]
    columns = list(_columns(run)) if len(run) > 1 else []
    if not columns:
        return
    kind, names, rest = _split([one.text[slice(*point.key)] for point in run])
    worded = [(kind, names), ("", rest)] if any(rest) else [(kind, names)]
    ranked = [(PLACE, [point.place for point in run])] if run[0].place else []
    figures = [
        (_head(column), [one.text[slice(*value.span)] if value else "" for value in column]) for column in columns
    ]
    head, cells = zip(*worded, *ranked, *figures, strict=True)
    rows = tuple(Row(row, one, point.span) for row, point in zip(zip(*cells, strict=True), run, strict=True))
    title = f"{one.title} {_above(one.text, run[0])}".strip()
    yield Table(one.source, one.place.section or "", title, head, rows, open=True)


def _columns(run: Sequence[_Point]) -> Iterator[list[_Value | None]]:
    """Figures of one kind, at most one in a point; of several of a kind those that stand with the same words."""
    for kind in dict.fromkeys(value.kind for point in run for value in point.values):
        mine = [[value for value in point.values if value.kind == kind] for point in run]
        labels = dict.fromkeys(value.label for values in mine for value in values)
        alone = all(len(values) < 2 for values in mine)
        groups = (
            [mine]
            if alone
            else [[[each for each in values if each.label == label] for values in mine] for label in labels]
        )
        for group in groups:
            if all(len(values) < 2 for values in group) and 2 * sum(map(len, group)) > len(run):
                yield [values[0] if values else None for values in group]


def _head(column: Sequence[_Value | None]) -> str:
    """What the figures are, and the words that stand with them in most points: time of guarantee."""
    given = [value for value in column if value]
    label, times = Counter(value.label for value in given).most_common(1)[0]
    kind = given[0].kind
    label = label if 2 * times > len(column) else ""
    # What is counted names itself: 26 panels.
    if given[0].counted:
        return label or kind
    named = "amount" if is_money(kind) else _NAMES.get(kind, kind)
    return f"{named} {label}".strip()


def _split(keys: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """The word that all keys open with, what they name before their first comma, and what they say behind it."""
    names, _, rest = (list(part) for part in zip(*(key.partition(", ") for key in keys), strict=True))
    first = {name.split()[0] for name in names}
    kind = first.pop() if len(first) == 1 and all(" " in name for name in names) else ""
    return ("" if kind.casefold() in function_words() else kind), names, rest


def _above(text: str, first: _Point) -> str:
    """The line that introduces a list."""
    lines = [line for line in text[: first.span[0]].split("\n") if line.strip()]
    return lines[-1].strip() if lines else ""


def of_another_point(text: str, span: Span, named: frozenset[str]) -> bool:
    """Say whether a stretch stands in a point of a list that says none of some words, and the key of another does."""
    for run in _runs(text):
        here = [point for point in run if point.span[0] <= span[0] < point.span[1]]
        if here and len(run) > 1:
            told = [frozenset(_WORD.findall(text[slice(*point.key)].casefold())) for point in run]
            mine = frozenset(_WORD.findall(text[slice(*here[0].span)].casefold()))
            return bool(named) and not named & mine and any(named & each for each in told)
    return False
