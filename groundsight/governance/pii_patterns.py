"""Find structured personal data in folded text: patterns of bounded length, then validators.

Every pattern either starts only at the border of its character class or has a bounded length, so the
work grows linearly with the text. Each finder yields ``Candidate`` in coordinates of the folded text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import cast

from groundsight.governance import pii_prefilter
from groundsight.governance.pii_normalise import Candidate
from groundsight.settings import PiiKind

_LOCAL = r"\w.%+'\-"
_EMAIL = re.compile(
    rf"(?<![{_LOCAL}])(?P<local>[{_LOCAL}]++)(?:@@?\s?|\s@[ \t]?)"
    r"(?P<domain>(?:[\w-]++\.){1,127}[^\W\d_][\w-]*+"
    r"|[\w-]++\.?\n\.?[^\W\d_]{2,24}(?!\w)(?:\.[^\W\d_]{2,24}(?!\w))?"
    r"|[\w-]+-\n[\w-]++(?:\.[\w-]++){1,9}|[\w-]++,(?:com|org|net)(?!\w))"
)
_QUOTED_EMAIL = re.compile(r"\"[^\"\s@][^\"\n@]{0,62}\"@(?:[\w-]++\.){1,127}[^\W\d_][\w-]*+")
_SPREAD_EMAIL = re.compile(r"(?<!\w)(?<!\w )(?:[\w.+-] ){2,64}@(?: [\w-])+(?: \.(?: [\w-])+){1,5}(?! ?\w)")
_RETINA = re.compile(r"\d+x\.(?:png|jpe?g|gif|webp|svg|heic|avif)", re.IGNORECASE)

_GAP = r"(?:[ \-.\n\t]{1,2}| -{1,2} | ?[|,:;~+*] ?|\] ?\[)"
_CARD_SHAPES = (
    re.compile(r"(?<![\w])(?<!\d[.,])(?=(\d{12,19})(?!\w))"),
    re.compile(rf"(?<!\d)(?=(\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}(?:{_GAP}\d{{3}})?)(?!\d))"),
    re.compile(rf"(?<!\d)(?=(\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}})(?!\d))"),
    re.compile(rf"(?<!\d)(?=(\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}})(?!\d))"),
    re.compile(r"(?<!\d)(?<!\d[ \-.\n])(?=(\d(?:[ \-.\n]\d){12,18})(?![ \-.\n]?\d))"),
    re.compile(r"(?<!\w)(?=(\d{4,14}\n\d{2,12})(?!\w))"),
)
_MISREAD = re.compile(r"\d[SBZ]|[SBZ]\d")
_CARD_WORD = re.compile(
    r"\b(?:card|cards|credit|debit|visa|master\s?card|amex|american express|maestro|discover|diners|jcb|pan|cc)\b",
    re.IGNORECASE,
)
_BEHIND = 16
ISSUER = re.compile(r"2[2-7]|3|4|5|6|1800|2131")

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?=([A-Za-z][ ]?[A-Za-z][ ]?\d[ ]?\d(?:(?:[ \-.\n\t]{0,2}| ?[|,:;] ?)[A-Za-z0-9]){11,30}))"
)
_IBAN_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_IBAN_LENGTH = {country: length for length, listed in _IBAN_LENGTHS.items() for country in listed.split()}

_SSN = re.compile(r"(?<![\w.])(?<!\d[ \-,])(\d{3})(-\n?|\.| ?\n|  ?)(\d{2})\2(\d{4})(?!\w)(?![ \-.,]\d)")
_SSN_SPACED_DASH = re.compile(r"(?<![\w.])(\d{3}) ?\n?- ?\n?(\d{2}) ?\n?- ?\n?(\d{4})(?!\w)")
_SSN_SPREAD = re.compile(r"(?<!\w)(?<!\d )(\d \d \d) ?- ?(\d \d) ?- ?(\d \d \d \d)(?! ?\d)(?!\w)")
_SSN_WORD = r"(?<![^\W_])(?:ssn|itin|soc(?:ial|\.)?[ _\-]?sec(?:urity)?)(?:no|number)?(?![^\W_])"
_SSN_TOLD = re.compile("ssn|itin|soc", re.IGNORECASE)
_SSN_LABELLED = re.compile(
    _SSN_WORD + r"[^\d\n]{0,25}\n?(\d{3})[ \-.\n\t]?(\d{2})[ \-.\n\t]?(\d{4})(?!\d)", re.IGNORECASE
)

_IPV4 = re.compile(r"(?<![\w.])(?<!\d[.])(?:\d{1,3}\n?\.\n?){3}\d{1,3}(?!\w)(?!\.\d)")
_NUMBERED = re.compile(
    r"(?:\b(?:v|version|release|build|section|clause|chapter|patch|firmware|fw|kernel|driver|software|revision|rev|appendix"
    r"|annex|article|paragraph|figure|fig|table|kapitel|abschnitt|chapitre|capítulo|capitolo)|§)\.?[:= ]{0,2}$",
    re.IGNORECASE,
)
_HEADING = re.compile(r" [^\W\d_]")
_OTHER_NUMBER = re.compile(
    r"\b(?:part|serial|case|sku|invoice|order|lot|batch|model|item|ticket|isbn|issn|upc|ean)\b"
    r"[^\w\n]{0,3}(?:(?:no|nr|number|id|code)\b[^\w\n]{0,3})?$",
    re.IGNORECASE,
)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:\n?){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])")


def emails(text: str) -> Iterator[Candidate]:
    """Yield e-mail addresses whose domain has a dot (RFC 5321 shapes, internal domains included)."""
    for match in _EMAIL.finditer(text):
        lead = len(match["local"]) - len(match["local"].lstrip(".'-%+"))
        domain = re.sub(r"-\n|\s", "", match["domain"])
        if lead < len(match["local"]) and not _RETINA.fullmatch(domain):
            yield Candidate(match.start() + lead, match.end(), f"{match['local'][lead:]}@{domain}".lower())
    spread = _SPREAD_EMAIL.finditer(text) if " @ " in text else ()
    for match in chain(spread, _QUOTED_EMAIL.finditer(text) if '"@' in text else ()):
        yield Candidate(match.start(), match.end(), match.group().replace(" ", "").lower())


def cards(text: str) -> Iterator[Candidate]:
    """Yield payment cards: an issuer's first digits, 12 to 19 digits, the Luhn sum (ISO/IEC 7812).

    Read from a picture, 5, 8 and 2 may have become S, B and Z.
    """
    if _MISREAD.search(text):
        text = text.translate(pii_prefilter.LOOKALIKE_DIGITS)
    for shape in _CARD_SHAPES:
        for match in pii_prefilter.number_matches(shape, text, 12):
            digits = re.sub(r"\D", "", match[1])
            if ISSUER.match(digits) and 12 <= len(digits) <= 19 and luhn(digits) and _card_like(text, match, digits):
                yield Candidate(match.start(1), match.end(1), digits)


def ibans(text: str) -> Iterator[Candidate]:
    """Yield bank accounts with their country's length and a check sum of 1 modulo 97 (ISO 13616)."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        found = _prefix(match[1], _IBAN_LENGTH.get(match[1].replace(" ", "")[:2].upper(), 0))
        compact = re.sub(r"[^A-Z0-9]", "", found.upper())
        follows = text[match.start() + len(found) : match.start() + len(found) + 1]
        if compact and not follows.isalnum() and _mod97(compact) and iban.is_valid(compact, check_country=False):
            yield Candidate(match.start(), match.start() + len(found), compact)


def ssns(text: str) -> Iterator[Candidate]:
    """Yield US social security and taxpayer numbers by the rules of their issuer."""
    for match in pii_prefilter.number_matches(_SSN, text, 9):
        told = match[2].strip("\n") and not _OTHER_NUMBER.search(text, max(0, match.start() - 24), match.start())
        if _ssn_rules(match[1], match[3], match[4]) and (told or _labelled_ssn(text, match.start())):
            yield Candidate(match.start(), match.end(), match[1] + match[3] + match[4])
    spaced = (pii_prefilter.number_matches(shape, text, 9) for shape in (_SSN_SPACED_DASH, _SSN_SPREAD))
    for match in chain(*spaced, _SSN_LABELLED.finditer(text) if _SSN_TOLD.search(text) else ()):
        area, group, serial = (part.replace(" ", "") for part in match.groups())
        other = _OTHER_NUMBER.search(text, max(0, match.start(1) - 24), match.start(1))
        if _ssn_rules(area, group, serial) and not other:
            yield Candidate(match.start(1), match.end(), area + group + serial)


def ips(text: str) -> Iterator[Candidate]:
    """Yield IPv4 and IPv6 addresses, but no section numbers and no versions."""
    for match in _IPV4.finditer(text):
        value = _address(match.group().replace("\n", "", 1))
        if value and not _looks_numbered(text, match):
            yield Candidate(match.start(), match.end(), value)
    for match in _IPV6.finditer(text):
        shown = match.group().replace("\n", "")
        value = _address(shown) if len(list(filter(None, shown.split(":")))) >= 3 else ""
        if value:
            yield Candidate(match.start(), match.end(), value)


def luhn(digits: str) -> bool:
    """True if the digits end in their Luhn check digit and are not all zero."""
    odd = sum(int(digit) for digit in digits[-1::-2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (odd + even) % 10 == 0 and any(digit != "0" for digit in digits)


def _card_like(text: str, match: re.Match[str], digits: str) -> bool:
    """Ask for a word about cards where chance alone would make one number in ten a card."""
    gaps = re.findall(r"\D+", match[1])
    amounts = len(gaps) == 3 and all(group.endswith("00") for group in re.findall(r"\d+", match[1]))
    column = bool(set("\t|,:;~+*[") & set(match[1])) or (
        bool(gaps) and all("\n" in gap for gap in gaps) and _lines_alone(text, match)
    )
    certain = len(digits) in (15, 16, 19) and not amounts and not column
    return certain or bool(_CARD_WORD.search(text, max(0, match.start() - 80), match.end(1) + _BEHIND))


def _lines_alone(text: str, match: re.Match[str]) -> bool:
    """True for numbers that have their lines to themselves, as in a column."""
    return text[match.start(1) - 1 : match.start(1)] in ("", "\n") and text[match.end(1) : match.end(1) + 1] in (
        "",
        "\n",
    )


def _prefix(shown: str, wanted: int) -> str:
    """Return the shortest prefix with that many letters and digits, empty when there are fewer."""
    seen = 0
    for place, character in enumerate(shown):
        seen += character.isalnum()
        if seen == wanted:
            return shown[: place + 1]
    return ""


def _mod97(compact: str) -> bool:
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def _ssn_rules(area: str, group: str, serial: str) -> bool:
    taxpayer = area[0] == "9" and int(group) in {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}
    return area not in ("000", "666") and (area[0] != "9" or taxpayer) and group != "00" and serial != "0000"


def _labelled_ssn(text: str, start: int) -> bool:
    return bool(re.search(_SSN_WORD, text[max(0, start - 40) : start], re.IGNORECASE))


def _address(shown: str) -> str:
    from ipaddress import ip_address

    try:
        return ip_address(shown).compressed
    except ValueError:
        return ""


def _looks_numbered(text: str, match: re.Match[str]) -> bool:
    """True for "version 1.2.3.4" and for a heading such as "4.1.2.3 Scope"."""
    before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 2]
    small = all(0 < int(part) <= 30 for part in match.group().split("."))
    # A heading starts with a capital and few chapters have ten parts: "10.20.30.12 printer" is a host of a list.
    heads = small and not match.group().startswith("10.") and bool(_HEADING.match(after)) and not after[1:].islower()
    starts_line = not before or before.endswith("\n")
    if small and "\n" in match.group():
        return True
    return bool(_NUMBERED.search(before)) or (heads and starts_line)


def finders() -> tuple[tuple[PiiKind, Callable[[str], Iterator[Candidate]]], ...]:
    """Return every finder, the most certain first: where two overlap the earlier one wins."""
    from groundsight.governance.pii_heads import named_numbers
    from groundsight.governance.pii_phones import phones
    from groundsight.governance.pii_secrets import secrets

    named = ((kind, partial(named_numbers, kind)) for kind in ("iban", "card", "ssn"))
    listed = (("secret", secrets), ("email", emails), ("iban", ibans), ("card", cards), ("ssn", ssns), ("ip", ips),
              *named, ("phone", phones))  # fmt: skip
    return cast("tuple[tuple[PiiKind, Callable[[str], Iterator[Candidate]]], ...]", listed)
