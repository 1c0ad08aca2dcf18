"""What the rest of a row or of a picture lends to one cell or line of it."""

from __future__ import annotations

import re

from groundsight.agent.intent import asks_extreme
from groundsight.agent.nouns import CARRIERS, EVENTS, RELATIONS, kind_of, says_kind
from groundsight.agent.passages import Passage
from groundsight.agent.question import Asked, Need, is_generic
from groundsight.agent.words import DATE, TIME, holds, stem, stem_set

_TIMED = re.compile(r"^(?:at |from |until |by )?(?:what time|when|where)\b", re.I)


_BY_TYPE = ("date", "money", "place")


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
    if passage.label and asks_extreme(asked.text) and asked.expects in ("person", "place", "any"):
        return False
    if passage.label and asked.expects == "yes-no":
        return any(holds(stem_set(passage.header), need.stems[0]) for need in asked.needs)
    if _only_heads(passage) and asked.expects in ("person", "place", "any"):
        return False
    if passage.label and stem_set(passage.quoted) <= stem_set(asked.text):
        return False
    if passage.label and kind_of(asked.text) == stem("item"):
        return says_kind(passage.header, stem("item"))
    labelled = passage.label or (passage.channel == "ocr" and passage.header)
    if not labelled or asked.expects not in ("person", "place", "id"):
        return True
    said = stem_set(passage.label or passage.header)
    return fits_header(passage, asked) or any(holds(said, need.stems[0]) for need in asked.of("focus"))


def _only_heads(passage: Passage) -> bool:
    """A line of a picture in capitals without a number is its heading."""
    return passage.channel == "ocr" and passage.said.isupper() and not re.search(r"\d", passage.said)


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
        return asked.expects in _BY_TYPE or _has_head(passage, asked)
    return root in EVENTS and bool(_TIMED.match(asked.text)) and _sole(passage)


def _has_head(passage: Passage, asked: Asked) -> bool:
    """The line itself has the word that is asked, or where that only names a type, one of the others."""
    said = [need for need in asked.of("focus") if not is_generic(need)]
    wanted = said[-1:] or asked.of("topic")
    return any(holds(passage.local, need.stems[0]) for need in wanted)


def _sole(passage: Passage) -> bool:
    """No other time, and where no time is given no other date, stands on the picture."""
    form = TIME if TIME.search(passage.said) else DATE
    return len(form.findall(passage.said)) <= 1 and not form.search(passage.beside)
