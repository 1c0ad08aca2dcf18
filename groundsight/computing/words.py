"""The words of a sentence as an operation needs them: every one with its place, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from groundsight.language.licences import related
from groundsight.language.stems import lexicon_rows, stem, word_list

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
RANKS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5}
_OTHER = {"high": "low", "low": "high"}


@dataclass(frozen=True, slots=True)
class Said:
    """One word as said: its stem, its spelling and where it stands. ``small`` words carry no meaning of their own."""

    stem: str
    text: str
    start: int
    end: int
    small: bool


class Degree(NamedTuple):
    """A word of degree: which end of what it means, and whether it compares two or picks one of all."""

    end: str
    measure: str
    form: str


class Ranked(NamedTuple):
    """A word of degree in a sentence, at ``at``, with what it says and the places of all words that say it."""

    at: int
    degree: Degree
    rank: int
    places: frozenset[int]


@lru_cache(maxsize=4096)
def said(text: str) -> tuple[Said, ...]:
    """Return every word of a text; a possessive ending is dropped."""
    found = (match for match in _WORD.finditer(text.replace("_", " ")))
    return tuple(_said(match.group(), match.start()) for match in found)


def _said(shown: str, start: int) -> Said:
    bare = re.sub(r"['’]s?$", "", shown)
    folded = bare.casefold()
    # A May within a sentence is a month.
    single = (len(bare) == 1 and bare.isupper() and start > 0) or (bare == "May" and start != 0)
    meant = folded in condition_words() and folded != "from"
    small = folded in word_list("function_words.txt") and not meant and not single
    return Said(stem(folded), bare, start, start + len(bare), small)


def places_in(words: Sequence[Said], span: tuple[int, int]) -> set[int]:
    """Return the places of the words that lie in a stretch of the text."""
    return {at for at, one in enumerate(words) if one.start < span[1] and span[0] < one.end}


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    """Return the stems of all words of a text, in order."""
    return tuple(one.stem for one in said(text))


@lru_cache(maxsize=8192)
def alike(word: str) -> frozenset[str]:
    """Return a stem with those that it licenses or is licensed by."""
    return related(word).licensed | {word}


def akin(one: str, other: str) -> bool:
    """True for the same word, and for a long word that begins or ends with the other (supply, supplier)."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 4 and (long.startswith(short) or long.endswith(short)))


@lru_cache(maxsize=4096)
def degree(word: str) -> Degree | None:
    """Read an adjective of measure in any form: "tall", "taller", "tallest"."""
    folded, table = word.casefold(), _degrees()
    if folded in table:
        return table[folded]
    for ending, form in (("er", "comparative"), ("est", "superlative")):
        if folded.endswith(ending) and (base := next((b for b in _bases(folded, ending) if b in table), "")):
            return table[base]._replace(form=form)
    return None


def degree_behind(text: str, end: int) -> str:
    """Return the adjective of measure right behind a figure that ends at ``end`` ("22 metres long"), "" for none."""
    found = _WORD.match(text[end:].lstrip())
    said = degree(found.group()) if found else None
    return found.group() if found and said and said.form == "base" else ""


@lru_cache(maxsize=1)
def _degrees() -> dict[str, Degree]:
    return {word: Degree(end, measure, form) for word, end, measure, form in lexicon_rows("degrees.tsv")}


def degrees(words: Sequence[Said]) -> list[Ranked]:
    """Return what compares or picks in a sentence: "cheapest", "most expensive", "second highest"."""
    return [found for at in range(len(words)) if (found := _ranked(words, at))]


def _ranked(words: Sequence[Said], at: int) -> Ranked | None:
    one = degree(words[at].text)
    if one is None or one.form == "base":
        return None
    behind = degree(words[at + 1].text) if at + 1 < len(words) else None
    joined = behind is not None and behind.form == "base" and not one.measure
    if behind and joined:
        one = Degree(behind.end if one.end == "high" else _OTHER[behind.end], behind.measure, one.form)
    rank = RANKS.get(words[at - 1].text.casefold(), 1) if at and one.form == "superlative" else 1
    return Ranked(at, one, rank, frozenset(range(at - (rank > 1), at + 1 + joined)))


def _bases(word: str, ending: str) -> tuple[str, ...]:
    bare = word.removesuffix(ending)
    return bare, bare + "e", bare[:-1] + "y", bare[:-1]


@lru_cache(maxsize=1)
def condition_words() -> dict[str, str]:
    """Small words that are conditions: not, before, over, only."""
    return dict(lexicon_rows("conditions.tsv"))


@lru_cache(maxsize=1)
def operations() -> dict[str, str]:
    """Words and phrases that ask for an operation or state it."""
    return dict(lexicon_rows("operations.tsv"))


@lru_cache(maxsize=1)
def sides() -> dict[str, frozenset[str]]:
    """The stems of the heads under which those stand who pay, those who are paid, and what is taken in."""
    told = operations().items()
    return {
        side: frozenset(stem(word) for word, name in told if name == side) for side in ("payer", "receiver", "income")
    }


@lru_cache(maxsize=1)
def measures() -> dict[str, frozenset[str]]:
    """The stems of the words for each measure."""
    return {name: frozenset(stems(words)) for name, words in lexicon_rows("measures.tsv")}


@lru_cache(maxsize=1)
def lasting() -> frozenset[str]:
    """The stems of verbs behind which how long asks for a time: take, last, need."""
    return frozenset(stems("take last need stay wait run close open"))


@lru_cache(maxsize=1)
def light_verbs() -> frozenset[str]:
    """The stems of verbs that mean what stands beside them: have, get, go."""
    return frozenset(map(stem, word_list("light_verbs.txt")))
