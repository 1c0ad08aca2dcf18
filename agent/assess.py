"""Is the evidence enough? What is missing, and how to say what was looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.agent.mention import mentions
from groundsight.agent.naming import heading_of, naming_of
from groundsight.agent.question import Asked, Need
from groundsight.agent.withheld import removed
from groundsight.agent.words import stems
from groundsight.language.facts import read_facts
from groundsight.language.sayings import enumerated, saying
from groundsight.types import Evidence

# Order 7781 names a thing; of shorter bare numbers most count something whose noun stands apart.
NAMING_DIGITS = 3
_FISCAL = re.compile(r"FY[\s'’]?(?:20)?(\d\d)", re.IGNORECASE)
_PERIOD = re.compile(r"(?:FY|[QH]\d)", re.IGNORECASE)


def unmentioned(asked: Asked, evidence: Sequence[Evidence]) -> tuple[Need, ...]:
    """Return the names, ids, numbers and quoted phrases that no evidence holds anywhere."""
    return tuple(need for need in asked.needs if need.hard and not any(_anywhere(need, one) for one in evidence))


def is_identifier(need: Need, asked: Asked) -> bool:
    """Say whether nothing else can stand for a need: an id, or a number that names a thing (order 7781)."""
    if need.kind == "id":
        return not _PERIOD.match(need.shown)
    bare = [one.text for one in read_facts(asked.text).quantities if not one.kind and not one.noun]
    return need.kind == "number" and need.shown in bare and len(need.shown) >= NAMING_DIGITS


def note_of(asked: Asked, evidence: Sequence[Evidence]) -> str:
    """Say which names of a question stand in none of the passages that were found, empty where all do.

    A name of which some part was found is no absent one: it may be spelled or titled otherwise.
    """
    said = {part for one in evidence for part in stems(_whole(one))}
    lost = [one for one in unmentioned(asked, evidence) if is_identifier(one, asked) or not said & {*one.stems}]
    absent = [need.shown for need in lost if not _is_unit(need.shown)]
    if not absent:
        return ""
    key = f"absent_{'some' if len(absent) > 1 else 'one'}{'_of_one' if len(evidence) == 1 else ''}"
    return saying(key, asked.language, names=enumerated(absent, asked.language), count=len(evidence))


def explain(asked: Asked, evidence: Sequence[Evidence], far: str = "") -> str:
    """Say what was looked for and that nothing found is sure to answer; ``far`` is why a search showed nothing."""
    if not evidence:
        return saying("nothing_shown" if far else "nothing_matches", asked.language, far=far)
    if hidden := removed(asked, evidence):
        return hidden
    names = [need.shown for need in asked.needs]
    wanted = enumerated(names, asked.language) if names else saying("an_answer", asked.language)
    looked = saying("looked_for", asked.language, wanted=wanted)
    return " ".join(filter(None, (looked, note_of(asked, evidence))))


def _is_unit(shown: str) -> bool:
    """A currency or a unit of the question may be written otherwise."""
    return shown.isalpha() and any(one.kind for one in read_facts(f"2 {shown}").quantities)


def _anywhere(need: Need, one: Evidence) -> bool:
    year = _FISCAL.fullmatch(need.shown)
    return mentions(_whole(one), need) or (year is not None and bool(re.search(rf"\b(?:20)?{year[1]}\b", _whole(one))))


def _whole(one: Evidence) -> str:
    return f"{one.text} {heading_of(one)} {naming_of(one)}"
