"""Pictures of what was found: rendered on demand, small enough for a reply."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, PolicyRefused
from groundsight.governance.access import visible_to
from groundsight.governance.events import note_event
from groundsight.language.addressed import speaks_to_a_model
from groundsight.tools.results import Picture, evidence_uri
from groundsight.types import TEXT_FIELDS, Asset, Box, Hit, Place, Unit
from groundsight.vision import SENSITIVE

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.ingestion.frozen import Frozen
    from groundsight.suite import Suite

MOST_PICTURES = 4
THUMBNAIL_SIDE = 512
THUMBNAIL_BYTES = 200_000
OUTLINE = "#d1242f"
MODEL_SIDE, MODEL_BYTES, MODEL_QUALITY = 1024, 300_000, 85
PICTURED = ("figure", "image", "page", "table", "video")


def rendered(suite: Suite, document: Frozen, place: Place) -> bytes:
    """Return the PNG of a place in a document: the page, the box on it, or the picture itself, as it may leave."""
    from groundsight.ingestion.pictures import page_picture, screened

    page, sandbox = place.page or 1, suite.parts.sandbox
    png = page_picture(document, page, suite.settings, suite.watch, box=place.box, sandbox=sandbox, second=place.frame)
    return screened(png, suite.parts.masks)


def shown(suite: Suite, asset: Asset, place: Place) -> bytes:
    """Return the PNG of a place in a visible document, for a reader outside.

    Raises:
        PolicyRefused: personal data was redacted there, and the picture would still show it.
    """
    from groundsight.governance.pii import PLACEHOLDER

    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    here = [unit for unit in units if _lies(unit.place, place)]
    if any(unit.mark == SENSITIVE for unit in here):
        raise PolicyRefused("this picture is withheld (pictures.withhold)", next_step="look at the file itself")
    if any(PLACEHOLDER.search(unit.field(name)) for unit in here for name in TEXT_FIELDS):
        raise PolicyRefused(
            "personal data was redacted here and the picture would show it", next_step="read its text instead"
        )
    from groundsight.ingestion.kept import page_or_kept

    try:
        return page_or_kept(suite.parts, asset, place.page or 1, place.box, suite.watch, place.frame)
    except PolicyRefused:
        # It is not marked, so it may have been shown before.
        note_event(suite.settings, suite.principal, "unsafe", "pictures", "withheld", pictured=[asset.asset_id])
        raise


def _lies(one: Place, shown: Place) -> bool:
    if one.time and shown.time:
        return one.time.start <= shown.time.end and shown.time.start <= one.time.end
    same_page = (one.page or 1) == (shown.page or 1)
    return same_page and (shown.box is None or one.box == shown.box)


def opened(data: bytes) -> Image:
    """Decode a PNG that this process rendered."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")


def for_a_model(picture: Image, hidden: Sequence[Box] = ()) -> bytes:
    """Return a picture as any model is given it: hidden places filled, at most 1,024 pixels a side, JPEG, 300 kB."""
    from groundsight.vision.masks import filled

    side, small = MODEL_SIDE, filled(picture, tuple(hidden)).convert("RGB")
    while True:
        small.thumbnail((side, side))
        out = io.BytesIO()
        small.save(out, "JPEG", quality=MODEL_QUALITY)
        if out.tell() <= MODEL_BYTES:
            return out.getvalue()
        side //= 2


def jpeg_block(picture: Image) -> dict[str, str]:
    """Return a picture as the content block that langchain-core and our MCP door speak."""
    data = base64.b64encode(for_a_model(picture)).decode()
    return {"type": "image", "base64": data, "mime_type": "image/jpeg"}


def evidence_picture(suite: Suite, unit_id: str) -> bytes:
    """Return the picture of a visible unit as a model is given it.

    Raises:
        NotFound: the unit or its file is gone. PolicyRefused: it would show what was redacted, or orders to a model.
    """
    from groundsight.tools.find import units_by_id

    unit, asset = units_by_id(suite, [unit_id])[0]
    if gives_orders(unit):
        raise PolicyRefused("orders to a language model stand in this picture", next_step="read its lines")
    return for_a_model(opened(shown(suite, asset, unit.place)))


def png(picture: Image) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def outlined(data: bytes, *boxes: Box) -> bytes:
    """Draw the outlines of boxes around their places on a page, as PNG."""
    from PIL import ImageDraw

    page = opened(data)
    wide, high = page.size
    line = max(2, wide // 300)
    for box in boxes:
        edges = (box.x0 * wide - line, box.y0 * high - line, box.x1 * wide + line, box.y1 * high + line)
        ImageDraw.Draw(page).rectangle(edges, outline=OUTLINE, width=line)
    return png(page)


def thumbnail(data: bytes) -> bytes:
    """Shrink a PNG until it fits a reply: at most 512 pixels a side and 200 kB."""
    side = THUMBNAIL_SIDE
    while True:
        small = opened(data)
        small.thumbnail((side, side))
        shrunk = png(small)
        if len(shrunk) <= THUMBNAIL_BYTES:
            return shrunk
        side //= 2


def gives_orders(unit: Unit) -> bool:
    """Tell whether a picture shows orders to a language model: whoever is sent it would read them."""
    return bool(unit.unseen) and speaks_to_a_model(unit.unseen)


def thumbnails(suite: Suite, hits: tuple[Hit, ...]) -> tuple[Picture, ...]:
    """Return small pictures of the best hits that are pictures; what is gone, redacted or gives orders has none."""
    found: list[Picture] = []
    for hit in hits:
        if hit.unit.kind not in PICTURED or gives_orders(hit.unit) or len(found) == MOST_PICTURES:
            continue
        try:
            data = thumbnail(shown(suite, hit.asset, hit.unit.place))
            found.append(Picture(uri=evidence_uri(hit.unit.unit_id), data=data))
        except GroundsightError:
            # The hit's text came from the index and still stands when its file has moved.
            suite.watch.check()
    return tuple(found)
