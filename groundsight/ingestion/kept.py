"""Copies of page pictures, kept when ``ingestion.keep_page_pictures`` asks for it.

A kept page can be shown after its file has moved or changed. Copies lie under ``<home>/pages`` by
content hash, show what the original shows and go when the asset goes. Of a file in which anything was redacted no
page is kept: its picture would still show it.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.atomic import write_whole
from groundsight.errors import GroundsightError, PolicyRefused, StorageFailed
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.pictures import page_picture, screened
from groundsight.ingestion.reach import document_of
from groundsight.ingestion.sniff import PDF, PICTURES
from groundsight.types import Asset, Box

if TYPE_CHECKING:
    from groundsight.parts import Parts
    from groundsight.tracing import Watch


def keep_pages(parts: Parts, asset: Asset, document: Frozen, watch: Watch) -> None:
    """Keep every page of a PDF or picture file that was just stored; other files have no pages.

    Raises:
        StorageFailed: the disk refused.
    """
    if not parts.settings.ingestion.keep_page_pictures or asset.media_type not in (PDF, *PICTURES):
        return
    if asset.redactions:
        shutil.rmtree(_file(parts.settings.home, asset, 1).parent, ignore_errors=True)
        return
    for page in range(1, (asset.pages or 1) + 1):
        watch.step(page, asset.pages, f"keeping page {page}")
        target = _file(parts.settings.home, asset, page)
        # What was kept before may show what is masked now.
        if parts.masks or not target.exists():
            _keep(parts, document, page, target, watch)


def kept_page(home: Path, asset: Asset, page: int, box: Box | None = None) -> bytes | None:
    """Return a kept page as PNG, cropped to ``box``; None when it was not kept."""
    file = _file(home, asset, page)
    if not file.is_file():
        return None
    return file.read_bytes() if box is None else _cropped(file, box)


def has_pages(home: Path, asset: Asset) -> bool:
    """Tell whether pages of an asset's content are kept."""
    return _file(home, asset, 1).parent.is_dir()


def forget_pages(home: Path, gone: Iterable[Asset], kept: Iterable[Asset]) -> None:
    """Remove the pages of assets that are gone, unless another asset (of any tenant) has the same content."""
    needed = {asset.sha256 for asset in kept}
    for asset in gone:
        folder = _file(home, asset, 1).parent
        if asset.sha256 not in needed and folder.is_dir():
            shutil.rmtree(folder)


def page_or_kept(
    parts: Parts, asset: Asset, page: int, box: Box | None, watch: Watch, second: float | None = None
) -> bytes:
    """Render a page of an asset's file from the bytes that were indexed; when that fails, return the kept copy.

    Raises:
        GroundsightError: the file can't be shown, and there is no copy.
    """
    try:
        with document_of(parts, asset) as document:
            png = page_picture(document, page, parts.settings, watch, box=box, sandbox=parts.sandbox, second=second)
            return screened(png, parts.masks)
    except PolicyRefused:
        raise
    except GroundsightError:
        watch.check()
        kept = kept_page(parts.settings.home, asset, page, box)
        if kept is None:
            raise
        return screened(kept, parts.masks)


def _file(home: Path, asset: Asset, page: int) -> Path:
    return home / "pages" / asset.sha256 / f"{page}.png"


def _keep(parts: Parts, document: Frozen, page: int, target: Path, watch: Watch) -> None:
    try:
        png = page_picture(document, page, parts.settings, watch, sandbox=parts.sandbox)
        _write(target, screened(png, parts.masks))
    except PolicyRefused:
        target.unlink(missing_ok=True)


def _write(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(target, data)
    except OSError as error:
        raise StorageFailed("a page picture can't be kept", which=target.name, next_step="free some space") from error


def _cropped(file: Path, box: Box) -> bytes:
    from PIL import Image

    with Image.open(file, formats=("PNG",)) as page:
        wide, high = page.size
        edges = (round(box.x0 * wide), round(box.y0 * high), round(box.x1 * wide), round(box.y1 * high))
        out = io.BytesIO()
        page.crop(edges).save(out, "PNG")
    return out.getvalue()
