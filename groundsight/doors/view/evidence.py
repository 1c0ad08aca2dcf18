"""A passage as it lies in its file: the words that were quoted, the cell of a table, the box on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from groundsight.doors.view.drawing import anchor, boxes
from groundsight.doors.view.markup import Markup, el, png, together
from groundsight.errors import GroundsightError, NotFound, UnsupportedType
from groundsight.evidence.places import box_of_words
from groundsight.tools.library import ASSET, EVIDENCE, PAGE, Document, EvidenceText, PagePicture
from groundsight.tools.read import Reading
from groundsight.tools.results import Corners, corners, where_text
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.doors.view.desk import Desk
    from groundsight.types import Evidence

Cell = tuple[int, int]
MOST_ROWS, ROWS_AROUND = 40, 3


@dataclass(frozen=True)
class QuotedPassage:
    """A passage to show: what of it was quoted, and the sentences that rest on it."""

    id: str
    quotes: tuple[str, ...] = ()
    boxes: tuple[Corners, ...] = ()
    sentences: tuple[str, ...] = ()

    def address(self) -> str:
        """Return the page that shows it alone."""
        return f"/passage/{self.id}" + (
            f"?{urlencode([('quote', each) for each in self.quotes])}" if self.quotes else ""
        )


def card(desk: Desk, wanted: QuotedPassage, head: Markup, *remarks: Markup | None) -> Markup:
    """Return a passage under a heading, with the picture of its page where it has one."""
    try:
        one = desk.call(EvidenceText, EVIDENCE, unit_id=wanted.id).evidence
    except NotFound as gone:
        return el("article", head, *remarks, el("p", str(gone), class_="error"), id=anchor(wanted.id))
    cells = marked_cells(one.cells, wanted.quotes, wanted.sentences)
    words = table(one.cells, cells) if one.cells else _words(one.text, wanted.quotes)
    shown = sheet(desk, one, _boxes(one, cells, wanted))
    beside = el("div", el("div", words), shown, class_="beside")
    return el("article", head, *remarks, beside, id=anchor(wanted.id), class_="card")


def sheet(desk: Desk, one: Evidence, drawn: Sequence[Corners]) -> Markup | None:
    """Return the page of a passage as a picture with boxes; None for files without pages, a reason where hidden."""
    asset_id, page = one.evidence_id.rpartition("-")[0], one.place.page or 1
    if one.place.second is not None:
        second, place = one.place.second, where_text(one.source, None, second=one.place.second)
        media = desk.call(Document, ASSET, asset_id=asset_id).asset.media_type
        plays = player(one.kind, asset_id, second) if media.startswith(("audio/", "video/")) else None
        return together(page_of(desk, asset_id, page, place, drawn, second), plays)
    if one.place.page is None and one.kind != "image":
        return None
    return page_of(desk, asset_id, page, f"Page {page} of {one.source}", drawn)


def player(kind: str, asset_id: str, second: float) -> Markup:
    """Return what plays a recording or a clip from a second on."""
    name = "video" if kind == "video" else "audio"
    return el("p", el(name, id="player", src=f"/media/{asset_id}#t={second:g}", controls=True, preload="none"))


def page_of(
    desk: Desk, asset_id: str, page: int, alt: str, drawn: Sequence[Corners] = (), second: float | None = None
) -> Markup | None:
    """Return a page of a document as a picture with boxes, as ``sheet`` does."""
    try:
        data = desk.call(PagePicture, PAGE, asset_id=asset_id, page=page, second=second).pictures[0].data
    except UnsupportedType:
        return None
    except GroundsightError as why:
        return el("p", f"The page is not shown: {why.what}.", class_="note")
    described = f"{alt}, the passage in a box" if drawn else alt
    return el("figure", el("div", png(data, described), boxes(drawn), class_="sheet"))


def passage(desk: Desk, wanted: QuotedPassage) -> tuple[str, Markup]:
    """Return the title and the content of the page of one passage, with what stands around it."""
    around = desk.call(Reading, "read", id=wanted.id, neighbours=2)
    title = where_text(around.source, None, stale=around.stale)
    rest = [
        el("li", el("p", el("a", where_text(each.kind, each.page, second=each.second), href=f"/passage/{each.id}")),
           el("p", each.text, class_="text"))
        for each in around.passages if each.id != wanted.id
    ]  # fmt: skip
    document = el("p", el("a", "The whole document", href=f"/document/{around.asset_id}"))
    nearby = [el("h2", "Around it"), el("ul", rest, class_="plain")] if rest else []
    return title, together(el("h1", title), document, card(desk, wanted, el("h2", "The passage")), nearby)


def table(cells: Sequence[Sequence[str]], marks: set[Cell]) -> Markup:
    """Return a table with marked cells; of a long one the head, and the rows around what is marked."""
    rows = _shown_rows(len(cells), {row for row, _ in marks})
    head = el("thead", el("tr", [el("th", cell, scope="col") for cell in cells[0]]))
    body = el("tbody", [_row(cells[row], {at for where, at in marks if where == row}) for row in rows])
    left = len(cells) - 1 - len(rows)
    more = el("p", f"{number_of(left, 'further row')} not shown here.", class_="soft") if left else None
    return together(
        el("div", el("table", head, body), class_="scroll", tabindex=0, role="group", aria_label="Table"), more
    )


def marked_cells(cells: Sequence[Sequence[str]], quotes: Sequence[str], sentences: Sequence[str] = ()) -> set[Cell]:
    """Return row and column of the cells that were quoted; where a value stands in many rows, the sentence decides."""
    found: set[Cell] = set()
    for line in (line for quote in quotes for line in quote.split("\n") if line.strip()):
        held = {at: [col for col, cell in enumerate(row) if _same(cell, line)] for at, row in enumerate(cells) if at}
        ranks = {at: _rank(cells[at], columns, line, sentences) for at, columns in held.items() if columns}
        best = max(ranks.values(), default=(0.0, 0))
        found |= {(at, column) for at, rank in ranks.items() if rank == best for column in held[at]}
    return found


def _rank(row: Sequence[str], columns: Sequence[int], line: str, sentences: Sequence[str]) -> tuple[float, int]:
    said = " ".join(sentences)
    return sum(len(row[column]) for column in columns) / len(line), sum(_within(cell, said) for cell in row)


def _same(cell: str, line: str) -> bool:
    return bool(cell.strip()) and (_within(cell, line) or _within(line, cell))


def _within(words: str, text: str) -> bool:
    return bool(words.strip()) and re.search(rf"(?<!\w){re.escape(words.strip())}(?!\w)", text) is not None


def _row(row: Sequence[str], marks: set[int]) -> Markup:
    shown = [el("td", el("mark", cell) if at in marks else cell) for at, cell in enumerate(row)]
    return el("tr", shown, class_="marked" if marks else None)


def _shown_rows(count: int, marks: set[int]) -> list[int]:
    if count <= MOST_ROWS:
        return list(range(1, count))
    near = {row + step for row in marks or {1} for step in range(-ROWS_AROUND, ROWS_AROUND + 1)}
    return sorted(row for row in near if 1 <= row < count)[:MOST_ROWS]


def _boxes(one: Evidence, cells: set[Cell], wanted: QuotedPassage) -> list[Corners]:
    """The boxes of the marked cells, else of the quotes, as given or as read there, else of the whole passage."""
    known = [
        corners(one.boxes[row][column])
        for row, column in sorted(cells)
        if row < len(one.boxes) and column < len(one.boxes[row])
    ]
    read = [corners(box_of_words(one.lines, quote)) for quote in wanted.quotes]
    held = [box for box in known if box] or list(wanted.boxes) or [box for box in read if box]
    whole = corners(one.place.box)
    return held or ([whole] if whole else [])


def _words(text: str, quotes: Sequence[str]) -> Markup:
    kept = [r"\s+".join(map(re.escape, quote.split())) for quote in quotes if quote.strip()]
    parts = re.split(f"({'|'.join(kept)})", text) if kept else [text]
    return el("p", [el("mark", part) if at % 2 else part for at, part in enumerate(parts)], class_="text")
