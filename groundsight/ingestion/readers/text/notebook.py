"""Notebooks (ipynb): text cells as Markdown, code, and what it put out as text, table or picture."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, decode
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.text.html_file import FAR, read_page
from groundsight.ingestion.readers.text.markdown_file import markdown_elements
from groundsight.ingestion.sniff import NOTEBOOK
from groundsight.limits import Limits

_PICTURES, _WORDED = ("image/png", "image/jpeg"), ("text/markdown", "text/plain", "text/latex")


def read_notebook(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Read a notebook from top to bottom.

    Raises:
        ParseFailed: it is no notebook.
    """
    text, warnings = decode(path.read_bytes())
    try:
        whole = json.loads(text)
        cells = cast("list[object]", whole["cells"])
        names = [("Author", str(one["name"])) for one in whole.get("metadata", {}).get("authors", ())]
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise ParseFailed("malformed: a notebook without cells", next_step="open and save it anew") from error
    outline, ledger = Outline(), Ledger()
    pictures = PictureBox(scratch, ledger)
    elements = tuple(element for cell in cells for element in _cell(cell, outline, pictures, ledger))
    elements += tuple(property_elements((), names))
    title = next((element.text for element in elements if element.kind == "heading"), "")
    return Parsed(media_type=NOTEBOOK, title=title, elements=elements, left_out=ledger.left_out, warnings=warnings)


def _cell(cell: object, outline: Outline, pictures: PictureBox, ledger: Ledger) -> Iterator[Element]:
    if not _is_object(cell):
        ledger.note("cell", "it is damaged")
        return
    source = _joined(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        elements, left_out = markdown_elements(source, outline)
        ledger.add(left_out)
        yield from elements
        for name, forms in cell.get("attachments", {}).items():
            ledger.note(*FAR, -int(f"attachment:{name}" in source))
            kept = [one for data in forms.values() if (one := _picture(_joined(data), pictures))]
            yield from (Element(kind="figure", picture=one, section=outline.section) for one in kept)
        return
    if clean(source):
        yield Element(kind="text", text=clean(source), section=outline.section)
    for output in filter(_is_object, cell.get("outputs") or ()):
        for element in _output(output, pictures, ledger):
            yield element.model_copy(update={"section": outline.section})


def _output(output: dict[str, Any], pictures: PictureBox, ledger: Ledger) -> Iterator[Element]:
    data = cast("dict[str, object]", output.get("data") or {})
    for kind in _PICTURES:
        if kind in data and (name := _picture(_joined(data[kind]), pictures)):
            yield Element(kind="figure", text=clean(_joined(data.get("text/plain"))), picture=name)
            return
    if "text/html" in data and (page := read_page(_joined(data["text/html"]))).elements:
        ledger.add(page.left_out)
        yield from page.elements
        return
    error = ": ".join(filter(None, (_joined(output.get("ename")), _joined(output.get("evalue")))))
    told = next((_joined(data[kind]) for kind in _WORDED if kind in data), "")
    told = told or json.dumps(data.get("application/json") or "", ensure_ascii=False).strip('"')
    if text := clean(_joined(output.get("text")) or told or error):
        yield Element(kind="text", text=text)
    elif data and not set(_PICTURES) & data.keys():
        ledger.note("output of a program", "it is in a form that is not read")


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _picture(encoded: str, pictures: PictureBox) -> str | None:
    try:
        return pictures.keep(base64.b64decode(encoded))
    except (binascii.Error, ValueError):
        return None


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "".join(str(each) for each in cast("list[object]", value))
    return value if isinstance(value, str) else ""
