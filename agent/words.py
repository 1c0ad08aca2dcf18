"""Words of a question and of texts in one form."""

from __future__ import annotations

from groundsight.language.content import function_words, words_of
from groundsight.language.licences import related


def stems(text: str) -> tuple[str, ...]:
    """Return the normal form of every word and number of a text, in order."""
    return tuple(word for *_, word in words_of(text))


def stem_set(text: str) -> frozenset[str]:
    """Return the different normal forms of a text."""
    return frozenset(stems(text))


def holds(said: frozenset[str], stem: str) -> bool:
    """Say whether a text has a word or one that may stand for it."""
    return stem in said or any(stem in related(one).licensed for one in said)


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning as they are written, in order, each once."""
    idle = function_words()
    return list(dict.fromkeys(text[start:end] for start, end, word in words_of(text) if word not in idle))


def squeeze(text: str) -> str:
    """Return a text on one line with single spaces."""
    return " ".join(text.split())
