"""Tables that were read as lines: a line of heads, and rows below it whose columns are lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import product

from groundsight.governance.pii import Memory, Replaced
from groundsight.governance.pii_heads import label_of
from groundsight.settings import PiiKind

# A bare number of a row is taken for the first of these that its heads announce and whose length it has.
_LENGTHS: tuple[tuple[PiiKind, re.Pattern[str]], ...] = (
    ("ssn", re.compile(r"\d{9}")),
    ("card", re.compile(r"\d{12,19}")),
    ("phone", re.compile(r"\+?\d{7,13}")),
)
_NUMBER = re.compile(r"(?<!\S)\+?\d{7,19}(?![^\s,;])")
_MOST_WORDS = 15


def find_in_columns(text: str, kinds: Sequence[PiiKind], memory: Memory) -> tuple[Replaced, ...]:
    """Return the bare numbers below lines of heads, in order; a row without one ends the table."""
    return tuple(_found(text, kinds, memory))


def _found(text: str, kinds: Sequence[PiiKind], memory: Memory) -> Iterator[Replaced]:
    announced: frozenset[PiiKind] = frozenset()
    width = place = 0
    for line in text.split("\n"):
        if heads := _announced(line):
            announced, width = heads, len(line.split())
        elif announced:
            numbers = list(_NUMBER.finditer(line)) if len(line.split()) <= 2 * width + 2 else []
            announced = announced if numbers else frozenset()
            yield from _values(numbers, place, announced & {*kinds}, memory)
        place += len(line) + 1


def _values(
    numbers: Sequence[re.Match[str]], place: int, kinds: frozenset[PiiKind], memory: Memory
) -> Iterator[Replaced]:
    for number in numbers:
        fitting: list[PiiKind] = [kind for kind, shape in _LENGTHS if kind in kinds and shape.fullmatch(number.group())]
        for kind in fitting[:1]:
            shown = memory.placeholder(kind, number.group().lstrip("+"))
            yield Replaced(kind, place + number.start(), place + number.end(), shown)


def _announced(line: str) -> frozenset[PiiKind]:
    """Return what a line of heads announces: two kinds side by side, or one at the end of a few capitalised words.

    "Phone calls by region" and "Phone Calls" announce nothing.
    """
    words = line.split()
    if not 2 <= len(words) <= _MOST_WORDS or re.search(r"\d|[.!?:;,]$", line):
        return frozenset()
    heads: dict[tuple[int, int], PiiKind] = {}
    for at, size in product(range(len(words)), (1, 2, 3)):
        if at + size <= len(words) and (label := label_of(" ".join(words[at : at + size]))):
            heads[at, at + size] = label.kind
    starts = {at for at, _ in heads} | {len(words)}
    sure = {kind for (_, end), kind in heads.items() if end in starts}
    last = any(end == len(words) for _, end in heads) and len(words) <= 4 and all(word[0].isupper() for word in words)
    return frozenset(heads.values()) if len(sure) > 1 or last else frozenset()
