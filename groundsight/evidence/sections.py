"""Which heading stands above which line of a text: it lends its words to its own section alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from groundsight.evidence.heads import is_day

Interval = tuple[int, int]
_WORDS = 6
_MARKED = re.compile(r"#{1,6}(?=\s)")
# A line in capitals stands above a day, a day above a line that ends in a colon.
_CAPITALS, _DAY, _COLON = 7, 8, 9


def headings_above(
    text: str, spans: Sequence[Interval], *, days_alone: bool = False
) -> tuple[list[tuple[int, ...]], int]:
    """Return for each stretch the places of the headings above it, the outermost first; a heading counts for itself.

    Of lines read from a picture ``days_alone`` are sure to head what stands below them.

    Also returned is where in the text the first heading starts that has another of its rank: nothing from there on is
    a title of the whole.
    """
    ranks = [_rank(text[start:end]) for start, end in spans]
    ranks = [rank if rank == _DAY or not days_alone else 0 for rank in ranks]
    counts = Counter(ranks)
    above: list[tuple[int, ...]] = []
    open_: list[int] = []
    for at, rank in enumerate(ranks):
        if rank:
            while open_ and ranks[open_[-1]] >= rank:
                open_.pop()
            open_.append(at)
        elif open_ and ranks[open_[-1]] == _COLON and open_[-1] < at - 1 and _parted(text, spans, at):
            open_.pop()
        above.append(tuple(open_))
    peers = (spans[at][0] for at, rank in enumerate(ranks) if rank and counts[rank] > 1)
    return above, next(peers, len(text))


def _rank(line: str) -> int:
    """How deep a heading is, 1 for the highest; 0 for what is none."""
    plain = line.strip()
    if found := _MARKED.match(plain):
        return len(found[0]) if "\n" not in plain else 0
    if "\n" in plain or len(plain.split()) > _WORDS or not any(char.isalpha() for char in plain):
        return _DAY if "\n" not in plain and is_day(plain) else 0
    if is_day(plain):
        return _DAY
    if plain.endswith(":"):
        return _COLON
    return _CAPITALS if plain.isupper() and not any(char.isdigit() for char in plain) else 0


def _parted(text: str, spans: Sequence[Interval], at: int) -> bool:
    """An empty line ends what a line with a colon heads."""
    return text.count("\n", spans[at - 1][1], spans[at][0]) > 1
