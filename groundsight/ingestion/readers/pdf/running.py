"""Running heads and feet: lines that stand at one place of many pages, the same but for the page's own number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from groundsight.ingestion import Element
from groundsight.language.ids import find_ids
from groundsight.language.quantities import find_quantities
from groundsight.language.units import is_money

_EDGE = 0.08
_FEWEST_PAGES = 3
_SHARE = 0.3
# Ascenders alone move the top of a line by 0.003 of the page.
_SAME_PLACE = 0.01
# A number that stands by itself: no part of an amount, a date, a clause or a version.
_NUMBER = re.compile(r"(?:(?<![^\s|·•–—])|(?<=\A-))(?:\d{1,5}|[ivxlc]{1,8}|[IVXLC]{1,8})(?=\s*/\s*\d|[\s|·•–—]|-?\Z)")
_ORNAMENTS = " -|·•–—"
_TOTAL = re.compile(r"\s*/\s*(\d+)")
_DECIMALS = re.compile(r"\d[.,]\d\d(?!\d)")
# Four digits or more that are no year.
_LONG_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,}")
_ROMANS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True)
class _Pattern:
    """A line at one edge without the number that may be its page's; ``bare`` where nothing else is written."""

    at_top: bool
    before: str
    after: str = ""
    style: str = ""
    bare: bool = False


def keep_once(elements: Iterable[Element], pages: int) -> list[Element]:
    """Drop the repeats of a line at the top or bottom edge that stands on a third of the pages; the first stays.

    Lines repeat when their texts are equal, or differ in nothing but a number that counts the pages.
    """
    listed = list(elements)
    found: dict[_Pattern, list[tuple[int, Element]]] = {}
    for element in listed:
        for pattern, ahead in _patterns(element, pages):
            found.setdefault(pattern, []).append((ahead, element))
    repeats: set[int] = set()
    for pattern, group in found.items():
        lines = [(ahead, line) for ahead, line in group if _same_place(line, group[0][1])]
        often = len({line.page for _, line in lines}) >= max(_FEWEST_PAGES, _SHARE * pages)
        if often and _counts_pages(pattern, {ahead for ahead, _ in lines}):
            repeats.update(id(line) for _, line in lines[1:])
    return [element for element in listed if id(element) not in repeats]


def _patterns(element: Element, pages: int) -> Iterator[tuple[_Pattern, int]]:
    """Read an edge line as it is, and once with each of its numbers as the page's: by how much it is ahead."""
    box, page, text = element.box, element.page, element.text
    if element.kind not in ("text", "heading") or box is None or page is None or len(text) > 150:
        return
    at_top = box.y1 <= _EDGE
    if (not at_top and box.y0 < 1 - _EDGE) or _tells(text):
        return
    yield _Pattern(at_top, text), 0
    for number in _NUMBER.finditer(text):
        before, written, after = text[: number.start()], number.group(), text[number.end() :]
        total, value = _TOTAL.match(after), _value(written)
        if value and (total is None or int(total.group(1)) == pages):
            style = "arabic" if written.isdecimal() else "small" if written.islower() else "capital"
            yield _Pattern(at_top, before, after, style, not (before + after).strip(_ORNAMENTS)), value - page


def _tells(text: str) -> bool:
    """True for a line with money or an identifier: it speaks of its own page, even where the next says the same."""
    if _DECIMALS.search(text) or any(is_money(one.kind) for one in find_quantities(text)):
        return True
    if not any(char.isalpha() for char in text):
        return False
    named = any(sum(char.isdigit() for char in one.text) > 2 for one in find_ids(text))
    return named or _LONG_NUMBER.search(text) is not None


def _counts_pages(pattern: _Pattern, ahead: set[int]) -> bool:
    """Beside words only a number up to the page's counts: "Invoice 1002" follows "Invoice 1001", too."""
    return len(ahead) == 1 and (pattern.bare or (max(ahead) <= 0 and pattern.style != "capital"))


def _same_place(one: Element, other: Element) -> bool:
    return one.box is not None and other.box is not None and abs(one.box.y0 - other.box.y0) <= _SAME_PLACE


def _value(written: str) -> int:
    """Return the value of an Arabic or Roman number, 0 for letters that are no number."""
    if written.isdecimal():
        return int(written)
    values = [_ROMANS[letter] for letter in written.lower()]
    total = sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
    return total if _roman(total) == written.lower() else 0


def _roman(number: int) -> str:
    tens, ones = divmod(number % 100, 10)
    unit = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
    ten = ("", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx", "xc")
    return "c" * (number // 100) + ten[tens] + unit[ones]
