"""The ocr tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import Disabled
from groundsight.governance.access import visible_to
from groundsight.ingestion.picture_tables import lines_in_picture
from groundsight.ingestion.reach import UNIT_ID, pictured
from groundsight.ingestion.sniff import PICTURES
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.find import meant
from groundsight.tools.results import DATA_NOTE, NAME_CHARS, Line, Result, line_of
from groundsight.types import Condition, TextLine

if TYPE_CHECKING:
    from groundsight.ingestion.frozen import Frozen
    from groundsight.suite import Suite
    from groundsight.types import Asset, Place, Unit

# The lines, which model read them, and the width of the picture over its height.
_Read = tuple[tuple[TextLine, ...], str, float]


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
    picture: Annotated[str, Field(description="a label (E1) or id, or a picture or PDF file", min_length=1)],
    page: Annotated[int, Field(ge=1, le=100_000)] = 1,
) -> ReadLines:
    """For the exact words in a photo, receipt, figure or scan: every line with its box and confidence."""
    picture = meant(suite, picture)
    document, place = pictured(suite.parts, suite.principal, picture, page)
    with document:
        lines, reader, aspect = _stored(suite, picture, document, place.page) or _read(suite, document, place)
    suite.watch.check()
    read, redactions = _redacted(suite, lines, aspect)
    kept = fitting(read, 60_000)
    return ReadLines(
        picture=one_line(picture, NAME_CHARS),
        page=place.page,
        lines=kept,
        text=clip("\n".join(line.text for line in kept), 30_000),
        reader=reader,
        redactions=redactions,
        truncated=len(kept) < len(read),
    )


def _stored(suite: Suite, picture: str, document: Frozen, page: int | None) -> _Read | None:
    """Return what was read when the very same picture was indexed: a page takes seconds to read."""
    where, index = visible_to(suite.principal), suite.parts.index
    if UNIT_ID.fullmatch(picture):
        units = [unit for unit, _ in index.get([picture], where)]
    else:
        source = Condition(field="source", op="eq", value=document.source)
        assets = [each for each in index.assets(where.also(source)) if each.sha256 == document.sha256]
        units = [unit for asset in assets for unit in index.units(asset.asset_id, where) if _is_page(unit, asset, page)]
    for unit in units:
        model = next((each.model for each in unit.lineage if each.field == "ocr"), "")
        if unit.lines and model:
            return lines_in_picture(unit.lines, unit.place.box), model, 1.0
    return None


def _is_page(unit: Unit, asset: Asset, page: int | None) -> bool:
    whole = unit.kind == "page" or (unit.kind == "image" and asset.media_type in PICTURES)
    return whole and unit.place.box is None and (unit.place.page or 1) == (page or 1)


def _read(suite: Suite, document: Frozen, place: Place) -> _Read:
    from groundsight.tools.pictures import opened, rendered

    reader = suite.parts.ocr
    if reader is None:
        raise Disabled("reading words in pictures is switched off", next_step="set models.ocr = 'rapidocr'")
    image = opened(rendered(suite, document, place))
    return reader.read(image), reader.fingerprint, image.width / image.height


def _redacted(suite: Suite, lines: tuple[TextLine, ...], aspect: float) -> tuple[list[Line], dict[str, int]]:
    """Redact as ingestion does: what is read now must not say more than what is stored."""
    from groundsight.ingestion.enrich import clean_page
    from groundsight.ingestion.names.reader import memory_of

    memory = memory_of(suite.parts, ["\n".join(line.text for line in lines)], suite.watch)
    kept = clean_page(lines, suite.settings.governance.redact, memory, aspect).lines
    return [line_of(line) for line in kept], dict(memory.counts)
