"""Which heads and labels announce personal data, and what counts as a value beneath one.

A head counts only when every word of it fits ("Emergency contact phone"): "Phone calls", "Cards issued" and
"IP rating" announce nothing. Beneath a head a bare number is enough, check sums are not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from groundsight.governance.pii_normalise import Candidate
from groundsight.governance.pii_patterns import luhn
from groundsight.governance.pii_phones import is_date, national
from groundsight.settings import PiiKind

_LONGEST = 60
_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTED = re.compile(r"[\s_.\-]+")
_SOCIAL = re.compile(r"\bsoc(?:ial)? ?sec(?:urity)?\b")
_BESIDE = frozenset(
    """number numbers no nos nr num nummer n numéro numero número de s home work office mobile mobil cell business
    private privat personal primary secondary main alt alternate alternative other emergency contact contacts customer
    client patient employee staff member user guest applicant student spouse parent guardian father mother company
    direct day daytime evening night line the my your his her their or and holder owner sender recipient receiver
    caller person first second intl international local full required optional preferred best billing shipping
    delivery dienstlich geschäftlich address adresse addr""".split()
)
_WORDS: dict[PiiKind, tuple[frozenset[str], frozenset[str]]] = {
    "phone": (
        frozenset(
            """phone phones telephone telephones tel tels telefon telefono teléfono téléphone telefoon cellphone handy
            handynummer telefonnummer telefonnr rufnummer mobilnummer mobilfunknummer mobiltelefon phonenumber phoneno
            telno fax faxnummer telefax facsimile whatsapp msisdn landline festnetz hotline celular móvil cellulare
            dial durchwahl""".split()
        ),
        frozenset(),
    ),
    "ssn": (frozenset("ssn ssns ss itin ssan".split()), frozenset({"us"})),
    "card": (
        frozenset(
            "card cards pan cc creditcard cardnumber ccnumber kreditkarte kreditkartennummer kartennummer".split()
        ),
        frozenset("credit debit payment bank visa mastercard amex".split()),
    ),
    "iban": (frozenset({"iban", "ibans"}), frozenset("bank account code konto".split())),
    "email": (
        frozenset("email emails mail mails emailaddress mailadresse courriel correo".split()),
        frozenset("e electrónico".split()),
    ),
    "ip": (
        frozenset("ip ips ipv ipaddress".split()),
        frozenset(
            """server source src destination dest dst remote host public static gateway dns lan wan internal external
            login last current peer router from to""".split()
        ),
    ),
}
# What may follow the name of a value that is asked for; "" is the end of the question.
_AFTER = {""} | set(
    """number numbers no nr num address addresses adresse of for is was are does do did has have belongs to in at on and
    or under can should may listed given stored""".split()
)
_NUMBER_WORDS = frozenset("number numbers no nr num nummer".split())
_PHONE_PARTS = re.compile(r"(?:area|country|dial(?:l?ing)?|city) ?code|prefix|vorwahl|ext(?:ension)?", re.IGNORECASE)

_PHONE = re.compile(r"(?<![\w.,])\+?\(?\d(?:[ \-./()]{0,3}\d){6,14}(?![\w,]|\.\d)")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+\Z")
_SSN = re.compile(r"(?<![\w.,])\d{3}[ \-./]{0,3}\d{2}[ \-./]{0,3}\d{4}(?![\w,]|\.\d)")
_SHORT_SSN = re.compile(r"\s*(\d{7,8})\s*\Z")
_CARD = re.compile(r"(?<![\w.,])\d(?:[ \-./]{0,2}\d){11,18}(?![\w,]|\.\d)")
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}[ ]?\d[ ]?\d(?:[ \-./]{0,2}[A-Za-z0-9]){11,30}(?!\w)")
_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_IP = re.compile(r"(?<![\w.:])[\dA-Fa-f:.]{6,45}(?![\w:])")
_REPLACED = re.compile(r"\[[A-Z]{2,5}_\d")
# Most cells of a table are no head: what holds none of these words is told at once.
_HINT = re.compile(
    "|".join(sorted({word for core, _ in _WORDS.values() for word in core} - {"tel", "ss"}))
    + "|tel|ss|soc|mobil|cell|contact|code|prefix|vorwahl|ext",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Label:
    """What a head announces. ``sure``: a number suffices; ``part``: an area code or extension beside a number."""

    kind: PiiKind
    sure: bool = True
    part: bool = False


@lru_cache(maxsize=8192)
def label_of(head: str) -> Label | None:
    """Return what a head or label announces, None for any other text."""
    if not 2 <= len(head) <= _LONGEST or "@" in head or _REPLACED.search(head) or not _HINT.search(head):
        return None
    head = _spelt(head)
    if _PHONE_PARTS.fullmatch(head.strip(" .:#*")):
        return Label("phone", part=True)
    words = set(_WORD.findall(head))
    rest = words - _BESIDE
    for kind, (core, more) in _WORDS.items():
        if rest & core and rest <= core | more:
            return Label(kind, sure=not (rest & {"card", "cards", "cc"}) or bool(words & _NUMBER_WORDS))
    if not rest and words & {"mobile", "mobil", "cell"}:
        return Label("phone", sure=bool(words & _NUMBER_WORDS))
    return Label("phone") if not rest and "contact" in words and words & _NUMBER_WORDS else None


def _spelt(text: str) -> str:
    """Fold the ways to part the words of a head: "Social-Security_No.", "socialSecurityNo" and "soc. sec. no"."""
    parted = _PARTED.sub(" ", _CAMEL.sub(" ", text).casefold())
    return _SOCIAL.sub("ssn", parted)


def kinds_asked(question: str) -> frozenset[PiiKind]:
    """Return the kinds whose value a question asks for: a phone number, but not a phone plan."""
    words = _WORD.findall(_spelt(question))
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
    if is_date(shown) or _THOUSANDS.match(shown):
        return False
    return sure or shown.lstrip("(")[0] in "+0" or national(shown)


def _is_address(shown: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(shown)
    except ValueError:
        return False
    return True
