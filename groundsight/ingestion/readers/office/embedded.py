"""Pictures and files inside office files: each kept once in the scratch folder, small ornaments left out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion import Element, Inside, Parsed
from groundsight.ingestion.portions import handed_over
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.package import Package, stated_day
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.raster import FORMATS, open_raster, save_png, upright
from groundsight.limits import Limits

_CAPTION = re.compile(r"^(figure|fig\.|chart|diagram|abbildung|abb\.)\s*\d", re.I)
_SMALLEST_SIDE = 64
_MOST_PICTURES = 300
_CHART = re.compile(r"/charts/[^/]+\.xml$")
_FILE = re.compile(r"/embeddings/[^/]+\.(?!bin$)\w+$", re.I)


class PictureBox:
    """Writes embedded pictures; the same bytes are written once, what can't be read is noted in the ledger."""

    def __init__(self, scratch: Path, ledger: Ledger) -> None:
        self._scratch, self._ledger, self._limits = scratch, ledger, Limits()
        self._names: dict[str, str | None] = {}

    def keep(self, data: bytes) -> str | None:
        """Write a picture and return its name; None for ornaments and for what can't be read."""
        key = hashlib.sha256(data).hexdigest()
        if key not in self._names:
            self._names[key] = self._write(data)
        return self._names[key]

    def _write(self, data: bytes) -> str | None:
        if len(self._names) >= _MOST_PICTURES:
            self._ledger.note("picture", f"only the first {_MOST_PICTURES} are read")
            return None
        try:
            with open_raster(data, FORMATS, self._limits) as image:
                if min(image.size) < _SMALLEST_SIDE:
                    self._ledger.note("picture", f"a side of it has fewer than {_SMALLEST_SIDE} pixels")
                    return None
                return save_png(upright(image), self._scratch, f"figure-{len(self._names) + 1}")
        except (ParseFailed, LimitExceeded):
            self._ledger.note("picture", "it is damaged, too large, or of a format that is not read")
            return None


def office_file(
    path: Path,
    scratch: Path,
    media_type: str,
    read: Callable[[Package, PictureBox], tuple[Iterable[Element], int | None]],
    limits: Limits,
) -> Parsed:
    """Assemble what a reader finds in an office file: ``read`` returns its elements and how many pages it has.

    Raises:
        ParseFailed: the container or its main part can't be read.
    """
    ledger = Ledger()
    with Package(path, ledger) as package:
        found, pages = read(package, PictureBox(scratch, ledger))
        about = package.about()
        said = property_elements(about.items(), package.own_properties())
        elements, rest = handed_over(chain(found, said), scratch, limits.document_chars)
        package.note_unread()
        inside = files_inside(package, scratch)
    return Parsed(
        media_type=media_type,
        title=one_line(about.get("title", "")),
        created=stated_day(about.get("created", "")),
        pages=pages,
        elements=elements,
        rest=rest,
        inside=inside,
        left_out=ledger.left_out,
    )


def with_captions(elements: list[Element]) -> list[Element]:
    """Give each figure the caption beside it, else the nearest paragraph."""
    told: list[Element] = []
    for number, element in enumerate(elements):
        if element.kind != "figure":
            told.append(element)
            continue
        around = (*elements[number + 1 : number + 2], *elements[max(number - 1, 0) : number])
        texts = [near.text for near in around if near.kind == "text"]
        caption = next((text for text in texts if _CAPTION.match(text)), "")
        beside = caption or element.text or next(iter(texts), "")
        both = f"{caption}\n{element.text}" if caption and element.text else beside
        told.append(element.model_copy(update={"text": both[:2_000]}))
    return told


def files_inside(package: Package, scratch: Path) -> tuple[Inside, ...]:
    """Write the files that lie in an office file; the workbook behind a chart repeats the chart and is none of them."""
    behind = {one.target for name in package.names if _CHART.search(name) for one in package.relations(name).values()}
    imported = {
        one.target
        for name in package.names
        if name.endswith("/document.xml")
        for one in package.relations(name).values()
        if one.kind == "aFChunk"
    }
    box = InsideBox(scratch, Limits(), "embedded file", package.ledger)
    for name in sorted(imported | {name for name in package.names if _FILE.search(name) and name not in behind}):
        data = package.bytes_of(name)
        if data is None:
            box.refuse("it is damaged")
        else:
            box.keep(Path(name).name, data)
    return box.inside
