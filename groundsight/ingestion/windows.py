"""A long document in parts: what the child hands over beside its answer, and how much is worked on at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from groundsight.ingestion import Element, Rest

REST = "rest"
# What one part holds: its pictures, decoded for the models, take 6 MB a page, and its texts about 60 bytes a character.
_MOST_CHARS, _PICTURE_CHARS = 400_000, 25_000


def handed_over(elements: Iterable[Element], scratch: Path | None) -> tuple[tuple[Element, ...], Rest | None]:
    """Keep the elements of the first part; write the others to the scratch folder, one a line, as they come.

    Without a folder all of them are kept.
    """
    parts = windows(elements)
    first = next(parts)
    second = next(parts, None)
    if second is None or scratch is None:
        return (*first, *(second or ()), *chain.from_iterable(parts)), None
    count = 0
    with (scratch / REST).open("w", encoding="utf-8") as file:
        for element in chain(second, chain.from_iterable(parts)):
            file.write(element.model_dump_json(exclude_defaults=True) + "\n")
            count += 1
    return first, Rest(file=REST, count=count)


def windows(elements: Iterable[Element]) -> Iterator[tuple[Element, ...]]:
    """Part elements where nothing is parted that is read as one: at a heading, a picture, the next block of a table."""
    held: list[Element] = []
    weight = 0
    for element in elements:
        if weight >= _MOST_CHARS and _may_begin(element, held[-1]):
            yield tuple(held)
            held, weight = [], 0
        held.append(element)
        weight += chars_of(element) + (_PICTURE_CHARS if element.picture else 0)
    yield tuple(held)


def chars_of(element: Element) -> int:
    """Return how much text an element holds."""
    return len(element.text) + sum(len(cell) for row in element.cells for cell in row)


def _may_begin(element: Element, last: Element) -> bool:
    if element.kind == "table":
        return last.kind == "table" and element.cells[:1] == last.cells[:1]
    return element.picture is not None or (element.kind == "heading" and last.kind != "heading")
