"""Tables as statements: each cell is read with the head of its column and the label of its row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.language.dates import find_moments
from groundsight.language.quantities import find_quantities
from groundsight.language.units import money_names, unit_named

Rows = tuple[tuple[str, ...], ...]
_WIDEST = 64
_LABELS = 8
_NO = re.compile(r"\s*(?:no|none|never|false|✗|✘|nein|non)\.?\s*", re.IGNORECASE)
_RULE = re.compile(r"^[\s|:+-]+$")
_MONEY = "|".join(map(re.escape, (*money_names(), "dollars", "euros", "pounds")))
_UNIT_HEAD = re.compile(
    rf"[(\[]\s*(?:in\s+)?(?P<inner>[^)\]]*)[)\]]|(?:^|[\s,/])(?P<money>{_MONEY})\.?\s*$|"
    r"\b(?:in|,)\s+(?P<bare>(?:thousands|millions|billions|%|percent)\b.*)$",
    re.IGNORECASE,
)
# Distance km, size_m2: a sign, where a word (Rate per day) would say something else; of "2 to 10 kg" the figure's.
_SYMBOL = re.compile(r"(?<=[^\W\d])[\s_]+([^\W\dA-Z_][23²³]?|[^\W\daeiouyAEIOUY_]{2,3}(?:[\d/²³][^\s_]*)?|°\w)\s*$")
# fee_eur, dur_min
_MACHINE = re.compile(r"^\S+_([a-zA-Z]{2,4}[23]?)$")
_KNOWN_UNIT = re.compile(
    rf"^(?:(?P<money>{_MONEY})\s?)?(?P<scale>thousands?|millions?|billions?|bn|mn|m|k)?$|^(?P<unit>%|[a-zA-Zµμ°%‰/²³]{{1,12}})$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows with the header first, and where each row stands in the text (end exclusive)."""

    rows: Rows
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell as a statement: ``text`` with its number and unit, ``label`` with row and column words."""

    span: tuple[int, int]
    text: str
    label: str


def text_tables(text: str, cells: Rows) -> tuple[Block, ...]:
    """Find tables: the given cells located in the text, else runs of lines parted by bars or tabs."""
    if len(cells) > 1:
        return (_located(text, cells),)
    return tuple(_drawn(text))


def is_drawn(line: str) -> bool:
    """True for a line of cells parted by bars or tabs."""
    return len(_split(line)) > 1


def cell_readings(table: Block) -> Iterator[Reading]:
    """Yield a reading for each number cell and one for each row without numbers."""
    head = table.rows[0]
    for row, span in zip(table.rows[1:], table.spans[1:], strict=True):
        numeric = [at for at, cell in enumerate(row) if _is_number(cell)]
        labels = [_labelled(head, row, at) for at in range(len(row)) if at not in numeric and row[at].strip()][:_LABELS]
        for at in numeric:
            column = head[at] if at < len(head) else ""
            yield Reading(span, _with_unit(row[at], column), " ; ".join((*labels, column)))
        for at in (at for at in range(len(row)) if at not in numeric and find_quantities(row[at], ())):
            others = (label for label in labels if label != _labelled(head, row, at))
            yield Reading(span, _labelled(head, row, at), " ; ".join(others))
        if not numeric:
            yield Reading(span, " ; ".join(_labelled(head, row, at) for at in range(len(row))), "")


def _head(head: Sequence[str], at: int) -> str:
    return head[at] if at < len(head) else ""


def _labelled(head: Sequence[str], row: Sequence[str], at: int) -> str:
    """A bare "no" under a head denies the head."""
    name = _head(head, at)
    return f"not {name}" if _NO.fullmatch(row[at]) and name else f"{name} {row[at]}"


def _is_number(cell: str) -> bool:
    moments = tuple(one.span for one in find_moments(cell))
    found = find_quantities(cell, moments)
    return len(found) == 1 and len(cell.strip()) - (found[0].span[1] - found[0].span[0]) <= 6


def _with_unit(cell: str, column: str) -> str:
    """Write the column's unit or scale beside the number, as "4.2" under "USD million" becomes "USD 4.2 million"."""
    given = head_unit(column)
    known = _KNOWN_UNIT.match(given) if given and _is_number(cell) else None
    if not known:
        return cell
    bare = cell.strip()
    if known["unit"]:
        return f"{bare} {known['unit']}"
    money = unit_named(known["money"] or "")
    return f"{money[0].upper() if money else ''} {bare} {_scale(known['scale'])}".strip()


def head_unit(column: str) -> str:
    """Return the unit, currency or scale that the head of a column gives for its numbers, "" for none."""
    if found := _UNIT_HEAD.search(column):
        return (found["inner"] or found["bare"] or found["money"] or "").strip()
    symbol = _MACHINE.search(column) or _SYMBOL.search(column)
    return symbol[1] if symbol and _is_unit(symbol[1]) else ""


def _is_unit(word: str) -> bool:
    """What a column is measured in; "check_in" is no inch."""
    return word != "in" and (unit_named(word) is not None or any(one.kind for one in find_quantities(f"1 {word}")))


def _scale(word: str | None) -> str:
    short = {"m": "million", "k": "thousand", "bn": "billion", "mn": "million"}
    folded = (word or "").casefold()
    return short.get(folded, folded.rstrip("s"))


def _located(text: str, cells: Rows) -> Block:
    spans: list[tuple[int, int]] = []
    cursor = 0
    for at, row in enumerate(cells):
        span = _find_row(text, row, cursor)
        spans.append(span or (cursor, cursor))
        # The text of a row repeats the heads, so the first row may begin where the heads are found.
        cursor = span[at > 0] if span else cursor
    whole = (0, len(text))
    return Block(cells, tuple(span if span[0] < span[1] else whole for span in spans))


def _find_row(text: str, row: Sequence[str], cursor: int) -> tuple[int, int] | None:
    start, at = -1, cursor
    for cell in (cell.strip() for cell in row if cell.strip()):
        found = text.find(cell, at)
        if found < 0:
            return None
        start = found if start < 0 else start
        at = found + len(cell)
    return (start, at) if start >= 0 else None


def _drawn(text: str) -> Iterator[Block]:
    rows: list[tuple[str, ...]] = []
    spans: list[tuple[int, int]] = []
    for line in (*re.finditer(r"[^\n]+", text), None):
        cells = _split(line.group()) if line else ()
        if line and len(cells) > 1:
            if not _RULE.match(line.group()):
                rows.append(cells)
                spans.append(line.span())
            continue
        if len(rows) > 1:
            yield Block(tuple(rows), tuple(spans))
        rows, spans = [], []


def _split(line: str) -> tuple[str, ...]:
    mark = "|" if line.count("|") >= 2 or " | " in line else "\t"
    if mark not in line:
        return ()
    if line.count(mark) > _WIDEST:
        return ()
    return tuple(cell.strip() for cell in line.strip().strip("|" if mark == "|" else "\n").split(mark))
