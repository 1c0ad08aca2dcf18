"""The rows and cells of a table of a Word document, and which rows a reader sees."""

from __future__ import annotations

from groundsight.ingestion.readers.ledger import UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.office.package import Node, child, inner, is_on, local, value, whole

MOST_COLUMNS = 2_000
# In twentieths of a point: lower rows show no letter.
_LOWEST = 40


def parts(node: Node, tag: str) -> list[Node]:
    """Return the rows of a table, or the cells of a row, also those inside content controls."""
    return [one for one in inner(node, "tr", "tc", "tblPr", "trPr") if local(one) == tag]


def shown_rows(rows: list[Node], ledger: Ledger) -> list[Node]:
    """Return the rows that are neither deleted nor hidden; the others are noted, and what is hidden laid aside."""
    return [row for row in rows if not (_is_deleted(row, ledger) or _is_hidden(row, ledger))]


def spanned(node: Node | None, otherwise: int) -> int:
    """Read how many columns something spans."""
    text = value(node) or ""
    return min(int(text), MOST_COLUMNS) if text.isascii() and text.isdecimal() else otherwise


def _is_deleted(row: Node, ledger: Ledger) -> bool:
    if child(row, "trPr", "del") is None:
        return False
    ledger.note("deleted table row", "a tracked change took it out")
    return True


def _is_hidden(row: Node, ledger: Ledger) -> bool:
    height = child(row, "trPr", "trHeight")
    flat = value(height, "hRule") == "exact" and whole(value(height)) < _LOWEST
    if not flat and not is_on(child(row, "trPr", "hidden")):
        return False
    ledger.note(UNSHOWN, "the document does not show it")
    lay_aside(" ".join(one.text or "" for one in row.iter() if local(one) == "t"))
    return True
