"""Words for BM25: accents folded, endings stemmed, identifiers kept whole and in parts.

A document is stemmed by its own language. A query is stemmed by English and by the language that its small words are
of, or, where they tell none, by every language for the words that English does not know.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import chain

from groundsight.language.framing import asked_in
from groundsight.language.stems import known_stems, lexicon_rows, snowball, word_list

FINGERPRINT = "words-2"
SHORTEST_STEMMED = 4
LONGEST_TERM = 64

_COMPOUND = re.compile(r"\w+(?:[-./:@+#'’&]\w+)*")
_PART = re.compile(r"[^\W_]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMERIC = re.compile(r"[\d.:/-]+")
# Scripts written without spaces between words are cut into pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


class Tokeniser:
    """Turns text into terms, for any thread: the stemmers keep state, so they work for one at a time."""

    def __init__(self) -> None:
        self._stem = snowball()
        # Texts repeat their words: of 120,000 words with Zipf's distribution 19 of 20 were cut before. Nothing that
        # is cut out crosses white space.
        self._known = lru_cache(maxsize=50_000)(self._terms_of)
        self._foreign = lru_cache(maxsize=50_000)(self._foreign_of)
        self._stemmers: dict[str, Callable[[str], str]] = {}
        self._one_at_a_time = threading.Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Rules and stemmer; postings made by another are made again."""
        from importlib.metadata import version

        return f"{FINGERPRINT}+snowball-{version('snowballstemmer')}"

    def terms(self, text: str, language: str = "en") -> list[str]:
        """Return the terms of a text in order; an identifier gives itself and then its parts.

        A ``language`` (ISO 639-1) without a stemmer is stemmed as English is.
        """
        with self._one_at_a_time:
            if language == "en" or language not in stemmers():
                known, every = self._known, self._terms_of
                told = (known(piece) if len(piece) <= LONGEST_TERM else every(piece) for piece in fold(text).split())
                return [*chain.from_iterable(told)]
            return [term for piece in text.split() for term in self._foreign(piece, language)]

    def asked(self, text: str) -> list[str]:
        """Return the terms of a query, each once for every form that the documents may have it in."""
        code, own = asked_in(text), [self.terms(text)]
        if code:
            own.append(self.terms(text, code))
        elif strange := " ".join(filter(self._is_strange, text.split())):
            own += [fold(strange).split(), *(self.terms(strange, each) for each in stemmers() if each != "en")]
        first, *others = own
        return [*first, *dict.fromkeys(term for each in others for term in each if term not in first)]

    def _is_strange(self, word: str) -> bool:
        folded, small = fold(word), word_list("function_words.txt")
        with self._one_at_a_time:
            return folded.isalpha() and folded not in small and self._stem(folded) not in known_stems()

    def _terms_of(self, piece: str) -> tuple[str, ...]:
        if piece.isascii() and piece.isalnum():
            return (self._normal(piece),)
        compounds = _COMPOUND.findall(_THOUSANDS.sub("", piece))
        return tuple(self._normal(term) for compound in compounds for term in _split(compound))

    def _foreign_of(self, piece: str, language: str) -> tuple[str, ...]:
        """Stem a word before its accents go: endings have some."""
        parts = _PART.findall(piece.casefold())
        if not parts or not all(map(str.isalpha, parts)) or len(piece) > LONGEST_TERM or _UNSPACED.search(piece):
            return self._terms_of(fold(piece))
        return tuple(self._stemmed(part, language) for part in parts)

    def _stemmed(self, word: str, language: str) -> str:
        if language not in self._stemmers:
            self._stemmers[language] = snowball(stemmers()[language])
        stem, plain = fold(self._stemmers[language](word)), fold(word)
        # What a stemmer changed is of its language alone; what it left, or English has too, is for every reader.
        return stem if stem in (plain, self._normal(plain)) else f"{language}_{stem}"

    def _normal(self, term: str) -> str:
        if len(term) >= SHORTEST_STEMMED and term.isascii() and term.isalpha():
            return self._stem(term[:LONGEST_TERM])
        return term[:LONGEST_TERM]


@lru_cache(maxsize=1)
def stemmers() -> dict[str, str]:
    """Return the languages (ISO 639-1) that have a stemmer, with its name."""
    return dict(lexicon_rows("stemmers.tsv"))  # pyright: ignore[reportReturnType]


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
