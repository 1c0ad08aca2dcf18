"""The page of a question: its hops as they come, then the answer, sentence by sentence, with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.doors.view.drawing import anchor, graph
from groundsight.doors.view.evidence import QuotedPassage, card
from groundsight.doors.view.markup import Markup, bottom, el, field, page, together, top
from groundsight.doors.view.sentences import reasons, under_signs
from groundsight.errors import GroundsightError
from groundsight.limits import DEFAULT_LIMITS
from groundsight.tools.ask import AnswerResult
from groundsight.tools.bounds import one_line
from groundsight.tools.results import STALE_TEXT, is_kept, where_text
from groundsight.tools.status import Status
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.doors.view.desk import Desk
    from groundsight.doors.view.questions import OpenQuestion
    from groundsight.tools.ask import Cited
    from groundsight.types import Degraded

MOST_CARDS, STEP_CHARS = 8, 200
STATES = {
    "answered": "Answered: every part rests on the evidence",
    "partial": "Answered in part",
    "working": "Still at work: ask again",
    "evidence": "No sure answer: these are the closest passages",
    "abstained": "No answer",
    "refused": "Refused",
}


def home(desk: Desk, recent: Sequence[OpenQuestion]) -> str:
    """Return the page to ask on: what there is to ask, and what was asked."""
    told = desk.call(Status, "status")
    there = f"{number_of(told.assets, 'document')} under {', '.join(told.roots) or 'no folder yet'}"
    held = f"{told.nothing.why}. Next: {told.nothing.remedy}" if told.nothing else there
    before = [el("li", el("a", each.question, href=f"/answer/{each.id}")) for each in recent]
    asked = [
        el("h2", "Questions before"),
        el("ul", before),
        el("p", "Held until this page is stopped.", class_="soft"),
    ]
    about = el("p", held, class_="note" if told.nothing else "soft")
    return page("Ask", "/", el("h1", "Ask your documents"), about, ask_form(), asked if before else None)


def ask_form(question: str = "") -> Markup:
    """Return the form to ask with."""
    most = DEFAULT_LIMITS.query_chars
    words = field("A full question", "question", value=question, required=True, maxlength=most, autocomplete="off")
    return el("form", words, el("p", el("button", "Ask", type="submit")), method="post", action="/ask")


def answer(desk: Desk, asked: OpenQuestion) -> Iterator[str]:
    """Yield the page of a question in parts: the frame, every step when it is told, then how it ended."""
    running = asked.ended is None
    yield top(asked.question, "/") + el("h1", asked.question)
    if running:
        yield together(_stop(asked), _open_steps())
        yield from (_step(told) for told in asked.follow())
        yield Markup("</ol></section>")
    else:
        steps = el("ol", map(_step, asked.steps), class_="steps")
        yield el("details", el("summary", "How it was looked for"), steps)
    match asked.ended:
        case AnswerResult() as result:
            yield from told_answer(desk, result)
        case GroundsightError() as error:
            yield el("p", str(error), class_="error", role="alert")
        case None:
            pass
    yield together(el("h2", "Ask again"), ask_form(asked.question), bottom())


def silent_lanes(degraded: Sequence[Degraded]) -> Markup | None:
    """Name the lanes that are off or weakened, with what lifts it."""
    listed = [el("li", el("strong", lane.lane), f": {lane.reason}. ", el("code", lane.remedy)) for lane in degraded]
    return silent(listed)


def silent(listed: Sequence[Markup]) -> Markup | None:
    """Fold what did not take part."""
    return el("details", el("summary", "What did not take part"), el("ul", listed)) if listed else None


def told_answer(desk: Desk, result: AnswerResult, *, alone: bool = False) -> Iterator[str]:
    """Yield an answer, its sentences and its evidence; ``alone`` shows all of that, and leads nowhere else."""
    places = {cited.marker: f"#{anchor(cited.id)}" for cited in result.citations}
    state = el("p", STATES[result.status], class_=f"state {result.status}")
    shown = under_signs(result.text, result.verdicts, places)
    yield el("section", el("h2", "Answer", id="answer"), state, shown, _told(result), aria_labelledby="answer")
    if result.verdicts:
        yield together(el("h2", "Sentence by sentence"), reasons(result.verdicts))
    if result.citations:
        yield together(el("h2", "How it hangs together"), graph(result), el("h2", "Evidence"))
    yield from _cards(desk, result, alone)
    yield together(silent_lanes(result.degraded))


def _told(result: AnswerResult) -> Markup:
    ratio = "nothing to check" if result.grounding_ratio is None else f"grounding ratio {result.grounding_ratio:.2f}"
    fit = f"; answers the question: {result.fit.value} ({result.fit.reason})" if result.tells_fit() else ""
    receipt = f"; receipt {result.receipt}" if result.receipt else ""
    return el("p", f"{result.stop_reason}; {ratio}{fit}; tier {result.tier.name}{receipt}", class_="soft")


def _cards(desk: Desk, result: AnswerResult, alone: bool) -> Iterator[str]:
    """Yield every passage that is cited or that decided a sentence; after eight only where they lie."""
    found: dict[str, list[Cited]] = {}
    for cited in result.citations:
        found.setdefault(cited.id, []).append(cited)
    others = {one.id: one for verdict in result.verdicts for one in verdict.support if one.id not in found}
    heads = {key: _head(many) for key, many in found.items()}
    heads |= {key: (where_text(one.source, one.page, second=one.second), None) for key, one in others.items()}
    for number, (key, (head, remark)) in enumerate((key, told) for key, told in heads.items() if is_kept(key)):
        wanted = _wanted(key, result)
        around = None if alone else el("p", el("a", "Around it", href=wanted.address()))
        if alone or number < MOST_CARDS:
            yield card(desk, wanted, el("h3", head), remark, around)
        else:
            yield el("p", el("a", head, href=wanted.address()), id=anchor(key))


def _wanted(key: str, result: AnswerResult) -> QuotedPassage:
    held = [(one, verdict.text) for verdict in result.verdicts for one in verdict.support if one.id == key]
    cited = [one for one in result.citations if one.id == key]
    decided = [one for one, _ in held]
    quotes = dict.fromkeys(one.quote for one in decided or cited if one.quote)
    drawn = dict.fromkeys(one.box for one in [one for one in decided if one.box] or cited if one.box)
    return QuotedPassage(key, tuple(quotes), tuple(drawn), tuple(dict.fromkeys(text for _, text in held)))


def _head(many: Sequence[Cited]) -> tuple[str, Markup]:
    one = many[0]
    markers = " ".join(cited.marker for cited in many)
    told = [f"hop {one.hop}", one.reason, STALE_TEXT.get(one.stale, "")]
    return f"{markers} {where_text(one.source, one.page, one.section, second=one.second)}", el(
        "p", "; ".join(filter(None, told)), class_="soft"
    )


def _open_steps() -> Markup:
    """The list stays open, so that the steps join it as they come."""
    return Markup('<section aria-labelledby="hops"><h2 id="hops">Looking</h2><ol class="steps" role="log">')


def _step(told: str) -> Markup:
    """A step that is done says what it found; that it began is a word alone."""
    name, _, detail = told.partition(": ")
    return el("li", el("strong", name.replace("_", " ")), f" {one_line(detail, STEP_CHARS)}") if detail else Markup("")


def _stop(asked: OpenQuestion) -> Markup:
    button = el("button", "Stop", type="submit", class_="quiet")
    return el("form", button, method="post", action=f"/answer/{asked.id}/stop", class_="stop")
