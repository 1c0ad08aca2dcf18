"""Words for BM25: accents folded, English endings stemmed, identifiers kept whole and in parts."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache

from groundsight.language.stems import snowball

FINGERPRINT = "words-1"
SHORTEST_STEMMED = 4
LONGEST_TERM = 64

_COMPOUND = re.compile(r"\w+(?:[-./:@+#'’&]\w+)*")
_PART = re.compile(r"[^\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMERIC = re.compile(r"[\d.:/-]+")
# Scripts written without spaces between words are cut into pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


class Tokeniser:
    """Turns text into terms, for any thread: the stemmer keeps state, so it works for one at a time."""

    def __init__(self) -> None:
        self._stem = snowball()
        # Texts repeat their words: of 120,000 words with Zipf's distribution 19 of 20 were cut before. Nothing that
        # is cut out crosses white space.
        self._known = lru_cache(maxsize=50_000)(self._terms_of)
        self._one_at_a_time = threading.Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Rules and stemmer; postings made by another are made again."""
        from importlib.metadata import version

        return f"{FINGERPRINT}+snowball-{version('snowballstemmer')}"

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text in order; an identifier gives itself and then its parts."""
        with self._one_at_a_time:
            return [
                term
                for piece in fold(text).split()
                for term in (self._known if len(piece) <= LONGEST_TERM else self._terms_of)(piece)
            ]

    def _terms_of(self, piece: str) -> tuple[str, ...]:
        if piece.isascii() and piece.isalnum():
            return (self._normal(piece),)
        compounds = _COMPOUND.findall(_THOUSANDS.sub("", piece))
        return tuple(self._normal(term) for compound in compounds for term in _split(compound))

    def _normal(self, term: str) -> str:
        if len(term) >= SHORTEST_STEMMED and term.isascii() and term.isalpha():
            return self._stem(term[:LONGEST_TERM])
        return term[:LONGEST_TERM]


def fold(text: str) -> str:
    """Case fold and drop accents, so that ``Café`` is found as ``cafe``."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _split(compound: str) -> Iterator[str]:
    parts = _PART.findall(compound)
    if len(parts) > 1 and any(char.isdigit() for char in compound):
        yield compound if _NUMERIC.fullmatch(compound) else "".join(parts)
    if len(parts) > 1 and parts[-1] == "s" and compound[-2] in "'’":
        parts = parts[:-1]
    for part in parts:
        yield from _pairs(part) if _UNSPACED.search(part) else (part,)


def _pairs(part: str) -> Iterator[str]:
    for found in _UNSPACED.finditer(part):
        run = found.group()
        yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
    yield from (rest for rest in _UNSPACED.split(part) if rest)
