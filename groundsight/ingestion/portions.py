"""A long document in parts: what the child hands over beside its answer, and how much is worked on at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from groundsight.ingestion import Element, Rest
from groundsight.limits import MIB

REST = "rest"
# What one part holds: its pictures, decoded for the models, take 6 MB a page, and its texts about 60 bytes a character.
_MOST_CHARS, _PICTURE_CHARS = 400_000, 25_000
# A child may write files of 64 MiB.
_MOST_BYTES = 60 * MIB


def handed_over(elements: Iterable[Element], scratch: Path, most: int) -> tuple[tuple[Element, ...], Rest | None]:
    """Keep the elements of the first part; write the others to the scratch folder, one a line, as they come.

    What is over ``most`` characters in all is left.
    """
    parts = portions(elements)
    first, second = next(parts), next(parts, None)
    if second is None:
        return first, None
    count, chars, is_cut = 0, 0, False
    with (scratch / REST).open("wb") as file:
        for element in chain(second, chain.from_iterable(parts)):
            chars += chars_of(element)
            is_cut = _MOST_CHARS + chars > most or file.tell() > _MOST_BYTES
            if is_cut:
                break
            file.write(element.model_dump_json(exclude_defaults=True).encode() + b"\n")
            count += 1
    return first, Rest(file=REST, count=count, is_cut=is_cut)


def portions(elements: Iterable[Element]) -> Iterator[tuple[Element, ...]]:
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
