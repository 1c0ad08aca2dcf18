"""What a model of names finds, mended by what is known for sure: labels, identifiers, titles, addresses, companies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from groundsight.governance.pii_heads import label_of
from groundsight.ingestion.names.addresses import addresses, is_beside_house
from groundsight.language.ids import find_ids
from groundsight.language.licences import is_ordinary
from groundsight.language.names import find_names
from groundsight.language.stems import lexicon_lines, word_list
from groundsight.language.tokens import tokenise

NameKind = Literal["person", "place", "org"]
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w.'’\-]*"
_RUN = rf"(?P<name>(?-i:{_CAPITAL})(?:[ ](?-i:{_CAPITAL})){{0,4}})"
_EDGES = " \t\r.,;:!?\"'“”‘’()[]<>*_|/&-–"
_CALENDAR = frozenset(
    word for name in ("months.tsv", "weekdays.tsv") for line in lexicon_lines(name) for word in line.split()[1:]
)
_TITLE = "|".join(sorted(map(str.capitalize, word_list("titles.txt")), key=len, reverse=True))
_TITLE_BEFORE = re.compile(rf"\b(?:{_TITLE})\.?[ ]\Z")
_LABEL = "|".join(word_list("person_labels.txt"))
# "Tenant: Ann Holm", "my name is Ann", 'Ann: "..."', "Mrs Holm".
_PERSONS = (
    re.compile(rf"^[ \t>*?|-]*(?:[\w ]{{0,20}}\b(?:{_LABEL})[ \t]*[:=][ \t]*){_RUN}", re.IGNORECASE | re.MULTILINE),
    re.compile(rf"\b(?:name is|call me|was called|name[’']s)[ ]{_RUN}", re.IGNORECASE),
    re.compile(rf"^[ \t>]*(?P<name>{_CAPITAL}(?:[ ]{_CAPITAL})?):(?=[ \t]?[\"“A-Z])", re.MULTILINE),
    re.compile(rf"\b(?:{_TITLE})\.?[ ]{_RUN}"),
)
# "flew to", "originally from", "works for", "Ann Holm of".
_TO = re.compile(r"(?P<word>[\w’']+)(?: \w+)?(?: up)? (?:in|to|at|from|of) (?:of )?$", re.IGNORECASE)
_FOR = re.compile(rf"(?:(?P<word>\w+) (?:for|at|by|of|with)|{_CAPITAL} {_CAPITAL} (?:of|from|at)) $")
# "Zoolander is a 2017 comedy film directed by": what it is stands before the next small word, or at the end.
_IS_A = re.compile(
    r"[\"”’)]? (?:is|was) (?:an?|the) (?P<said>(?:[\w'’-]+ ){0,6}?[\w'’-]+)"
    r"(?=[.,;:)]|$| (?:[a-z]{2,3}|from|with|that|\w+ed)\b)"
)
# Of several persons one says "are".
_FIRM = re.compile(rf"(?P<name>{_CAPITAL}, {_CAPITAL},? (?:and|&) {_CAPITAL})(?= (?:is|was|has)\b)")
_NUMERAL = re.compile(r"[IVX]+")
_PREPOSITION = re.compile(r"\b(?:in|at|near) +$", re.IGNORECASE)


class NameFound(NamedTuple):
    """A name: where it stands in the text, and of what."""

    start: int
    end: int
    kind: NameKind


def recased(text: str) -> str:
    """Write shouted words, and lines without any capital, as names are written; every character keeps its place."""
    return re.sub(r"[^\n]+", _recased_line, text)


def mended(text: str, found: Iterable[NameFound]) -> tuple[NameFound, ...]:
    """Return the names of a text, in order, none over another."""
    ids = [one.span for one in find_ids(text)]
    kept: list[NameFound] = []
    for each in chain(_sure(text), _named_by(text, (*found, *_left_over(text)), ids)):
        if not any(one.start < each.end and each.start < one.end for one in kept):
            kept.append(each)
    return tuple(sorted(_with_title(text, each) for each in kept))


def _with_title(text: str, each: NameFound) -> NameFound:
    """ "Mrs" in front of a person goes with the person."""
    title = _TITLE_BEFORE.search(text, max(0, each.start - 20), each.start) if each.kind == "person" else None
    return each._replace(start=title.start()) if title else each


def _recased_line(line: re.Match[str]) -> str:
    words = WORD.findall(line[0])
    quiet = bool(words) and not any(word[0].isupper() for word in words)
    told = WORD.sub(
        lambda word: word[0].title() if quiet or (word[0].isupper() and len(word[0]) > 3) else word[0], line[0]
    )
    return told if len(told) == len(line[0]) else line[0]


def _sure(text: str) -> Iterator[NameFound]:
    """Yield what needs no model: streets with their towns, countries, and who is announced as a person."""
    yield from (NameFound(*span, "place") for span in addresses(text))
    yield from (NameFound(*match.span("name"), "org") for match in _FIRM.finditer(text))
    for match in chain.from_iterable(pattern.finditer(text) for pattern in _PERSONS):
        if not label_of(match["name"]) and not all(map(_plain, WORD.findall(match["name"]))):
            yield NameFound(*match.span("name"), "person")


def _named_by(text: str, found: Iterable[NameFound], ids: Sequence[tuple[int, int]]) -> Iterator[NameFound]:
    for piece in chain.from_iterable(_pieces(text, each) for each in found):
        if _is_name(text, piece) and not any(a < piece.end and piece.start < b for a, b in ids):
            yield _placed(text, piece)


def _left_over(text: str) -> Iterator[NameFound]:
    """Yield runs of capitalised words that no dictionary knows: models miss names of other languages."""
    shown = recased(text)
    for name in find_names(shown, tokenise(shown)):
        words = WORD.findall(name.text)
        if not all(map(_plain, words)):
            yield NameFound(*name.span, _guessed(text, name.span[0], words))


def _guessed(text: str, start: int, words: Sequence[str]) -> NameKind:
    if {word.casefold() for word in words} & word_list("organisation_words.txt"):
        return "org"
    if _PREPOSITION.search(text[max(0, start - 10) : start]):
        return "place"
    return "person" if 2 <= len(words) <= 3 else "org"


def _placed(text: str, each: NameFound) -> NameFound:
    """What stands beside a house number is a street; "flew to X", "works for X", "Ann Holm of X" say what X is."""
    before = text[max(0, each.start - 40) : each.start]
    if each.kind != "place" and (is_beside_house(text, each.start, each.end) or _says(_TO, before, "going_words.txt")):
        return each._replace(kind="place")
    works = each.kind == "person" and _says(_FOR, before, "working_words.txt")
    return each._replace(kind="org") if works else each


def _says(pattern: re.Pattern[str], before: str, words: str) -> bool:
    found = pattern.search(before)
    return found is not None and (not found["word"] or not word_list(words).isdisjoint(found[0].casefold().split()))


def _pieces(text: str, each: NameFound) -> Iterator[NameFound]:
    """A name runs over no line, no cell and no sentence; of a person, ordinary words that it was parted from go."""
    for piece in re.finditer(r"(?:(?!(?<=[a-z]{3})[.!?] [A-Z])[^\n\t])+", text[each.start : each.end]):
        shown = piece[0]
        start = each.start + piece.start() + len(shown) - len(shown.lstrip(_EDGES))
        end = each.start + piece.start() + len(shown.rstrip(_EDGES))
        parted = len(shown) < each.end - each.start
        if start < end and not (parted and each.kind == "person" and all(map(_plain, WORD.findall(shown)))):
            yield NameFound(start, end, each.kind)


def _is_name(text: str, each: NameFound) -> bool:
    """Tell a name from a label ("SSN"), a code, a month, and ordinary words that a model took for a company."""
    shown = text[each.start : each.end]
    if each.kind == "person" and (said := _IS_A.match(text, each.end)) and _is_thing(said["said"]):
        return False
    words, digits = WORD.findall(shown), sum(map(str.isdigit, shown))
    if not words or label_of(shown) or digits > 3 or (digits and len(words) < 2):
        return False
    if {word.casefold() for word in words} <= _CALENDAR | word_list("currency_codes.txt"):
        return False
    if '"' in shown or (_NUMERAL.fullmatch(words[-1]) and all(map(_plain, words[:-1]))):
        return False
    if len(words) == 1 and _plain(words[0]) and text[each.end : each.end + 1] == ":":
        return False
    named = each.kind == "person" or (each.kind == "org" and len(words) > 1 and shown.istitle())
    return named or not all(map(_plain, words))


def _is_thing(said: str) -> bool:
    return said.rpartition(" ")[2].casefold() in word_list("thing_words.txt")


def _plain(word: str) -> bool:
    return (told := word.casefold()) in _CALENDAR or told in word_list("name_particles.txt") or is_ordinary(told)
