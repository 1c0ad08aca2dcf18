"""Manner of speaking: what in a sentence only wraps a statement, and which sentences state nothing at all."""

from __future__ import annotations

import re

from groundsight.language.facts import Facts, read_facts
from groundsight.language.sentences import without_emphasis, without_list_mark
from groundsight.language.stems import word_list
from groundsight.language.tokens import Token, rivals

YES_NO = re.compile(r"^(?:am|is|are|was|were|do|does|did|has|have|had|can|could|may|must|should|will|would)\b", re.I)
_VERBISH = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|does|do|did|will|would|can|could|may|might|must|shall|should)\b"
    r"|\b\w{2,}(?:ed|s|es|ing)\b|n['’]t\b",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"\b(?:(?:(?:the|these|those|this|provided|given|available)\s+)+"
    r"(?:documents?|sources?|passages?|evidence|context|texts?|files?|information)\s+(?:provided\s+)?"
    r"(?:do|does|did|is|are)\s*(?:not|n['’]t)"
    r"|i\s+(?:do\s+not|don['’]t)\s+know|(?:cannot|can['’]t|could\s+not|couldn['’]t|unable\s+to|not\s+able\s+to)\s+(?:answer|determine|find)"
    r"|(?:no|not\s+enough|insufficient)\s+(?:relevant\s+)?(?:evidence|information|passages?|documents?)\b)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|thanks?(?!\s+to)|sure|certainly|great\s+question|here\s+(?:is|are|'s)|(?:i\s+)?hope|let\s+me|"
    r"let['’]s|you['’]re\s+welcome|feel\s+free|sorry|ok(?:ay)?)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^[\W_]*(?:(?:yes|no|sure|certainly|indeed|of\s+course|well|ok(?:ay)?|so)\s*[,!:;–—-]+\s*"
    r"|(?:i|we)\s+(?:think|believe|guess|suppose|assume|would\s+say)\s+(?:that\s+)?"
    r"|(?:it\s+(?:seems|appears)\s+(?:that\s+)?)|as\s+far\s+as\s+(?:i|we)\s+(?:know|can\s+(?:tell|see))\s*,\s*)+",
    re.IGNORECASE,
)
# A question that expects a yes states what it asks.
_SURE = re.compile(
    r"^\W*(?:(?:did|do)\s+you\s+know\s+(?:that\s+)?|\w+n['’]t\s+(?:it\s+\w+\s+that\s+)?)(?=[^?]*[?？]\W*$)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r",?\s+(?:(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|must)(?:n['’]t)?\s+"
    r"(?:it|he|she|they|there|you|we|i|that|this)(?:\s+not)?|(?<=[,.]\s)(?:right|correct|no|yes|ok|eh|true))\s*[?？]\W*$",
    re.IGNORECASE,
)
# What introduces the words of another source is no part of them.
_OTHER = re.compile(
    r"\s*(?:another source (?:differs|says of it)|this replaces):(?=\s*[\"“].*[\"”]\W*$)", re.IGNORECASE
)
_LABEL = re.compile(r"[:|=]\s*\S")
_LINKS = frozenset({"the", "a", "an", "on", "in", "at", "of", "by", "from", "and", "or"})


def stated(text: str) -> str:
    """Blank out what wraps a statement (a hedge, a tag, a question mark); the length stays the same."""
    plain = _blanked(text, _OTHER.match(text) or _LEAD.match(text))
    plain = _blanked(plain, _TAG.search(plain))
    plain = _blanked(plain, _SURE.match(plain))
    return re.sub(r"[?？]+(?=\W*$)", lambda found: " " * len(found.group()), plain)


def is_checkable(text: str) -> bool:
    """False for questions, greetings, headings, refusals and fragments that hold no name, number or date."""
    plain = without_list_mark(without_emphasis(text)).strip(" \t\"'“”")
    said = stated(plain)
    facts = read_facts(said)
    if _REFUSAL.search(said):
        return bool(facts.quantities or facts.moments)
    return holds_detail(facts) or (bool(facts.words) and not _says_nothing(text, plain))


def holds_detail(facts: Facts) -> bool:
    """True for what holds a name, number, date or identifier; in a line of capitals every strange word is a name."""
    return bool(_details(facts)) or _is_name(facts)


def is_bare(facts: Facts) -> bool:
    """True for one number, date or name with nothing said of it: that is no statement."""
    spans = _details(facts)
    rest = [token for token in facts.tokens if not any(a <= token.start and token.end <= b for a, b in spans)]
    alone = all(token.word in _LINKS for token in rest)
    return (len(spans) == 1 and alone) or (not spans and _is_name(facts) and not _LABEL.search(facts.text))


def _details(facts: Facts) -> list[tuple[int, int]]:
    return [one.span for one in (*facts.quantities, *facts.moments, *facts.ids, *facts.names)]


def _is_name(facts: Facts) -> bool:
    capital = facts.tokens and not any(token.text[0].islower() for token in facts.tokens)
    return bool(capital) and any(token.text[0].isupper() and not _ordinary(token) for token in facts.tokens)


def _ordinary(token: Token) -> bool:
    known = token.weight < 1 or len(token.keys) > 1 or bool(rivals(token.stem))
    return known or token.word in word_list("headings.txt")


def _blanked(text: str, found: re.Match[str] | None) -> str:
    return text if found is None else text[: found.start()] + " " * len(found.group()) + text[found.end() :]


def _says_nothing(text: str, plain: str) -> bool:
    words = re.findall(r"[^\W_]+", plain)
    if plain.endswith(("?", "？", ":", "：")):
        return not _SURE.match(plain)
    return bool(_GREETING.match(plain)) or _is_heading(text, plain, words)


def _is_heading(text: str, plain: str, words: list[str]) -> bool:
    if not plain.isascii():
        return False
    closed = plain.endswith((".", "!", "…"))
    if text.lstrip().startswith("#"):
        return not closed
    return len(words) == 1 or (
        not closed and not _VERBISH.search(plain) and not re.search(r"\d", plain) and len(words) <= 8
    )
