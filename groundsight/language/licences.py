"""Which words may stand for which: synonyms, broader terms, word families and opposites, distilled from WordNet."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from groundsight.language.stems import english_stems, irregular, lexicon_rows, word_list
from groundsight.language.stems import stem as stem_of


class Related(NamedTuple):
    """Stems that a word of the evidence licenses, and stems that say its opposite."""

    licensed: frozenset[str]
    opposite: frozenset[str]


_NONE = Related(frozenset(), frozenset())


def related(stem: str) -> Related:
    """Return what a stem of the evidence licenses ("purchas" licenses "buy") and what it excludes."""
    return _table().get(stem, _NONE)


def said_among(wanted: frozenset[str], said: frozenset[str]) -> frozenset[str]:
    """Return the wanted stems that are said, or licensed by one that is."""
    return wanted & said.union(*(related(one).licensed for one in said))


def is_known(stem: str) -> bool:
    """True for the stem of an ordinary word, no name."""
    return stem in english_stems()


def is_ordinary(word: str) -> bool:
    """True for an ordinary English word in lower case, no name."""
    listed = word_list("stop_words.txt") | word_list("ordinary_words.txt")
    return is_known(stem_of(word)) or word in irregular() or word in listed


def verb_share(stem: str) -> float:
    """Return how many of a word's uses are verbs, 0 to 1."""
    return english_stems().get(stem, 0.0)


@lru_cache(maxsize=1)
def _table() -> dict[str, Related]:
    rows = lexicon_rows("wordnet.tsv.gz")
    return {key: Related(frozenset(like.split()), frozenset(unlike.split())) for key, like, unlike in rows}
