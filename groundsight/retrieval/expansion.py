"""What else a question can be asked as: acronyms spelled out by itself, and words for a picture query."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.index.keys import is_plain, words_of
from groundsight.types import Tag, TextLine

_SPELLED = re.compile(r"((?:[A-Z][a-z]+[ -]){1,5}[A-Z][a-z]+)\s*\(([A-Z]{2,6})\)")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,6}")
LIKELY = 0.05


def spelled(question: str) -> str:
    """Return the question with dotted acronyms also undotted (``U.S.`` adds ``US``), and ``Long Form (LF)`` apart."""
    extra = [match.group().replace(".", "") for match in _DOTTED.finditer(question)]
    plain = _SPELLED.sub(r"\1 \2", question)
    return " ".join((plain, *extra))


def telling(words: str) -> str:
    """Return the words without stop words, all of them when there are no others.

    Where few units hold a field (words read from pictures), even ``a`` is rare there and would rank them.
    """
    return " ".join(word for word in words_of(words) if not is_plain(word)) or words


def pseudo_caption(tags: Sequence[Tag]) -> str:
    """Return the likely concepts of a query picture as words; empty when the classifier abstains."""
    return ", ".join(tag.name for tag in tags if tag.probability >= LIKELY)


def words_read(lines: Sequence[TextLine], most: int) -> str:
    """Return the words read from a query picture, at most ``most`` characters, cut between lines."""
    kept: list[str] = []
    for line in lines:
        if sum(len(text) + 1 for text in kept) + len(line.text) > most:
            break
        kept.append(line.text)
    return "\n".join(kept)
