"""One form for every form of a word: irregular forms by WordNet, regular endings by Snowball.

A word that English does not know gets the shortest stem that German, French and Spanish give it: a cell or a label
tells no language.
"""

from __future__ import annotations

import gzip
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.resources import files

_own = threading.local()
SHORTEST_FOREIGN = 4


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of one casefolded word ("bought" and "buying" give "buy", "Miete" and "Mieten" "miet")."""
    if not hasattr(_own, "stems"):
        _own.stems = [snowball(name) for name in ("english", "german", "french", "spanish")]
    english, *others = _own.stems
    base = english(irregular().get(word, word))
    if len(word) < SHORTEST_FOREIGN or not word.isalpha() or base in known_stems():
        return base
    if re.search("[bcdfglmnprstvz]y$", word):
        return stem(f"{word[:-1]}ies")  # one gooseberry, two gooseberries
    plain = unaccented(word)
    return min((one(plain) for one in others), key=lambda found: (len(found), found))


def snowball(name: str = "english") -> Callable[[str], str]:
    """Return a new Snowball stemmer; it keeps state, so that each thread needs its own."""
    import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

    return snowballstemmer.stemmer(name).stemWord  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def unaccented(text: str) -> str:
    """Drop the accents of a text."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


@lru_cache(maxsize=1)
def english_stems() -> dict[str, float]:
    """The stems of ordinary English words, with the share of their uses that are verbs."""
    return {key: float(share) for key, share in lexicon_rows("words.tsv.gz")}


@lru_cache(maxsize=1)
def irregular() -> dict[str, str]:
    """Read the exceptions of WordNet: form and lemma (lexicon/README.md tells how they were chosen)."""
    return dict(lexicon_rows("irregular.tsv.gz"))  # pyright: ignore[reportReturnType]


def lexicon_lines(name: str) -> list[str]:
    """Read a list of the lexicon, packed or plain, one entry a line."""
    data = (files("groundsight.language") / "lexicon" / name).read_bytes()
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8").splitlines()


def lexicon_rows(name: str) -> Iterator[list[str]]:
    """Yield the fields of a table of the lexicon, row by row."""
    return (line.split("\t") for line in lexicon_lines(name))


@lru_cache(maxsize=128)
def phrases(names: tuple[str, ...], *tables: str) -> re.Pattern[str]:
    """Return the phrases of some rows of tables as one expression of whole words, longest first."""
    rows = (row for table in tables for row in lexicon_rows(table))
    said = [phrase for name, listed in rows if name in names for phrase in listed.split(", ")]
    longest = "|".join(re.escape(phrase) for phrase in sorted(said, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{longest})(?![\w-])")


@lru_cache(maxsize=1)
def known_stems() -> frozenset[str]:
    """Every stem that the tables of English know: "tree" stands among the licences alone."""
    licences = (stem for line in lexicon_lines("wordnet.tsv.gz") for stem in line.split())
    return frozenset((*english_stems(), *licences))


@lru_cache(maxsize=32)
def word_list(name: str) -> frozenset[str]:
    """Return the words of a plain list."""
    return frozenset(" ".join(lexicon_lines(name)).split())


def does(word: str, work: str) -> bool:
    """True for a small word that does this in a sentence, by ``small_words.tsv``: helping, article, preposition."""
    return word in _small_words()[work]


@lru_cache(maxsize=1)
def _small_words() -> dict[str, frozenset[str]]:
    """Read the small words by what they do in a sentence."""
    return {work: frozenset(words.split()) for work, words in lexicon_rows("small_words.tsv")}
