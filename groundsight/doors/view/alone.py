"""An answer as one file that needs nothing beside it: to keep, to send, to print."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from groundsight.doors.view.answer import told_answer
from groundsight.doors.view.markup import Markup, el, together

if TYPE_CHECKING:
    from groundsight.doors.view.desk import Desk
    from groundsight.tools.ask import AnswerResult

RULES = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def alone(desk: Desk, result: AnswerResult) -> str:
    """Return the page of an answer with style and pictures inside; it runs nothing and fetches nothing."""
    style = files("groundsight.doors.view").joinpath("style.css").read_text("utf-8")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=RULES),
        el("title", f"{result.question} - Groundsight"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("style", Markup(style)),
    )
    shown = [Markup(part) for part in told_answer(desk, result, alone=True)]
    body = el("body", el("main", el("h1", result.question), shown, id="content"))
    return together(Markup("<!doctype html>\n<html lang=en>"), head, body, Markup("</html>\n"))
