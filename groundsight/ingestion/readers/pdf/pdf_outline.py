"""The outline of a PDF: its bookmarks where it has them, headings by size and weight below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import Outline, one_line
from groundsight.ingestion.readers.pdf.pdfium import Bookmark

_NUMBERING = re.compile(r"^[\dIVX]{1,4}(?:\.\d+)*[.)]?\s+(?=\S)")


class PdfOutline:
    """Follows the bookmarks page by page; a line that says what a bookmark says is its heading."""

    def __init__(self, bookmarks: Sequence[Bookmark]) -> None:
        self._outline = Outline()
        self._marks: dict[int, list[Bookmark]] = {}
        self._depth = 0
        for mark in bookmarks:
            self._marks.setdefault(mark.page, []).append(mark)

    @property
    def section(self) -> str | None:
        """The path of headings down to here."""
        return self._outline.section

    def enter(self, lines: Sequence[str], page: int) -> None:
        """Enter the bookmarks of a page that none of its lines says."""
        said = {_key(line) for line in lines if len(line) < 200}
        for mark in list(self._marks.get(page, ())):
            title = one_line(mark.title)
            if title and _key(title) not in said:
                self._marks[page].remove(mark)
                self._depth = mark.level
                self._outline.heading(title, mark.level, page)

    def heading(self, text: str, level: int, page: int) -> Element | None:
        """Return the heading that this text is, by a bookmark or by its guessed level; None for running text."""
        waiting = self._marks.get(page, [])
        found = next((mark for mark in waiting if _key(mark.title) == _key(text)), None)
        if found is not None:
            waiting.remove(found)
            self._depth = found.level
            return self._outline.heading(text, found.level, page)
        return self._outline.heading(text, self._depth + level, page) if level else None


def _key(text: str) -> str:
    """What a title says, without its number, case and spaces."""
    return "".join(_NUMBERING.sub("", one_line(text)).casefold().split())
