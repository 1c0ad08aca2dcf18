"""Whole tables: the blocks of rows that one table was cut into, joined, and columns that can be measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from groundsight.grounding.dates import find_moments
from groundsight.grounding.tables import text_tables
from groundsight.tracing import Watch
from groundsight.types import Evidence, Quote, Span

Scale = Literal["number", "date", "time"]
MOST_ROWS = 2_000
_TOTALS = re.compile(r"^\W*(?:grand |sub-?)?(?:totals?|sums?|averages?|means?|overall|altogether|all)\b", re.I)
_NOTHING = re.compile(r"^\W*(?:n/?a|none|nil|unknown|tbd|tba|open)?\W*$", re.I)
_DIGITS = re.compile(r"\d(?:[\d.,'\u00a0\u202f]*\d)?")
_TIME = re.compile(r"^\d{1,3}(?::[0-5]\d){1,2}(?:\.\d+)?$")
_CODE = re.compile(r"^\W*[^\W\d]")
_CURRENCY = re.compile(r"^\W*(?:EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|US)\b", re.I)
_DATED = re.compile(
    r"\b(?:date|day|year|since|joined|built|founded|started?|born|opened|bought|purchased|when)\b", re.I
)


@dataclass(frozen=True)
class Row:
    """One row with the evidence that holds it and where it stands in its text."""

    cells: tuple[str, ...]
    evidence: Evidence
    span: tuple[int, int]

    def quote(self, column: int | None = None) -> Quote:
        """Point at the characters of this row, or of one of its cells."""
        start, end = self.span
        if column is not None and (at := self.evidence.text.find(self.cells[column], start, end)) >= 0:
            start, end = at, at + len(self.cells[column])
        place = self.evidence.place
        return Quote(
            evidence_id=self.evidence.evidence_id,
            span=Span(start=start, end=end),
            text=self.evidence.text[start:end],
            source=self.evidence.source,
            page=place.page,
            box=place.box,
        )


@dataclass(frozen=True)
class Measured:
    """A column that can be ordered: a key for each row that has a value, the unit of its numbers, and its scale."""

    keys: dict[int, Decimal]
    scale: Scale
    unit: str = ""


@dataclass(frozen=True)
class Where:
    """A condition: the cell of a column has one of these values, whole or within it."""

    column: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.column} " + " or ".join(f'"{one}"' for one in self.values)


@dataclass(frozen=True)
class Grid:
    """One table of one source; rows that sum up others are left out."""

    source: str
    section: str
    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]

    @cached_property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The cells of each column, top to bottom."""
        return tuple(tuple(_cell(row, at) for row in self.rows) for at in range(len(self.head)))

    @cached_property
    def measures(self) -> tuple[Measured | None, ...]:
        """What each column measures; None where it has words or mixes units."""
        return tuple(_measured(name, cells) for name, cells in zip(self.head, self.columns, strict=True))

    def at(self, name: str) -> int | None:
        """Return the place of the only column with this name."""
        found = [at for at, head in enumerate(self.head) if _folded(head) == _folded(name)]
        return found[0] if len(found) == 1 else None

    def where(self, conditions: Sequence[Where]) -> list[int] | None:
        """Return the rows that meet all conditions; None when a column is not there."""
        kept = list(range(len(self.rows)))
        for one in conditions:
            column = self.at(one.column)
            if column is None:
                return None
            met = {at for value in one.values for at in holders(self.columns[column], value)}
            kept = [at for at in kept if at in met]
        return kept


def holders(cells: Sequence[str], value: str) -> list[int]:
    """Return the places whose cell is a value; where none is, those whose cell has it as whole words."""
    same = [at for at, cell in enumerate(cells) if _folded(cell) == _folded(value)]
    within = re.compile(rf"(?<!\w){re.escape(_folded(value))}(?!\w)")
    return same or [at for at, cell in enumerate(cells) if within.search(_folded(cell))]


def grids(evidence: Sequence[Evidence], watch: Watch | None = None) -> tuple[Grid, ...]:
    """Join the blocks of every table: same source, section, title and header, in the order of their ids."""
    blocks: dict[tuple[str, str, str, tuple[str, ...]], list[Row]] = {}
    tables = {one.evidence_id: one for one in evidence if len(one.cells) > 1}
    for one in (watch or Watch()).each(sorted(tables.values(), key=_by_id)):
        head = tuple(_squeezed(cell) for cell in one.cells[0])
        rows = _rows(one)
        title = one.text[: rows[0].span[0]].strip().split("\n")[0] if rows and rows[0].span[0] else ""
        blocks.setdefault((one.source, one.place.section or "", title, head), []).extend(rows)
    return tuple(Grid(*key, tuple(rows)) for key, rows in blocks.items() if 0 < len(rows) <= MOST_ROWS)


def number_shown(value: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _by_id(one: Evidence) -> str:
    return one.evidence_id


def _rows(one: Evidence) -> list[Row]:
    table = text_tables(one.text, one.cells)[0]
    pairs = zip(table.rows[1:], table.spans[1:], strict=True)
    return [Row(tuple(map(_squeezed, cells)), one, span) for cells, span in pairs if not _is_total(cells)]


def _is_total(cells: Sequence[str]) -> bool:
    return bool(_TOTALS.match(next((cell for cell in cells if cell.strip()), "")))


def _cell(row: Row, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return _squeezed(text).casefold()


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _measured(name: str, cells: Sequence[str]) -> Measured | None:
    given = {at: cell for at, cell in enumerate(cells) if not _NOTHING.match(cell)}
    if len(given) < 1:
        return None
    return _dates(name, given) or _times(given) or _numbers(given)


def _dates(name: str, given: dict[int, str]) -> Measured | None:
    keys: dict[int, Decimal] = {}
    exact = False
    for at, cell in given.items():
        found = find_moments(cell)
        if len(found) != 1 or found[0].year is None or len(cell) - len(found[0].text) > 2:
            return None
        exact = exact or found[0].month is not None
        keys[at] = Decimal(found[0].year * 10_000 + (found[0].month or 0) * 100 + (found[0].day or 0))
    return Measured(keys, "date") if exact or _DATED.search(name) else None


def _times(given: dict[int, str]) -> Measured | None:
    if not all(_TIME.match(cell) for cell in given.values()):
        return None
    return Measured({at: _seconds(cell) for at, cell in given.items()}, "time")


def _seconds(shown: str) -> Decimal:
    total = Decimal(0)
    for part in shown.split(":"):
        total = total * 60 + Decimal(part)
    return total


def _numbers(given: dict[int, str]) -> Measured | None:
    found = {at: _DIGITS.findall(cell) for at, cell in given.items()}
    if any(len(one) != 1 for one in found.values()):
        return None
    units = {_unit(cell, found[at][0]) for at, cell in given.items()} - {""}
    coded = any(_CODE.match(cell) and not _CURRENCY.match(cell) for cell in given.values())
    if coded or len(units) > 1 or any(len(unit) > 12 for unit in units):
        return None
    comma = any(re.search(r"\d,\d{1,2}$", one[0]) for one in found.values())
    keys = {at: _signed(given[at], _plain(one[0], comma=comma)) for at, one in found.items()}
    return Measured(keys, "number", next(iter(units), ""))


def _unit(cell: str, digits: str) -> str:
    return " ".join(re.sub(r"[-+()\u2212]", " ", cell.replace(digits, " ", 1)).split()).casefold()


def _plain(digits: str, *, comma: bool) -> Decimal:
    """Read digits; in a column that has decimal commas, points part the thousands."""
    bare = re.sub(r"['\u00a0\u202f]", "", digits)
    if comma:
        bare = bare.replace(".", "").replace(",", ".")
    bare = bare.replace(",", "")
    return Decimal(bare) if bare.count(".") < 2 else Decimal(bare.replace(".", ""))


def _signed(cell: str, value: Decimal) -> Decimal:
    return -value if re.match(r"^\s*(?:[-\u2212]|\([^)]*\)\s*$)", cell) else value


def cited(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the ids of the evidence that holds some rows, each once."""
    yield from dict.fromkeys(row.evidence.evidence_id for row in rows)
