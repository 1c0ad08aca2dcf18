"""The writer without a language model: it selects and quotes the passage that answers a question."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date

from groundsight.agent.cover import Fit, dated_by_heading, fit
from groundsight.agent.kinds import new_names
from groundsight.agent.mention import mentions
from groundsight.agent.nouns import ID_VALUE, kind_of, says_kind
from groundsight.agent.passages import Passage, naming_of, passages
from groundsight.agent.question import Asked, Need
from groundsight.agent.state import Finding
from groundsight.agent.words import DATE, ID, MONEY, NUMBER, TIME, squeeze
from groundsight.grounding.places import box_of_words
from groundsight.types import Evidence, Quote

_OUTDATED = re.compile(r"\b(?:draft|superseded|obsolete|outdated|deprecated|withdrawn|archived?|old|previous)\b", re.I)
_FINAL = re.compile(r"\b(?:final|approved|signed|current|latest|amended|amendment|supersedes)\b", re.I)
_VERSION = re.compile(r"\b(?:v|version|rev|revision)[ ._-]?(\d+(?:\.\d+)*)\b", re.I)
RIVAL_MARGIN = 0.35
LABELLED_WORDS = 5


def rank(
    asked: Asked, evidence: Sequence[Evidence], given: Sequence[str] = (), banned: Collection[str] = ()
) -> list[Fit]:
    """Weigh every passage of some evidence against a question, best first."""
    fits = [fit(asked, passage, given) for passage in passages(evidence) if sentence_of(asked, passage) not in banned]
    return sorted(fits, key=lambda one: (not one.enough, -one.score, -_standing(one.passage)[0]))


def find(
    step: int, asked: Asked, evidence: Sequence[Evidence], given: Sequence[str] = (), banned: Collection[str] = ()
) -> Finding | None:
    """Return the passage that answers a question with the sources that disagree, or None when none does."""
    enough = [one for one in rank(asked, evidence, given, banned) if one.enough]
    if not enough:
        return None
    close = [one for one in enough if one.score >= enough[0].score - RIVAL_MARGIN]
    best = max(close, key=lambda one: (_standing(one.passage), one.score)) if _contested(asked, close) else close[0]
    return Finding(
        step=step,
        question=asked.text,
        sentence=sentence_of(asked, best.passage),
        bare=best.passage.said,
        quote=quote_of(best.passage),
        value=member_in(asked, best.passage, evidence) or value_of(asked, best.passage),
        rivals=_rivals(asked, best, close),
    )


def sentence_of(asked: Asked, passage: Passage) -> str:
    """Write a passage as a sentence; a line that leaves out whom it is about is given the name it stands under."""
    said = passage.said
    if day := dated_by_heading(asked, passage):
        return f"{day}: {said}"
    subject = _subject(asked, passage)
    return f"{subject}: {said}" if subject else said


def quote_of(passage: Passage) -> Quote:
    """Point at the exact characters of a passage."""
    one = passage.evidence
    box = one.place.box
    if passage.channel == "ocr":
        box = box_of_words(one.lines, passage.quoted) or box
    text = one.text[passage.span.start : passage.span.end]
    return Quote(
        evidence_id=one.evidence_id,
        span=passage.span,
        text=text,
        channel=passage.channel,
        source=one.source,
        page=one.place.page,
        box=box,
    )


def value_of(asked: Asked, passage: Passage) -> str:
    """Return the asked value itself (a name, a date, an amount), empty when it can't be told apart."""
    text = _after_label(squeeze(passage.quoted))
    if day := dated_by_heading(asked, passage):
        return day
    if passage.label:
        return text
    match asked.expects:
        case "person" | "place" | "any" | "yes-no":
            labelled = text != squeeze(passage.quoted) and len(text.split()) <= LABELLED_WORDS
            return text.strip(" .,;") if labelled else _of_kind(asked, _first(new_names(asked, text)))
        case "date":
            return _first([one for one in [*DATE.findall(text), *TIME.findall(text)] if one not in asked.text])
        case "money":
            return _first([*MONEY.findall(text), *_numbers(asked, text)])
        case "number":
            return _first(_numbers(asked, text))
        case "id":
            labelled = text != squeeze(passage.quoted) and len(text.split()) <= 2
            found = [one for one in [*ID_VALUE.findall(text), *ID.findall(text)] if one not in asked.text]
            return text.strip(" .,;") if labelled else _first(found + _numbers(asked, text))


def _after_label(text: str) -> str:
    """Return what stands after the label of a line (Purchase order: PO 7781)."""
    label, _, value = text.partition(": ")
    return value.strip() if value and len(label.split()) <= 4 else text


def member_in(asked: Asked, passage: Passage, evidence: Sequence[Evidence]) -> str:
    """Return the one thing of the asked kind, as tables list them, that a passage or its heading names."""
    kind = kind_of(asked.text)
    if asked.expects != "person" or passage.label or kind in ("", "person"):
        return ""
    known = {
        squeeze(row[at])
        for one in evidence
        for at, head in enumerate(one.cells[0] if one.cells else ())
        if says_kind(head, kind)
        for row in one.cells[1:]
        if at < len(row) and len(row[at].strip()) > 2 and row[at] not in asked.text
    }
    for text in (passage.said, f"{passage.evidence.place.section or ''} {naming_of(passage.evidence)}"):
        named = [one for one in known if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text)]
        if named:
            return named[0] if len(named) == 1 else ""
    return ""


def _of_kind(asked: Asked, shown: str) -> str:
    """Take Ann Berg of Northcheck apart: the person is asked, or the company."""
    person, of, company = shown.partition(" of ")
    if of and re.search(r"\d", person):
        return company
    if not of or len(person.split()) < 2 or asked.expects != "person":
        return shown
    return person if kind_of(asked.text) == "person" else company


def _first(found: Sequence[str]) -> str:
    return squeeze(found[0]).strip(" .,;:") if found else ""


def _numbers(asked: Asked, text: str) -> list[str]:
    found = NUMBER.findall(DATE.sub(" ", text)) or NUMBER.findall(text)
    return [one for one in found if one not in asked.text]


def _subject(asked: Asked, passage: Passage) -> str:
    """Return the first hard need that the passage leaves out and its own evidence spells."""
    needs = asked.of("id", "name", "quoted")
    if len(passage.said) > 120 or any(mentions(passage.said, need) for need in needs):
        return ""
    return next((shown for need in needs if (shown := _as_written(need, passage.evidence))), "")


def _as_written(need: Need, one: Evidence) -> str:
    pattern = r"\s+".join(re.escape(part) for part in need.shown.split())
    match = re.search(rf"(?<!\w){pattern}(?!\w)", f"{one.text}\n{one.title}\n{one.place.section or ''}", re.I)
    return squeeze(match.group(0)) if match else ""


def _contested(asked: Asked, close: Sequence[Fit]) -> bool:
    values = {_key(value_of(asked, one.passage)) for one in close}
    return len(values - {""}) > 1 and len({one.passage.evidence.source for one in close}) > 1


def _rivals(asked: Asked, best: Fit, close: Sequence[Fit]) -> tuple[Quote, ...]:
    """List one quote of each other source that gives another value for the same thing."""
    if asked.expects in ("any", "yes-no", "person", "place"):
        return ()
    mine, seen = _key(value_of(asked, best.passage)), {best.passage.evidence.source}
    found: list[Quote] = []
    for one in close:
        value, source = _key(value_of(asked, one.passage)), one.passage.evidence.source
        if value and value != mine and source not in seen and _same_thing(best.passage, one.passage):
            seen.add(source)
            found.append(quote_of(one.passage))
    return tuple(found)


def _same_thing(one: Passage, other: Passage) -> bool:
    """Two quotes are about the same thing when, values aside, they use mostly the same words."""
    mine, theirs = (frozenset(part for part in p.local if not part[:1].isdigit()) for p in (one, other))
    return len(mine & theirs) * 2 >= min(len(mine), len(theirs))


def _key(value: str) -> str:
    return re.sub(r"[^\w]", "", value).casefold()


def _standing(passage: Passage) -> tuple[int, str, tuple[int, ...]]:
    """Order sources: final before draft, then the newer, then the higher version."""
    one = passage.evidence
    naming = f"{naming_of(one)} {one.place.section or ''}"
    mark = (
        bool(_FINAL.search(naming))
        - bool(_OUTDATED.search(naming))
        - bool(re.search(r"\bsuperseded\b", one.text, re.I))
    )
    version = _VERSION.search(naming)
    return (mark, str(one.created or date.min), tuple(map(int, version.group(1).split("."))) if version else ())
