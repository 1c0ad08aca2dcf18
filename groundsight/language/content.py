"""The words of a text that carry meaning, in one form each, with their places."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from groundsight.language.stems import stem

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
    return frozenset(stem(word) for word in listed("function_words.txt"))


@lru_cache(maxsize=1)
def number_words() -> dict[str, str]:
    """Return number words with their digits."""
    words = listed("number_words.txt")
    return dict(zip(words[::2], words[1::2], strict=True))


def listed(name: str) -> list[str]:
    """Return the words of a list of the lexicon."""
    return (files("groundsight.language") / "lexicon" / name).read_text("utf-8").split()


def content_of(text: str) -> frozenset[str]:
    """Return the normal forms of the words and numbers of a text that carry meaning."""
    return frozenset(word for *_, word in words_of(text)) - function_words()
