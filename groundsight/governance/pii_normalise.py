"""A text as a finder of personal data should read it, with the way back to the original characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

_DOTS = frozenset("。·•∙⋅․")
_DASHES = frozenset("−⁃˗⸺⸻﹘")
_LOOKALIKES = str.maketrans("OoQlI", "00011")
_MIXED = re.compile(r"(?<!\w)[\dOoQlI]{2,40}+(?!\w)")
_BOTH = re.compile(r"[OoQlI](?:(?<=\d.)|(?=\d))")
_AT = re.compile(r"\s{0,2}(?:[\[({<]{1,2}\s?(?:at|ät|@)\s?[\])}>]{1,2}|\*at\*)\s{0,2}", re.IGNORECASE)
_DOT = re.compile(r"\s{0,2}(?:[\[({<]{1,2}\s?(?:dot|punkt|\.)\s?[\])}>]{1,2}|\*dot\*)\s{0,2}", re.IGNORECASE)
# A spoken address ends as addresses do ("at st.james" is a place), and has no written @ behind it.
_ENDING = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|name|io|ai|app|dev|eu|de|uk|us|fr|it|es|nl|ch|se|at|be|pt|pl|cz|dk|no|fi|ie"
    r"|gr|hu|ro|ru|ua|tr|il|in|cn|jp|kr|au|nz|ca|br|mx|ar|cl|za|localdomain|local|test|example)\b(?![\w.+\-]{0,64}@)"
)
SAID_AT = ("arobase", "arroba", "chiocciola", "klammeraffe", "apenstaartje", "snabel-a", "małpa", "kukac", "собака")
_SAID_DOT = "(?:dot|point|punkt|punto|ponto|точка|kropka)"
_SPOKEN_AT = re.compile(
    rf"(?<=\w) {{1,2}}(?:at {{1,2}}(?=[\w-]{{1,63}}(?:(?:\.| {{1,2}}(?:dot|punkt) {{1,2}})[\w-]{{1,63}}){{0,3}}"
    rf"(?:\.| {{1,2}}(?:dot|punkt) {{1,2}}){_ENDING})"
    rf"|(?:{'|'.join(SAID_AT)}) {{1,2}}(?=[\w-]{{1,63}}(?:\.| {{1,2}}{_SAID_DOT} {{1,2}}){_ENDING}))",
    re.IGNORECASE,
)
_BRACKETED_AT = re.compile(
    rf"(?:(?<=\w)[\[({{]a[\])}}]|\s{{0,2}}[\[({{](?:{'|'.join(SAID_AT)})[\])}}]\s{{0,2}})(?=(?:[\w-]{{1,63}}\.){{1,4}}{_ENDING})",
    re.IGNORECASE,
)
_SIGNS, _QUOTES = "_-|~:+", "\"'«»‹›“”„‘’"
_SIGN, _QUOTE = rf"[{re.escape(_SIGNS)}]", f"[{_QUOTES}]"
_JOINED_AT = re.compile(
    rf"(?<=[^\W_])(?:( ?){_SIGN}at{_SIGN}\1|{_QUOTE}at{_QUOTE})"
    rf"(?=[a-z\d-]{{1,63}}?(?:\.| ?{_SIGN}(?:dot|punkt){_SIGN} ?){_ENDING})",
    re.IGNORECASE,
)
_SPOKEN_DOT = re.compile(rf"(?<=\w)(?: {{1,2}}{_SAID_DOT} {{1,2}}| ?{_SIGN}dot{_SIGN} ?)(?=\w)", re.IGNORECASE)
# What goes on in small letters or in capitals alone is no new sentence.
_SPACED_DOT = re.compile(
    r"(?<=\w)(?<!\w \w) {1,2}\. {0,2}(?=[^\WA-Z])|(?<=[A-Z\d])(?<!\w \w) {1,2}\. {0,2}(?=[A-Z]{2})"
)
_COUNTED_DOT = re.compile(r"(?<=\d) {1,2}dot {1,2}(?=\d)", re.IGNORECASE)
# Emphasis of Markdown inside of a number.
_STARS = re.compile(r"(?<=\d)\*{1,2} (?=\*{1,2}\d)|(?<![\w*])\*{1,2}(?=\d{3,4}\*)|(?<=\d)\*{1,2}(?![\w*])")

# Digits said one by one, as in what was heard; six words in a row are no count of things.
_DIGITS = {"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
           "seven": "7", "eight": "8", "nine": "9"}  # fmt: skip
_SAID = f"(?:{'|'.join(_DIGITS)})"
# For a text in small letters; without a border before, as that is looked for three times as long.
SAID_NUMBER = re.compile(rf"{_SAID}(?:[ ,.-]{{1,3}}{_SAID}){{6,}}(?!\w)")
_SAID_PLUS = re.compile(r"\bplus (?=\d(?: \d){6})", re.IGNORECASE)
_SAID_PART = re.compile(r"[a-z]+|[ ,.-]+")

# How links, Markdown and HTML write the signs of addresses and numbers; a lone backslash stands for nothing.
_ESCAPED = re.compile(
    r"%(?:25){0,2}(?P<percent>40|2B|20|2D|2E|28|29|5F)|&(?:amp;)?(?:\#(?:x(?P<hex>[\da-f]{1,4})|(?P<number>\d{1,5}))"
    r"|(?P<named>commat|period|plus|lowbar|hyphen|dash|nbsp|lpar|rpar|sol));|\\u00(?P<unicode>40|2[BDE89])|\\(?=[@._+\-()])",
    re.IGNORECASE,
)
_SPACES = re.compile(r" {2,}")
_SLASH = re.compile(r"(?<=\d) ?/ ?(?=\d)")
_UNDERSCORE = re.compile(r"(?<=\d)_|_(?=[\d+(])")
_RETURN = re.compile(r"\r\n?")
_PROPERTY = re.compile(r"^[A-Za-z][A-Za-z\d-]{0,40}(?:;[^\n:]{0,200})?:[^\r\n]*\r?\n[ \t][^\s]", re.MULTILINE)
_FOLDED = re.compile(r"\n[ \t](?=\S)")
_QUOTED = r"(?:[ \t]*(?:>+|#+|//+|\*|\|)(?=[ \t]))*[ \t]"
_WRAPPED = re.compile(rf"(?<=[\w@.+\-/()])(?:[ \t]+\n(?:{_QUOTED}*)|\n{_QUOTED}+)(?=[\w@.+\-(])")
# What a text must hold for a pattern to match, the pattern, and what stands for a match.
_FOLDS = (
    ("[({<*", _AT, "@"),
    ("[({", _BRACKETED_AT, "@"),
    ("[({<*", _DOT, "."),
    ((" at ", *(f" {word} " for word in SAID_AT)), _SPOKEN_AT, "@"),
    (tuple(f"{sign}at" for sign in _SIGNS + _QUOTES), _JOINED_AT, "@"),
    ((" dot ",), _COUNTED_DOT, "."),
    (("plus ",), _SAID_PLUS, "+"),
    ("*", _STARS, ""),
    ("@", _SPOKEN_DOT, "."),
    ((" .",), _SPACED_DOT, "."),
    ("/", _SLASH, "-"),
    ("_", _UNDERSCORE, "-"),
)


@dataclass(frozen=True)
class Candidate:
    """A validated value in folded text: where it stands, and its canonical form (equal values, equal forms)."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class View:
    """Folded text; character i stands for the original characters ``starts[i]`` to ``ends[i]``."""

    text: str
    starts: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of a non-empty span of the folded text."""
        return self.starts[start], self.ends[end - 1]


def is_folded(text: str) -> bool:
    """True when a line of a calendar, a card or a mail header goes on in the next, within a word (RFC 5545, 3.1)."""
    return ("\n " in text or "\n\t" in text) and _PROPERTY.search(text) is not None


def normalise(text: str, *, unfolded: bool = False) -> View:
    """Fold compatibility forms, digits, dashes, spaces, invisible characters, line ends and spelt-out signs.

    Source: Unicode NFKC (UAX 15) per character; combining marks and format characters are dropped. A line end keeps
    nothing of the spaces, quote and comment signs around it; ``unfolded`` it goes where the next line is indented.
    """
    view = _plain(text) if text.isascii() else _folded(text)
    if "\r" in view.text:
        view = _substituted(view, _RETURN, "\n")
    if unfolded:
        view = _substituted(view, _FOLDED, "")
    if "\n" in view.text:
        view = _substituted(view, _WRAPPED, "\n")
    if any(sign in view.text for sign in "%&\\"):
        view = _substituted(view, _ESCAPED, _unescaped)
    if "  " in view.text:
        view = _substituted(view, _SPACES, " ")
    lower = view.text.lower()
    if said := [part for run in SAID_NUMBER.finditer(lower) for part in _SAID_PART.finditer(lower, *run.span())]:
        view = _exchanged(view, said, _heard)
    if _BOTH.search(view.text):
        view = View(_MIXED.sub(_digits, view.text), view.starts, view.ends)
    lower = view.text.lower()
    for needed, pattern, sign in _FOLDS:
        if any(each in lower for each in needed):
            view = _substituted(view, pattern, sign)
            lower = view.text.lower()
    return view


def _unescaped(match: re.Match[str]) -> str:
    """Return the one character that an escape stands for, folded like any other; "" for a lone backslash."""
    if code := match["percent"] or match["hex"] or match["unicode"]:
        return _fold(chr(int(code, 16)))[:1]
    named = match["named"] or (f"#{match['number']}" if match["number"] else "")
    return _fold(unescape(f"&{named};"))[:1] if named else ""


def _plain(text: str) -> View:
    size = len(text)
    return View(text.replace("\v", "\n").replace("\f", "\n"), range(size), range(1, size + 1))


def _folded(text: str) -> View:
    # A raised dot between spaces parts what stands beside each other.
    text = text.replace(" · ", " | ").replace(" • ", " | ")
    one = {character: _fold(character) for character in set(text)}
    # Hardly a text holds characters that fold to none or to several.
    if all(len(folded) == 1 for folded in one.values()):
        return View(text.translate(str.maketrans(one)), range(len(text)), range(1, len(text) + 1))
    characters: list[str] = []
    starts: list[int] = []
    for place, character in enumerate(text):
        folded = one[character]
        characters.append(folded)
        starts.extend([place] * len(folded))
    return View("".join(characters), tuple(starts), tuple(start + 1 for start in starts))


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character in _DASHES:
        return "-"
    if character in _DOTS:
        return "."
    if character == "\r":
        return character
    if category in ("Zl", "Zp") or character in "\v\f\x85":
        return "\n"
    if category == "Zs":
        return " "
    return "".join(part for part in unicodedata.normalize("NFKC", character) if unicodedata.category(part) != "Mn")


def _digits(match: re.Match[str]) -> str:
    """Read O as 0 and l as 1 where at least half of a token is digits: scanners confuse them."""
    token = match.group()
    digits = sum(character.isdigit() for character in token)
    return token.translate(_LOOKALIKES) if digits * 2 >= len(token) else token


def _heard(part: re.Match[str]) -> str:
    """Return the digit that a word says, one space for what parts two of them."""
    return _DIGITS.get(part.group(), " ")


def _substituted(view: View, pattern: re.Pattern[str], sign: str | Callable[[re.Match[str]], str]) -> View:
    """Put one character, or none, in place of every match."""
    matches = list(pattern.finditer(view.text))
    return _exchanged(view, matches, sign) if matches else view


def _exchanged(view: View, matches: Sequence[re.Match[str]], sign: str | Callable[[re.Match[str]], str]) -> View:
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in matches:
        start, end = match.span()
        put = sign if isinstance(sign, str) else sign(match)
        text += [view.text[done:start], put]
        starts += [*view.starts[done:start], *([view.starts[start]] if put else [])]
        ends += [*view.ends[done:start], *([view.ends[end - 1]] if put else [])]
        done = end
    return View("".join([*text, view.text[done:]]), (*starts, *view.starts[done:]), (*ends, *view.ends[done:]))
