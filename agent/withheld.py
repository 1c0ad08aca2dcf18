"""A placeholder is no answer: what a question asks for may have been removed when its file was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from groundsight.agent.compose import without
from groundsight.agent.question import Question
from groundsight.agent.state import Draft
from groundsight.governance.pii import PLACEHOLDER
from groundsight.governance.pii_heads import kinds_asked, label_of
from groundsight.language.content import content_words, stems_of
from groundsight.types import Evidence

_NAMES = {
    "email": "an e-mail address", "phone": "a phone number", "card": "a card number", "iban": "a bank account",
    "ssn": "a social security number", "ip": "an IP address",
}  # fmt: skip


def without_placeholders(question: str, draft: Draft) -> tuple[Draft, str]:
    """Return a draft without the sentences that only a placeholder would answer, and what to say instead."""
    hidden = {at: kind for at, sentence in enumerate(draft.sentences) if (kind := _only_hidden(question, sentence))}
    return (without(draft, list(hidden)), _said(hidden.values())) if hidden else (draft, "")


def removed(asked: Question, evidence: Sequence[Evidence]) -> str:
    """Say that the asked value was removed, empty unless some evidence about the asked thing shows that it was."""
    about = [one.text for one in evidence if all(need.in_text(f"{one.text} {one.title}") for need in asked.hard)]
    kinds = kinds_asked(asked.text) & {kind for text in about for kind in _hidden_in(text)}
    return _said(sorted(kinds)) if kinds else ""


def _only_hidden(question: str, sentence: str) -> str:
    """Return the kind that is asked for and hidden, or the one beside which a sentence says nothing new."""
    hidden = _hidden_in(sentence)
    asked = [kind for kind in hidden if kind in kinds_asked(question)]
    said = [word for word in content_words(PLACEHOLDER.sub(" ", sentence)) if not label_of(word)]
    new = [word for word in said if not stems_of(word) & stems_of(question)]
    return next(iter(asked), "") or (hidden[0] if hidden and not new else "")


def _hidden_in(text: str) -> list[str]:
    return [re.split(r"[\[_]", found)[1].lower() for found in PLACEHOLDER.findall(text)]


def _said(kinds: Iterable[str]) -> str:
    named = " and ".join(dict.fromkeys(_NAMES[kind] for kind in kinds))
    return f"The files hold {named} there, which was redacted when they were read and is not stored."
