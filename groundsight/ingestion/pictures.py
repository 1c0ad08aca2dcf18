"""Pages and pictures on demand: rendered and decoded by a confined child, never in this process."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from groundsight.errors import PolicyRefused
from groundsight.ingestion import PictureOrder
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.jobs import Picture
from groundsight.ingestion.partition import run_on
from groundsight.ingestion.reach import document_of
from groundsight.ingestion.sandbox import Sandbox
from groundsight.settings import Settings
from groundsight.tracing import Watch
from groundsight.types import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from groundsight.parts import Parts
    from groundsight.types import Hit
    from groundsight.vision.masks import Masks


def page_picture(
    document: Frozen,
    page: int,
    settings: Settings,
    watch: Watch,
    box: Box | None = None,
    sandbox: Sandbox | None = None,
    second: float | None = None,
) -> bytes:
    """Return a page of a PDF, a picture file, or the frame of a clip at a second, as PNG bytes; ``box`` crops a page.

    Raises:
        UnsupportedType: other kinds of files have no pages that can be shown.
        InvalidArgument: there is no such page.
    """
    order = PictureOrder(
        name=document.name, page=page, second=second, box=box, limits=settings.limits,
        render_dpi=settings.ingestion.render_dpi,
    )  # fmt: skip
    job = "groundsight.ingestion.jobs:page_picture"
    answer = run_on(document, job, order.model_dump_json(), settings, watch, sandbox)
    return base64.b64decode(Picture.model_validate_json(answer).png)


def screened(png: bytes, masks: Masks | None) -> bytes:
    """Return a picture as it may leave: masked places filled.

    Raises:
        PolicyRefused: the picture itself is withheld. RedactionFailed: it can't be looked through.
    """
    if masks is None:
        return png
    from PIL import Image as pillow

    from groundsight.vision.masks import filled

    with pillow.open(io.BytesIO(png), formats=("PNG",)) as opened:
        picture = opened.convert("RGB")
    if kinds := masks.kinds(picture):
        raise PolicyRefused(
            f"this picture is withheld: {', '.join(kinds)}",
            next_step="look at the file itself, or change pictures.withhold",
        )
    boxes = masks.boxes(picture)
    if not boxes:
        return png
    out = io.BytesIO()
    filled(picture, boxes).save(out, "PNG")
    return out.getvalue()


def load_picture(document: Frozen, settings: Settings, watch: Watch, sandbox: Sandbox | None = None) -> Image:
    """Return a picture file as an RGB image; the untrusted bytes are decoded in the child."""
    from PIL import Image as pillow

    png = page_picture(document, 1, settings, watch, sandbox=sandbox)
    with pillow.open(io.BytesIO(png), formats=("PNG",)) as image:
        return image.convert("RGB")


def looking(parts: Parts) -> Callable[[Hit], Image]:
    """Return what gives the picture of a hit; its access was judged in the search.

    Raises when it is called:
        NotFound: the file is gone or has changed.
    """

    def look(hit: Hit) -> Image:
        with document_of(parts, hit.asset) as document:
            return load_picture(document, parts.settings, Watch(), parts.sandbox)

    return look
