"""What a question asks for: the type of its answer and the things its answer must be about."""

from __future__ import annotations

import re
from typing import Literal

from groundsight.agent.words import (
    DATE,
    FILLER,
    GENERIC,
    ID,
    LIGHT,
    MONTHS,
    NAME,
    NUMBER,
    QUARTER,
    STOP,
    YEAR,
    alike,
    quarter_of,
    squeeze,
    stem,
    stems,
    words,
)
from groundsight.types import Word

Expect = Literal["number", "money", "date", "person", "place", "id", "yes-no", "any"]
NeedKind = Literal["quoted", "id", "number", "name", "focus", "topic"]


class Need(Word):
    """Something the evidence has to speak of; ``focus`` is what is asked, the rest is whom it is asked about."""

    kind: NeedKind
    shown: str
    stems: tuple[str, ...]

    @property
    def hard(self) -> bool:
        """True for names, ids, numbers and quoted phrases, which nothing else can stand for."""
        return self.kind in ("quoted", "id", "number", "name")


class Asked(Word):
    """A question, analysed by rule."""

    text: str
    expects: Expect
    needs: tuple[Need, ...]
    latest: bool = False

    def of(self, *kinds: NeedKind) -> tuple[Need, ...]:
        """Return the needs of the given kinds."""
        return tuple(need for need in self.needs if need.kind in kinds)


_ASIDE = re.compile(r",?\s*\baccording to (?:the )?[\w -]+(?=\?|$)", re.I)
_ONCE_MORE = re.compile(r"\ba (?:second|third|further) time\b", re.I)
_SIGNED_FOR = re.compile(r"\bsigned for\b", re.I)
_QUOTED = re.compile(r"[\"\u201c\u00ab]([^\"\u201d\u00bb]{2,80})[\"\u201d\u00bb]")
_AUX = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)"
_YES_NO = re.compile(rf"^{_AUX}\b", re.I)
_LATEST = re.compile(r"\b(?:latest|current|currently|newest|most recent|final|now|today|up[- ]to[- ]date)\b", re.I)
_NP = re.compile(
    rf"\b(?:what|which|whose)\s+(?:(?:{_AUX})\s+)?(?:(?:the|a|an|its|their|his|her|my|our)\s+)?"
    rf"((?:[\w'\u2019%&/-]+\s+){{0,6}}?[\w'\u2019%&/-]+)"
    rf"(?=\s+(?:of|for|in|on|at|from|to|by|with|per|during|after|before|under|between|{_AUX}|that|who)\b|\s*[?.,]|\s*$)",
    re.I,
)
_MANY = re.compile(
    rf"\bhow\s+(?:many|much)\s+((?:[\w%-]+\s+){{0,3}}?[\w%-]+)(?=\s+(?:{_AUX}|of|in|on|at|for|per|to|from)\b|\s*\?|\s*$)",
    re.I,
)
_PREPOSITION = r"(?:of|for|in|on|at|from|to|by|with|per|during|after|before|under|between|about)"
_VERBS = (
    re.compile(rf"^(?:who|what)\s+(?!{_AUX}\b)([\w-]+)", re.I),
    re.compile(
        rf"^(?:who|what|how much)\s+{_AUX}\s+((?:[\w-]+\s+){{0,4}}?[\w-]+)(?=\s+{_PREPOSITION}\b|\s*\?|$)", re.I
    ),
    re.compile(rf"^(?:when|where|why|how)\s+(?:do|does|did)\s+(.+?)(?=\s+{_PREPOSITION}\b|\s*\?|$)", re.I),
    re.compile(rf"^(?:who|when|where|why|how)\s+{_AUX}\b.*?(?<!the)(?<!a)\s([\w-]+(?:ed|en|rn|ld|nt|de))\s*\?*$", re.I),
    re.compile(r"\b(?:do|does|did)\b.*\s([\w-]+)\s*\?*$", re.I),
)
_COSTS = re.compile(r"^.*\s(?=costs?$)", re.I)
_MONEY_WORDS = "price|cost|fee|salary|total|sum|rent|budget|amount|revenue|profit|turnover"
_ID_WORDS = "serial number|order number|invoice number|part number|phone number|tracking number|id number"
_WHICH_KIND = (
    r"(?:(?:in|on|at|for|from|to|by|with) )?(?:which|what) "
    r"(?:company|firm|supplier|vendor|manufacturer|team|department|person|employee|organi[sz]ation|"
    r"customer|client|colleague|author|bank|agency|band|artist|ferry|ship|vessel|boat|island|village|school|clinic|foundation|"
    r"university)\b(?! of\b)"
)
_SELF = r"\bthe (?:company|firm|organi[sz]ation|business)\b(?! of\b| that\b| which\b)"
_TOWN = "(?:city|country|town)"
_IN_TOWN = r"(?:in|from|to|at) (?:which|what) (?:city|town|place)\b"
_TYPES: tuple[tuple[str, Expect], ...] = (
    (r"^(?:on |since |until |by )?when\b|\b(?:what|which) (?:date|day|weekday|year|month)s?\b", "date"),
    (r"\bdate of\b|\bdeadline\b", "date"),
    (r"^(?:at )?what time\b", "date"),
    (r"\b(?:percentage|percent|share|proportion)\b", "number"),
    (rf"\bhow (?:much|expensive)\b|\b(?:{_MONEY_WORDS})s?\b", "money"),
    (r"\bhow (?:many|long|soon|old|far|tall|high|big|large|heavy|wide|deep|fast|often|hot|cold)\b", "number"),
    (r"\b(?:what|which) (?:is the )?(?:\w+ )?reading\b", "number"),
    (r"^what (?:does|do|did) the (?:chart|graph)\b", "number"),
    (r"\bthe number (?:of|on) the (?:receipt|invoice|contract|ticket|order)\b", "id"),
    (r"^(?:on |in )?(?:which|what) (?:purchase order|order|invoice|contract)\b(?! of)", "id"),
    (r"\b(?:ratio|weight|temperature|voltage|pressure|capacity|quantity|distance)\b", "number"),
    (rf"\b(?:iban|{_ID_WORDS}|(?!the )\w+ number (?:of|on|for|from)|reference|identifier|postcode|zip)\b", "id"),
    (r"^(?:who|whom|whose|to whom|by whom)\b", "person"),
    (rf"^{_WHICH_KIND}", "person"),
    (rf"^(?:where|in which {_TOWN}|in what {_TOWN})\b|\bwhich {_TOWN}\b", "place"),
)  # fmt: skip


def analyse(question: str) -> Asked:
    """Find the expected type of the answer and the needs of a question."""
    text = squeeze(_ONCE_MORE.sub("again", _SIGNED_FOR.sub("received", _ASIDE.sub("", question))))
    needs = _unique([*_quoted(text), *_dates(text), *_ids(text), *_numbers(text), *_names(text)])
    needs = [need for need in needs if not _asked_acronym(need, text)]
    covered = {part for need in needs for part in need.stems}
    soft = _soft(text, covered, needs)
    return Asked(text=text, expects=expected(text), needs=(*needs, *soft), latest=bool(_LATEST.search(text)))


def expected(question: str) -> Expect:
    """Name the type of answer that the question words ask for."""
    plain = question.strip().casefold()
    if _YES_NO.match(plain):
        return "yes-no"
    for pattern, kind in _TYPES:
        if re.search(pattern, plain) and not (kind in ("money", "number", "id") and plain.startswith(("who", "where"))):
            return kind
    return "any"


def _quoted(text: str) -> list[Need]:
    return [_need("quoted", found) for found in _QUOTED.findall(text)]


def _dates(text: str) -> list[Need]:
    """A day is one need: its number, month and year stand or fall together."""
    days = [found for found in DATE.findall(text) if len(found.split()) > 1 and found[:1].isdigit()]
    return [Need(kind="number", shown=found, stems=stems(found)) for found in days]


def _ids(text: str) -> list[Need]:
    named = [
        found for found in ID.findall(QUARTER.sub(quarter_of, text)) if not re.fullmatch(r"\d+(?:st|nd|rd|th)", found)
    ]
    return [_need("id", found) for found in named]


def _numbers(text: str) -> list[Need]:
    bare = ID.sub(" ", text)
    return [_need("number", found) for found in [*YEAR.findall(bare), *NUMBER.findall(bare)]]


def _names(text: str) -> list[Need]:
    bare = _QUOTED.sub(" , ", text)
    found: list[Need] = []
    for match in NAME.finditer(bare):
        shown = _trim_opening(match.group(0), match.start(), bare)
        parts = re.split(r"\s+(?:and|&|of|the)\s+", shown)
        found += [_need("name", part) for part in parts if part and not ID.fullmatch(part) and not YEAR.fullmatch(part)]
    return found


def _asked_acronym(need: Need, text: str) -> bool:
    """VAT in "the VAT number", or a CEO, is what is asked, not whom it is asked about."""
    if need.kind != "name" or not need.shown.isupper():
        return False
    known = len(alike(need.stems[0])) > 1
    spoken = any(need.shown in phrase.split() for phrase in _focus_phrases(text))
    return known or (spoken and bool(re.search(rf"\b{re.escape(need.shown)}\s+[a-z]", text)))


def _trim_opening(shown: str, start: int, text: str) -> str:
    """Drop question words that are only capitalised because they open a sentence."""
    opening = start == 0 or text[:start].rstrip().endswith((".", "?", "!", ":"))
    parts = shown.split()
    while parts and parts[0].casefold() in STOP | FILLER | {"list", "name", "give"}:
        parts, opening = parts[1:], False
    if opening and len(parts) == 1 and not parts[0].isupper():
        return ""
    return re.sub(r"['\u2019]s$", "", " ".join(part for part in parts if not ID.fullmatch(part)))


def _soft(text: str, covered: set[str], named: list[Need]) -> list[Need]:
    """Find the plain words; the kind of thing asked for (which supplier) is one only where nothing else is said."""
    bare = _LATEST.sub(" ", _QUOTED.sub(" ", ID.sub(" ", QUARTER.sub(" ", text))))
    without_kind = re.sub(rf"^{_WHICH_KIND}|^{_IN_TOWN}|{_SELF}", " ", bare, flags=re.I)
    found = _plain_words(without_kind, text, set(covered), named)
    said = any(need.shown.casefold() not in LIGHT and need.kind == "focus" for need in found)
    return found if said else _plain_words(bare, text, covered, named)


def _plain_words(bare: str, text: str, covered: set[str], named: list[Need]) -> list[Need]:
    focus = {stem(word) for phrase in _focus_phrases(text) for word in words(phrase)}
    found: list[Need] = []
    for word in words(bare):
        plain, root = word.casefold(), stem(word)
        if plain in STOP or plain in FILLER or root in covered or root.isdigit():
            continue
        covered.add(root)
        asked = root in focus and not _names_kind(word, named, text)
        found.append(Need(kind="focus" if asked else "topic", shown=word, stems=(root,)))
    return _promote(found, named, text)


def _names_kind(word: str, named: list[Need], text: str) -> bool:
    """Say whether a word only says what kind of thing a name or id is (invoice INV-2041, the film Blue Harbor)."""
    return any(re.search(rf"\b{re.escape(word)}\s+[\"\u201c]?{re.escape(need.shown)}", text) for need in named)


def _focus_phrases(text: str) -> list[str]:
    phrases = [match.group(1) for match in (*_NP.finditer(text), *_MANY.finditer(text))]
    phrases += [found.group(1) for found in (pattern.search(text) for pattern in _VERBS) if found]
    return [_COSTS.sub("", phrase) for phrase in phrases]


def _promote(found: list[Need], named: list[Need], text: str) -> list[Need]:
    """Without a focus that says anything, every other word is one: something has to be asked.

    A price is told by its type, so that "cost" alone is asked enough.
    """
    said = [need for need in found if need.shown.casefold() not in LIGHT]
    priced = expected(text) == "money"
    if any(need.kind == "focus" and (priced or need.stems[0] not in _GENERIC_STEMS) for need in said):
        return said
    found = said or found
    kinds = [need for need in found if _names_kind(need.shown, named, text)]
    left = [need for need in found if need not in kinds] or found
    return [need.model_copy(update={"kind": "focus"}) if need in left else need for need in found]


_GENERIC_STEMS = frozenset(stem(word) for word in GENERIC)
_MONTH_STEMS = frozenset(stem(month) for month in MONTHS)


def is_generic(need: Need) -> bool:
    """Say whether a focus word only names the type of the answer (number, date, name)."""
    return all(part in _GENERIC_STEMS for part in need.stems)


def is_month(need: Need) -> bool:
    """Say whether a need is the name of a month."""
    return bool(need.stems) and all(part in _MONTH_STEMS or part.isdigit() for part in need.stems)


def _need(kind: NeedKind, shown: str) -> Need:
    return Need(kind=kind, shown=shown, stems=tuple(part for part in stems(shown) if part not in STOP) or stems(shown))


def _unique(needs: list[Need]) -> list[Need]:
    kept: list[Need] = []
    for need in needs:
        if need.stems and not any(set(need.stems) <= set(other.stems) for other in kept):
            kept.append(need)
    return kept
