"""What a text must show before a finder can find anything in it: cheap tests that are never narrower than the finders.

Most texts that are looked at are cells of tables, and most of them hold nothing. One pass over all of them together
tells so: asked cell by cell it was half of the 6 CPU s that the redaction of 20,000 rows took.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from groundsight.governance.pii_normalise import SAID_AT, SAID_NUMBER, is_folded

# Letters that case folding makes ASCII, as a pattern that leaves case aside takes them to be.
_CASELESS = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}
# ASCII, and letters, quotes and dashes that fold into such: no digit, no @ and no "at" comes out of them.
_PLAIN = re.compile("[\\x00-\\x7f\xa0\xc0-\u024f\u2013\u2014\u2018-\u201f\u2026\u20ac]*+\\Z")
_SIGNS = ("@", "%", "&", "\\", "(a)", "[a]", "{a}", *SAID_AT)
_AT = re.compile(r"(?:at|ät)(?<=[\s_\[({<*|~:+\"'“”„‘’«»‹›-]..)(?=[\s_\])}>*|~:+\"'“”„‘’«»‹›-])")
_COLONS = re.compile(r":[^:\0]*+:")
# Issuers' prefixes and labels of pii_secrets, looser than they are.
SAID_SECRET = ("kennwort", "mot de passe", "contraseña", "senha", "wachtwoord", "hasło", "lösenord", "пароль")
# Those with a sign stand apart: most texts lack it.
_SECRETS = (
    ("_", tuple("gho_ ghp_ ghs_ ghu_ ghr_ _pat_ sk_ rk_ npm_ hf_ api_key".split())),
    ("-", tuple("-----begin glpat xox sk- rk- api-key".split())),
    ("", (*"akia asia aiza eyj sg. passw pwd secret apikey token bearer ://".split(), "api key", *SAID_SECRET)),
)
# Nouns, verbs and lines of pii_phones, and what stands before the number in a link.
TELLING = tuple(
    """phone tel fon fax facsimile hotline pager whatsapp sms móvil tél teléfono handy tlf fone cellular celular mobiel
    телефон dial call ring message reach answering contact mobil cell desk office home registered work""".split()
)
LINKS = ("me/", "tel:", "sms:", "smsto:", "callto:", "facetime:", "whatsapp:", "phone=", "msisdn=")

_RUN = re.compile(r"\d[\d \-./()\n\t|,:;~+*\[\]]{6,}+")
_NO_DIGIT = {ord(each): None for each in " -./()\n\t|,:;~+*[]"}
# A number begins with "(+" at most, and a look behind it sees two characters.
_BEFORE, _BEHIND = 3, 2
LOOKALIKE_DIGITS = str.maketrans("SBZ", "582")
_MISREAD = re.compile(r"[SBZ](?:(?<=\d.)|(?=\d))")
_CARD, _ACCOUNT_CHARS = 12, 15
_TOLD = 9
_DIGITS = (("card", _TOLD), ("iban", _TOLD), ("ssn", _TOLD), ("phone", 7))
_GROUPS = re.compile(r"\.\n?\d{1,3}\n?\.\n?\d|:[\dA-Fa-f]{0,4}:")
_COUNTRY = re.compile(r"\d(?<=[A-Za-z ]\d)(?:(?<=[A-Za-z][A-Za-z]\d)|(?<=[A-Za-z] [A-Za-z]\d)|(?<=[A-Za-z][A-Za-z] \d)"
                      r"|(?<=[A-Za-z] [A-Za-z] \d))")  # fmt: skip


def _least(of: str, count: int) -> str:
    """So many signs of a class, in one text among texts that stand behind a NUL each."""
    return rf"(?:[^{of}\0]*+[{of}]){{{count}}}"


# Folding adds no digit but where O, l and the like stand among digits, at most as many as there are.
_ALIKE = r"\doqli"
_NUMBER = re.compile(
    rf"\0(?={_least(chr(92) + 'd', 4)})(?:{_least(_ALIKE, 9)}|{_least(_ALIKE + 'sbz', _CARD)}|{_least('.', 3)}"
    rf"|[^\0]*?(?:dot|punkt)|(?={_least(_ALIKE, 7)})[^\0]*?(?:\+|[0oq]{{2}}|{'|'.join((*TELLING, *LINKS))}))"
)
_ACCOUNT = re.compile(rf"\0(?=[^\0]{{{_ACCOUNT_CHARS}}})(?=[^\d\0]*+\d)[^\0]*?[a-z] ?[a-z] *[{_ALIKE}] *[{_ALIKE}]")


def may_hold(*texts: str) -> bool:
    """False when no finder of any kind could find something in one of these texts as they were written."""
    joined = "\0".join(("", *texts))
    if joined.count("\0") > len(texts):
        joined = "\0".join(("", *(text.replace("\0", " ") for text in texts)))
    if not joined.isascii() and not _PLAIN.match(joined):
        return True
    lower = lowered(joined)
    if is_folded(joined):
        return True
    if (":" in lower and _COLONS.search(lower)) or names_one(lower, _SIGNS) or _tells_a_secret(lower):
        return True
    return any(pattern.search(lower) for pattern in (_AT, _NUMBER, _ACCOUNT, SAID_NUMBER))


def lowered(text: str) -> str:
    """Return a text of the same length with its case left aside."""
    return (text if text.isascii() else text.translate(_CASELESS)).lower()


def names_one(lower: str, words: Iterable[str]) -> bool:
    """True when one of these stands in a lowered text."""
    return any(word in lower for word in words)


def _tells_a_secret(lower: str) -> bool:
    return any(sign in lower and names_one(lower, words) for sign, words in _SECRETS)


def kinds_in(text: str) -> frozenset[str]:
    """Return the kinds that a folded text may hold."""
    most = longest_number(text)
    kinds = {kind for kind, fewest in _DIGITS if most >= fewest}
    kinds |= {"iban"} if len(text) >= _ACCOUNT_CHARS and _COUNTRY.search(text) else set()
    kinds |= {"ip"} if _GROUPS.search(text) else set()
    if "card" not in kinds and _MISREAD.search(text):
        kinds |= {"card"} if longest_number(text.translate(LOOKALIKE_DIGITS)) >= _CARD else set()
    kinds |= {"secret"} if _tells_a_secret(lowered(text)) else set()
    return frozenset(kinds | ({"email"} if "@" in text else set()))


def longest_number(text: str) -> int:
    """Return how many digits stand together at most, whatever parts them in cards and phone numbers."""
    return max((digits for _, _, digits in _runs(text)), default=0)


def number_matches(shape: re.Pattern[str], text: str, fewest: int) -> Iterator[re.Match[str]]:
    """Yield the matches of a shape that holds so many digits, which stand together, and a few signs before them."""
    for start, end in _long_runs(text, fewest):
        yield from shape.finditer(text, max(0, start - _BEFORE), end + _BEHIND)


@lru_cache(maxsize=4)
def _long_runs(text: str, fewest: int) -> list[tuple[int, int]]:
    return [(start, end) for start, end, digits in _runs(text) if digits >= fewest]


@lru_cache(maxsize=2)
def _runs(text: str) -> list[tuple[int, int, int]]:
    """Return where digits stand together, and how many."""
    return [(*run.span(), len(run.group().translate(_NO_DIGIT))) for run in _RUN.finditer(text)]
