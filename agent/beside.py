"""What the rest of a row or of a picture lends to one cell or line of it."""

from __future__ import annotations

import re

from groundsight.agent.nouns import CARRIERS, EVENTS, RELATIONS, kind_of, says_kind
from groundsight.agent.passages import Passage
from groundsight.agent.question import Asked, Need
from groundsight.agent.words import DATE, TIME, holds, stem_set

_TIMED = re.compile(r"^(?:at |from |until |by )?(?:what time|when|where)\b", re.I)


def beside(need: Need, passage: Passage, asked: Asked) -> bool:
    """Say whether a soft need is met beside the quote: in its row, by the head of its column, or on its picture."""
    if passage.label:
        return _in_row(need, passage, asked)
    return passage.channel == "ocr" and _on_picture(need, passage, asked)


def fits_header(passage: Passage, asked: Asked) -> bool:
    """Say whether the head of a column or the label of a line names what is asked."""
    if not passage.header:
        return False
    head = stem_set(passage.header)
    return says_kind(passage.header, kind_of(asked.text)) or any(holds(head, n.stems[0]) for n in asked.of("focus"))


def in_asked_column(asked: Asked, passage: Passage) -> bool:
    """A name in a table only answers under a head, or beside a label, that says what is asked."""
    if not passage.label or asked.expects not in ("person", "place", "id"):
        return True
    said = stem_set(passage.label)
    return fits_header(passage, asked) or any(holds(said, need.stems[0]) for need in asked.of("focus"))


def _in_row(need: Need, passage: Passage, asked: Asked) -> bool:
    """The column has to be the one that is asked; then the row says whom it is about."""
    if not fits_header(passage, asked):
        return False
    root = need.stems[0]
    return root in RELATIONS or says_kind(passage.header, root) or holds(passage.apart, root)


def _on_picture(need: Need, passage: Passage, asked: Asked) -> bool:
    """Few lines stand on a picture: those without a label are told by their type and by the lines around them."""
    root = need.stems[0]
    if root in CARRIERS:
        return True
    if passage.header:
        return fits_header(passage, asked) and (root in RELATIONS or holds(passage.apart, root))
    if holds(passage.apart, root):
        return True
    return root in EVENTS and bool(_TIMED.match(asked.text)) and _sole(passage)


def _sole(passage: Passage) -> bool:
    """No other time, and where no time is given no other date, stands on the picture."""
    form = TIME if TIME.search(passage.said) else DATE
    return len(form.findall(passage.said)) <= 1 and not form.search(passage.beside)
