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
from groundsight.governance.pii_patterns import luhn
from groundsight.governance.pii_phones import is_date, national
from groundsight.settings import Announced

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


@dataclass(frozen=True)
class Label:
    """What a head announces. ``sure``: a number suffices; ``part``: an area code or extension beside a number."""

    kind: Announced
    sure: bool = True
    part: bool = False


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
