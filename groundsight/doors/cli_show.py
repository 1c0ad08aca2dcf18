"""What the command line prints for people: marks and colours on a terminal, plain text elsewhere."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

from groundsight.errors import GroundsightError
from groundsight.tools.ask import AnswerResult
from groundsight.tools.results import (
    Checked,
    Corners,
    Found,
    Result,
    degraded_line,
    nothing_text,
    where_text,
)
from groundsight.tools.search import SearchHits, channel_sum
from groundsight.tools.verify import Verification
from groundsight.types.showing import MARKS as PLAIN_MARKS
from groundsight.types.showing import obeyed, seen

if TYPE_CHECKING:
    from types import TracebackType

    from groundsight.types import VerdictLabel

MARKS = {"supported": "✓", "contradicted": "✗", "unsupported": "?", "not_checkable": "·", "unverified": "!"}
_COLOUR = re.compile(r"(\x1b\[(?:[012]|3[123])m)")
UNREAD = 141  # 128 + SIGPIPE: the pipe was closed
COLOURS = {"supported": "32", "contradicted": "31", "unsupported": "33", "unverified": "33", "not_checkable": "2"}


class Bar:
    """Two lines on stderr, on a terminal only: how far the whole is with the time left, and what is done now."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._now: Any = None

    def step(self, done: float, total: float | None, message: str) -> None:
        """Show how far the work is."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            from tqdm import tqdm

            whole = "{percentage:3.0f}%|{bar}| {elapsed}<{remaining}" if total else None
            self._bar = tqdm(total=total, file=sys.stderr, leave=False, bar_format=whole)
            self._now = tqdm(file=sys.stderr, leave=False, position=1, bar_format="{desc}")
        self._bar.total, self._bar.n = total, done
        self._bar.refresh()
        self._now.set_description_str(message[:100])

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for line in (self._now, self._bar):
            if line is not None:
                line.close()


def coloured(stream: TextIO) -> bool:
    """True when colours may be written: a terminal, and NO_COLOR is not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Wrap text in a colour where colours may be written."""
    return f"\x1b[{colour}m{seen(text)}\x1b[0m" if coloured(stream or sys.stdout) else text


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a line at once, of what a terminal would obey its colours alone; end quietly where nobody reads on."""
    out = stream or sys.stdout
    encoding = out.encoding or "utf-8"
    plain = "".join(part if _COLOUR.fullmatch(part) else seen(part) for part in _COLOUR.split(text))
    try:
        print(plain.encode(encoding, "replace").decode(encoding), file=out, flush=True)
    except BrokenPipeError:
        unread(out)
        raise SystemExit(UNREAD) from None


def unread(stream: TextIO) -> None:
    """Let what is still to be written go nowhere, so that the end of the process does not complain either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def say_json(data: Any, indent: int | None = 2) -> None:
    """Print data as JSON; what the terminal would obey, or its encoding does not have, stands escaped."""
    text = json.dumps(data, ensure_ascii="utf" not in (sys.stdout.encoding or "").lower(), indent=indent)
    say("".join(json.dumps(sign)[1:-1] if obeyed(sign) else sign for sign in text))


def show(result: Result) -> None:
    """Print a result for a person."""
    say(_text(result))


def show_error(error: GroundsightError) -> None:
    """Print an error on stderr: its code, what, limit and next step."""
    say(paint(str(error), "31", sys.stderr), sys.stderr)


def mark(verdict: VerdictLabel) -> str:
    """Return the mark of a verdict in its colour."""
    marks = MARKS if "utf" in (sys.stdout.encoding or "").lower() else PLAIN_MARKS
    return paint(marks[verdict], COLOURS[verdict])


def _text(result: Result) -> str:
    match result:
        case AnswerResult():
            return answer_text(result)
        case SearchHits():
            return _hits(result)
        case Verification():
            return _verification(result)
        case _:
            return str(result)


def answer_text(result: AnswerResult, *, checked: bool = True, lanes: bool = True) -> str:
    """Return an answer with its sources, the verdict on each sentence, and the lanes that are off."""
    cited = [
        f"  {each.marker} {where_text(each.source, each.page, each.section, each.stale, each.second)}"
        + f"{_box(each.box)} [{each.label}]"
        + (f'\n      "{each.quote}"' if each.quote else "")
        for each in result.citations
    ]
    parts = [
        result.text or "No answer.",
        _titled("Sources", cited),
        _titled("Checked", [_sentence(each) for each in result.verdicts] if checked else []),
        f"{result.status}: {result.stop_reason}. {_ratio(result.grounding_ratio)}.{_fit(result)} "
        f"Tier: {result.tier.name}.",
        f"Given before, {result.cached.age:.0f} s ago." if result.cached else "",
        degraded_line(result.degraded) if lanes else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _fit(result: AnswerResult) -> str:
    return f" Answers the question: {result.fit.value} ({result.fit.reason})." if result.tells_fit() else ""


def _verification(result: Verification) -> str:
    sentences = [_sentence(each) for each in result.claims]
    nothing = [nothing_text(result.nothing)] if result.nothing else []
    return "\n".join([*nothing, *sentences, "", f"{result.verdict}: {_ratio(result.grounding_ratio)}."])


def _hits(result: SearchHits) -> str:
    shown = [_hit(number, hit) for number, hit in enumerate(result.hits, start=1)]
    return "\n\n".join([*shown, *result.remarks(), *filter(None, [degraded_line(result.degraded)])])


def _hit(number: int, hit: Found) -> str:
    where = where_text(hit.source, hit.page, hit.section, hit.stale, hit.second)
    head = f"{number}. {where}{_box(hit.box)} [{hit.label or hit.id}]"
    why = f"   {hit.strength}; {hit.reason}"
    score = f"\n   {hit.score:.4f} = {channel_sum(hit)}" if hit.channels else ""
    return f"{paint(head, '1')}\n{why}{score}\n   {hit.text}"


def _sentence(each: Checked) -> str:
    where = "".join(
        f"\n      {where_text(quote.source, quote.page, second=quote.second)}: {quote.quote}"
        for quote in each.support[:1]
    )
    reason = f" ({each.reason})" if each.reason and each.verdict != "supported" else ""
    return f"  {mark(each.verdict)} {each.verdict} {each.probability:.2f}: {each.text}{reason}{where}"


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([f"{title}:", *lines]) if lines else ""


def _ratio(ratio: float | None) -> str:
    return "Nothing to check" if ratio is None else f"Grounding ratio {ratio:.2f}"


def _box(box: Corners | None) -> str:
    return f", box {box[0]:.2f} {box[1]:.2f} {box[2]:.2f} {box[3]:.2f}" if box else ""
