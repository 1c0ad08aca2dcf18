"""Is the evidence enough? What is missing or was removed, and how to say what was looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from groundsight.agent.fit import fit_of
from groundsight.agent.question import Need, Question, told_by
from groundsight.agent.state import Draft
from groundsight.governance.pii import PLACEHOLDER
from groundsight.governance.pii_heads import kinds_asked, label_of
from groundsight.language.content import content_words, stems_of
from groundsight.language.sayings import enumerated, saying
from groundsight.language.units import unit_named
from groundsight.types import Evidence

# Order 7781 names a thing; of shorter bare numbers most count something whose noun stands apart.
NAMING_DIGITS = 3
_FISCAL = re.compile(r"FY[\s'’]?(?:20)?(\d\d)", re.IGNORECASE)
_REMOVED = {
    "email": "an e-mail address", "phone": "a phone number", "card": "a card number", "iban": "a bank account",
    "ssn": "a social security number", "ip": "an IP address",
    "secret": "a secret", "person": "a name", "name": "a name", "place": "a place",
    "org": "an organisation",
}  # fmt: skip
_WHO_OR_WHEN = re.compile(r"(?:to |by |from )?(?:who|whom|when)\b", re.IGNORECASE)
_PERIOD = re.compile(r"(?:FY|[QH]\d)", re.IGNORECASE)


def unmentioned(asked: Question, evidence: Sequence[Evidence]) -> tuple[Need, ...]:
    """Return the names, ids, numbers and quoted phrases that no evidence holds anywhere."""
    return tuple(need for need in asked.hard if not any(_anywhere(need, one) for one in evidence))


def is_identifier(need: Need, asked: Question) -> bool:
    """Say whether nothing else can stand for a need: an id, or a number that names a thing (order 7781)."""
    if need.kind == "id":
        return not _PERIOD.match(need.shown)
    bare = [one.text for one in asked.facts.quantities if not one.kind and not one.noun]
    return need.kind == "number" and need.shown in bare and len(need.shown) >= NAMING_DIGITS


def note_of(asked: Question, evidence: Sequence[Evidence]) -> str:
    """Say which names of a question stand in none of the passages that were found, empty where all do.

    A name of which some part was found is no absent one: it may be spelled or titled otherwise.
    """
    said = {stem for one in evidence for stem in stems_of(told_by(one))}
    lost = [one for one in unmentioned(asked, evidence) if is_identifier(one, asked) or not said & {*one.stems}]
    # A currency or a unit of the question may be written otherwise.
    absent = [need.shown for need in lost if unit_named(need.shown) is None]
    if not absent:
        return ""
    key = f"absent_{'some' if len(absent) > 1 else 'one'}{'_of_one' if len(evidence) == 1 else ''}"
    return saying(key, asked.language, names=enumerated(absent, asked.language), count=len(evidence))


def explain(asked: Question, evidence: Sequence[Evidence], far: str = "") -> str:
    """Say what was looked for and that nothing found is sure to answer; ``far`` is why a search showed nothing."""
    if not evidence:
        return saying("nothing_shown" if far else "nothing_matches", asked.language, far=far)
    if hidden := removed(asked, evidence):
        return hidden
    names = [need.shown for need in asked.needs]
    wanted = enumerated(names, asked.language) if names else saying("an_answer", asked.language)
    looked = saying("looked_for", asked.language, wanted=wanted)
    return " ".join(filter(None, (looked, note_of(asked, evidence))))


def _anywhere(need: Need, one: Evidence) -> bool:
    year = _FISCAL.fullmatch(need.shown)
    return need.in_text(told_by(one)) or (year is not None and bool(re.search(rf"\b(?:20)?{year[1]}\b", told_by(one))))


def without_placeholders(question: str, draft: Draft) -> tuple[Draft, str]:
    """Return a draft without the sentences that only a placeholder would answer, and what to say instead."""
    hidden = {at: kind for at, sentence in enumerate(draft.sentences) if (kind := _only_hidden(question, sentence))}
    open_ = draft.saying(pair for at, pair in enumerate(draft.pairs) if at not in hidden)
    return (open_, _said(hidden.values())) if hidden else (draft, "")


def removed(asked: Question, evidence: Sequence[Evidence]) -> str:
    """Say that the asked value was removed, empty unless some evidence about the asked thing shows that it was."""
    about = [one.text for one in evidence if all(need.in_text(f"{one.text} {one.title}") for need in asked.hard)]
    kinds = kinds_asked(asked.text) & {kind for text in about for kind in _hidden_in(text)}
    return _said(sorted(kinds)) if kinds else ""


def _only_hidden(question: str, sentence: str) -> str:
    """Return the kind that is asked for and hidden, or the one beside which a sentence says nothing new."""
    hidden = _hidden_in(sentence)
    if _WHO_OR_WHEN.match(question) and fit_of(question, [PLACEHOLDER.sub(" ", sentence)]).value == "yes":
        # Who sent the mail is told by the name beside the address.
        return ""
    asked = [kind for kind in hidden if kind in kinds_asked(question)]
    said = [word for word in content_words(PLACEHOLDER.sub(" ", sentence)) if not label_of(word)]
    new = [word for word in said if not stems_of(word) & stems_of(question)]
    return next(iter(asked), "") or (hidden[0] if hidden and not new else "")


def _hidden_in(text: str) -> list[str]:
    return [found["kind"].lower() for found in PLACEHOLDER.finditer(text)]


def _said(kinds: Iterable[str]) -> str:
    named = " and ".join(dict.fromkeys(_REMOVED[kind] for kind in kinds))
    hidden = "which was redacted when they were read: the settings hide it (governance.redact)"
    return f"The files hold {named} there, {hidden}."
