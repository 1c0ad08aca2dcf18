"""Tables as elements: in blocks of rows that keep the head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from groundsight.errors import LimitExceeded
from groundsight.ingestion import Element
from groundsight.ingestion.readers.table_heads import Headed, read_head

ROWS_IN_BLOCK = 40
_MOST_COLUMNS = 2_000
# Longer words beside a table are no title; they stand before it as text.
_TITLE_CHARS = 200


def check_columns(columns: int) -> None:
    """Raise LimitExceeded when a table is too wide to be read as one."""
    if columns > _MOST_COLUMNS:
        limit = f"{_MOST_COLUMNS} columns"
        raise LimitExceeded("the table is too wide", limit=limit, next_step="split the table", code="E_LIMIT_TEXT")


def table_blocks(
    rows: Sequence[Sequence[str]], section: str | None = None, page: int | None = None, declared: int = 0
) -> Iterator[Element]:
    """Split a table into blocks of rows, each with the head first; ``declared`` rows are heads for sure.

    What stands above the head is the title of every block, or text before the first if it is long.
    """
    if rows:
        yield from headed_blocks(_paired(read_head(rows, declared)), section, page)


def headed_blocks(
    table: Headed, section: str | None = None, page: int | None = None, above: str = "", mark: str = ""
) -> Iterator[Element]:
    """Split a table whose head is known; ``above`` are words that belong to it but stand apart from it."""
    title = "\n".join(part for part in (above, table.title) if part)
    if len(title) > _TITLE_CHARS:
        yield Element(kind="text", text=title, section=section, page=page, mark=mark)
        title = ""
    header, *body = _with_used_columns((table.header, *table.body))
    for start in range(0, max(len(body), 1), ROWS_IN_BLOCK):
        cells = (header, *body[start : start + ROWS_IN_BLOCK])
        yield Element(kind="table", text=title or as_text(cells), cells=cells, section=section, page=page, mark=mark)


def _paired(table: Headed) -> Headed:
    """Write a form as pairs below an empty head: in every second column stand labels that end in colons."""
    rows = (table.header, *table.body)
    places = range(0, len(table.header), 2)
    labels = [row[at] for row in rows for at in places if row[at]]
    if len(table.header) % 2 or not labels or not all(label.endswith(":") for label in labels):
        return table
    pairs = ((row[at].removesuffix(":"), row[at + 1]) for at in places for row in rows if row[at] or row[at + 1])
    return Headed(table.title, ("", ""), tuple(pairs), table.first)


def as_text(cells: Iterable[Sequence[str]]) -> str:
    """Write a table as lines of cells parted by bars."""
    return "\n".join(" | ".join(row) for row in cells)


def _with_used_columns(rows: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    used = [place for place in range(len(rows[0])) if any(row[place] for row in rows)]
    return rows if len(used) == len(rows[0]) else [tuple(row[place] for place in used) for row in rows]
