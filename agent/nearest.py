"""The passages that come closest to a question, for when nothing is sure to answer it."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.agent.answerer import likeliest
from groundsight.agent.candidates import Eyes, Question, closest, read_windows
from groundsight.agent.state import Draft
from groundsight.agent.words import squeeze
from groundsight.types import Evidence, Quote

PASSAGES, SHORTEST = 3, 3
SHOWN_CHARS = 300


def nearest(question: str, evidence: Sequence[Evidence], eyes: Eyes | None) -> list[Quote]:
    """Return the sentences, rows or lines that may answer a question, likeliest first, none said twice.

    What the reader finds likeliest goes first; without one, and behind it, what says most of the question.
    """
    asked = Question.of(question)
    likely = likeliest(asked, evidence, eyes) if eyes else []
    found = [*likely, *(closest(asked, window) for window in read_windows(asked, evidence))]
    # A heading by itself tells a person nothing.
    telling = [one for one in found if len(one.text.split()) >= SHORTEST] or found
    return list({squeeze(one.text): one for one in reversed(telling)}.values())[::-1][:PASSAGES]


def shown(quotes: Sequence[Quote]) -> Draft:
    """Lay quotes out with the place of each, as what stands there and not as an answer."""
    said = tuple(f'{_where(one)}: "{squeeze(one.text)[:SHOWN_CHARS]}"' for one in quotes)
    return Draft(sentences=said, cites=tuple((one.evidence_id,) for one in quotes))


def _where(one: Quote) -> str:
    name = one.source.rsplit("/", 1)[-1]
    return f"{name}, page {one.page}" if one.page else name
