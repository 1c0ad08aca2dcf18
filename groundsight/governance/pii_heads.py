"""Which heads and labels announce personal data, and what counts as a value beneath one.

A head counts only when every word of it fits ("Emergency contact phone"): "Phone calls", "Cards issued" and
"IP rating" announce nothing. Beneath a head a bare number is enough, check sums are not asked for.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from groundsight.governance.pii_normalise import Candidate
from groundsight.governance.pii_patterns import ISSUER, luhn
from groundsight.governance.pii_phones import is_date, national
from groundsight.settings import Announced, PiiKind

_LONGEST = 60
_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTED = re.compile(r"[\s_.\-]+")


def _spelt(text: str) -> str:
    """Fold how the words of a head are written: "Social-Security_No.", "socialSecurityNo", "TELÉFONO"."""
    told = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text))
    bare = told if told.isascii() else "".join(each for each in told if unicodedata.category(each)[0] != "M")
    return _PARTED.sub(" ", bare.casefold())


def _words(group: dict[str, str], sign: str | None = None) -> frozenset[str]:
    return frozenset(_spelt(word) for words in group.values() for word in words.split(sign))


# Words by ISO 639-1 language. core: announce a kind; more: may stand beside those; phrases: read as one core word;
# number: make a short card or loose phone word sure; beside: say nothing of their own.
_DATA: dict[str, dict[str, dict[str, str]]] = json.loads(
    files("groundsight.governance").joinpath("data/heads.json").read_text("utf-8")
)
_KINDS: tuple[Announced, ...] = ("phone", "ssn", "card", "iban", "email", "ip")
_NUMBER_WORDS, _LOOSE, _SHORT_CARD = (_words(_DATA["words"][name]) for name in ("number", "loose", "short_card"))
_BESIDE = _words(_DATA["words"]["beside"]) | _NUMBER_WORDS | _LOOSE
_WORDS: dict[Announced, tuple[frozenset[str], frozenset[str]]] = {
    kind: (_words(_DATA["core"][kind]), _words(_DATA["more"].get(kind, {}))) for kind in _KINDS
}
_PHRASES = {
    kind: re.compile(rf"\b(?:{'|'.join(sorted(_words(told, '|')))})\b") for kind, told in _DATA["phrases"].items()
}
# How running text names what no column is headed by.
_NAMED: dict[Announced, re.Pattern[str]] = {
    kind: re.compile(rf"(?:^| )(?:{'|'.join(sorted(_words(_DATA['told'][kind], '|')))})\Z") for kind in ("card", "iban")
}
# What may follow the name of a value that is asked for; "" is the end of the question.
_AFTER = {""} | set(
    """number numbers no nr num address addresses adresse of for is was are does do did has have belongs to in at on and
    or under can should may listed given stored""".split()
)
_PHONE_PARTS = re.compile(r"(?:area|country|dial(?:l?ing)?|city) ?code|prefix|vorwahl|ext(?:ension)?", re.IGNORECASE)

_PHONE = re.compile(r"(?<![\w.,])\+?\(?\d(?:[ \-./()]{0,3}\d){6,14}(?![\w,]|\.\d)")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+\Z")
# Full groups of three, no round sum: "601 748 294" is how mobile numbers are written in Poland and Portugal.
_THREES = re.compile(r"\d{3}(?:[ .]\d{3}){2,}(?<!000)\Z")
_POST_CODE = re.compile(r"\d{5}-?\d{3}\Z")
_SSN = re.compile(r"(?<![\w.,])\d{3}[ \-./]{0,3}\d{2}[ \-./]{0,3}\d{4}(?![\w,]|\.\d)")
_SHORT_SSN = re.compile(r"\s*(\d{7,8})\s*\Z")
_CARD = re.compile(r"(?<![\w.,])\d(?:[ \-./]{0,2}\d){11,18}(?![\w,]|\.\d)")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}[ ]?\d[ ]?\d(?:[ \-./]{0,2}[A-Za-z0-9]){11,30}(?!\w)")
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_IP = re.compile(r"(?<![\w.:])[\dA-Fa-f:.]{6,45}(?![\w:])")
_REPLACED = re.compile(r"\[[A-Z]{2,5}_\d")
# Most cells of a table are no head: what holds none of these words is told at once.
_HINTS = _LOOSE.union(
    {"contact"},
    *(core for core, _ in _WORDS.values()),
    (_WORD.findall(phrase)[0] for told in _DATA["phrases"].values() for phrase in _words(told, "|")),
)
_PART_HINTS = ("code", "prefix", "vorwahl", "ext")

# A number that a transcriber parted, or that the edge of a page cut: nine digits or more right behind a head.
_TOLD = re.compile(r"(?<![\w.,])(?:(?:[A-Z] ?[A-Z] ?|[a-z]{2})\d ?\d(?:[ ,\-]{0,3}[A-Z]{4})?(?:[ ,\-]{0,3}\d){7,}+"
                   r"|\d(?:[ ,\-]{0,3}\d){8,}+)(?!\w|[.,]\d)")  # fmt: skip
_TOLD_REACH, _TOLD_WORDS, _TOLD_CARD = 90, 4, 12
_JOIN, _OF, _LEADS = ("|".join(word for told in _DATA["words"][name].values() for word in told.split())
                      for name in ("joins", "of", "leads"))  # fmt: skip
_SIGNS = rf"(?:\n|(?:[ :=,\"'(*#\-]|\.{{2,3}}|(?<=\bn[or])\.|\.(?= (?:{_JOIN})\W)){{1,6}}\n?)"
_JOINS = rf"(?:{_SIGNS}(?:{_JOIN}))*{_SIGNS}\Z"
# "the number is", and then "the number of Olga Brandt is".
_TOLD_GAPS = tuple(re.compile(owner + _JOINS, re.IGNORECASE)
                   for owner in ("", rf"{_SIGNS}(?:{_OF})(?: [^\W\d_]+\.?){{1,4}}(?= (?:{_JOIN})\W)"))  # fmt: skip
_BEFORE_CARD = frozenset(_spelt(f"{_JOIN}|{_LEADS}").split("|")) | _BESIDE | _WORDS["card"][1]
_MISHEARD = _words(_DATA["words"]["misheard"])
_AMOUNT, _YEARS = re.compile(r"\d,\d{3}(?!\d)"), re.compile(r"(?:(?:19|20)\d\d[ ,\-]*)+\Z")
_LONG_GROUPS, _ROUND = re.compile(r"\d{4}|\A\d(?:\D+\d)*\Z"), re.compile(r"(?:\d*00(?:\D+|\Z))+\Z")


@dataclass(frozen=True)
class Label:
    """What a head announces. ``sure``: a number suffices; ``part``: an area code or extension beside a number."""

    kind: Announced
    sure: bool = True
    part: bool = False


@dataclass(frozen=True)
class _Named:
    """What running text names. ``loose``: no number of it is named, an amount may follow; ``fewest`` digits."""

    kind: Announced
    loose: bool
    fewest: int = 9


def label_of(head: str) -> Label | None:
    """Return what a head or label announces, None for any other text."""
    return _label_of(head) if 2 <= len(head) <= _LONGEST and _WORD.search(head) else None


def may_announce(texts: Iterable[str]) -> bool:
    """False when none of these texts is a head or label of anything."""
    return _hints(_spelt("\n".join(texts)))


def _hints(spelt: str) -> bool:
    return not _HINTS.isdisjoint(_WORD.findall(spelt)) or any(part in spelt for part in _PART_HINTS)


@lru_cache(maxsize=8192)
def _label_of(head: str) -> Label | None:
    if "@" in head or _REPLACED.search(head):
        return None
    if not _hints(_spelt(head)):
        return None
    head = _told(head)
    if _PHONE_PARTS.fullmatch(head.strip(" .:#*")):
        return Label("phone", part=True)
    words = set(_WORD.findall(head))
    rest = words - _BESIDE
    for kind, (core, more) in _WORDS.items():
        if rest & core and rest <= core | more:
            return Label(kind, sure=not (rest & _SHORT_CARD) or bool(words & _NUMBER_WORDS))
    if not rest and words & _LOOSE:
        return Label("phone", sure=bool(words & _NUMBER_WORDS))
    return Label("phone") if not rest and "contact" in words and words & _NUMBER_WORDS else None


def _told(text: str) -> str:
    spelt = _spelt(text)
    for kind, phrase in _PHRASES.items():
        spelt = phrase.sub(kind, spelt)
    return spelt


def kinds_asked(question: str) -> frozenset[Announced]:
    """Return the kinds whose value a question asks for: a phone number, but not a phone plan."""
    words = _WORD.findall(_told(question))
    followed = zip(words, [*words[1:], ""], strict=True)
    asked = [word for word, following in followed if following in _AFTER]
    return frozenset(kind for kind, (core, _) in _WORDS.items() for word in asked if word in core)


def under(label: Label, text: str) -> Iterator[Candidate]:
    """Yield the values of a folded text that stands under a label."""
    match label.kind:
        case "phone":
            found = (each for each in _PHONE.finditer(text) if _phone_like(each.group(), label.sure))
        case "ssn":
            found = iter([*_SSN.finditer(text), *filter(None, [_SHORT_SSN.match(text)])])
        case "card":
            found = (each for each in _CARD.finditer(text) if label.sure or luhn(re.sub(r"\D", "", each.group())))
        case "iban":
            found = _IBAN.finditer(text)
        case "email":
            found = _EMAIL.finditer(text)
        case "ip":
            found = (each for each in _IP.finditer(text) if _is_address(each.group()))
    for match in found:
        yield Candidate(match.start(), match.end(), re.sub(r"[^\w@.:]|(?<=\d)[.](?=\d)", "", match.group()).casefold())


def named_numbers(kind: PiiKind, text: str) -> Iterator[Candidate]:
    """Yield the numbers of a folded text right behind words that name a card, an account or a social security number.

    No check digit is asked for: a transcriber drops and doubles digits, and a cut page lacks the last ones.
    """
    for match in _TOLD.finditer(text):
        before = text[max(0, match.start() - _TOLD_REACH) : match.start()]
        gaps = (gap.start() for shape in _TOLD_GAPS if (gap := shape.search(before)))
        named = next(filter(None, (_named(before[:end]) for end in gaps)), None)
        if named and named.kind == kind and _fits(named, match.group()):
            yield Candidate(match.start(), match.end(), re.sub(r"\W", "", match.group()).casefold())


def _named(before: str) -> _Named | None:
    """Return what the last words of a text name."""
    words = re.split(r"[,;:!?|()\n]", before)[-1].split()[-_TOLD_WORDS:]
    spelt = _spelt(" ".join(words))
    for kind, phrases in _NAMED.items():
        if phrases.search(spelt):
            return _Named(kind, loose=kind == "card")
    heads = [words[-size:] for size in range(1, len(words) + 1)]
    labels = [(head, label) for head in heads if (label := _label_in_text(" ".join(head)))]
    for head, label in labels:
        if label.sure:
            shown = _spelt(" ".join(head))
            numbered = _told(shown) == shown or not _NUMBER_WORDS.isdisjoint(_WORD.findall(shown))
            return _Named(label.kind, loose=spelt.endswith("s") or not numbered)
    bare = (label for head, label in labels if len(head) == len(words) or _spelt(words[-len(head) - 1]) in _BEFORE_CARD)
    return next((_Named(label.kind, loose=True, fewest=_TOLD_CARD) for label in bare), None)


def _label_in_text(head: str) -> Label | None:
    if head.casefold() in _MISHEARD:
        return Label("card", sure=False)
    # "SS 304" is a steel.
    return None if re.search(r"\d", head) or head.casefold() in ("ss", "pan") else label_of(head)


def _fits(named: _Named, shown: str) -> bool:
    if is_date(shown) or _YEARS.match(shown) or (named.loose and _AMOUNT.search(shown)):
        return False
    digits = re.sub(r"\D", "", shown)
    if len(digits) < named.fewest or not named.loose or named.kind == "ssn":
        return len(digits) >= named.fewest
    grouped = _LONG_GROUPS.search(shown) and not _ROUND.match(shown)
    return bool(grouped) and (named.kind == "iban" or bool(ISSUER.match(digits)))


def _phone_like(shown: str, sure: bool) -> bool:
    if is_date(shown) or (_THOUSANDS.match(shown) and not (sure and _THREES.match(shown))):
        return False
    # Eight digits under "CEP" are a Brazilian post code.
    return sure or (shown.lstrip("(")[0] in "+0" and not _POST_CODE.match(shown)) or national(shown)


def _is_address(shown: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(shown)
    except ValueError:
        return False
    return True
