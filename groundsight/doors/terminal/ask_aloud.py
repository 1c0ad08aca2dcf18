"""``groundsight ask``: on a terminal one sees how the answer comes about; with ``--html`` it is a page as well."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from groundsight.doors.cli_show import say
from groundsight.doors.terminal.own_file import named_so, write_own
from groundsight.tools.ask import MOST_SECONDS, AnswerResult
from groundsight.tracing import Watch

if TYPE_CHECKING:
    import argparse

    from groundsight.doors.terminal.call import Call


def ask_aloud(call: Call, options: argparse.Namespace, picture: str = "") -> AnswerResult:
    """Ask, about a picture where one is named, and write the page that was asked for.

    Raises:
        GroundsightError: the question can't be worked on, or the page can't be written.
    """
    file = named_so(options.html, ".html") if options.html else None
    given = {"question": options.question, "seconds": MOST_SECONDS, "picture": picture}
    aloud = sys.stdout.isatty() and not options.json
    result = _streamed(call, given) if aloud else call(AnswerResult, "ask", given)
    if file:
        from groundsight.doors.view.alone import alone
        from groundsight.doors.view.desk import Desk

        write_own(file, alone(Desk(call.suite, "cli"), result))
        say(f"written: {file}", sys.stderr)
    return result


def _streamed(call: Call, given: dict[str, Any]) -> AnswerResult:
    from groundsight.doors.terminal.telling import Teller, streamed
    from groundsight.graphs.telling import stream_answer

    # What is told takes the place of the bar.
    quiet = call.watched(Watch(within=(call.suite.watch,)))
    return quiet(AnswerResult, streamed(stream_answer, Teller().tell), given)
