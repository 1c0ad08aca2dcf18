"""Rows of dots that lead the eye from a label to its value."""

from __future__ import annotations

import re
from collections.abc import Iterator

LEADER = re.compile(r"(?:[.·•…‥_]\s?){4,}")


def split_leaders(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a line before, in and behind each row of dots."""
    at = 0
    for dots in LEADER.finditer(text):
        yield from ((start, end) for start, end in ((at, dots.start()), dots.span()) if end > start)
        at = dots.end()
    if at < len(text):
        yield at, len(text)
