"""Cells and lines as a person reads them: under the head of their column, beside the label in front of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, repeat, zip_longest

from groundsight.errors import RedactionFailed
from groundsight.governance.pii import PLACEHOLDER, Memory, apply, find, find_under, loud, redact_parts, remember
from groundsight.governance.pii_heads import Label, label_of, may_announce
from groundsight.settings import PiiKind

Cells = tuple[tuple[str, ...], ...]
_MOST_ROUNDS = 12
_PLAIN = re.compile(r"[\d\s.,+\-/()]*\d[\d\s.,+\-/()]*\Z")
_COLON = re.compile("[:：﹕︰]")
_JOINED = re.compile(r"(?P<name>[^\d\[]{2,60}[^\W\d_][.)]?)(?P<sign>[\s=]{1,3})(?=[\d+(\[])")
_BARE_NUMBER = re.compile(r"\s*(?:local |subscriber )?(?:number|no\.?|nr\.?|nummer)\s*\Z", re.IGNORECASE)
Labelled = tuple[int, Label]
Heads = dict[int, Labelled]


def clean_cells(cells: Cells, kinds: Sequence[PiiKind], memory: Memory, heads: Heads | None = None) -> Cells:
    """Redact the cells of a table, each alone and all together.

    A value split over neighbouring cells of one head is found as one; its placeholder stands in the first. ``heads``
    carries the heads of columns over to the next part of a long table, whose cells are looked at alone when it is cut.
    """
    if heads is None and (tuple(kinds), cells) in memory.quiet:
        return cells
    for _ in range(_MOST_ROUNDS):
        before, known = cells, dict(heads or {})
        rows = cells = _each_alone(cells, kinds, memory) if heads is None else cells
        rows = cells = tuple(_labelled_within(row, kinds, memory) for row in cells)
        # Most tables announce nothing, and nothing stands under a head then.
        if known or _announces(cells, memory):
            numeric = _quantities(cells)
            rows = tuple(tuple(_under_heads(list(row), numeric, known, kinds, memory)) for row in cells)
        cells = _as_written(rows, kinds, memory)
        if cells == before:
            if heads is None:
                memory.calm(kinds, cells)
            else:
                heads.clear()
                heads.update(known)
            return cells
    raise RedactionFailed("a table hides values inside values", next_step="look at the file by hand")


def _announces(cells: Cells, memory: Memory) -> bool:
    told = {*chain.from_iterable(cells)} - memory.silent
    if told and may_announce(told) and any(map(label_of, told)):
        return True
    remember(memory.silent, told)
    return False


def _each_alone(cells: Cells, kinds: Sequence[PiiKind], memory: Memory) -> Cells:
    def clean(cell: str) -> str:
        spans = find(cell, kinds, memory) if cell in held else ()
        return apply(cell, 0, len(cell), spans) if spans else cell

    held = loud(chain.from_iterable(cells), memory)
    return tuple(tuple(map(clean, row)) for row in cells) if held else cells


def _labelled_within(row: tuple[str, ...], kinds: Sequence[PiiKind], memory: Memory) -> tuple[str, ...]:
    """Redact what follows a label in the same cell."""
    if not _COLON.search("".join(row)):
        return row
    return tuple(clean_lines(cell, kinds, memory) if _COLON.search(cell) else cell for cell in row)


def clean_lines(text: str, kinds: Sequence[PiiKind], memory: Memory, heads: Heads | None = None) -> str:
    """Redact lines that stand under a line which is a head, and what follows a label on its own line.

    ``heads`` carries the head over to the next text.
    """
    heads = {} if heads is None else heads
    told: list[str] = []
    for line in text.split("\n"):
        cells, sign = _parted(line)
        # A sentence below a heading is no value of it.
        if len(cells) == 1 and len(line.split()) > 3:
            heads.clear()
        told.append(sign.join(_under_heads(list(cells), frozenset(), heads, kinds, memory)))
    return "\n".join(told)


def _parted(line: str) -> tuple[tuple[str, ...], str]:
    """Part "label: value" and "label 123 456" between the label and the rest, with the sign that stood there."""
    colon = _COLON.search(line)
    if colon and label_of(line[: colon.start()]):
        return (line[: colon.start()], line[colon.end() :]), colon.group()
    joined = _JOINED.match(line)
    if joined and _is_value(line[joined.end() :]) and label_of(joined["name"]):
        return (joined["name"], line[joined.end() :]), joined["sign"]
    return (line,), ""


def _under_heads(
    row: list[str], numeric: frozenset[int], heads: Heads, kinds: Sequence[PiiKind], memory: Memory
) -> list[str]:
    """Redact one row and take note of the heads that it holds."""
    own = _labels(row)
    _note(row, own, heads)
    for places, label in _groups(row, own, heads, numeric):
        if label.kind in kinds:
            parts = [(row[place], " ") for place in places]
            cleaned = redact_parts(parts, lambda text, label=label: find_under(text, label, memory))
            for place, text in zip(places, cleaned, strict=True):
                row[place] = text
    return row


def _labels(row: Sequence[str]) -> dict[int, Label]:
    """Return what the cells of a row announce; "Number" beside "Area code" is a phone number."""
    own = {place: label for place, cell in enumerate(row) if (label := label_of(cell))}
    if any(label.part for label in own.values()):
        own |= {place: Label("phone") for place, cell in enumerate(row) if _BARE_NUMBER.match(cell)}
    return own


def _note(row: Sequence[str], own: dict[int, Label], heads: Heads) -> None:
    """A row of words that announces something heads the rows below; an empty cell belongs to the head before it."""
    if any(re.search(r"\d{3}", cell) for cell in row) or (not own and len(row) > 1):
        return
    if own or row[0].strip():
        heads.clear()
    last: Labelled | None = None
    for place, cell in enumerate(row):
        last = (place, own[place]) if place in own else last if not cell.strip() else None
        if last:
            heads[place] = last


def _groups(
    row: Sequence[str], own: dict[int, Label], heads: Heads, numeric: frozenset[int]
) -> Iterator[tuple[list[int], Label]]:
    """Yield neighbouring cells that one head or one label in front of them announces."""
    marked = [(place, _announced(place, row, own, heads, numeric)) for place in range(len(row)) if row[place].strip()]
    told = [(place, found) for place, found in marked if found and place not in own]
    group: list[int] = []
    for number, (place, found) in enumerate(told):
        group.append(place)
        following = told[number + 1] if number + 1 < len(told) else None
        if following and _same(found, following[1]) and following[0] == place + 1:
            continue
        yield group, next((each for at, each in dict(told).items() if at in group and not each[1].part), found)[1]
        group = []


def _same(one: Labelled, other: Labelled) -> bool:
    return one == other or (one[1].kind == other[1].kind and (one[1].part or other[1].part))


def _announced(
    place: int, row: Sequence[str], own: dict[int, Label], heads: Heads, numeric: frozenset[int]
) -> Labelled | None:
    """The head above wins; else the label in front, unless the column is one of quantities."""
    if place in heads:
        return heads[place]
    before = next((at for at in reversed(range(place)) if row[at].strip() and not _is_value(row[at])), None)
    if before is None or before not in own or place in numeric:
        return None
    return ~before, own[before]


def is_value(text: str) -> bool:
    """True for what may be the value of a head and is no text of its own: no word, placeholders apart."""
    rest = PLACEHOLDER.sub("", text)
    return bool(text.strip()) and not re.search(r"[^\W\d_A-Z]{3}|[^\W\d_]{5}", rest)


def _is_value(cell: str) -> bool:
    """What was replaced before is as little a label as a number is."""
    return not (rest := PLACEHOLDER.sub("", cell)).strip() or _PLAIN.match(rest) is not None


def _quantities(cells: Cells) -> frozenset[int]:
    """Return the columns of numbers beside words that announce nothing: sales of phones stand among other sales."""
    plain: Counter[int] = Counter()
    filled: Counter[int] = Counter()
    for row in cells:
        first = min(_labels(row), default=len(row))
        places = [place for place, cell in enumerate(row[: first + 1]) if cell.strip()]
        filled.update(places)
        plain.update(place for place in places if _PLAIN.match(row[place]))
    return frozenset(place for place, count in plain.items() if count * 2 >= filled[place])


def _written(rows: Cells) -> tuple[str, str]:
    """The first row, and the others as the text of their table has them, which was looked at already."""
    heads = [f"{cell}: " if cell else "" for cell in rows[0]] if len(rows) > 1 else []
    first, *told = (_row_written(leads, row) for leads, row in zip(chain([[]], repeat(heads)), rows, strict=False))
    return first, "\n".join(filter(None, told))


def _row_written(heads: Sequence[str], row: Sequence[str]) -> str:
    pairs = zip_longest(heads[: len(row)], row, fillvalue="")
    return "; ".join([head + cell for head, cell in pairs if cell and not cell.isspace()])


def _as_written(rows: Cells, kinds: Sequence[PiiKind], memory: Memory) -> Cells:
    """Redact what shows only when a row is written out as "head: value; head: value"."""
    if not rows or not any(find(text, kinds, memory.aside()) for text in _written(rows)):
        return rows
    filled = [(at, place) for at, row in enumerate(rows) for place, cell in enumerate(row) if cell.strip()]
    head = rows[0] if len(rows) > 1 else ()
    leads = [f"{head[place]}: " if at and place < len(head) else "" for at, place in filled]
    ends = ["\n" + lead if at != before else "; " + lead
            for ((before, _), (at, _)), lead in zip(pairwise(filled), leads[1:], strict=False)]  # fmt: skip
    parts = [(rows[at][place], end) for (at, place), end in zip(filled, [*ends, ""], strict=False)]
    texts = redact_parts(parts, lambda text: find(text, kinds, memory))
    if all(new == old for new, (old, _) in zip(texts, parts, strict=True)):
        return rows
    cleaned = dict(zip(filled, texts, strict=True))
    return tuple(tuple(cleaned.get((at, place), cell) for place, cell in enumerate(row)) for at, row in enumerate(rows))
