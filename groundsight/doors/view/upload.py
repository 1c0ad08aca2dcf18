"""The page to ask about a picture: what is written in it, what it shows, and what of the library is like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from groundsight.doors.view.answer import told_answer
from groundsight.doors.view.hits import listed_hits, nothing_given
from groundsight.doors.view.markup import Markup, Piece, el, field, page, together
from groundsight.errors import Disabled
from groundsight.tools.ask import MOST_SECONDS, AnswerResult
from groundsight.tools.describe import Description
from groundsight.tools.ocr import ReadLines
from groundsight.tools.search import SearchHits
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundsight.doors.view.desk import Desk

T = TypeVar("T")


def form(desk: Desk, *result: Piece) -> str:
    """Return the page to hand a picture over, under it what was found."""
    most = desk.limits.picture_bytes
    told = f"PNG, JPEG, WebP, TIFF, GIF or BMP, at most {most // 1024**2} MiB. It is read for this answer and not kept."
    file = field("Picture", "picture", type="file", accept="image/*", required=True, hint=told, data_most=most)
    words = field("A question about it, or what to look for beside it (optional)", "words")
    send = el("p", el("button", "Look", type="submit"), el("button", "Ask", type="submit", name="ask", value="1"))
    put = el("form", file, words, send, method="post", action="/picture", enctype="multipart/form-data")
    return page("Picture", "/picture", el("h1", "Ask about a picture"), put, result)


def looked(desk: Desk, name: str, data: bytes, words: str) -> str:
    """Return what the tools say about a picture that was handed over, which is gone afterwards.

    Raises:
        GroundsightError: it is no picture that can be read.
    """
    if not data:
        return form(desk, nothing_given())
    with desk.lent(name, data) as picture:
        read = _or_off(lambda: desk.call(ReadLines, "ocr", picture=picture))
        seen = _or_off(lambda: desk.call(Description, "describe", picture=picture))
        found = desk.call(SearchHits, "search", query=words, picture=picture, pictures=True, explain=True)
    return form(desk, _read(read), _seen(seen), listed_hits(found))


def answered(desk: Desk, name: str, data: bytes, words: str) -> str:
    """Return the answer to a question about a picture that was handed over, which is gone afterwards.

    Raises:
        GroundsightError: it is no picture that can be read, or the question can't be worked on.
    """
    if not data:
        return form(desk, nothing_given())
    with desk.lent(name, data) as picture:
        found = desk.call(AnswerResult, "ask", question=words, picture=picture, seconds=MOST_SECONDS)
    return form(desk, together(*map(Markup, told_answer(desk, found))))


def _or_off(work: Callable[[], T]) -> T | Disabled:
    """A lane that is off says so, and the others answer."""
    try:
        return work()
    except Disabled as off:
        return off


def _read(found: ReadLines | Disabled) -> Markup:
    if isinstance(found, Disabled):
        return together(el("h2", "Words in it"), el("p", str(found), class_="note"))
    hidden = sum(found.redactions.values())
    told = el("p", f"{number_of(hidden, 'personal value')} hidden.", class_="note") if hidden else None
    return together(el("h2", "Words in it"), el("p", found.text or "No words found.", class_="text"), told)


def _seen(found: Description | Disabled) -> Markup:
    if isinstance(found, Disabled):
        return together(el("h2", "What it shows"), el("p", str(found), class_="note"))
    caption = el("p", found.caption) if found.caption else None
    tags = [el("li", f"{tag.name} {tag.probability:.0%}") for tag in found.tags[:8]]
    return together(el("h2", "What it shows"), caption, el("ul", tags) if tags else el("p", "Nothing was recognised."))
