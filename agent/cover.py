"""Does a passage speak of what was asked? Needs against quotes, headings and whole documents, by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundsight.agent.beside import beside, in_asked_column
from groundsight.agent.kinds import has_type, measured, new_names
from groundsight.agent.mention import mentions
from groundsight.agent.nouns import kind_of
from groundsight.agent.passages import Passage, heading_of, naming_of
from groundsight.agent.question import Asked, Need, is_generic, is_month
from groundsight.agent.words import (
    DATE,
    ID,
    MONTHS,
    YEAR,
    alike,
    holds,
    stem_set,
    stems,
)

PRONOUN = re.compile(
    r"^(?:he|she|it|they|his|her|its|their|(?:this|that|these|those)\s+(?:is|was|are|were|will|has|have|had))\b", re.I
)
NEGATION = re.compile(r"\b(?:not|no|never|without|except|excluding|cannot|none|un\w+able)\b|n['\u2019]t\b", re.I)
_ASKS_NEGATION = re.compile(
    r"\b(?:not|without|never|except|excluding|none|nobody|nothing|neither|no(?!\.|\s+[\d#]|\s*\?))\b|n['\u2019]t\b",
    re.I,
)
_FORMER = re.compile(r"\b(?:replac|supersed|former|previous|instead of)", re.I)
_TOTAL = re.compile(r"\b(?:together|altogether|in total|overall|whole year|all year)\b", re.I)
_OF = re.compile(r"\bof (?:the |an? )?([\w-]+)", re.I)
OPENING_CHARS = 300
LABEL_WORDS = 6
_MONTH_WORDS = stem_set(" ".join(MONTHS))
_NO_NAMES = _MONTH_WORDS | stem_set("EUR USD GBP CHF JPY CAD AUD")


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
    typed = (has_type(asked, passage.said) or bool(dated_by_heading(asked, passage))) and not _in_total(asked, passage)
    typed = typed and _keeps_negation(asked, passage) and in_asked_column(asked, passage) and not is_heading(passage)
    return Fit(passage, lost, typed, _score(asked, passage, missing, typed))


def is_heading(passage: Passage) -> bool:
    """A heading says what a text is about, and states nothing."""
    if passage.label or passage.channel != "text":
        return False
    last = heading_of(passage.evidence).rsplit(" > ", 1)[-1]
    return bool(passage.local) and passage.local in (stem_set(last), stem_set(passage.evidence.title))


def dated_by_heading(asked: Asked, passage: Passage) -> str:
    """Return the date that an entry without a date of its own stands under (a log), when a date is asked."""
    if asked.expects != "date" or passage.label or any(not YEAR.fullmatch(one) for one in DATE.findall(passage.said)):
        return ""
    last = heading_of(passage.evidence).rsplit(" > ", 1)[-1].strip()
    return last if DATE.fullmatch(last) and not YEAR.fullmatch(last) and last not in asked.text else ""


def _in_total(asked: Asked, passage: Passage) -> bool:
    """A total of several is no answer where one month is asked."""
    one = any(is_month(need) for need in asked.needs)
    return one and bool(_TOTAL.search(passage.said)) and not _TOTAL.search(asked.text)


def _covered(need: Need, passage: Passage, asked: Asked, given: Sequence[str]) -> bool:
    if need.kind in ("number", "id"):
        return _exact(need, passage, asked)
    if need.hard:
        return _named(need, passage, asked, given)
    if need.kind == "focus" and need.stems[0] == "read" and asked.expects == "number":
        return bool(measured(need, passage.said))
    where = _focus_place(passage, asked) if need.kind == "focus" else passage.around
    if any(holds(where, part) for part in need.stems) or beside(need, passage, asked):
        return True
    if _refers_back(passage, asked) and any(holds(stem_set(passage.before), part) for part in need.stems):
        return True
    return need.kind == "focus" and _implied(need, passage, asked)


def _refers_back(passage: Passage, asked: Asked) -> bool:
    """A pronoun, or "the tests" after a sentence on tests, goes on about the sentence before; a date is its own."""
    if PRONOUN.match(passage.said) or asked.expects == "date":
        return bool(PRONOUN.match(passage.said))
    first = re.match(r"(?:the|this|these|those)\s+([\w-]+)", passage.said, re.I)
    return bool(first) and bool(passage.before) and holds(stem_set(passage.before), stems(first.group(1))[-1])


def _focus_place(passage: Passage, asked: Asked) -> frozenset[str]:
    """What is asked may stand in the heading, but a whole sentence with a date dates what it says itself.

    A table is named by its file: the rows of ``cars.csv`` are cars.
    """
    own = asked.expects == "date" and len(passage.said.split()) > LABEL_WORDS
    if passage.evidence.kind == "table":
        return passage.near | stem_set(naming_of(passage.evidence))
    return passage.local if own else passage.near


def _implied(need: Need, passage: Passage, asked: Asked) -> bool:
    """A generic focus (date, number, name) is what the type check looks for; a measure is told by its unit."""
    if need.stems[0] == "com":
        return bool(re.search(r"\bfrom\s+(?:the\s+)?[A-Z]", passage.said))
    by_unit = measured(need, passage.said)
    return by_unit if by_unit is not None else is_generic(need) and has_type(asked, passage.said)


def _exact(need: Need, passage: Passage, asked: Asked) -> bool:
    """An id or a number has to stand in the quote, or around it with no other of its kind in the quote."""
    if mentions(passage.said, need) or (mentions(passage.beside, need) and not _rivals(need, passage.said)):
        return True
    outside = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)}"
    if _rivals(need, passage.said):
        return mentions(outside, need) and _is_the_answer(need, asked)
    if len(need.stems) > 1 and need.kind == "number":
        return _on_the_day(need, passage)
    if need.kind == "number" and YEAR.fullmatch(need.shown):
        created = passage.evidence.created
        dated = created is not None and str(created.year) == need.shown
        return mentions(outside, need) or dated or _sole_year(need, passage)
    return mentions(outside, need) or (need.kind == "id" and _sole_id(need, passage))


def _is_the_answer(need: Need, asked: Asked) -> bool:
    """The other year of a date that was asked for, or the other contract that was asked for, is the answer."""
    return (
        asked.expects == "date"
        if need.kind == "number"
        else bool(re.match(r"(?:which|what)\s+(?!is|was)", asked.text, re.I))
    )


def _on_the_day(need: Need, passage: Passage) -> bool:
    """The quote gives no other day, and its evidence is about this one."""
    whole = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)} {passage.evidence.text[:OPENING_CHARS]}"
    other = [found for found in DATE.findall(passage.said) if not YEAR.fullmatch(found)]
    return not other and mentions(whole, need)


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
    if mentions(passage.beside, need) and not (passage.label and is_month(need)):
        return bool(passage.label) or not _about_another(need, passage, asked)
    if is_month(need):
        return _month_number(need, passage) or _sole_month(need, passage)
    outside = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)}"
    if mentions(outside, need) or (PRONOUN.match(passage.said) and mentions(passage.before, need)):
        return True
    if need.stems[-1] in passage.local and mentions(passage.evidence.text, need):
        return True
    earlier = "" if passage.label else f"{passage.opening} {passage.evidence.text[: passage.span.end]}"
    return mentions(earlier, need) and not _about_another(need, passage, asked)


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


def _sole_month(need: Need, passage: Passage) -> bool:
    """The evidence opens with this month and the quote names no other."""
    opening = f"{heading_of(passage.evidence)} {naming_of(passage.evidence)} {passage.evidence.text[:OPENING_CHARS]}"
    return mentions(opening, need) and not passage.local & _MONTH_WORDS


def _hard_enough(missing: tuple[Need, ...], asked: Asked, passage: Passage) -> tuple[Need, ...]:
    """Forgive topic words while half of them are there; without a name to hold on to, two thirds must be close by.

    A cell is about its own row: where no name tells which, every word has to.
    """
    topics = asked.of("topic")
    lost = [need for need in missing if need.kind == "topic"]
    if not asked.of("name", "id", "quoted"):
        before = stem_set(passage.before) if _refers_back(passage, asked) else frozenset[str]()
        close = passage.near | passage.apart | before | stem_set(naming_of(passage.evidence))
        lost = [need for need in topics if not _said_close(need, close)]
        begun = len(lost) == 1 and _said_close(lost[0], passage.begins) and not _of_another(lost[0], asked, passage)
        if begun and _speaks_of(asked, passage):
            lost = []
        return (
            *(need for need in missing if need.kind != "topic"),
            *(lost if passage.label or len(lost) * 3 > len(topics) else ()),
        )
    forgiven = len(lost) * 2 <= len(topics)
    return (*(need for need in missing if need.kind != "topic"), *(() if forgiven else lost))


def _of_another(need: Need, asked: Asked, passage: Passage) -> bool:
    """What is asked of one thing is said of another: the handle of the door, and not of the gate."""
    of_it = any(set(need.stems) & stem_set(found) for found in _OF.findall(asked.text))
    return of_it and any(not stem_set(found) & stem_set(asked.text) for found in _OF.findall(passage.said))


def _speaks_of(asked: Asked, passage: Passage) -> bool:
    """The quote itself has a word that is asked, beside the kind of thing that is."""
    kind = kind_of(asked.text)
    told = [need for need in asked.of("focus", "topic") if kind not in need.stems and not is_generic(need)]
    return any(_said_close(need, passage.local) for need in told)


def _said_close(need: Need, close: frozenset[str]) -> bool:
    return any(not close.isdisjoint(alike(part)) for part in need.stems)


def asks_negation(question: str) -> bool:
    """Say whether a question asks for what is not so; ``no`` before a figure is a number (no 12)."""
    return bool(_ASKS_NEGATION.search(question))


def _keeps_negation(asked: Asked, passage: Passage) -> bool:
    return asked.expects == "yes-no" or not asks_negation(asked.text) or bool(NEGATION.search(passage.said))


def _score(asked: Asked, passage: Passage, missing: tuple[Need, ...], typed: bool) -> float:
    weights = {"quoted": 4.0, "id": 4.0, "number": 3.0, "name": 3.0, "focus": 2.0, "topic": 1.0}
    total = sum(weights[need.kind] for need in asked.needs) or 1.0
    lost = sum(weights[need.kind] for need in missing)
    local = sum(weights[need.kind] for need in asked.needs if any(holds(passage.local, part) for part in need.stems))
    own = asked.of("id") and all(_at_hand(need, passage) for need in asked.of("id"))
    brief = 1.0 / (1.0 + len(passage.said) / 200)
    return (
        (total - lost) / total
        + local / total
        + (0.5 if typed else 0.0)
        + (0.4 if own else 0.0)
        - (0.4 if _FORMER.search(passage.said) and not _FORMER.search(asked.text) else 0.0)
        + 0.2 * brief
        + 0.05 * passage.evidence.score
    )


def _at_hand(need: Need, passage: Passage) -> bool:
    """The number stands in the quote, beside it or over it: it is the number of this very document or row."""
    return mentions(f"{passage.said} {passage.beside} {heading_of(passage.evidence)}", need)
