"""PDF: text in reading order with boxes, tables, figures with captions, and pages that have to be read by OCR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from groundsight.errors import LimitExceeded, ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, one_line
from groundsight.ingestion.readers.layout import Block, Item, blocks_in_order, columns_of, items_of
from groundsight.ingestion.readers.pdf_figures import figures_on
from groundsight.ingestion.readers.pdf_rows import Cells, aligned_tables
from groundsight.ingestion.readers.pdf_tables import RuledTables
from groundsight.ingestion.readers.pdfium import PdfPage, Piece, Rect, open_pdf
from groundsight.ingestion.readers.raster import save_png
from groundsight.ingestion.readers.running import keep_once
from groundsight.ingestion.sniff import PDF
from groundsight.settings import Limits
from groundsight.types import Box

_FEWEST_LETTERS = 8
_HEADING_CHARS = 160


def read_pdf(path: Path, scratch: Path, limits: Limits, dpi: int) -> Parsed:
    """Read all pages; a page without a usable text layer becomes a page picture."""
    warnings: list[str] = []
    elements: list[Element] = []
    with open_pdf(path, limits) as document, RuledTables(path) as ruled:
        outline = Outline()
        for number in range(1, document.pages + 1):
            with document.page(number) as page:
                reader = _PageReader(page, number, scratch, dpi, warnings)
                elements.extend(reader.read(ruled, outline))
        title, created, pages = document.title, document.created, document.pages
    if not pages:
        raise ParseFailed("malformed: a PDF without pages")
    return Parsed(
        media_type=PDF,
        title=one_line(title),
        created=created,
        pages=pages,
        elements=tuple(keep_once(elements, pages)),
        warnings=(*dict.fromkeys(warnings), *ruled.warnings),
    )


class _PageReader:
    """Reads one page in steps: text, tables, figures, order, headings."""

    def __init__(self, page: PdfPage, number: int, scratch: Path, dpi: int, warnings: list[str]) -> None:
        self._page, self._number = page, number
        self._scratch, self._dpi, self._warnings = scratch, dpi, warnings

    def read(self, ruled: RuledTables, outline: Outline) -> Iterator[Element]:
        """Yield the elements of the page in reading order."""
        pieces = self._page.pieces()
        pictures, paths, shades = self._page.drawn()
        if not _is_readable(pieces):
            yield from self._as_picture(bool(pictures or paths))
            return
        level = [piece for piece in pieces if not piece.upright]
        tables, rest = self._tables(ruled, level, paths, shades)
        blocks = blocks_in_order([*items_of(rest), *tables])
        body = _body_size(blocks)
        for element in self._with_figures(blocks, pictures, paths):
            yield from self._element(element, body, outline)
        yield from self._upright([piece for piece in pieces if piece.upright], outline)

    def _tables(
        self, ruled: RuledTables, pieces: list[Piece], rules: list[Rect], shades: list[Rect]
    ) -> tuple[list[Item], list[Piece]]:
        """Find ruled tables and aligned rows; return them and the text outside."""
        aligned, rest = _aligned(pieces)
        drawn = ruled.on_page(self._number, rules, [] if aligned else shades)
        if any(table.upright for table in drawn):
            aligned, rest = _aligned(_outside([table.rect for table in drawn if table.upright], pieces))
        # Shading alone closes cells, too, but misses the header and every unshaded row.
        kept = [(table.rect, table.cells) for table in drawn if not _is_among(table.rect, aligned)]
        rest = _outside([rect for rect, _ in kept], rest)
        return [self._table(rect, cells) for rect, cells in [*kept, *aligned]], rest

    def _upright(self, pieces: list[Piece], outline: Outline) -> Iterator[Element]:
        """Give the text that runs up the page last, as one piece."""
        text = clean("".join(piece.text if len(piece.text) == 1 else f" {piece.text} " for piece in pieces))
        if sum(1 for char in text if char.isalpha()) >= 3:
            yield Element(kind="text", text=text, page=self._number, section=outline.section)

    def _as_picture(self, drawn: bool) -> Iterator[Element]:
        if not drawn:
            return
        try:
            name = save_png(self._page.render(self._dpi), self._scratch, f"page-{self._number}")
        except LimitExceeded as error:
            self._warnings.append(f"page {self._number}: {error.what}")
            return
        yield Element(kind="page", page=self._number, picture=name)

    def _table(self, rect: Rect, cells: tuple[tuple[str, ...], ...]) -> Item:
        text = "\n".join(" | ".join(row) for row in cells)
        return Item(rect, element=Element(kind="table", text=text, page=self._number, box=as_box(rect), cells=cells))

    def _with_figures(self, blocks: list[Block], pictures: list[Rect], paths: list[Rect]) -> Iterator[Block]:
        """Put each figure behind its caption, or at the first block below it."""
        waiting = sorted(figures_on(blocks, pictures, paths), key=lambda figure: figure.rect.y0)
        for block in blocks:
            yield block
            for figure in [figure for figure in waiting if figure.caption_rect == block.rect]:
                waiting.remove(figure)
                yield from self._figure(figure.rect, figure.text)
        for figure in waiting:
            yield from self._figure(figure.rect, figure.text)

    def _figure(self, rect: Rect, words: str) -> Iterator[Block]:
        name = f"figure-{self._number}-{int(rect.x0 * 1e4)}-{int(rect.y0 * 1e4)}"
        try:
            picture = save_png(self._page.render(self._dpi, rect), self._scratch, name)
        except LimitExceeded as error:
            self._warnings.append(f"page {self._number}: {error.what}")
            return
        element = Element(kind="figure", text=clean(words), page=self._number, box=as_box(rect), picture=picture)
        yield Block(rect, (), element)

    def _element(self, block: Block, body: float, outline: Outline) -> Iterator[Element]:
        if block.element is not None:
            yield block.element.model_copy(update={"section": outline.section})
            return
        text = clean(block.text)
        if not text:
            return
        level = _level(block, text, body)
        if level:
            heading = outline.heading(one_line(text), level, self._number)
            yield heading.model_copy(update={"box": as_box(block.rect)})
            return
        box = as_box(block.rect)
        yield Element(kind="text", text=text, page=self._number, box=box, section=outline.section)


def as_box(rect: Rect) -> Box:
    """Clip a rectangle to the page."""
    x0, y0, x1, y1 = (round(min(max(value, 0.0), 1.0), 5) for value in (rect.x0, rect.y0, rect.x1, rect.y1))
    return Box(x0=x0, y0=y0, x1=max(x0, x1), y1=max(y0, y1))


def _is_readable(pieces: list[Piece]) -> bool:
    """True when the text layer has letters that mean something (broken fonts yield private or lost characters)."""
    text = "".join(piece.text for piece in pieces)
    letters = sum(1 for char in text if char.isalnum())
    odd = sum(1 for char in text if char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or char < " ")
    return letters >= _FEWEST_LETTERS and odd < 0.3 * len(text)


def _aligned(pieces: list[Piece]) -> tuple[list[tuple[Rect, Cells]], list[Piece]]:
    """Look for rows of numbers column by column."""
    tables: list[tuple[Rect, Cells]] = []
    rest: list[Piece] = []
    for column in columns_of(pieces):
        found, left = aligned_tables(column)
        tables, rest = tables + found, rest + left
    return tables, rest


def _is_among(rect: Rect, tables: list[tuple[Rect, Cells]]) -> bool:
    return any(rect.overlap(other) > 0.3 * rect.area for other, _ in tables)


def _outside(rects: list[Rect], pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if not any(rect.holds(piece.rect) for rect in rects)]


def _body_size(blocks: list[Block]) -> float:
    counts: Counter[float] = Counter()
    for block in blocks:
        for line in block.lines:
            counts[round(line.size, 4)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def _level(block: Block, text: str, body: float) -> int:
    """Guess a heading level from size and weight; 0 for running text."""
    letters = sum(1 for char in text if char.isalpha())
    if len(text) > _HEADING_CHARS or len(block.lines) > 3 or letters < 3 or letters * 2 < len(text.replace(" ", "")):
        return 0
    ratio = block.size / body if body else 1.0
    for level, least in ((1, 1.6), (2, 1.3), (3, 1.12)):
        if ratio >= least:
            return level
    short = block.bold and len(block.lines) == 1 and len(text) < 90
    return 4 if short and text[-1] not in ".,;:" and ratio >= 0.95 else 0
