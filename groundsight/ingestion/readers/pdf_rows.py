"""Tables without rules: rows of numbers that line up in columns, as in financial statements."""

from __future__ import annotations

from groundsight.ingestion.readers.pdfium import Piece, Rect

Cells = tuple[tuple[str, ...], ...]


def aligned_tables(pieces: list[Piece]) -> tuple[list[tuple[Rect, Cells]], list[Piece]]:
    """Return tables with their boxes, and the pieces that belong to none."""
    return [], pieces
