"""Small drawings, all made here: the boxes on a page, the parts of a score, and how an answer hangs together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from groundsight.doors.view.markup import Markup, el
from groundsight.tools.bounds import one_line
from groundsight.types.showing import at

if TYPE_CHECKING:
    from groundsight.tools.ask import AnswerResult, Cited
    from groundsight.tools.results import Corners, Found

HUES, LINE, NODE, COLUMNS = 6, 18, 44, (8, 280, 552)
WIDTH, BREADTH, WORDS = 780, 220, 27
# Of the page: on 500 pixels the line stays clear of what it surrounds.
ROOM = 0.004


def boxes(of: Iterable[Corners]) -> Markup:
    """Return rectangles to lie around places of a picture of any size; corners are fractions of it."""
    drawn = [
        el("rect", x=round(x0 - ROOM, 4), y=round(y0 - ROOM, 4), width=round(x1 - x0 + 2 * ROOM, 4),
           height=round(y1 - y0 + 2 * ROOM, 4))
        for x0, y0, x1, y1 in of
    ]  # fmt: skip
    return el("svg", drawn, viewBox="0 0 1 1", preserveAspectRatio="none", aria_hidden="true")


def bar(hit: Found, best: float) -> Markup:
    """Return the parts of a hit's score side by side; the best score of the list fills the width."""
    drawn, at = list[Markup](), 0.0
    for number, part in enumerate(hit.channels or ()):
        width = 100 * max(part.contribution, 0.0) / (best or 1.0)
        drawn.append(
            el("rect", x=round(at, 2), y=0, width=round(max(width - 0.4, 0.0), 2), height=6, class_=hue(number))
        )
        at += width
    told = ", ".join(f"{part.channel} {part.contribution:.4f}" for part in hit.channels or ())
    label = f"Score {hit.score:.4f}: {told}"
    return el("svg", drawn, viewBox="0 0 100 6", preserveAspectRatio="none", role="img", aria_label=label, class_="bar")


def hue(number: int) -> str:
    """Return the class that colours the part of a score at a place."""
    return f"hue{number % HUES}"


def graph(result: AnswerResult) -> Markup:
    """Return question, passages and sentences with the lines between them: found in which hop, and what rests on what.

    A solid line supports its sentence, a dashed one contradicts it, a dotted one decides nothing.
    """
    found = {cited.id: cited for cited in reversed(result.citations)}
    passages, drawn, middle = list(reversed(found)), list[Markup](), _middle(len(found), len(result.verdicts))
    for number, passage in enumerate(passages):
        cited = found[passage]
        drawn += [_line((0, middle), (1, number), "found"), _via(cited, number)]
        drawn.append(
            _node(1, number, f"{cited.marker} {cited.source.rpartition('/')[2]}", _where(cited), f"#{anchor(passage)}")
        )
    for number, verdict in enumerate(result.verdicts):
        known = [passages.index(one.id) for one in verdict.support if one.id in found]
        drawn += [_line((1, at), (2, number), verdict.verdict) for at in dict.fromkeys(known)]
        drawn.append(
            _node(2, number, f"{number + 1}. {verdict.text}", verdict.verdict.replace("_", " "), f"#s{number + 1}")
        )
    drawn.append(_node(0, middle, result.question, "the question", "#content"))
    height = max(len(passages), len(result.verdicts), 1) * (NODE + LINE) + LINE
    svg = el("svg", drawn, viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height)
    return el("div", svg, class_="scroll", tabindex=0, role="group", aria_label="Question, passages and sentences")


def anchor(unit_id: str) -> str:
    """Return where on a page of an answer a passage stands."""
    return f"e-{unit_id}"


def _middle(*counts: int) -> float:
    return max((max(counts) - 1) / 2, 0)


def _node(column: int, row: float, head: str, below: str, href: str) -> Markup:
    x, y = COLUMNS[column], LINE + row * (NODE + LINE)
    texts = [
        el("rect", x=x, y=y, width=BREADTH, height=NODE, rx=6),
        el("text", one_line(head, WORDS), x=x + 10, y=y + 18),
        el("text", one_line(below, WORDS), x=x + 10, y=y + 35, class_="soft"),
    ]
    return el("a", el("title", head), texts, href=href)


def _line(start: tuple[int, float], end: tuple[int, float], kind: str) -> Markup:
    x, y = COLUMNS[start[0]] + BREADTH, LINE + start[1] * (NODE + LINE) + NODE / 2
    to, down = COLUMNS[end[0]], LINE + end[1] * (NODE + LINE) + NODE / 2
    half = (x + to) / 2
    return el("path", d=f"M{x} {y} C{half} {y} {half} {down} {to} {down}", class_=f"line {kind}")


def _via(cited: Cited, number: int) -> Markup:
    y = LINE + number * (NODE + LINE) - 4
    return el("text", f"hop {cited.hop}", x=COLUMNS[1], y=y, class_="soft")


def _where(cited: Cited) -> str:
    place = f"page {cited.page}" if cited.page else at(cited.second).strip() or cited.section or "whole file"
    linked = cited.reason.partition(";")[0]
    return linked if linked.startswith("linked by") else place
