"""Whole tables: the blocks of rows that one table was cut into, joined, with what each column measures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from groundsight.evidence.places import around_boxes, quoted
from groundsight.evidence.tables import Block, head_unit, text_tables
from groundsight.language.dates import find_moments
from groundsight.language.digits import decimal_comma, ungrouped
from groundsight.language.quantities import find_quantities
from groundsight.language.stems import word_list
from groundsight.language.units import factor_of, unit_named
from groundsight.tracing import Watch
from groundsight.types import Box, Evidence, Quote

Scale = Literal["number", "date", "time"]
MOST_ROWS = 2_000
_DAY = re.compile(r"^\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b")
_NOTHING = re.compile(r"^\W*(?:n/?a|none|nil|unknown|tbd|tba|open)?\W*$", re.I)
_DIGITS = re.compile(r"\d(?:[\d.,'\u00a0\u2009\u202f ]*\d)?")
# 0417 names something and counts nothing.
_LEADING_ZERO = re.compile(r"0\d+$")
_TIME = re.compile(r"^\d{1,3}(?::[0-5]\d){1,2}(?:\.\d+)?$")
_CODE = re.compile(r"^\W*[^\W\d]")
_DATED = re.compile(
    r"\b(?:date|day|year|since|joined|built|founded|started?|born|opened|bought|purchased|when)\b", re.I
)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}


@dataclass(frozen=True)
class Row:
    """One row with the evidence that holds it and where it stands in its text."""

    cells: tuple[str, ...]
    evidence: Evidence
    span: tuple[int, int]
    boxes: tuple[Box | None, ...] = ()

    def quote(self, column: int | None = None) -> Quote:
        """Point at the characters of this row, or of one of its cells."""
        if column is None:
            return quoted(self.evidence, self.span, around_boxes(self.boxes))
        return quoted(self.evidence, self.place(column), around_boxes(self.boxes[column : column + 1]))

    def place(self, column: int) -> tuple[int, int]:
        """Walk the cells from the left: the 7 of a cell is not the 7 of the 17 before it."""
        at = self.span[0]
        for cell in self.cells[:column]:
            found = self.evidence.text.find(cell, at, self.span[1]) if cell else -1
            at = found + len(cell) if found >= 0 else at
        found = self.evidence.text.find(self.cells[column], at, self.span[1])
        return (found, found + len(self.cells[column])) if found >= 0 else self.span


@dataclass(frozen=True)
class Measured:
    """A column that can be ordered: a key for each row that has a value, its scale, and the unit of its numbers.

    ``unit`` is as written; ``kind`` is its dimension ("length", "eur", "" if unknown), ``factor`` leads to its base.
    Keys of dates are yyyymmdd with 0 for what is not said, those of times count in the last unit written.
    """

    keys: dict[int, Decimal]
    scale: Scale
    unit: str = ""
    kind: str = ""
    factor: float = 1.0


@dataclass(frozen=True)
class Table:
    """One table of one source; ``totals`` are its rows that sum up others.

    Of the points of a list (``open``) it is not known what one of them does not say.
    """

    source: str
    section: str
    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    open: bool = False

    @cached_property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The cells of each column, top to bottom."""
        return tuple(tuple(_cell(row, at) for row in self.rows) for at in range(len(self.head)))

    @cached_property
    def measures(self) -> tuple[Measured | None, ...]:
        """What each column measures; None where it has words or mixes units."""
        language = self.rows[0].evidence.language
        return tuple(_measured(name, cells, language) for name, cells in zip(self.head, self.columns, strict=True))

    @cached_property
    def key(self) -> int:
        """The column that tells the rows apart: the first or second if its words all differ, else the first."""
        for at, cells in enumerate(self.columns[:2]):
            if self.measures[at] is None and all(cells) and len(set(cells)) == len(cells):
                return at
        return 0

    @cached_property
    def numbered(self) -> frozenset[int]:
        """The first column, where it only counts the rows."""
        return frozenset({0} if self.columns[0] == tuple(str(at) for at in range(1, len(self.rows) + 1)) else ())

    def scale(self, at: int) -> str:
        """The scale of a column, "" for words."""
        one = self.measures[at]
        return one.scale if one else ""


def grids(evidence: Sequence[Evidence], watch: Watch | None = None) -> tuple[Table, ...]:
    """Join the blocks of every table: same source, section, title and header, in the order of their ids."""
    blocks: dict[tuple[str, str, str, tuple[str, ...]], tuple[list[Row], list[Row]]] = {}
    tables = {one.evidence_id: one for one in evidence}
    for one in (watch or Watch()).each(sorted(tables.values(), key=lambda each: each.evidence_id)):
        for block in text_tables(one.text, one.cells):
            head = tuple(" ".join(cell.split()) for cell in block.rows[0])
            rows = rows_of(one, block)
            title = one.text[: rows[0].span[0]].strip().split("\n")[0] if rows and rows[0].span[0] else ""
            plain, totals = blocks.setdefault((one.source, one.place.section or "", title, head), ([], []))
            for row in rows:
                (totals if _is_total(row.cells) else plain).append(row)
    return tuple(
        Table(*key, tuple(plain), tuple(totals))
        for key, (plain, totals) in blocks.items()
        if 0 < len(plain) <= MOST_ROWS
    )


def number_shown(value: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros."""
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def rows_of(one: Evidence, block: Block) -> list[Row]:
    """Return the rows of a block below its head, each cell with its box where it is known."""
    boxes = one.boxes[1:] if len(one.boxes) == len(block.rows) else ((),) * (len(block.rows) - 1)
    placed = zip(block.rows[1:], block.spans[1:], boxes, strict=True)
    return [Row(tuple(" ".join(cell.split()) for cell in cells), one, span, held) for cells, span, held in placed]


def box_in_table(one: Evidence, span: tuple[int, int]) -> Box | None:
    """Return the box around the cells that some characters of a table's text come from."""
    rows = rows_of(one, text_tables(one.text, one.cells)[0]) if one.boxes else []
    placed = ((row.place(at), box) for row in rows for at, box in enumerate(row.boxes) if row.cells[at])
    return around_boxes([box for (start, end), box in placed if start < span[1] and span[0] < end])


def _is_total(cells: Sequence[str]) -> bool:
    """True for a row whose first cell opens with a word for a total, in the languages that are read."""
    first = next((cell for cell in cells if cell.strip()), "")
    return bool(total_opening().match(first))


@lru_cache(maxsize=1)
def total_opening() -> re.Pattern[str]:
    """The opening of a row that sums up others."""
    words = "|".join(re.escape(word) for word in sorted(word_list("totals.txt"), key=len, reverse=True))
    return re.compile(rf"^\W*(?:grand |sub-)?(?:{words})\b", re.IGNORECASE)


def _cell(row: Row, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _measured(name: str, cells: Sequence[str], language: str) -> Measured | None:
    given = {at: cell for at, cell in enumerate(cells) if not _NOTHING.match(cell)}
    return (_dates(name, given, language) or _times(given) or _numbers(name, given, language)) if given else None


def _dates(name: str, given: dict[int, str], language: str) -> Measured | None:
    keys: dict[int, Decimal] = {}
    exact = False
    for at, cell in given.items():
        found = find_moments(cell, language)
        if len(found) != 1 or not (found[0].year or found[0].day) or len(cell) - len(found[0].text) > 4:
            return None
        exact = exact or found[0].month is not None
        keys[at] = Decimal((found[0].year or 0) * 10_000 + (found[0].month or 0) * 100 + (found[0].day or 0))
    if len({key > 10_000 for key in keys.values()}) > 1:
        return None
    keys |= _days(given)
    return Measured(keys, "date") if exact or _DATED.search(name) else None


def _days(given: dict[int, str]) -> dict[int, Decimal]:
    """Read 03/04/2025 by the order that another cell of the column can't have otherwise; points part days first."""
    found = {at: match for at, cell in given.items() if (match := _DAY.match(cell))}
    firsts, seconds_ = [int(one[1]) for one in found.values()], [int(one[3]) for one in found.values()]
    day_first = max(firsts, default=0) > 12 or all(one[2] == "." for one in found.values())
    if not found or day_first == (max(seconds_) > 12):
        return {}
    day, month = (1, 3) if day_first else (3, 1)
    return {at: Decimal(int(one[4]) * 10_000 + int(one[month]) * 100 + int(one[day])) for at, one in found.items()}


def _times(given: dict[int, str]) -> Measured | None:
    if not all(_TIME.match(cell) for cell in given.values()):
        return None
    return Measured({at: seconds(cell) for at, cell in given.items()}, "time")


def seconds(shown: str) -> Decimal:
    """Read 6:40 or 1:02:33 as a count of its last unit."""
    total = Decimal(0)
    for part in shown.split(":"):
        total = total * 60 + Decimal(part)
    return total


def _numbers(name: str, given: dict[int, str], language: str) -> Measured | None:
    return _in_digits(name, given, language) or _in_words(given)


def _in_digits(name: str, given: dict[int, str], language: str) -> Measured | None:
    found = {at: _DIGITS.findall(cell) for at, cell in given.items()}
    if any(len(one) != 1 for one in found.values()):
        return None
    units = {_unit(cell, found[at][0]) for at, cell in given.items()} - {""}
    coded = any(_CODE.match(cell) and not _is_money(cell, found[at][0]) for at, cell in given.items())
    if coded or len(units) > 1 or any(len(unit) > 12 and not _compound(unit)[0] for unit in units):
        return None
    if any(_LEADING_ZERO.match(one[0]) for one in found.values()):
        return None
    comma = _comma([one[0] for one in found.values()], language)
    plain = {at: ungrouped(one[0], comma=comma) for at, one in found.items()}
    if any(one.count(".") > 1 or "," in one for one in plain.values()):
        return None  # 1.09, 1.22 are two
    keys = {at: _signed(given[at], Decimal(one)) for at, one in plain.items()}
    return _in_unit(keys, next(iter(units), "") or head_unit(name))


def _in_words(given: dict[int, str]) -> Measured | None:
    """Numbers in words, and units of one kind: three weeks, 1 week; 90 min, 2 hours. Keys count in the first unit."""
    read = {at: found[0] for at, cell in given.items() if len(found := find_quantities(cell)) == 1}
    whole = all(at in read and len(read[at].text) == len(cell.strip()) for at, cell in given.items())
    if (
        not whole
        or {one.kind for one in read.values()} & {"", "ordinal"}
        or any(one.low != one.high for one in read.values())
    ):
        return None
    first = next(iter(read.values()))
    if any(one.kind != first.kind for one in read.values()):
        return None
    factor = factor_of(first.unit)
    keys = {at: Decimal(str(round(one.low / factor, 6))) for at, one in read.items()}
    unit = max((one.text.split(" ", 1)[-1] for one in read.values() if one.unit == first.unit), key=len)
    return Measured(keys, "number", unit, first.kind, factor)


def _is_money(cell: str, digits: str) -> bool:
    known = unit_named(_unit(cell, digits))
    return known is not None and len(known[0]) == 3


def _in_unit(keys: dict[int, Decimal], unit: str) -> Measured:
    """Read the unit of a column; a scale in it ("EUR million") multiplies."""
    words = unit.casefold().split()
    factor = next((_SCALES[word.rstrip("s")] for word in words if word.rstrip("s") in _SCALES), 1.0)
    bare = " ".join(word for word in unit.split() if word.casefold().rstrip("s") not in _SCALES)
    known = unit_named(bare) if bare else None
    kind, size = (known[0], known[2]) if known else _compound(bare)
    # fee_eur counts in EUR.
    return Measured(keys, "number", unit.upper() if unit == kind else unit, kind, factor * size)


def _compound(unit: str) -> tuple[str, float]:
    """The kind and size of a unit that only quantities know: m², kWh a day."""
    read = find_quantities(f"1 {unit}") if unit else ()
    return (read[0].kind, read[0].low) if len(read) == 1 and read[0].unit else ("", 1.0)


def _unit(cell: str, digits: str) -> str:
    return " ".join(re.sub(r"[-+()\u2212]", " ", cell.replace(digits, " ", 1)).split())


def _comma(digits: Sequence[str], language: str) -> bool:
    """True where the comma parts decimals: as a cell of the column shows, else as the language writes."""
    marks = {found[1] for each in digits if (found := re.search(r"([.,])\d{1,2}$", each))}
    return marks == {","} or (not marks and decimal_comma(language))


def _signed(cell: str, value: Decimal) -> Decimal:
    return -value if re.match(r"^\s*(?:[-\u2212]|\([^)]*\)\s*$)", cell) else value
