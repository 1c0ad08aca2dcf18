"""Does a passage speak of what was asked? Needs against quotes, headings and whole documents, by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundsight.agent.passages import Passage, heading_of, naming_of
from groundsight.agent.question import Asked, Expect, Need, is_generic, is_month
from groundsight.agent.words import (
    DATE,
    FILLER,
    ID,
    MONEY,
    MONTHS,
    NAME,
    NUMBER,
    NUMBER_WORDS,
    STOP,
    TIME,
    YEAR,
    holds,
    stem_set,
    stems,
)

PRONOUN = re.compile(r"^(?:he|she|it|they|his|her|its|their|this|that|these|those)\b", re.I)
NEGATION = re.compile(r"\b(?:not|no|never|without|except|excluding|cannot|none|un\w+able)\b|n['\u2019]t\b", re.I)
_ASKS_NEGATION = re.compile(r"\b(?:not|without|never|except|excluding)\b|n['\u2019]t\b", re.I)
_SHARES = re.compile(r"\b(?:share|percent|percentage|proportion|per cent)\b|%", re.I)
_BY_THE_CLOCK = re.compile(
    r"\b(?:time|depart\w*|leave|leaves|arriv\w*|open|opens|close|closes|start|starts|begin|begins|meet\w*)\b", re.I
)
_GROUPS = re.compile(
    r"\b(?:team|department|committee|board|office|manager|director|officer|group|council|staff|desk)\b", re.I
)
_PLACES = re.compile(
    r"\b(?:room|floor|building|cabinet|shelf|drawer|basement|garage|hall|street|site|warehouse)\b", re.I
)
_NO_NAMES = stem_set(" ".join(MONTHS)) | stem_set("EUR USD GBP CHF JPY CAD AUD")
TYPE_NAMES: dict[Expect, str] = {
    "number": "number", "money": "amount", "date": "date", "person": "person", "place": "place", "id": "identifier",
    "yes-no": "statement", "any": "statement",
}  # fmt: skip


@dataclass(frozen=True)
class Fit:
    """How well one passage answers a question. ``missing`` empty and ``typed`` true: it does."""

    passage: Passage
    missing: tuple[Need, ...]
    typed: bool
    score: float

    @property
    def enough(self) -> bool:
        """True when the passage says what was asked about the very thing that was asked about."""
        return self.typed and not self.missing


def fit(asked: Asked, passage: Passage, given: Sequence[str] = ()) -> Fit:
    """Weigh one passage against a question; ``given`` are names that other evidence ties to it."""
    missing = tuple(need for need in asked.needs if not _covered(need, passage, asked, given))
    lost = _hard_enough(missing, asked, passage)
    typed = has_type(asked, passage.said) and _keeps_negation(asked, passage)
    return Fit(passage, lost, typed, _score(asked, passage, missing, typed))


def mentions(text: str, need: Need) -> bool:
    """Say whether a text holds a need word by word: names in either order, one word may lie between."""
    found, wanted = stems(text), need.stems
    if len(wanted) == 1:
        return wanted[0] in found
    orders = (wanted, wanted[::-1]) if need.kind == "name" else (wanted,)
    return any(_in_order(found, order, gap=1 if need.kind == "name" else 0) for order in orders)


def has_type(asked: Asked, text: str) -> bool:
    """Say whether a text holds something of the expected type that the question does not already hold."""
    match asked.expects:
        case "money":
            return bool(MONEY.search(text)) or _new_number(asked, text)
        case "number":
            spelled = bool(stem_set(text) & NUMBER_WORDS)
            share = not _SHARES.search(asked.text) or bool(_SHARES.search(text))
            return share and (_new_number(asked, text) or spelled)
        case "date":
            found = [*DATE.findall(text), *(TIME.findall(text) if _BY_THE_CLOCK.search(asked.text) else ())]
            return any(one.casefold() not in asked.text.casefold() for one in found)
        case "person":
            return bool(new_names(asked, text)) or bool(_GROUPS.search(text))
        case "place":
            return bool(new_names(asked, text)) or bool(_PLACES.search(text)) or _new_number(asked, text)
        case "id":
            return _new_id(asked, text)
        case "yes-no":
            return True
        case _:
            return len(_new_words(asked, text)) >= 1


def new_names(asked: Asked, text: str) -> list[str]:
    """List the capitalised phrases of a text that the question does not hold."""
    known = frozenset(part for need in asked.needs for part in need.stems) | stem_set(asked.text)
    return [shown for shown in map(_without_opening, NAME.finditer(text)) if shown and not stem_set(shown) <= known]


def _without_opening(match: re.Match[str]) -> str:
    """Return a name; a lone capital word that only opens a sentence is none."""
    shown, text = match.group(0), match.string
    parts = shown.split()
    while parts and parts[0].casefold() in STOP | FILLER:
        parts = parts[1:]
    opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in ".!?"
    follows_lower = bool(re.match(r"\s+[a-z]", text[match.end() :]))
    if len(parts) == 1 and opens and follows_lower and not parts[0].isupper() and len(shown.split()) == 1:
        return parts[0] if re.match(r"\s+(?:is|was|has|had|will|[a-z]+(?:ed|s))\b", text[match.end() :]) else ""
    return " ".join(parts)


def _new_number(asked: Asked, text: str) -> bool:
    known = set(NUMBER.findall(asked.text))
    return any(found not in known for found in NUMBER.findall(DATE.sub(" ", ID.sub(_digits_kept, text))))


def _new_id(asked: Asked, text: str) -> bool:
    """Letters with digits, or many digits in a row: amounts, shares and dates are no ids."""
    bare = re.sub(r"\d[\d.,]*\s*%", " ", DATE.sub(" ", MONEY.sub(" ", text)))
    found = [*ID.findall(bare), *re.findall(r"\+?\d[\d /-]{3,}\d", bare)]
    return any(stem_set(one) - stem_set(asked.text) for one in found)


def _digits_kept(match: re.Match[str]) -> str:
    """Keep a number with its unit written together (90days, 12V), drop real ids."""
    joined = re.fullmatch(r"(\d+)[A-Za-z]{1,4}", match.group(0))
    return f" {joined.group(1)} " if joined else " "


def _new_words(asked: Asked, text: str) -> frozenset[str]:
    stop = frozenset(stems(" ".join(STOP)))
    return stem_set(text) - stem_set(asked.text) - stop


def _covered(need: Need, passage: Passage, asked: Asked, given: Sequence[str]) -> bool:
    if need.kind in ("number", "id"):
        return _exact(need, passage)
    if need.hard:
        return _named(need, passage, asked, given)
    where = passage.near if need.kind == "focus" else passage.around
    if any(holds(where, part) for part in need.stems):
        return True
    if PRONOUN.match(passage.said) and any(holds(stem_set(passage.before), part) for part in need.stems):
        return True
    return need.kind == "focus" and _implied(need, passage, asked)


def _implied(need: Need, passage: Passage, asked: Asked) -> bool:
    """A generic focus (date, number, name) is what the type check looks for."""
    return is_generic(need) and has_type(asked, passage.said)


def _exact(need: Need, passage: Passage) -> bool:
    """An id or a number has to stand in the quote, or around it with no other of its kind in the quote."""
    if mentions(passage.said, need):
        return True
    if _rivals(need, passage.said):
        return False
    outside = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)}"
    if need.kind == "number" and YEAR.fullmatch(need.shown):
        created = passage.evidence.created
        return (
            mentions(outside, need)
            or (created is not None and str(created.year) == need.shown)
            or _sole_year(need, passage)
        )
    return mentions(outside, need) or (need.kind == "id" and _sole_id(need, passage))


def _sole_year(need: Need, passage: Passage) -> bool:
    return set(YEAR.findall(passage.evidence.text)) == {need.shown}


def _sole_id(need: Need, passage: Passage) -> bool:
    """The evidence speaks of this id and of no other that looks like it."""
    return mentions(passage.evidence.text, need) and not _rivals(need, passage.evidence.text)


def _rivals(need: Need, text: str) -> bool:
    """Say whether a text holds another year, or another id of the same shape."""
    if need.kind == "number":
        return bool(YEAR.fullmatch(need.shown)) and any(year != need.shown for year in YEAR.findall(text))
    shape = _shape(need.shown)
    return any(_shape(found) == shape and found.casefold() != need.shown.casefold() for found in ID.findall(text))


def _shape(shown: str) -> str:
    letters = re.match(r"[A-Za-z]*", shown)
    return (letters.group(0).casefold() if letters else "") + re.sub(r"\d+", "9", re.sub(r"^[A-Za-z]*", "", shown))


def _named(need: Need, passage: Passage, asked: Asked, given: Sequence[str]) -> bool:
    if mentions(passage.said, need) or any(mentions(name, need) for name in given):
        return True
    if is_month(need):
        return _month_number(need, passage)
    outside = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)}"
    if mentions(outside, need) or (PRONOUN.match(passage.said) and mentions(passage.before, need)):
        return True
    if need.stems[-1] in passage.local and mentions(passage.evidence.text, need):
        return True
    return mentions(passage.evidence.text, need) and not _about_another(need, passage, asked)


def _about_another(need: Need, passage: Passage, asked: Asked) -> bool:
    """Say whether the quote may be about somebody else.

    Where the evidence opens with the asked name, that name is its subject and one more name may stand in
    the quote; where it only comes up on the way, the quote may hold no name but the answer.
    """
    others = [name for name in new_names(asked, passage.said) if not stem_set(name) & _NO_NAMES]
    opened_by_another = passage.said.startswith(tuple(others[:1]) or ("\0",))
    answer = asked.expects in ("person", "place") or (asked.expects == "any" and not opened_by_another)
    opening = re.split(r"(?<=[.!?])\s|\n", passage.evidence.text.lstrip(), maxsplit=1)[0]
    opens = mentions(opening, need) and not opened_by_another
    return len(others) > int(answer) + int(opens)


def _month_number(need: Need, passage: Passage) -> bool:
    number = next((at for at, month in enumerate(MONTHS, 1) if month.startswith(need.shown.casefold()[:3])), 0)
    return bool(re.search(rf"\b\d{{4}}-{number:02d}\b", f"{passage.said} {naming_of(passage.evidence)}"))


def _hard_enough(missing: tuple[Need, ...], asked: Asked, passage: Passage) -> tuple[Need, ...]:
    """Forgive topic words while half of them are there; without a name to hold on to, half must be close by."""
    topics = asked.of("topic")
    lost = [need for need in missing if need.kind == "topic"]
    if not asked.of("name", "id", "quoted"):
        close = passage.near | stem_set(passage.before) | stem_set(naming_of(passage.evidence))
        lost = [need for need in topics if not any(holds(close, part) for part in need.stems)]
        return (*(need for need in missing if need.kind != "topic"), *(lost if len(lost) * 3 > len(topics) else ()))
    forgiven = len(lost) * 2 <= len(topics)
    return (*(need for need in missing if need.kind != "topic"), *(() if forgiven else lost))


def _keeps_negation(asked: Asked, passage: Passage) -> bool:
    return asked.expects == "yes-no" or not _ASKS_NEGATION.search(asked.text) or bool(NEGATION.search(passage.said))


def _score(asked: Asked, passage: Passage, missing: tuple[Need, ...], typed: bool) -> float:
    weights = {"quoted": 4.0, "id": 4.0, "number": 3.0, "name": 3.0, "focus": 2.0, "topic": 1.0}
    total = sum(weights[need.kind] for need in asked.needs) or 1.0
    lost = sum(weights[need.kind] for need in missing)
    local = sum(weights[need.kind] for need in asked.needs if any(holds(passage.local, part) for part in need.stems))
    brief = 1.0 / (1.0 + len(passage.said) / 200)
    return (
        (total - lost) / total + local / total + (0.5 if typed else 0.0) + 0.2 * brief + 0.05 * passage.evidence.score
    )


def _in_order(found: tuple[str, ...], wanted: tuple[str, ...], *, gap: int) -> bool:
    return any(word == wanted[0] and _follows(found, start, wanted, gap) for start, word in enumerate(found))


def _follows(found: tuple[str, ...], start: int, wanted: tuple[str, ...], gap: int) -> bool:
    at = start
    for part in wanted[1:]:
        window = found[at + 1 : at + 2 + gap]
        if part not in window:
            return False
        at = at + 1 + window.index(part)
    return True
