"""Tables as words: every value stands beside its header, and long tables come in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

_TITLE_CHARS = 200
Cells = tuple[tuple[str, ...], ...]


def table_title(text: str, cells: Cells) -> str:
    """Return the text beside a table if it is a title, empty if it only repeats the cells."""
    title = " ".join(text.split())
    first = [cell for row in cells[:2] for cell in row if cell.strip()]
    repeats = bool(first) and all(" ".join(cell.split()) in title for cell in first)
    return "" if repeats or (cells and len(title) > _TITLE_CHARS) else text


def table_blocks(cells: Cells, title: str, most: int) -> Iterator[tuple[str, Cells, range]]:
    """Yield text and cells of each block of rows, and which rows those are; each repeats the title and the header.

    The text of a row pairs header and value: "Region: North; Q1: 4.2".
    """
    title = " ".join(title.split())[:most]
    if len(cells) < 2:
        text = "\n".join(part for part in (title, *(row_text((), row) for row in cells)) if part)
        if text:
            yield text, cells, range(len(cells))
        return
    header, rows = cells[0], cells[1:]
    texts = [row_text(header, row) for row in rows]
    for start, end in _blocks([*map(len, texts)], most - len(title)):
        lines = [title, *texts[start:end]]
        text = "\n".join(line for line in lines if line) or "; ".join(cell for cell in header if cell.strip())
        if text:
            yield text, (header, *rows[start:end]), range(start, end)


def row_text(header: Sequence[str], row: Sequence[str]) -> str:
    """Return one row as "header: value" pairs, or "label: value" under an empty header; empty values are left out."""
    if len(row) == 2 and all(row) and not any(header):
        return _pair(*(" ".join(cell.split()) for cell in row))
    pairs = zip_longest(_names_of(tuple(header[: len(row)])), row, fillvalue="")
    return "; ".join([_pair(name, plain) for name, value in pairs if (plain := " ".join(value.split()))])


@lru_cache(maxsize=16)
def _names_of(header: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in header)


def _pair(name: str, value: str) -> str:
    return f"{name}: {value}" if name and name != value else value


def _blocks(sizes: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    start, filled = 0, 0
    for place, size in enumerate(sizes):
        if place > start and filled + size + 1 > most:
            yield start, place
            start, filled = place, 0
        filled += size + 1
    yield start, len(sizes)
