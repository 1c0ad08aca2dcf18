"""Words of a text: stems, synonyms, names, ids, numbers and dates, found by rule."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STOP = frozenset(
    "a an the and or but of in on at to for from by with as is are was were be been being am do does did has have had "
    "having it its this that these those there here he she they them his her their we us our you your i me my who whom "
    "whose what which when where why how than then so if not no nor can could will would shall should may might must "
    "about into over under between during after before until since within out up down off again also any all each "
    "both only own same too around against "
    "very just per via themselves himself herself itself often s t re ll ve d".split()
)
FILLER = frozenset(
    "document documents file files text page pages say says said according tell show shows find please mention "
    "mentions mentioned state states stated list listed lists give given gives know many much long old "
    "mean means stand soon ever already still yet exactly actual actually there currently happen happened "
    "happens without".split()
)
LIGHT = frozenset(
    "hold holds carry use used uses show shows name named get gets got "
    "include includes contain contains call called go goes went have travel travelled take takes took".split()
)
GENERIC = frozenset(
    "number amount name date day time value period figure kind type sort title person people place location "
    "share percentage cost price hours minutes euros percent "
    "year month address level id identifier reference thing detail details information info".split()
)
SYNONYMS = (
    "found establish start set-up create incorporate launch",
    "locate base headquarter situate site",
    "price cost fee charge rate",
    "total sum due payable",
    "salary pay wage compensation",
    "pay paid payment",
    "warranty guarantee",
    "expire end expiry expiration until finish valid",
    "begin start commence effective commencement",
    "sign signature signatory execute",
    "write author wrote written",
    "ceo chief executive",
    "cfo financial chief",
    "manager head lead leader manage",
    "supervisor supervise boss report",
    "born birth",
    "die death dead",
    "phone telephone tel mobile call reach",
    "email e-mail mail",
    "employee staff headcount worker",
    "buy purchase acquire bought acquisition order",
    "sell sold sale",
    "revenue turnover sales",
    "profit earnings income",
    "increase grow growth rise rose grew",
    "decrease fall fell drop decline reduce",
    "weight weigh mass",
    "height tall high",
    "length long",
    "width wide",
    "depth deep",
    "deadline due ready until",
    "attend present participate attendee participant",
    "approve approval approver authorise authorize",
    "responsible owner own charge responsibility",
    "make made manufacture manufacturer produce producer maker",
    "develop developer development",
    "director direct directed",
    "invent inventor",
    "deliver delivery delivered ship shipment shipping",
    "supply supplier vendor provider provide",
    "client customer buyer",
    "tenant lessee renter",
    "landlord lessor",
    "car vehicle",
    "holiday vacation leave",
    "marry spouse wife husband married",
    "vat tax",
    "color colour",
    "allow permit permitted allowed may",
    "forbid prohibit forbidden prohibited ban",
    "stay remain",
    "capacity hold",
    "happen occur take-place held hold",
    "version revision release",
    "hire recruit join joined",
    "live reside residence home",
    "work employ job",
    "big large size",
    "contract agreement",
    "week weekly",
    "year yearly annual annually",
    "day daily",
    "renew renewal",
    "spend spent",
    "send sent",
    "give gave given",
    "keep kept store storage",
    "teach taught teacher",
    "build built builder",
    "choose chose chosen",
    "bring brought",
    "win won winner",
    "break broke broken",
    "receive recipient receipt",
    "remove removal",
    "refit fit reinstall",
    "inspect inspection inspector",
    "open opening",
    "repair fix mend",
    "spin spun",
    "run ran",
    "meet met",
    "lead led",
    "lose lost loss",
    "begin began begun",
    "drive drove driven driver",
    "speak spoke spoken speaker",
    "fly flew flight",
    "draw drew drawn",
    "lend lent loan",
    "steal stole stolen theft",
    "wear wore worn",
    "freeze froze frozen",
    "lab laboratory",
    "bike bicycle",
    "flat apartment",
    "fridge refrigerator",
    "doctor physician dr",
    "trip excursion outing",
    "tenancy lease",
    "insure insurance cover coverage",
    "allow permit permission",
    "pupil student",
    "terminate termination cancel cancellation",
    "refund reimburse reimbursement",
)
MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS) + "|sept"

ID = re.compile(r"\b(?=[\w/-]*\d)(?=[\w/-]*[A-Za-z])[A-Za-z0-9]+(?:[-/_][A-Za-z0-9]+|\.\d\w*)*\b")
NUMBER = re.compile(r"(?<![\w.-])[-+]?\d+(?:[.,'\u00a0\u202f]\d+)*(?![\w])")
YEAR = re.compile(r"\b(?:1[5-9]|20|21)\d\d\b")
DATE = re.compile(
    rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?:{_MONTH})\b\.?,?(?:\s+\d{{4}})?"
    rf"|\b(?:{_MONTH})\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|\b(?:{_MONTH})\b\.?\s+\d{{4}}|\b(?:1[5-9]|20|21)\d\d\b",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"(?:[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CAD|AUD)\b)\s?\d[\d.,']*|\d[\d.,']*\s?(?:[$€£¥]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b)",
    re.IGNORECASE,
)
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
WEEKDAY = re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")
QUARTER = re.compile(rf"\b({'|'.join(_QUARTERS)})\s+quarter\b", re.IGNORECASE)
TIME = re.compile(r"\b(?:[01]?\d|2[0-4])[:.][0-5]\d\b(?!\s*%)|\b(?:1[0-2]|[1-9])\s?[ap]\.?m\b", re.IGNORECASE)
NUMBER_WORDS = frozenset(
    "zero one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred thousand million billion dozen half twice once".split()
)
_NAME_WORD = r"[A-Z\u00c0-\u00de][\w'\u2019&.-]*[\w]|[A-Z]"
NAME = re.compile(
    rf"(?<![\w-])(?:{_NAME_WORD})(?:[ \t]+(?:(?:of|de|van|von|der|la|del|the|and|&)[ \t]+)?(?:{_NAME_WORD}))*"
)
_ENDINGS = (
    ("ing", 3), ("ed", 3), ("ment", 4), ("ly", 5), ("er", 4), ("or", 4),
    ("ator", 4), ("ation", 4), ("ion", 5), ("ate", 4), ("ance", 5), ("ence", 5),
)  # fmt: skip
_OF_ATE = re.compile(r"(?<=[a-z]{3}[^\W\deo])at$")
_DEVERBAL = re.compile(r"(?<=[a-z]{4}[vw])al$")
_VOWEL = re.compile("[aeiouy]")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the comparable form of a word: folded, without possessive, plural and common verb endings."""
    plain = re.sub(r"['\u2019]s?$", "", fold(word))
    if len(plain) < 4 or not plain.isalpha():
        return plain
    return _tail(_without_ending(_singular(plain)))


def fold(word: str) -> str:
    """Case fold and drop accents."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word[:-1]


def _without_ending(word: str) -> str:
    word = _DEVERBAL.sub("", word)
    for ending, shortest in _ENDINGS:
        root = word.removesuffix(ending)
        if root != word and len(root) >= shortest and _VOWEL.search(root):
            doubled = ending in ("ing", "ed") and root[-1] == root[-2] and root[-1] not in "lsz"
            return root[:-1] if doubled else _OF_ATE.sub("", root)
    return word


def _tail(word: str) -> str:
    if len(word) > 3 and word.endswith("e"):
        return word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    """Return the stems of all words of a text, in order; "third quarter" reads as Q3."""
    return tuple(stem(found) for found in _WORD.findall(QUARTER.sub(quarter_of, text)))


def quarter_of(match: re.Match[str]) -> str:
    """Write a quarter in words as Q1 to Q4."""
    return f"Q{_QUARTERS[match.group(1).casefold()]}"


@lru_cache(maxsize=4096)
def stem_set(text: str) -> frozenset[str]:
    """Return the different stems of a text."""
    return frozenset(stems(text))


@lru_cache(maxsize=1)
def _related() -> dict[str, frozenset[str]]:
    related: dict[str, set[str]] = {}
    for group in SYNONYMS:
        members = {stem(part) for word in group.split() for part in word.split("-")}
        for member in members:
            related.setdefault(member, set()).update(members)
    return {word: frozenset(others) for word, others in related.items()}


def alike(word_stem: str) -> frozenset[str]:
    """Return a stem with the stems that can stand for it."""
    return _related().get(word_stem, frozenset((word_stem,))) | {word_stem}


def holds(text_stems: frozenset[str], word_stem: str) -> bool:
    """Say whether a text has a word or one that can stand for it."""
    return not text_stems.isdisjoint(alike(word_stem)) or _compound(text_stems, word_stem)


def _compound(text_stems: frozenset[str], word_stem: str) -> bool:
    """Shipyard is a yard: a long word is also told by the word that it ends with."""
    return len(word_stem) >= 7 and any(len(one) >= 4 and word_stem.endswith(one) for one in text_stems)


def words(text: str) -> list[str]:
    """Return the words of a text as written."""
    return _WORD.findall(text)


def content_words(text: str) -> list[str]:
    """Return the words that carry meaning, in order, each once."""
    kept = (word for word in words(text) if word.casefold() not in STOP and word.casefold() not in FILLER)
    return list(dict.fromkeys(kept))


def squeeze(text: str) -> str:
    """Return a text on one line with single spaces."""
    return " ".join(text.split())
