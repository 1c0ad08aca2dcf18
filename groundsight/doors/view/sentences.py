"""Sentences with their verdicts: a sign, a word and a line beside each, so that nothing hangs on colour alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from groundsight.doors.view.drawing import anchor
from groundsight.doors.view.markup import Markup, el, together
from groundsight.tools.results import where_text

if TYPE_CHECKING:
    from groundsight.tools.results import Checked, Support
    from groundsight.types import VerdictLabel

SIGNS: Mapping[VerdictLabel, tuple[str, str]] = {
    "supported": ("✓", "Supported"),
    "contradicted": ("✗", "Contradicted"),
    "unsupported": ("?", "Not supported"),
    "unverified": ("!", "Not verified"),
    "not_checkable": ("–", "Nothing to check"),
}
_MARKER = re.compile(r"(\[\d{1,3}\])")


def under_signs(text: str, verdicts: Sequence[Checked], places: Mapping[str, str]) -> Markup:
    """Return the text of an answer with each sentence under its sign; ``places`` leads from a marker to its passage."""
    found, at = list[Markup](), 0
    for number, verdict in enumerate(verdicts, 1):
        start = text.find(verdict.text, at)
        if start < 0:
            continue
        found.append(_linked(text[at:start], places))
        found.append(_sentence(number, verdict, places))
        at = start + len(verdict.text)
    return el("div", together(found, _linked(text[at:], places)), class_="answer")


def reasons(verdicts: Sequence[Checked]) -> Markup | None:
    """Return every sentence with its verdict, the reason, and the words that decided it; None where there is none."""
    listed = [_row(number, verdict) for number, verdict in enumerate(verdicts, 1)]
    return el("ol", listed, class_="verdicts") if listed else None


def _sentence(number: int, verdict: Checked, places: Mapping[str, str]) -> Markup:
    sign, word = SIGNS[verdict.verdict]
    told = el("a", el("span", sign, aria_hidden="true"), el("span", word, class_="unseen"), href=f"#s{number}")
    return el("span", told, " ", _linked(verdict.text, places), class_=f"said {verdict.verdict}")


def _linked(text: str, places: Mapping[str, str]) -> Markup:
    parts = _MARKER.split(text)
    return together(el("a", part, href=places[part]) if part in places else part for part in parts)


def _row(number: int, verdict: Checked) -> Markup:
    sign, word = SIGNS[verdict.verdict]
    badge = el("strong", el("span", sign, aria_hidden="true"), f" {word}", class_="badge")
    likely = el("span", f"probability {verdict.probability:.2f}", class_="soft")
    quotes = el("ul", map(_quote, verdict.support)) if verdict.support else None
    why = el("p", verdict.reason, class_="why") if verdict.reason else None
    said = el("p", verdict.text)
    return el("li", el("p", badge, " ", likely), said, why, quotes, id=f"s{number}", class_=verdict.verdict)


def _quote(support: Support) -> Markup:
    where = where_text(support.source or support.id, support.page, second=support.second)
    return el("li", el("q", support.quote), " ", el("a", where, href=f"#{anchor(support.id)}"))
