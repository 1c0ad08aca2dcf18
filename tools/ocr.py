"""The ocr tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import Disabled
from groundsight.ingestion.reach import pictured
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.results import DATA_NOTE, NAME_CHARS, Line, Result, line_of

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import TextLine


class ReadLines(Result):
    """The lines of a picture in reading order; boxes are fractions of what was read."""

    picture: str
    page: int | None = None
    lines: tuple[Line, ...]
    text: str
    reader: str
    redactions: dict[str, int] = Field(default_factory=dict)

    def as_text(self) -> str:
        """The lines as text."""
        return f"{DATA_NOTE}\n\n{self.text}" if self.lines else "No words found."


def ocr(
    suite: Suite,
    picture: Annotated[str, Field(description="unit id, or a picture or PDF file under the roots", min_length=1)],
    page: Annotated[int, Field(ge=1, le=100_000)] = 1,
) -> ReadLines:
    """Read the words in a picture, figure or scanned page, with the box and confidence of each line."""
    from groundsight.tools.pictures import opened, rendered

    document, place = pictured(suite.parts, suite.principal, picture, page)
    with document:
        reader = suite.parts.ocr
        if reader is None:
            raise Disabled("reading words in pictures is switched off", next_step="set models.ocr = 'rapidocr'")
        data = rendered(suite, document, place)
    suite.watch.check()
    image = opened(data)
    read, redactions = _redacted(suite, reader.read(image), image.width / image.height)
    kept = fitting(read, 60_000)
    return ReadLines(
        picture=one_line(picture, NAME_CHARS),
        page=place.page,
        lines=kept,
        text=clip("\n".join(line.text for line in kept), 30_000),
        reader=reader.fingerprint,
        redactions=redactions,
        truncated=len(kept) < len(read),
    )


def _redacted(suite: Suite, lines: tuple[TextLine, ...], aspect: float) -> tuple[list[Line], dict[str, int]]:
    """Redact as ingestion does: what is read now must not say more than what is stored."""
    from groundsight.governance.pii import Memory
    from groundsight.ingestion.enrich import clean_page

    memory = Memory()
    kept = clean_page(lines, suite.settings.governance.redact, memory, aspect).lines
    return [line_of(line) for line in kept], dict(memory.counts)
