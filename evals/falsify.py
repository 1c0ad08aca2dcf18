"""Answers made false on purpose: a checker that accepts them says yes to everything."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.suite import Suite
from groundsight.types import Answer

_DIGIT = re.compile(r"\d")


def falsified_caught(answer: Answer, right: Sequence[str], others: Sequence[str], suite: Suite) -> float | None:
    """1.0 when the check refuses the quoted evidence with its gold answer exchanged for that of another question.

    None when no citation quotes a gold answer, or nothing of the same shape can take its place: such an
    answer says nothing about the checker.
    """
    for citation in answer.citations:
        false = falsified(citation.quote, right, others)
        if false:
            return float(suite.verify(false, answer.evidence).verdict != "pass")
    return None


def falsified(text: str, right: Sequence[str], others: Sequence[str]) -> str | None:
    """Exchange the first right answer in the text for another of the same shape (figure, or words)."""
    held = next((gold for gold in right if gold and gold.casefold() in text.casefold()), None)
    if held is None:
        return None
    lower = text.casefold()
    shaped = [other for other in others if bool(_DIGIT.search(other)) == bool(_DIGIT.search(held))]
    stranger = next((other for other in shaped if other.casefold() not in lower and other not in right), None)
    return re.sub(re.escape(held), lambda _: stranger, text, flags=re.IGNORECASE) if stranger else None
