"""The ``documents`` extra: unstructured behind the same contract, silent and offline."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from groundsight.errors import Disabled
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.readers.clean import Outline, clean, one_line
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.readers.text.html_file import read_page
from groundsight.ingestion.sniff import CSV, DOCX, HTML, MARKDOWN, PDF, PLAIN, PPTX, XLSX
from groundsight.limits import Limits
from groundsight.types import Box

_SILENT = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    # A child reads one file, so what numba compiles is never used again: 60 pages take 9.5 s of CPU, not 11.0.
    "NUMBA_DISABLE_JIT": "1",
}
# Mail is left to the built-in reader: unstructured drops its head and the names of its attachments.
_READ = (CSV, DOCX, HTML, MARKDOWN, PDF, PLAIN, PPTX, XLSX)
_SKIPPED = ("Image", "PageBreak", "PageNumber")
_MARGINS = ("Header", "Footer")


@dataclass(frozen=True)
class UnstructuredPartitioner:
    """Text by unstructured (PDF: ``fast``); pictures, figures and pages without text by the built-in readers."""

    render_dpi: int = 150

    def __call__(self, path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed:
        """Read a file.

        Raises:
            Disabled: the ``documents`` extra is not installed.
        """
        if find_spec("unstructured") is None:
            raise Disabled("unstructured is not installed", next_step="pip install 'groundsight[documents]'")
        built_in = BuiltinPartitioner(self.render_dpi)(path, media_type, scratch, limits)
        if media_type not in _READ:
            return built_in
        silence()
        read = tuple(_elements(path, media_type))
        pictures = tuple(element for element in built_in.elements if element.picture is not None)
        # Of a page laid out with tables it finds nothing at all.
        return built_in.model_copy(update={"elements": read + pictures}) if read else built_in


def silence() -> None:
    """Switch off telemetry, adverts and downloads before unstructured is imported.

    unstructured 0.27 sends an event at import and a second one a file, and its tokenizer downloads a
    spaCy model on first use; a blank pipeline with rule-based sentences serves the same purpose offline.
    """
    os.environ.update(_SILENT)
    import spacy
    import unstructured.nlp.tokenize as tokenize

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    setattr(tokenize, "_get_nlp", lambda: pipeline)  # noqa: B010  pyright knows it as private


def _elements(path: Path, media_type: str) -> list[Element]:
    from unstructured.partition.auto import partition

    with path.open("rb") as file:
        found: list[Any] = partition(
            file=file, content_type=media_type, strategy="fast", languages=[""], include_slide_notes=True
        )
    outline = Outline()
    margins = dict.fromkeys(clean(one.text) for one in found if one.category in _MARGINS)
    elements = [element for one in found for element in _translate(one, outline)]
    return elements + [Element(kind="text", text=text) for text in margins if text]


def _translate(one: Any, outline: Outline) -> list[Element]:
    text = clean(one.text or "")
    page = one.metadata.page_number
    if not text or one.category in (*_SKIPPED, *_MARGINS):
        return []
    if one.category == "Title":
        level = (one.metadata.category_depth or 0) + 1
        return [outline.heading(one_line(text), level, page).model_copy(update={"box": _box(one)})]
    if one.category == "Table" and one.metadata.text_as_html:
        return list(table_blocks(_cells(one.metadata.text_as_html), outline.section, page))
    shown = f"- {text}" if one.category == "ListItem" else text
    return [Element(kind="text", text=shown, page=page, box=_box(one), section=outline.section)]


def _cells(markup: str) -> tuple[tuple[str, ...], ...]:
    return next((element.cells for element in read_page(markup).elements if element.kind == "table"), ())


def _box(one: Any) -> Box | None:
    where = one.metadata.coordinates
    if where is None or where.points is None or where.system is None:
        return None
    xs = [min(max(x / where.system.width, 0.0), 1.0) for x, _ in where.points]
    ys = [min(max(y / where.system.height, 0.0), 1.0) for _, y in where.points]
    return Box(x0=min(xs), y0=min(ys), x1=max(xs), y1=max(ys))
