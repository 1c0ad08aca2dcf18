"""``groundsight chat``: one question after another; a follow-up keeps the subject; receipts alone are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from groundsight.doors.cli_show import answer_text, paint, say, say_json, show_error
from groundsight.doors.terminal.call import Call, file_shown, interruptible
from groundsight.doors.terminal.telling import Teller, streamed
from groundsight.errors import GroundsightError
from groundsight.graphs.chat import Conversation
from groundsight.tools.ask import AnswerResult
from groundsight.tools.gate import Gate
from groundsight.tracing import Watch

if TYPE_CHECKING:
    import argparse

    from groundsight.graphs.telling import Event
    from groundsight.settings import Settings

PROMPT, STOPPED = "> ", "stopped"


def chat(settings: Settings, options: argparse.Namespace) -> int:
    """Answer until Ctrl-D or the end of the input; from a pipe one question a line, and 1 where one had no answer.

    Ctrl-C stops the answer that is being worked on.
    """
    from groundsight.suite import open_suite

    at_hand = sys.stdin.isatty()
    with open_suite(settings) as suite:
        call = Call(suite, Gate.open(settings, "cli"))
        with file_shown(options.picture, suite.parts.roots) as picture:
            talk = Talk(call, picture, as_json=options.json)
            answered = [talk.answer(words) for words in (_typed() if at_hand else sys.stdin) if words.strip()]
    return 0 if at_hand or all(answered) else 1


class Talk:
    """One conversation with whoever sits at the terminal, or writes into the pipe."""

    def __init__(self, call: Call, picture: str, *, as_json: bool) -> None:
        self._call, self._picture, self._as_json, self._conversation = call, picture, as_json, Conversation()
        self._aloud = sys.stdout.isatty() and not as_json

    def answer(self, words: str) -> bool:
        """Answer one question and print it; False when it failed or was stopped."""
        watch, teller, asked = Watch(), Teller(), {"question": words.strip(), "picture": self._picture}
        spec = streamed(self._conversation.stream, teller.tell if self._aloud else _unheard)
        try:
            with interruptible(watch):
                self._print(self._call.watched(watch)(AnswerResult, spec, asked))
            return True
        except GroundsightError as error:
            self._failed(error, stopped=watch.cancelled)
        except KeyboardInterrupt:
            say(paint(STOPPED, "2"))
        return False

    def _print(self, result: AnswerResult) -> None:
        if self._as_json:
            say_json(result.model_dump(mode="json"), None)
        else:
            say(answer_text(result, checked=not self._aloud, lanes=False) + "\n")

    def _failed(self, error: GroundsightError, *, stopped: bool) -> None:
        if self._as_json:
            say_json({"error": error.as_data()}, None)
        say(paint(STOPPED, "2")) if stopped and self._aloud else show_error(error)


def _typed() -> Iterator[str]:
    """What is typed, line by line, with the editing that the system offers; Ctrl-C empties the line."""
    with suppress(ImportError):  # Windows edits by itself
        import_module("readline")
    while True:
        try:
            yield input(PROMPT if sys.stdout.isatty() else "")
        except KeyboardInterrupt:
            say("")
        except EOFError:
            return say("")


def _unheard(_: Event) -> None:
    """Nobody looks on."""
