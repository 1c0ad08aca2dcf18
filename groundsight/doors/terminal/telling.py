"""Tells on a terminal how an answer comes about: plan, hops, evidence, and each sentence under its mark."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

from groundsight.doors.cli_show import mark, paint, say
from groundsight.limits import require_question
from groundsight.tools.ask import AnswerResult, shaped
from groundsight.tools.bounds import one_line
from groundsight.tools.find import picture_named
from groundsight.tools.registry import tool
from groundsight.tools.results import where_text
from groundsight.types import Answer, Evidence, Step, Verdict

if TYPE_CHECKING:
    from groundsight.graphs.telling import Event
    from groundsight.suite import Suite
    from groundsight.tools.gate import ToolSpec

SOFT, MOST_SHOWN = "2", 3


class Teller:
    """Says what comes, a line each: of what a search found the first three."""

    def __init__(self) -> None:
        self._left = MOST_SHOWN

    def tell(self, event: Event) -> None:
        """Say one thing."""
        match event:
            case Step():
                self._left = MOST_SHOWN
                self._say(f"{event.node.replace('_', ' ')}: {event.detail}" if event.detail else "")
            case Evidence():
                where = where_text(event.source, event.place.page, second=event.place.second)
                self._say(f"  {where}: {event.text}" if self._left > 0 else "")
                self._left -= 1
            case Verdict():
                say(f"  {mark(event.label)} {one_line(event.claim.text, _width() - 4)}")
            case Answer():
                say("")

    def _say(self, text: str) -> None:
        if text:
            indent = text[: len(text) - len(text.lstrip())]
            say(paint(indent + one_line(text, _width() - len(indent)), SOFT))


def streamed(run: Callable[..., Generator[Event]], tell: Callable[[Event], None]) -> ToolSpec:
    """Return the ask tool, worked by ``run``, that tells what comes while it works."""
    spec = tool("ask")

    @wraps(spec.function)
    def asked(suite: Suite, question: str, picture: str = "", **_: object) -> AnswerResult:
        require_question(question)
        about = [picture_named(suite, picture)] if picture else []
        for event in run(suite, question, *about):
            tell(event)
            if isinstance(event, Answer):
                return shaped(suite, event)
        raise AssertionError("a stream ends with its answer")

    return replace(spec, function=asked)


def _width() -> int:
    return max(20, shutil.get_terminal_size().columns - 1)
