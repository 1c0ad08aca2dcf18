"""Questions that a text itself asks and answers: headings of FAQs, interviews, chats, quoted mails with replies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from groundsight.language.sentences import sentence_spans
from groundsight.types import Evidence, Quote

# The mark of a list or a quoted mail, a stamp of time, and who speaks: "[12/03/25, 18:02] Lea: ", "Q: ", "> ".
_TURN = re.compile(
    r"(?:[>#*\-\s]|\d{1,2}[.)]\s)*(?:\[?\d[\d./:, -]{4,20}(?:[ap]m)?\]?[\s–-]*)?"
    r"(?P<who>[^\W\d_][\w.'’ -]{0,30}?\s?:\s+)?",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?:[a-z]|answer|antwort|réponse|respuesta)\s?:", re.IGNORECASE)
_QUESTION_MARKS = ("?", "？")


@dataclass(frozen=True)
class Reply:
    """A question as a text puts it, without who asks, what stands before it, and where the next sentence stands."""

    evidence: Evidence
    before: str
    asked: str
    span: tuple[int, int]

    @property
    def said(self) -> str:
        """The sentence that follows, with the name of whoever says it."""
        return self.evidence.text[slice(*self.span)]

    @property
    def bare(self) -> str:
        """That sentence without its speaker."""
        return self.said[_turn_of(self.said) :]

    def quote(self) -> Quote:
        """Return that sentence with its place."""
        from groundsight.evidence.windows import quote_of

        return quote_of(self.evidence, self.span, "text")


def replies(evidence: Evidence) -> Iterator[Reply]:
    """Yield the questions of a text with the sentence behind each; one that another question follows has none."""
    text = evidence.text
    for (start, end), (after, last) in pairwise(sentence_spans(text)):
        asked, said = text[start:end], text[after:last]
        if asked.rstrip(" *_\"'”)").endswith(_QUESTION_MARKS) and not said.rstrip().endswith(_QUESTION_MARKS):
            yield Reply(
                evidence, text[:start], asked[_turn_of(asked) :].strip("*_ "), (after + _opening_of(said), last)
            )


def _turn_of(line: str) -> int:
    found = _TURN.match(line)
    return found.end() if found else 0


def _opening_of(line: str) -> int:
    """Where what is said begins, who says it included unless that is but a letter: "Mats: Inga does", "Nine"."""
    found = _TURN.match(line)
    if found is None or found["who"] is None or _LETTER.fullmatch(found["who"].strip()):
        return found.end() if found else 0
    return found.start("who")
