"""One page of a PDF: its text, tables and figures in reading order, also where it was printed sideways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundsight.errors import LimitExceeded
from groundsight.ingestion import Element
from groundsight.ingestion.layout.label_rows import labelled_tables
from groundsight.ingestion.layout.number_rows import aligned_tables
from groundsight.ingestion.layout.order import Block, Item, blocks_in_order, columns_of, items_of
from groundsight.ingestion.layout.shapes import SKEW, Grid, Piece, Rect, around, rows_of_pieces
from groundsight.ingestion.readers.clean import clean, one_line
from groundsight.ingestion.readers.ledger import TIP, UNCHOSEN, Ledger
from groundsight.ingestion.readers.pdf.pdf_drawn import Drawn
from groundsight.ingestion.readers.pdf.pdf_figures import figures_on, without_bars
from groundsight.ingestion.readers.pdf.pdf_headings import body_size, heading_level, titled
from groundsight.ingestion.readers.pdf.pdf_notes import SECRET, Note, pieces_of_notes
from groundsight.ingestion.readers.pdf.pdf_outline import PdfOutline
from groundsight.ingestion.readers.pdf.pdf_struck import kept_and_struck
from groundsight.ingestion.readers.pdf.pdf_tables import RuledTables, filled_tables
from groundsight.ingestion.readers.pdf.pdf_unseen import seen_and_unseen
from groundsight.ingestion.readers.pdf.pdfium import PdfPage
from groundsight.ingestion.readers.raster import save_png

_FEWEST_LETTERS = 8
_BACKGROUND = 0.85
_ON_THE_PAGE = ("field", "free text")


@dataclass
class Gathered:
    """What all pages of a document share: where pictures go, and the ledger of what was left out."""

    scratch: Path
    dpi: int
    outline: PdfOutline
    ruled: RuledTables = field(default_factory=RuledTables)
    ledger: Ledger = field(default_factory=Ledger)
    files: list[Any] = field(default_factory=list[Any])
    stamps: set[str] = field(default_factory=set[str])
    backgrounds: set[str] = field(default_factory=set[str])


class PageReader:
    """Reads one page in steps: text, tables, figures, order, headings, and what was put on it later."""

    def __init__(self, page: PdfPage, number: int, gathered: Gathered) -> None:
        self._page, self._number, self._gathered = page, number, gathered
        self._turn = 0

    def read(self) -> Iterator[Element]:
        """Yield the elements of the page in reading order."""
        every, drawn = self._page.pieces(), self._page.drawn()
        pieces, unseen = seen_and_unseen(every, drawn, self._page.render)
        pieces, struck = kept_and_struck(pieces, drawn.rules)
        notes, files = self._page.notes()
        self._gathered.files.extend(files)
        self._count(drawn, notes)
        self._turn = _main_turn(pieces)
        shown = [note for note in notes if note.kind in _ON_THE_PAGE and not note.hidden]
        if _is_readable(pieces):
            yield from self._under(drawn)
            yield from self._as_text(pieces, drawn, shown)
        elif drawn.pictures or drawn.paths or pieces:
            yield from self._picture(None)
            yield from self._frame([], drawn, shown, self._turn)
        else:
            yield from self._frame([], drawn, shown, self._turn)
        yield from self._notes(notes)
        for apart, mark in ((unseen, "hidden"), (struck, "deleted")):
            if text := clean("\n".join(piece.text for piece in apart)):
                section = self._gathered.outline.section
                yield Element(kind="text", text=text, page=self._number, section=section, mark=mark)

    def _count(self, drawn: Drawn, notes: Sequence[Note]) -> None:
        ledger = self._gathered.ledger
        ledger.note("note on a page", "the page has too many", self._page.more_notes)
        ledger.note("drawing", "the page has too many to look at them all", drawn.more)
        reasons = dict((SECRET, TIP, UNCHOSEN))
        for note in (one for one in notes if not one.text):
            ledger.note(note.kind, reasons.get(note.kind, "it holds no text"))

    def _as_text(self, pieces: list[Piece], drawn: Drawn, notes: list[Note]) -> Iterator[Element]:
        yield from self._frame([piece for piece in pieces if piece.turn == self._turn], drawn, notes, self._turn)
        for turn in sorted({piece.turn for piece in pieces} - {self._turn, SKEW}):
            yield from self._frame([piece for piece in pieces if piece.turn == turn], drawn, [], turn)
        yield from self._askew([piece for piece in pieces if piece.turn == SKEW])

    def _frame(self, pieces: list[Piece], drawn: Drawn, notes: list[Note], turn: int) -> Iterator[Element]:
        """Read what is level when the page is turned counterclockwise by so many quarters."""
        size = _usual_size(pieces)
        sides = (self._page.width, self._page.height)
        width, height = sides if turn % 2 == 0 else sides[::-1]
        pieces = [*pieces, *pieces_of_notes(notes, size, height / width, turn)]
        if not pieces:
            return
        main = turn == self._turn
        rules, sides, paths = ([rect.turned(turn) for rect in one] for one in (drawn.rules, drawn.sides, drawn.paths))
        charts, pieces = without_bars(paths if main else (), pieces)
        tables, rest = self._tables(rules, sides, pieces, (width, height))
        tables += [(bars, bars.title) for bars in charts]
        found = blocks_in_order([*items_of(rest), *(self._table(*table, turn) for table in tables)])
        body = body_size(found) if main else float("inf")
        blocks = list(titled(found, body))
        if main:
            self._gathered.outline.enter([one_line(block.text) for block in blocks], self._number)
        for block in self._with_figures(blocks, drawn, turn) if main else blocks:
            yield from self._element(block, body, turn)

    def _tables(
        self, rules: list[Rect], sides: list[Rect], pieces: list[Piece], size: tuple[float, float]
    ) -> tuple[list[tuple[Grid, str]], list[Piece]]:
        """Find ruled tables, rows of numbers and rows of labels; return them and the text outside."""
        frames, alone = self._gathered.ruled.frames([*rules, *sides], size)
        ruled, rest = filled_tables(frames, rules, pieces)
        if any(not table.upright for table in ruled):
            # Shading alone closes cells, too, but misses the header and every unshaded row.
            upright = [table.grid.rect for table in ruled if table.upright]
            aligned, _ = _aligned(filled_tables(_those(frames, upright), rules, pieces)[1], alone)
            kept = [table.grid.rect for table in ruled if table.upright or not _is_among(table.grid.rect, aligned)]
            ruled, rest = filled_tables(_those(frames, kept), rules, pieces)
        aligned, rest = _aligned(rest, alone)
        return [*((table.grid, table.title) for table in ruled), *((grid, "") for grid in aligned)], rest

    def _table(self, grid: Grid, title: str, turn: int) -> Item:
        there = grid.turned(-turn)
        boxes = tuple(tuple(box and box.as_box() for box in row) for row in there.boxes)
        element = Element(
            kind="table", text=title, page=self._number, box=there.rect.as_box(), cells=grid.cells, boxes=boxes
        )
        return Item(grid.rect, element=element)

    def _askew(self, pieces: list[Piece]) -> Iterator[Element]:
        """Stamps and watermarks, each text once in a document."""
        for piece in pieces:
            text = one_line(piece.text)
            if any(char.isalnum() for char in text) and text not in self._gathered.stamps:
                self._gathered.stamps.add(text)
                box, section = piece.rect.as_box(), self._gathered.outline.section
                yield Element(kind="text", text=text, page=self._number, box=box, section=section)

    def _under(self, drawn: Drawn) -> Iterator[Element]:
        """A picture below the text of the whole page: read, unless the text is what a machine read from it."""
        covering = [rect for rect in drawn.pictures if _clipped(rect).area >= _BACKGROUND]
        if self._page.invisible or not covering:
            return
        item = drawn.objects[drawn.pictures.index(covering[-1])]
        key = self._page.content_of(item)
        if key in self._gathered.backgrounds:
            return
        self._gathered.backgrounds.add(key)
        picture = self._page.picture_of(item)
        if picture is None:
            self._gathered.ledger.note("picture below the text", "it can't be decoded")
            return
        name = save_png(picture, self._gathered.scratch, f"page-{self._number}")
        yield Element(kind="page", page=self._number, picture=name)

    def _picture(self, rect: Rect | None) -> Iterator[Element]:
        name = f"page-{self._number}"
        try:
            name = save_png(self._page.render(self._gathered.dpi, rect, notes=False), self._gathered.scratch, name)
        except LimitExceeded as error:
            self._gathered.ledger.note("page without text", error.what)
            return
        yield Element(kind="page", page=self._number, picture=name)

    def _notes(self, notes: Sequence[Note]) -> Iterator[Element]:
        """Comments after the page that they stand on, and what its fields hold that can't be seen."""
        for note in notes:
            if not note.text or (note.kind in _ON_THE_PAGE and not note.hidden):
                continue
            mark = "hidden" if note.hidden else "comment"
            section = self._gathered.outline.section
            box = note.rect.as_box()
            yield Element(kind="text", text=note.text, page=self._number, box=box, section=section, mark=mark)

    def _with_figures(self, blocks: list[Block], drawn: Drawn, turn: int) -> Iterator[Block]:
        """Put each figure behind its caption, or at the first block below it."""
        pictures = [] if self._page.invisible else [rect.turned(turn) for rect in drawn.pictures]
        figures = figures_on(blocks, pictures, [rect.turned(turn) for rect in drawn.paths])
        self._gathered.ledger.note("picture", "the page has too many", figures.more)
        waiting = sorted(figures.found, key=lambda figure: figure.rect.y0)
        for block in blocks:
            yield block
            for figure in [figure for figure in waiting if figure.caption_rect == block.rect]:
                waiting.remove(figure)
                yield from self._figure(figure.rect, figure.text, turn)
        for figure in waiting:
            yield from self._figure(figure.rect, figure.text, turn)

    def _figure(self, rect: Rect, words: str, turn: int) -> Iterator[Block]:
        there = rect.turned(-turn)
        name = f"figure-{self._number}-{int(there.x0 * 1e4)}-{int(there.y0 * 1e4)}"
        try:
            picture = save_png(self._page.render(self._gathered.dpi, there, notes=False), self._gathered.scratch, name)
        except LimitExceeded as error:
            self._gathered.ledger.note("picture", error.what)
            return
        element = Element(kind="figure", text=clean(words), page=self._number, box=there.as_box(), picture=picture)
        yield Block(rect, (), element)

    def _element(self, block: Block, body: float, turn: int) -> Iterator[Element]:
        outline = self._gathered.outline
        if block.element is not None:
            yield block.element.model_copy(update={"section": outline.section})
            return
        text = clean(block.text)
        if not text:
            return
        box = block.rect.turned(-turn).as_box()
        heading = outline.heading(one_line(text), heading_level(block, text, body), self._number)
        if heading is not None:
            yield heading.model_copy(update={"box": box})
            return
        yield Element(kind="text", text=text, page=self._number, box=box, section=outline.section)


def _main_turn(pieces: Sequence[Piece]) -> int:
    """How the page has to be turned for most of its text to be level."""
    letters: Counter[int] = Counter()
    for piece in pieces:
        letters[piece.turn] += len(piece.text) * (piece.turn != SKEW)
    return max(letters, key=lambda turn: letters[turn]) if letters.total() else 0


def _is_readable(pieces: list[Piece]) -> bool:
    """True when the text layer has letters that mean something (broken fonts yield private or lost characters)."""
    text = "".join(piece.text for piece in pieces)
    letters = sum(1 for char in text if char.isalnum())
    odd = sum(1 for char in text if char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or char < " ")
    return letters >= _FEWEST_LETTERS and odd < 0.3 * len(text)


def _aligned(pieces: list[Piece], alone: Sequence[Rect]) -> tuple[list[Grid], list[Piece]]:
    """Look for rows of numbers and rows of labels, column by column and text box by text box."""
    tables: list[Grid] = []
    rest: list[Piece] = []
    for column in (column for part in _by_text_box(pieces, alone) for column in columns_of(part)):
        numbers, left = aligned_tables(column)
        labels, left = labelled_tables(left)
        tables, rest = [*tables, *numbers, *labels], rest + left
    return tables, rest


def _by_text_box(pieces: list[Piece], alone: Sequence[Rect]) -> list[list[Piece]]:
    """Part the text of a page by the frames around it; what frames one line only is the place of a value."""
    parts: list[list[Piece]] = []
    for frame in sorted(alone, key=lambda frame: frame.area):
        inside = [piece for piece in pieces if piece.rect.overlap(frame) > piece.rect.area / 2]
        if len(rows_of_pieces(inside)) > 1:
            parts.append(inside)
            pieces = [piece for piece in pieces if piece not in inside]
    return [*parts, pieces]


def _those(frames: Sequence[list[Rect]], rects: Sequence[Rect]) -> list[list[Rect]]:
    return [cells for cells in frames if around(cells) in rects]


def _is_among(rect: Rect, tables: list[Grid]) -> bool:
    return any(rect.overlap(other.rect) > 0.3 * rect.area for other in tables)


def _clipped(rect: Rect) -> Rect:
    return Rect(max(rect.x0, 0), max(rect.y0, 0), min(rect.x1, 1), min(rect.y1, 1))


def _usual_size(pieces: Sequence[Piece]) -> float:
    sizes = sorted(piece.size for piece in pieces)
    return sizes[len(sizes) // 2] if sizes else 0.0
