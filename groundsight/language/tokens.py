"""Words with offsets: their stems, what each may stand for, and what says the opposite."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from groundsight.language.licences import related
from groundsight.language.stems import lexicon_lines, stem, word_list
from groundsight.language.units import unit_named

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
# What stands beside a box that is not ticked is not so.
UNTICKED = ("☐", "[ ]")
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+(?:['’][^\W_]+)?|{'|'.join(map(re.escape, UNTICKED))}")
_LIGHT = frozenset("up down before after above below over under more less fewer".split())
_OCR_DIGITS = str.maketrans("OoIlSB", "001158")
_OCR_FOLD = str.maketrans("01589|", "olsbg" + "l")
_DIGIT_LIKE = re.compile(r"(?<![^\W\d_])[0-9OoIlSB][0-9OoIlSB.,]*(?![^\W\d_])")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its stem, its match keys, where it stands and its weight. A claim's word is said where keys meet."""

    text: str
    word: str
    stem: str
    keys: frozenset[str]
    start: int
    end: int
    weight: float

    @property
    def content(self) -> bool:
        """True for a word that carries meaning."""
        return self.weight > 0

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands in the text."""
        return self.start, self.end


_TURNS = (("in", "out"), ("on", "off"), ("up", "down"), ("before", "after"), ("with", "without"))


def facing(word: str) -> frozenset[str]:
    """Return the stems of the roles that face the one with this stem: the tenant and the landlord of a flat."""
    return _rows("facing_roles.txt").get(word, frozenset())


def facing_end(word: str) -> frozenset[str]:
    """Return the stems of what the verb with this stem is at the other end of: start and end, open and close."""
    return _rows("facing_ends.txt").get(word, frozenset())


@lru_cache(maxsize=4)
def _rows(name: str) -> dict[str, frozenset[str]]:
    rows = (frozenset(map(stem, line.split())) for line in lexicon_lines(name))
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        found.update({one: found.get(one, frozenset()) | (row - {one}) for one in row})
    return found


@lru_cache(maxsize=4_096)
def rivals(word: str) -> frozenset[str]:
    """Return the stems that exclude this stem ("open" excludes "close"), also those of its very synonyms."""
    near = {one for one in related(word).licensed if word in related(one).licensed}
    against = (
        related(one).opposite | _rows("opposites.txt").get(one, frozenset()) | facing(one) for one in (word, *near)
    )
    return frozenset[str]().union(*against) - {word} - related(word).licensed


def converses(word: str) -> frozenset[str]:
    """Return the stems that tell the same deed from the other side: "lent to them" says "borrowed by them"."""
    return _rows("converses.txt").get(word, frozenset())


def tokenise(text: str, *, source: bool = False) -> tuple[Token, ...]:
    """Split text into words that keep their offsets; hyphens separate, possessive endings are dropped.

    A word of a ``source`` has the stems that it licenses among its keys; a word of a claim has its own stem alone.
    """
    return tuple(_token(match.group(), match.start(), source, text) for match in _WORD.finditer(text))


def _token(text: str, start: int, source: bool, whole: str) -> Token:
    # A letter alone is a unit in 12/h.
    word, base, weight, plain, licensed = _analyse(text, whole[start - 1 : start] == "/")
    return Token(text, word, base, licensed if source else plain, start, start + len(text), weight)


@lru_cache(maxsize=16_384)
def _analyse(text: str, rate: bool) -> tuple[str, str, float, frozenset[str], frozenset[str]]:
    word = "not" if text in UNTICKED else unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    word = word.removesuffix("'s")
    base = stem(word)
    unit = unit_named(word) if len(word) > 1 or rate else None
    plain = frozenset((base, f"{unit[0]}:{unit[2]:g}")) if unit else frozenset((base,))
    return word, base, _weight(word), plain, plain | related(base).licensed


def _weight(word: str) -> float:
    if word in _LIGHT:
        return 0.2
    if word in word_list("stop_words.txt") or "'" in word:
        return 0.0
    if len(word) == 1 and word.isascii() and word.isalpha():
        return 0.3
    return 0.6 if stem(word) in word_list("common_stems.txt") else 1.0


def repair_digits(text: str) -> str:
    """Read O, l, I, S and B as digits inside words that hold a digit; the length stays the same."""
    return _DIGIT_LIKE.sub(
        lambda found: (
            found.group().translate(_OCR_DIGITS) if any(c.isdigit() for c in found.group()) else found.group()
        ),
        text,
    )


def ocr_alike(one: str, other: str) -> bool:
    """True when two words differ as a reader of pictures would confuse them: shapes, or one letter in five."""
    first, second = (
        w.translate(_OCR_FOLD).replace("rn", "m").replace("in", "m").replace("vv", "w").replace("i", "l")
        for w in (one, other)
    )
    if first == second:
        return True
    return min(len(first), len(second)) >= 5 and _one_edit(first, second)


def _one_edit(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    return short[at:] == long[at + 1 :] or (len(short) == len(long) and short[at + 1 :] == long[at + 1 :])


def keys_of(tokens: Iterable[Token]) -> frozenset[str]:
    """Return every match key of the content words."""
    return frozenset(key for token in tokens if token.content for key in token.keys)


def turned_round(one: str, other: str) -> bool:
    """True where one text has the particle that turns a word of the other: check-out, check-in; before, after."""
    mine, theirs = ({*re.findall(r"[^\W_]+", text.casefold())} for text in (one, other))
    return any(
        (a in mine - theirs and b in theirs - mine) or (b in mine - theirs and a in theirs - mine) for a, b in _TURNS
    )
