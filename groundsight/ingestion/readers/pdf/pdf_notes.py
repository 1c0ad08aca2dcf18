"""What was put on a page after it was printed: form values, free text, comments, and files pinned to it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from groundsight.ingestion.layout.shapes import Piece, Rect
from groundsight.ingestion.readers.clean import clean, one_line
from groundsight.ingestion.readers.ledger import TIP, UNCHOSEN
from groundsight.ingestion.readers.text.markup import parsed_markup, visible_text

_MOST_NOTES, _MOST_ADDRESS = 5_000, 300
_HIDDEN = 0x02 | 0x20
_PASSWORD = 1 << 13
SECRET = "password field", "what it holds is secret"
_BOXES = {True: "\u2612", False: "\u2610"}
# Widths of letters in heights of a line, on the average of text.
_LETTER = 0.5


@dataclass(frozen=True)
class Note:
    """One annotation: its words, its place, what it is, and whether it can be seen."""

    text: str
    rect: Rect
    kind: str
    hidden: bool = False


class Notes:
    """Reads the annotations of one page; ``place`` leads from points to fractions of the page."""

    def __init__(self, library: Any, page: Any, form: Any, place: Callable[..., Rect]) -> None:
        self._library, self._form, self._place = library, form, place
        self._page, self._document = page.raw, page.pdf.raw
        self._kinds = {
            library.FPDF_ANNOT_FREETEXT: "free text",
            library.FPDF_ANNOT_STAMP: "stamp",
            library.FPDF_ANNOT_INK: "drawing by hand",
            library.FPDF_ANNOT_SOUND: "sound",
            library.FPDF_ANNOT_MOVIE: "film",
            library.FPDF_ANNOT_RICHMEDIA: "film",
            library.FPDF_ANNOT_THREED: "model in space",
            library.FPDF_ANNOT_FILEATTACHMENT: "file",
        }
        self.files: list[Any] = []
        self.links: dict[str, None] = {}
        self.more = 0

    def read(self) -> list[Note]:
        """Return the notes that hold words, and those that can't be read: a stamp, a film."""
        count = self._library.FPDFPage_GetAnnotCount(self._page)
        self.more = max(count - _MOST_NOTES, 0)
        return [note for index in range(count - self.more) for note in self._at(index)]

    def _at(self, index: int) -> list[Note]:
        library = self._library
        annotation = library.FPDFPage_GetAnnot(self._page, index)
        if not annotation:
            return []
        try:
            kind = library.FPDFAnnot_GetSubtype(annotation)
            if kind == library.FPDF_ANNOT_LINK:
                self.links.update(dict.fromkeys(filter(None, [self._address(annotation)])))
            if kind in (library.FPDF_ANNOT_LINK, library.FPDF_ANNOT_POPUP):
                return []
            hidden = bool(library.FPDFAnnot_GetFlags(annotation) & _HIDDEN)
            if kind == library.FPDF_ANNOT_WIDGET:
                return [] if self._form is None else list(self._field(annotation, hidden))
            return list(self._comment(annotation, self._kinds.get(kind, "comment"), hidden))
        finally:
            library.FPDFPage_CloseAnnot(annotation)

    def _address(self, annotation: Any) -> str:
        """Return where a link leads out of the document, empty where it stays in it."""
        action = self._library.FPDFLink_GetAction(self._library.FPDFAnnot_GetLink(annotation))
        address = ctypes.create_string_buffer(_MOST_ADDRESS)
        size = self._library.FPDFAction_GetURIPath(self._document, action, address, _MOST_ADDRESS) if action else 0
        return one_line(address.value.decode("utf-8", "replace")) if 0 < size <= _MOST_ADDRESS else ""

    def _comment(self, annotation: Any, kind: str, hidden: bool) -> Iterator[Note]:
        if kind == "file" and (found := self._library.FPDFAnnot_GetFileAttachment(annotation)):
            self.files.append(found)
        ask = self._library.FPDFAnnot_GetStringValue
        said = self._said(ask, annotation, b"Contents") or _plain(self._said(ask, annotation, b"RC"))
        mute = {"comment", "free text", "file"}
        if said or kind not in mute:
            yield Note(said, self._rect(annotation), kind, hidden)

    def _field(self, annotation: Any, hidden: bool) -> Iterator[Note]:
        """A check box or a radio button shows its state; what a password field holds is nobody's to read."""
        library, form, rect = self._library, self._form, self._rect(annotation)
        if self._said(library.FPDFAnnot_GetFormFieldAlternateName, form, annotation):
            yield Note("", rect, TIP[0])
        options = range(max(library.FPDFAnnot_GetOptionCount(form, annotation), 0))
        chosen = sum(bool(library.FPDFAnnot_IsOptionSelected(form, annotation, at)) for at in options)
        yield from [Note("", rect, UNCHOSEN[0])] * (len(options) - chosen)
        match library.FPDFAnnot_GetFormFieldType(form, annotation):
            case library.FPDF_FORMFIELD_CHECKBOX | library.FPDF_FORMFIELD_RADIOBUTTON:
                said = _BOXES[bool(library.FPDFAnnot_IsChecked(form, annotation))]
            case library.FPDF_FORMFIELD_TEXTFIELD | library.FPDF_FORMFIELD_COMBOBOX | library.FPDF_FORMFIELD_LISTBOX:
                if library.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD:
                    yield Note("", rect, SECRET[0])
                    return
                said = self._said(library.FPDFAnnot_GetFormFieldValue, form, annotation)
            case _:
                said = ""
        if said:
            yield Note(said, rect, "field", hidden)

    def _rect(self, annotation: Any) -> Rect:
        rect = self._library.FS_RECTF()
        self._library.FPDFAnnot_GetRect(annotation, rect)
        return self._place(rect.left, rect.top, rect.right, rect.bottom)

    def _said(self, ask: Callable[..., int], *which: Any) -> str:
        """Ask for the length first, then for the UTF-16 text."""
        size = ask(*which, None, 0)
        buffer = ctypes.create_string_buffer(size)
        # The types of ctypes are partial.
        types: Any = ctypes
        ask(*which, types.cast(buffer, types.POINTER(self._library.FPDF_WCHAR)), size)
        return clean(buffer.raw[: max(size - 2, 0)].decode("utf-16-le", errors="replace"))


def _plain(rich: str) -> str:
    """Return the words of a note in the rich form, which some programs write alone."""
    root = parsed_markup(rich)
    return "" if root is None else clean(visible_text(root))


def pieces_of_notes(notes: Sequence[Note], size: float, aspect: float, turn: int) -> Iterator[Piece]:
    """Set form values and free text as lines of text, where the page shows them.

    ``size`` is the usual height of a line, ``aspect`` the height of the page over its width.
    """
    for note in notes:
        rect = note.rect.turned(turn)
        lines = note.text.split("\n")
        high = min(size, rect.height / len(lines)) if size else rect.height / len(lines)
        top = rect.y0 if len(lines) > 1 else (rect.y0 + rect.y1 - high) / 2
        for number, line in enumerate(lines):
            right = min(rect.x1, rect.x0 + _LETTER * high * aspect * max(len(line), 1))
            place = Rect(rect.x0, top + number * high, right, top + (number + 1) * high)
            yield Piece(line, place, high, turn=turn, rank=-1)
