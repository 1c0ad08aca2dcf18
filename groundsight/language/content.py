"""The words of a text that carry meaning, in one form each, with their places."""

from __future__ import annotations

import re
from functools import lru_cache

from groundsight.language.stems import lexicon_lines, stem, word_list

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def words_of(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and normal form of every word and number."""
    return [(found.start(), found.end(), normal(found.group())) for found in _WORD.finditer(text)]


@lru_cache(maxsize=65_536)
def normal(word: str) -> str:
    """Return the stem of a word; of a number its digits without grouping and without idle zeros."""
    if word[0].isdigit():
        plain = word.replace(",", "") if _GROUPED.fullmatch(word) else word.replace(",", ".")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    folded = word.casefold()
    return number_words().get(folded) or stem(folded)


@lru_cache(maxsize=1)
def function_words() -> frozenset[str]:
    """Return the stems of words that carry no meaning of their own; negations and quantifiers are none of them."""
    return frozenset(map(stem, word_list("function_words.txt")))


@lru_cache(maxsize=1)
def number_words() -> dict[str, str]:
    """Return number words with their digits."""
    return dict(line.split() for line in lexicon_lines("number_words.txt"))  # pyright: ignore[reportReturnType]


def normals(text: str) -> tuple[str, ...]:
    """Return the normal form of every word and number of a text, in order."""
    return tuple(word for *_, word in words_of(text))


def stems_of(text: str) -> frozenset[str]:
    """Return the different normal forms of the words and numbers of a text."""
    return frozenset(normals(text))


def content_of(text: str) -> frozenset[str]:
    """Return the normal forms of the words and numbers of a text that carry meaning."""
    return stems_of(text) - function_words()


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning as they are written, in order, each once."""
    idle = function_words()
    return list(dict.fromkeys(text[start:end] for start, end, word in words_of(text) if word not in idle))
