"""Whether a word is a word at all: the packaged encoder's vocabulary spells it in one piece, or in two."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

_LETTERS = re.compile(r"[^\W\d_]+")
SHORTEST, FIRST_OF_TWO = 3, 4


@lru_cache(maxsize=4096)
def is_word(word: str) -> bool:
    """Tell whether a part of the word, three letters at least, is a piece, or a piece of four letters and one more.

    With a first piece of three letters one made word in ten would be one; shorter than three every one is.
    """
    plain = unicodedata.normalize("NFD", word.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return any(_spelled(part) for part in _LETTERS.findall(bare) if len(part) >= SHORTEST)


def is_english(word: str) -> bool:
    """Tell whether a word is one piece of the vocabulary by itself; most words of everyday English are."""
    return word.casefold() in _pieces()


def _spelled(part: str) -> bool:
    pieces = _pieces()
    cut = next((cut for cut in range(len(part), 0, -1) if part[:cut] in pieces), 0)
    return cut == len(part) or (cut >= FIRST_OF_TWO and f"##{part[cut:]}" in pieces)


@lru_cache(maxsize=1)
def _pieces() -> frozenset[str]:
    return frozenset((files("groundsight.encoders") / "data" / "vocab.txt").read_text("utf-8").split("\n"))
