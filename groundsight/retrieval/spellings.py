"""How an identifier may be spelled: exactly as asked for, or parted otherwise where nobody holds it so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

LONG = 8
LONGEST_CODE = 16
_MARK = r"[-\u2010-\u2015\u2212./:#_·@+]"
_LOOSE = rf"\s?{_MARK}?\s?"
_APART = rf"(?:\s{_MARK}?\s?|{_MARK}\s?)"
# Inside a number no space: the cells of a row stand beside each other like that.
_INSIDE = r"[-\u2010-\u2015\u2212/_]?"
ANYHOW = r"[-\u2010-\u2015\u2212/_ ]?"
PARTS = re.compile(r"[^\W\d_]+|\d+")
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d\d){1,2}")
_SET_OFF = re.compile(rf"(?<![-/\w])(?:{DATE.pattern})(?!\w)")


@dataclass(frozen=True)
class Identifier:
    """Neighbouring words of a query that name one thing; ``sure`` when their build alone says so."""

    words: tuple[str, ...]
    sure: bool

    @property
    def shown(self) -> str:
        """The identifier as the query writes it."""
        return " ".join(self.words)

    @cached_property
    def asked(self) -> str:
        """The spellings by which BM25 finds it: as written, in one, in parts, a long number in fours."""
        parts = PARTS.findall(self.shown)
        one = "".join(parts)
        fours = [one[at : at + 4] for at in range(0, len(one), 4)] if len(one) >= LONG else []
        return " ".join((self.shown, one, "-".join(parts), *fours))

    @cached_property
    def pieces(self) -> str:
        """Every piece of two signs or more, by which BM25 finds it however it is parted; a short code alone."""
        one = "".join(PARTS.findall(self.shown))
        ends = [(at, end) for at in range(len(one)) for end in range(at + 2, len(one) + 1)]
        return " ".join(dict.fromkeys(one[at:end] for at, end in ends)) if len(one) <= LONGEST_CODE else ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Match it whole in a text, whatever the separators, spaces and case."""
        return self._whole(self._spelled())

    def _whole(self, spelled: Iterable[str]) -> re.Pattern[str]:
        first = PARTS.match(self.shown) or PARTS.search(self.shown)
        before = r"(?<![^\W_])(?<![^\W_]-)(?<!\d[./:])" if first and first.group().isdigit() else r"(?<![^\W_])"
        after = r"(?![^\W_])(?![-./:]\d)(?!-[^\W\d_]{1,2}(?![^\W_]))"
        return re.compile(before + "".join(spelled) + after, re.IGNORECASE)

    def _spelled(self) -> Iterator[str]:
        """Digits stay apart where the query parts them, but for spaces and hyphens in a long number."""
        digits = sum(map(str.isdigit, self.shown))
        found = list(PARTS.finditer(self.shown))
        for at, part in enumerate(found):
            if at:
                gap = self.shown[found[at - 1].end() : part.start()]
                figures = part.group().isdigit() and found[at - 1].group().isdigit()
                yield _APART if figures and (digits < LONG or gap.strip(" -")) else _LOOSE
            yield r"[ -]?".join(part.group()) if part.group().isdigit() and digits >= LONG else re.escape(part.group())

    def _parted(self, inside: str) -> Iterator[str]:
        """Letters and digits may be parted anywhere; a point or colon of the query stays what it is."""
        found = list(PARTS.finditer(self.shown))
        for at, part in enumerate(found):
            gap = self.shown[found[at - 1].end() : part.start()].strip() if at else ""
            if at:
                yield re.escape(gap) if set(gap) & set(".:") else _LOOSE
            yield (inside if part.group().isdigit() else ANYHOW).join(map(re.escape, part.group()))

    def held_by(self, text: str) -> bool:
        """True when the text holds it as a whole."""
        return self.pattern.search(_plain(text)) is not None

    def parted_by(self, text: str, inside: str = _INSIDE) -> bool:
        """True when the text holds it with other separators, or none; a date after a word is no part of a code."""
        if not self.pieces or not re.search(r"[^\W\d_]", self.shown) or not has_digit(self.shown):
            return False
        matches = self._whole(self._parted(inside)).finditer(_plain(text))
        return any(_SET_OFF.search(match.group()) is None for match in matches)


def has_digit(word: str) -> bool:
    """True when a word holds a digit."""
    return any(map(str.isdigit, word))


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
