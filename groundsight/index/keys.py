"""How words and link keys are spelled, so that whoever writes a link and whoever follows it agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

LONGEST_KEY_WORDS = 8
WORD = re.compile(r"\w+(?:[-'’./&]\w+)*")
_STOP_WORDS = """
a about above after again all also although am among an and any are as at be became because been before being
between both but by can could did do does doing done down during each either else few for from further had has
have having he hence her here hers him his how however i if in into is it its itself just many may me might
more most much must my no nor not of off on once one only or other our out over own per same shall she should
since so some such than that the their them then there these they this those through thus to too under until
up upon us very was we were what when where whether which while who whom whose why will with within without
would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_END = re.compile(r"[\n|;?!]")
_OUTER = " \t\r\n.,;:!?\"'“”‘’«»()[]{}*_#-–—"


def as_key(shown: str) -> str:
    """Return the normalised key of a name or an id: case folded, single spaces, no outer punctuation."""
    key = " ".join(shown.replace("’", "'").casefold().split()).strip(_OUTER)
    return key.removesuffix("'s")


def heading_key(heading: str) -> str:
    """Return the key of a heading without what stands in parentheses (``Jaws (film)`` is linked as ``Jaws``)."""
    return as_key(_PARENTHESES.sub("", heading)) or as_key(heading)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in order, as written; hyphens, dots and slashes inside a word stay."""
    return tuple(match.group() for match in WORD.finditer(text))


def is_plain(word: str) -> bool:
    """True for a stop word, which alone says nothing."""
    return word.casefold() in STOP_WORDS


def phrases_in(
    text: str, longest: int = LONGEST_KEY_WORDS, *, as_names: bool = False
) -> Iterator[tuple[int, int, str]]:
    """Yield ``(first word, word after the last, spelling)`` of every run of words that could be a heading.

    A run neither ends in a stop word nor is one; the spelling keeps the punctuation between its words.
    With ``as_names`` a run starts with a capital or a digit, as a passage writes it; questions often don't.
    """
    matches = tuple(WORD.finditer(text))
    for first, start in enumerate(matches):
        if as_names and start.group()[0].islower():
            continue
        for last in range(first, min(first + longest, len(matches))):
            end = matches[last]
            if last > first and _breaks(matches[last - 1].group(), text[matches[last - 1].end() : end.start()]):
                break
            if _ends_well(start.group(), end.group(), last - first):
                yield first, last + 1, text[start.start() : end.end()]


def longest_first(found: Sequence[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    """Keep the longest runs, leftmost first among equals, so that no kept run overlaps another."""
    taken: set[int] = set()
    kept: list[tuple[int, int, str]] = []
    for first, after, shown in sorted(found, key=lambda run: (run[0] - run[1], run[0])):
        if taken.isdisjoint(range(first, after)):
            taken.update(range(first, after))
            kept.append((first, after, shown))
    return tuple(sorted(kept))


def _breaks(before: str, gap: str) -> bool:
    """True where a sentence or a line ends; ``St. Louis`` and ``J. S. Bach`` go on."""
    return bool(_END.search(gap)) or (gap.startswith(". ") and len(before) > 3)


def _ends_well(first: str, last: str, extra: int) -> bool:
    if extra == 0:
        return len(first) > 1 and not is_plain(first)
    return not is_plain(last) or first[:1].isupper()
