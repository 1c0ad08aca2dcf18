"""The ocr tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import Disabled, InvalidArgument, PolicyRefused
from groundsight.governance.access import visible_to
from groundsight.governance.pii import PLACEHOLDER
from groundsight.ingestion.apart import told_of_lines, without_orders
from groundsight.ingestion.reach import UNIT_ID, pictured
from groundsight.ingestion.sniff import PICTURES
from groundsight.tools.bounds import clip, fitting, one_line
from groundsight.tools.find import picture_meant
from groundsight.tools.results import DATA_NOTE, NAME_CHARS, Answering, Corners, Line, Result, answering, line_of
from groundsight.types import Box, Condition, TextLine, Tier
from groundsight.types.base import Fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.ingestion.frozen import Frozen
    from groundsight.suite import Suite
    from groundsight.types import Asset, Place, Unit

UNSURE, MOST_UNSURE = 0.9, 5
# Fractions of a region, and pixels up to which it is doubled.
BORDER, LARGE = 0.005, 1000
# The lines, which model read them, and the width of the picture over its height.
_Read = tuple[tuple[TextLine, ...], str, float]


class ReadLines(Result):
    """The lines of a picture in reading order; boxes are fractions of what was read.

    ``unsure`` are the places of lines that may be misread, least sure first: ``part`` reads one of them larger.
    ``hostile`` is how many lines give orders to a language model: they are left out.
    """

    picture: str
    page: int | None = None
    lines: tuple[Line, ...]
    text: str
    reader: str
    tier: Answering
    redactions: dict[str, int] = Field(default_factory=dict)
    unsure: tuple[Corners, ...] = ()
    hostile: int = 0

    def as_text(self) -> str:
        """The lines as text."""
        where = "; ".join(" ".join(f"{side:.3f}" for side in box) for box in self.unsure[:MOST_UNSURE])
        again = f"\n\nUnsure; look again with part = {where}" if where else ""
        found = f"{DATA_NOTE}\n\n{self.text}{again}" if self.lines else "No words found."
        return "\n\n".join(filter(None, [found, told_of_lines(self.hostile)]))


def ocr(
    suite: Suite,
    picture: Annotated[str, Field(description="label (E1), id, picture or PDF file", min_length=1)],
    page: Annotated[int | None, Field(ge=1, le=100_000)] = None,
    part: Annotated[
        list[Fraction] | None, Field(description="x0 y0 x1 y1, fractions: read this larger", min_length=4, max_length=4)
    ] = None,
) -> ReadLines:
    """For the words in a photo, receipt, figure or scan: lines, boxes, confidence."""
    picture = picture_meant(suite, picture)
    document, place = pictured(suite.parts, suite.principal, picture, page)
    with document:
        lines, reader, aspect = _stored(suite, picture, document, place.page) or _read(suite, document, place)
        if part:
            lines, reader, aspect = _again(suite, document, place, _box(part), (lines, reader, aspect))
    suite.watch.check()
    read, redactions, hostile = _redacted(suite, lines, aspect)
    kept = fitting(read, 60_000)
    return ReadLines(
        picture=one_line(picture, NAME_CHARS),
        page=place.page,
        lines=kept,
        text=clip("\n".join(line.text for line in kept), 30_000),
        reader=reader,
        tier=answering(Tier.of([suite.settings.models.ocr], {"ocr": reader})),
        redactions=redactions,
        unsure=tuple(line.box for line in sorted(kept, key=lambda line: line.confidence) if line.confidence < UNSURE),
        truncated=len(kept) < len(read),
        hostile=hostile,
    )


def _stored(suite: Suite, picture: str, document: Frozen, page: int | None) -> _Read | None:
    """Return what was read when the very same picture was indexed: a page takes seconds to read."""
    from groundsight.ingestion.picture_tables import lines_in_picture

    where, index = visible_to(suite.principal), suite.parts.index
    if UNIT_ID.fullmatch(picture):
        units = [unit for unit, _ in index.get([picture], where)]
    else:
        source = Condition(field="source", op="eq", value=document.source)
        assets = [each for each in index.assets(where.also(source)) if each.sha256 == document.sha256]
        units = [unit for asset in assets for unit in index.units(asset.asset_id, where) if _is_page(unit, asset, page)]
    for unit in units:
        model = next((each.model for each in unit.lineage if each.field == "ocr"), "")
        # Of what was kept apart the places are not stored: they are read again, and left out again.
        if unit.lines and model and not unit.unseen:
            return lines_in_picture(unit.lines, unit.place.box), model, 1.0
    return None


def _is_page(unit: Unit, asset: Asset, page: int | None) -> bool:
    whole = unit.kind == "page" or (unit.kind == "image" and asset.media_type in PICTURES)
    return whole and unit.place.box is None and (unit.place.page or 1) == (page or 1)


def _read(suite: Suite, document: Frozen, place: Place, *, larger: bool = False) -> _Read:
    from groundsight.tools.pictures import opened, rendered

    reader = suite.parts.ocr
    if reader is None:
        raise Disabled("reading words in pictures is switched off", next_step="set models.ocr = 'rapidocr'")
    image = opened(rendered(suite, document, place))
    if larger and max(image.size) <= LARGE:
        image = image.resize((2 * image.width, 2 * image.height))
    return reader.read(image), reader.fingerprint, image.width / image.height


def _again(suite: Suite, document: Frozen, place: Place, part: Box, before: _Read) -> _Read:
    """Read a part of a picture larger. A line that its border cuts is left out: half of a number would pass unseen.

    Raises:
        PolicyRefused: personal data was redacted there, or an order to a language model stands there.
    """
    from groundsight.ingestion.enrich import clean_page
    from groundsight.ingestion.names.reader import memory_of
    from groundsight.ingestion.picture_tables import lines_on_page

    lines, _, aspect = before
    memory = memory_of(suite.parts, ["\n".join(line.text for line in lines)], suite.watch)
    read = clean_page(lines, suite.settings.governance.redact, memory, aspect)
    hidden, kept = read.hidden, without_orders(read.text, read.lines)[1]
    covered = [line.box for line in lines if PLACEHOLDER.search(line.text)]
    if any(_meet(part, box) for box in (*hidden, *covered)):
        raise PolicyRefused("personal data was redacted in this region", next_step="choose another, or read it whole")
    if any(_meet(part, line.box) for line in read.lines if line not in kept):
        raise PolicyRefused("orders to a language model stand in this region", next_step="choose another")
    (whole,) = lines_on_page((TextLine(text="", box=part, confidence=1.0),), place.box)
    larger, reader, shape = _read(suite, document, place.model_copy(update={"box": whole.box}), larger=True)
    return lines_on_page([line for line in larger if _inside(line.box)], part), reader, shape


def _box(region: Sequence[float]) -> Box:
    x0, y0, x1, y1 = region
    if x0 >= x1 or y0 >= y1:
        raise InvalidArgument("the region is empty", which=f"{region}", next_step="give x0 < x1 and y0 < y1, 0 to 1")
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def _meet(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _inside(box: Box) -> bool:
    return min(box.x0, box.y0, 1 - box.x1, 1 - box.y1) > BORDER


def _redacted(suite: Suite, lines: tuple[TextLine, ...], aspect: float) -> tuple[list[Line], dict[str, int], int]:
    """Redact and leave out as ingestion does: what is read now must not say more than what is stored."""
    from groundsight.ingestion.enrich import clean_page
    from groundsight.ingestion.names.reader import memory_of

    memory = memory_of(suite.parts, ["\n".join(line.text for line in lines)], suite.watch)
    read = clean_page(lines, suite.settings.governance.redact, memory, aspect)
    _, kept, hostile = without_orders(read.text, read.lines)
    return [line_of(line) for line in kept], dict(memory.counts), len(hostile)
