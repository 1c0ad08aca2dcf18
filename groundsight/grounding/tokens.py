"""Words with offsets: stems, synonym groups and contrasts, without any model."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+(?:['’][^\W_]+)?")
_LIGHT = frozenset(
    ["up", "down", "before", "after", "above", "below", "over", "under", "inside", "outside", "more", "less", "fewer"]
)
_OCR_DIGITS = str.maketrans("OoIlSB", "001158")
_OCR_FOLD = str.maketrans("01589|", "olsbg" + "l")
_DIGIT_LIKE = re.compile(r"(?<![^\W\d_])[0-9OoIlSB][0-9OoIlSB.,]*(?![^\W\d_])")


class Lexicon(BaseModel):
    """The packaged word lists, all written for this project."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop: frozenset[str]
    negations: frozenset[str]
    common: frozenset[str]
    synonyms: tuple[tuple[str, ...], ...]
    contrasts: tuple[tuple[str, ...], ...]
    aliases: dict[str, tuple[str, ...]]
    units: dict[str, dict[str, float]]
    irregular: dict[str, str]
    pasts: frozenset[str]
    titles: frozenset[str]
    headings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its stem, its match keys (stem and synonym groups), where it stands and its weight."""

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


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Read the packaged word lists once."""
    return Lexicon.model_validate(
        json.loads(files("groundsight.grounding").joinpath("data/lexicon.json").read_text("utf-8"))
    )


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Fold an English word to a stem; other scripts stay as they are."""
    base = lexicon().irregular.get(word, word)
    if len(base) < 4 or not base.isascii():
        return base
    for ending, put in _ENDINGS:
        if base.endswith(ending) and len(base) - len(ending) + len(put) >= 3:
            return _trim(base[: len(base) - len(ending)] + put)
    return _trim(base)


_ENDINGS = (
    ("ments", ""), ("ment", ""), ("ations", ""), ("ation", ""), ("ings", ""), ("ing", ""), ("ically", "ic"),
    ("ally", "al"), ("ily", "y"), ("ly", ""), ("iest", "y"), ("ier", "y"), ("ies", "y"), ("ied", "y"),
    ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("ed", ""), ("es", ""), ("ss", "ss"),
    ("us", "us"), ("is", "is"), ("s", ""),
)  # fmt: skip


def _trim(base: str) -> str:
    if len(base) > 4 and base[-1] == base[-2] and base[-1] not in "aeiousl":
        base = base[:-1]
    return base[:-1] if len(base) > 3 and base[-1] == "e" else base


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, group in enumerate(lexicon().synonyms):
        for word in group:
            found.setdefault(stem(word), set()).add(f"~{number}")
    return {word: frozenset(ids) for word, ids in found.items()}


@lru_cache(maxsize=1)
def _rivals() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in lexicon().contrasts:
        stems = {stem(word) for word in group}
        for one in stems:
            found.setdefault(one, set()).update(stems - {one})
    return {word: frozenset(others) for word, others in found.items()}


@lru_cache(maxsize=4_096)
def rivals(word: str) -> frozenset[str]:
    """Return the stems that exclude this stem ("open" excludes "clos"), through one synonym step."""
    table, groups = _rivals(), _groups()
    direct = table.get(word, frozenset[str]())
    mine = groups.get(word, frozenset[str]())
    near = (table[other] for other in table if mine & groups.get(other, frozenset[str]()))
    across = {key for other in direct for key in groups.get(other, frozenset[str]())}
    far = {other for other, ids in groups.items() if ids & across}
    return direct.union(far, *near) - {word}


def tokenise(text: str, *, ocr: bool = False) -> tuple[Token, ...]:
    """Split text into words that keep their offsets; hyphens separate, possessive endings are dropped."""
    shown = repair_digits(text) if ocr else text
    return tuple(_token(match.group(), match.start()) for match in _WORD.finditer(shown))


def _token(text: str, start: int) -> Token:
    word, base, keys, weight = _analyse(text)
    return Token(text, word, base, keys, start, start + len(text), weight)


@lru_cache(maxsize=16_384)
def _analyse(text: str) -> tuple[str, str, frozenset[str], float]:
    word = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    word = word[:-2] if word.endswith("'s") else word
    base = stem(word)
    return word, base, _groups().get(base, frozenset()) | {base}, _weight(word, base)


def _weight(word: str, base: str) -> float:
    words = lexicon()
    if word in _LIGHT:
        return 0.2
    if word in words.stop or "'" in word:
        return 0.0
    if len(word) == 1 and word.isascii() and word.isalpha():
        return 0.3
    return 0.6 if word in words.common or base in words.common else 1.0


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
