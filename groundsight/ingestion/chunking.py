"""Elements in, units out: text cut at sentence and page ends, tables with their header, pictures with their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from groundsight.errors import RedactionFailed
from groundsight.evidence.places import around_boxes
from groundsight.governance.pii import Memory, apply, find
from groundsight.ingestion import Element
from groundsight.ingestion.atoms import Atom, atoms_of
from groundsight.ingestion.outline import Located, located
from groundsight.ingestion.tables import table_blocks
from groundsight.settings import PiiKind, Settings
from groundsight.types import Box, Place, Span, UnitKind

_MOST_ROUNDS = 6
Boxes = tuple[tuple[Box | None, ...], ...]
_KINDS: dict[str, UnitKind] = {
    "table": "table", "figure": "figure", "picture": "image", "page": "page", "speech": "audio", "clip": "video",
}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A unit before it is enriched: a run of atoms of the document text, and what belongs to it."""

    kind: UnitKind
    first: int
    last: int
    where: Located
    box: Box | None = None
    cells: tuple[tuple[str, ...], ...] = ()
    boxes: Boxes = ()
    picture: str | None = None
    meta: str = ""


@dataclass(frozen=True)
class Chunk:
    """A cut piece: ``document_text[place.span.start:place.span.end] == text``."""

    kind: UnitKind
    text: str
    place: Place
    heading: str = ""
    cells: tuple[tuple[str, ...], ...] = ()
    boxes: Boxes = ()
    picture: str | None = None
    mark: str = ""
    meta: str = ""
    seconds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Chunked:
    """The document text after redaction and its chunks in reading order."""

    document_text: str
    chunks: tuple[Chunk, ...]


class Cutter:
    """Cuts a document, part by part, into chunks of about ``settings.ingestion.chunk_chars`` characters.

    A text chunk keeps to one page unless a sentence runs over the page's end. What is over ``limits.document_units``
    is left, and ``is_full`` says so.
    """

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self._settings, self._memory = settings, memory
        self._headings: list[tuple[int, str]] = []
        self._room, self._chars = settings.limits.document_units, 0
        self.is_full = False

    def cut(self, elements: Sequence[Element]) -> Chunked:
        """Cut the next part; its places are those in the text of the whole document.

        Raises:
            RedactionFailed: a chunk on its own shows a value and does not come to rest.
        """
        atoms: list[Atom] = []
        drafts = list(_drafts(located(elements, self._headings), atoms, self._settings))
        self.is_full = len(drafts) > self._room
        drafts = drafts[: self._room]
        self._room -= len(drafts)
        _settle(atoms, drafts, self._settings.governance.redact, self._memory)
        made = _assembled(atoms, drafts, self._chars)
        self._chars += len(made.document_text)
        return made


def _drafts(items: Iterable[Located], atoms: list[Atom], settings: Settings) -> Iterator[Draft]:
    run: list[Located] = []
    for item in items:
        if item.element.kind in _KINDS:
            yield from _text_drafts(run, atoms, settings)
            run = []
            yield from _special_drafts(item, atoms, settings)
        elif item.element.text.strip():
            if run and _opens_section(run, item):
                yield from _text_drafts(run, atoms, settings)
                run = []
            run.append(item)
    yield from _text_drafts(run, atoms, settings)


def _opens_section(run: Sequence[Located], item: Located) -> bool:
    """After body text a heading starts anew, and so does another section, sheet, slide or mark."""
    last, element = run[-1].element, item.element
    if element.mark != last.mark:
        return True
    return last.kind != "heading" and (element.kind == "heading" or element.section != last.section)


def _special_drafts(item: Located, atoms: list[Atom], settings: Settings) -> Iterator[Draft]:
    element = item.element
    kind = _KINDS[element.kind]
    if kind != "table":
        first = len(atoms)
        atoms.extend(atoms_of(element.text, settings.ingestion.chunk_chars))
        yield Draft(kind, first, len(atoms), item, element.box, picture=element.picture, meta=element.meta)
        return
    for text, cells, rows in table_blocks(element.cells, element.text, settings.ingestion.chunk_chars):
        atoms.append(Atom(text, "\n\n"))
        boxes = (*element.boxes[:1], *element.boxes[1 + rows.start : 1 + rows.stop])
        box = _box_of_rows(boxes) or element.box
        yield Draft(kind, len(atoms) - 1, len(atoms), item, box, cells, boxes, meta=element.meta)


def _box_of_rows(boxes: Boxes) -> Box | None:
    return union(box for row in boxes for box in row if box is not None)


def _text_drafts(run: Sequence[Located], atoms: list[Atom], settings: Settings) -> Iterator[Draft]:
    """Cut a run of text elements; ``owners[i]`` is the element of the i-th new atom."""
    base = len(atoms)
    owners: list[Located] = []
    for item in run:
        fresh = atoms_of(item.element.text, settings.ingestion.chunk_chars)
        atoms.extend(fresh)
        owners.extend([item] * len(fresh))
    overlap = settings.ingestion.chunk_overlap
    for first, last in _cuts(atoms[base:], owners, settings.ingestion.chunk_chars):
        lead = _overlapped(atoms[base:], owners, first, overlap)
        held = [*_distinct(owners[first:last])]
        box = union(item.element.box for item in held if item.page == owners[first].page)
        meta = " ".join(dict.fromkeys(item.element.meta for item in held if item.element.meta))
        yield Draft("text", base + lead, base + last, _innermost(owners[first:last]), box, meta=meta)


def _cuts(atoms: Sequence[Atom], owners: Sequence[Located], most: int) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(atoms):
        last = _reach(atoms, owners, first, most)
        yield first, last
        first = last


def _reach(atoms: Sequence[Atom], owners: Sequence[Located], first: int, most: int) -> int:
    """Return the end of the chunk that begins at ``first``: at most ``most`` characters, best at a sentence end."""
    size, best = len(atoms[first].text), first + 1
    for place in range(first + 1, len(atoms)):
        size += len(atoms[place].sep) + len(atoms[place].text)
        if size > most:
            return best if best > first + 1 or atoms[first].final else place
        if owners[place].page != owners[first].page:
            return place + (not atoms[place - 1].final and atoms[place].runs_on)
        if atoms[place].final or size <= most // 2:
            best = place + 1
    return len(atoms)


def _overlapped(atoms: Sequence[Atom], owners: Sequence[Located], first: int, overlap: int) -> int:
    size = 0
    while overlap and first > 0 and owners[first - 1].page == owners[first].page:
        size += len(atoms[first - 1].text) + len(atoms[first].sep)
        if size > overlap:
            break
        first -= 1
    return first


def _innermost(owners: Sequence[Located]) -> Located:
    """A chunk lies where its last heading says, on the page where it begins."""
    return replace(owners[-1], page=owners[0].page)


def _distinct(owners: Sequence[Located]) -> Iterator[Located]:
    previous: Located | None = None
    for owner in owners:
        if owner is not previous:
            yield owner
        previous = owner


def _settle(atoms: list[Atom], drafts: Sequence[Draft], kinds: Sequence[PiiKind], memory: Memory) -> None:
    """Redact what shows only in a chunk on its own (a cut can make a value of two halves)."""
    waiting = [draft for draft in drafts if draft.last > draft.first]
    for _ in range(_MOST_ROUNDS):
        waiting = [draft for draft in waiting if _redacted_alone(atoms, draft, kinds, memory)]
        if not waiting:
            return
        waiting = [draft for draft in drafts if draft.last > draft.first]
    raise RedactionFailed("a chunk does not come to rest", next_step="look at the file by hand")


def _redacted_alone(atoms: list[Atom], draft: Draft, kinds: Sequence[PiiKind], memory: Memory) -> bool:
    text = _text(atoms, draft)
    spans = find(text, kinds, memory)
    place = -len(atoms[draft.first].sep)
    for number in range(draft.first, draft.last) if spans else ():
        atom = atoms[number]
        middle = place + len(atom.sep)
        end = middle + len(atom.text)
        before = atom.sep if number == draft.first else apply(text, place, middle, spans)
        atoms[number] = replace(atom, text=apply(text, middle, end, spans), sep=before)
        place = end
    return bool(spans)


def _text(atoms: Sequence[Atom], draft: Draft) -> str:
    listed = atoms[draft.first : draft.last]
    return "".join([listed[0].text, *(part for atom in listed[1:] for part in (atom.sep, atom.text))]) if listed else ""


def _assembled(atoms: Sequence[Atom], drafts: Sequence[Draft], before: int) -> Chunked:
    """Join the atoms; all but the very first of a document stand behind their separator."""
    seps = ["" if number == 0 and not before else atom.sep for number, atom in enumerate(atoms)]
    ends = list(accumulate((len(sep) + len(atom.text) for sep, atom in zip(seps, atoms, strict=True)), initial=before))
    document = "".join(sep + atom.text for sep, atom in zip(seps, atoms, strict=True))
    del ends[0]
    return Chunked(document, tuple(_chunk(atoms, ends, draft) for draft in drafts))


def _chunk(atoms: Sequence[Atom], ends: Sequence[int], draft: Draft) -> Chunk:
    text, span = _text(atoms, draft), None
    if draft.last > draft.first:
        start = ends[draft.first] - len(atoms[draft.first].text)
        span = Span(start=start, end=ends[draft.last - 1])
    where, element = draft.where, draft.where.element
    place = Place(
        page=where.page,
        box=draft.box,
        span=span,
        section=where.section,
        time=element.time,
        frame=element.frame,
    )
    return Chunk(
        draft.kind, text, place, where.heading, draft.cells, draft.boxes, draft.picture, element.mark, draft.meta,
        element.seconds,
    )  # fmt: skip


def union(boxes: Iterable[Box | None]) -> Box | None:
    """Return the smallest box around all boxes, None when one of them is unknown or there is none."""
    listed = list(boxes)
    return None if any(box is None for box in listed) else around_boxes(listed)
