"""What no reader of a file sees, and what speaks to a language model: marked, and kept apart from what is quoted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from groundsight.ingestion import Element
from groundsight.language.addressed import goes_on, may_speak_to_a_model, speaks_to_a_model
from groundsight.types import TextLine, Unit
from groundsight.types.showing import number_of

HIDDEN, HOSTILE = "hidden", "hostile"
APART = (HIDDEN, HOSTILE)
_TOLD = {HIDDEN: "that a reader of the file does not see", HOSTILE: "that gives orders to a language model"}
_FIELDS = ("heading", "text", "caption", "ocr", "transcript", "meta")


# What ends otherwise goes on in the next line or paragraph.
_ENDED = re.compile(r"[.!?…]['\")\]]*\s*$")


def with_marks(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Mark what speaks to a model as hostile, also where two pieces do so together; tables lose such cells alone."""
    found = [part for element in elements for part in _parted(element)]
    for at in range(1, len(found)):
        before, one = found[at - 1], found[at]
        if before.kind == "table" or one.kind != "text" or one.mark == HOSTILE or not before.text:
            continue
        opened = before.mark == HOSTILE and not _ENDED.search(before.text)
        if opened or (before.mark != HOSTILE and speaks_to_a_model(f"{before.text}\n{one.text}")):
            found[at - 1 : at + 1] = [_hostile(before), _hostile(one)]
    return tuple(found)


def apart(unit: Unit) -> Unit:
    """Return a unit that is hidden or hostile with its words in ``unseen`` alone; another one as it is.

    Of a picture only the lines go that give the orders, where the rest of it gives none.
    """
    if unit.mark not in APART and speaks_to_a_model(unit.ocr):
        kept, seen, gone = without_orders(unit.ocr, unit.lines)
        unit = unit.model_copy(update={"ocr": kept, "lines": seen, "unseen": "\n".join(gone)})
    rest = "\n".join((unit.ocr, unit.caption, *(" ".join(row) for row in unit.cells)))
    mark = HOSTILE if unit.mark != HOSTILE and speaks_to_a_model(rest) else unit.mark
    if mark not in APART:
        return unit
    cells = "\n".join(" | ".join(row) for row in unit.cells) if not unit.text else ""
    fields = (unit.heading, unit.text, cells, unit.caption, unit.ocr, unit.transcript, unit.unseen)
    bare = {"cells": (), "boxes": (), "lines": (), "tags": (), "links": (), **dict.fromkeys(_FIELDS, "")}
    told = "\n".join(dict.fromkeys(filter(None, fields)))
    return unit.model_copy(update={**bare, "mark": mark, "unseen": told})


def kept_as(unit: Unit) -> str:
    """Say as what the ``unseen`` of a unit is kept apart."""
    return unit.mark if unit.mark in APART else HOSTILE if unit.unseen else ""


def unseen_counts(units: Iterable[Unit]) -> dict[str, int]:
    """Count the units of which something is kept apart, by mark."""
    return dict(Counter(filter(None, map(kept_as, units))))


def remarks(unseen: Mapping[str, int]) -> tuple[str, ...]:
    """Say in a sentence each what is kept apart."""
    return tuple(
        f"{number_of(count, 'passage')} {_TOLD[mark]}: kept apart, never quoted" for mark, count in unseen.items()
    )


def in_sight(elements: Sequence[Element]) -> tuple[Element, ...]:
    """Return what of a file that is read for one check may count as what it says."""
    return tuple(element for element in with_marks(elements) if element.mark not in APART)


def without_orders(text: str, lines: Sequence[TextLine]) -> tuple[str, tuple[TextLine, ...], tuple[str, ...]]:
    """Part what was read in a picture: its running text, and its lines, without orders to a model; and those orders."""
    rows = text.split("\n")
    taken = _orders(rows) if speaks_to_a_model(text) else set[int]()
    gone = tuple(rows[at] for at in sorted(taken))
    kept = "\n".join(row for at, row in enumerate(rows) if at not in taken)
    # What stands side by side is one row of the text, and several lines.
    seen = (line for line in lines if line.text in kept or not any(line.text in row for row in gone))
    return kept, tuple(seen), gone


def told_of_lines(count: int) -> str:
    """Say how many lines of a picture are left out as orders to a model; empty for none."""
    lines = f"{number_of(count, 'line')} of the picture {'gives' if count == 1 else 'give'} orders"
    return f"{lines} to a language model: left out, never quoted" if count else ""


def _orders(rows: Sequence[str]) -> set[int]:
    taken = {at for at, row in enumerate(rows) if speaks_to_a_model(row)}
    for at in range(1, len(rows)):
        before = rows[at - 1]
        carried = at - 1 in taken and (not _ENDED.search(before) or goes_on(rows[at]))
        if carried or (not {at - 1, at} & taken and speaks_to_a_model(f"{before}\n{rows[at]}")):
            taken |= {at - 1, at}
    return taken


def _parted(element: Element) -> Iterator[Element]:
    """A cell, or what stands beside a picture, is taken out of its place; a text is hostile as a whole."""
    if speaks_to_a_model(element.meta):
        element = element.model_copy(update={"meta": ""})
    if element.kind == "table":
        if not may_speak_to_a_model("\n".join((element.text, *chain.from_iterable(element.cells)))):
            yield element
            return
        rows = [[cell if speaks_to_a_model(cell) else "" for cell in row] for row in element.cells]
        rows = [list(row) if not any(hit) and speaks_to_a_model(" ".join(row)) else hit
                for row, hit in zip(element.cells, rows, strict=True)]  # fmt: skip
        title = element.text if speaks_to_a_model(element.text.partition("\n")[0]) else ""
        yield from _without(element, rows, title)
    elif not speaks_to_a_model(element.text):
        yield element
    elif element.picture is not None:
        yield element.model_copy(update={"text": ""})
        yield _hostile(element).model_copy(update={"picture": None})
    else:
        yield _hostile(element)


def _without(table: Element, rows: Sequence[Sequence[str]], title: str) -> Iterator[Element]:
    orders = [cell for row in rows for cell in row if cell]
    if not orders and not title:
        yield table
        return
    cells = tuple(tuple("" if hit else cell for cell, hit in zip(row, hits, strict=True))
                  for row, hits in zip(table.cells, rows, strict=True))  # fmt: skip
    yield table.model_copy(update={"cells": cells, "text": ""})
    yield _hostile(table.model_copy(update={"text": "\n".join(filter(None, [title, *orders]))}))


def _hostile(element: Element) -> Element:
    """The words alone: what is hostile is no heading, and has no cells."""
    update = {"kind": "text", "mark": HOSTILE, "cells": (), "boxes": (), "level": 0, "meta": ""}
    return element.model_copy(update=update)
