"""The nodes of the answer graph: small functions from a state to what changes in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundsight.agent.assess import explain, removed, unmentioned
from groundsight.agent.candidates import Eyes
from groundsight.agent.compose import only_known
from groundsight.agent.files import from_the_catalogue
from groundsight.agent.llm import NO_PICTURES
from groundsight.agent.lookup import Shelf, complete, next_queries, open_steps
from groundsight.agent.moments import from_the_recordings
from groundsight.agent.neighbours import from_the_neighbours
from groundsight.agent.own import settled
from groundsight.agent.picture import OWN, Sight, best_first, look, shots, sight_of
from groundsight.agent.planner import plan as plan_by_rule
from groundsight.agent.question import Question, asks_nothing
from groundsight.agent.requests import View, ask_draft, ask_plan
from groundsight.agent.ruled import quoted
from groundsight.agent.state import (
    WHOLE,
    AnswerState,
    Draft,
    Finding,
    Json,
    Plan,
    evidence_of_state,
    findings_of,
    plan_of,
    seconds_left,
    used_up,
)
from groundsight.agent.topics import from_the_topics
from groundsight.agent.versions import QUOTED, UNSAID
from groundsight.agent.whole import openings, whole_tables
from groundsight.language.framing import asked_in
from groundsight.language.sayings import saying
from groundsight.limits import has_words, require_question
from groundsight.tracing import Within, span
from groundsight.types import Answer, Degraded, Evidence, Query, Step
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.agent.llm import Chat
    from groundsight.suite import Suite

Update = dict[str, Any]
Node = Callable[[AnswerState, "Desk"], Update]
LINKS_KEPT = 12
TOLD = "told"
# Plan, draft and one revision, or a second draft after one more search.
CALLS_AT_MOST = 3


@dataclass(frozen=True)
class Desk:
    """What the nodes work with: the suite of the person who asks, a language model or none, and what is missing."""

    suite: Suite
    chat: Chat | None = None
    lacking: tuple[Degraded, ...] = ()

    @property
    def eyes(self) -> Eyes | None:
        """What looks for answers without a model; None where the reader or the text encoder is switched off."""
        reader, encoder = self.suite.parts.reader, self.suite.parts.text_encoder
        if reader is None or encoder is None:
            return None

        def near(text: str, said: Sequence[str]) -> list[float]:
            return [
                float(one) for one in encoder.encode(said, role="passage") @ encoder.encode([text], role="query")[0]
            ]

        return Eyes(reader, near)


def worked(name: str, node: Node) -> Node:
    """Give a node progress, cancellation, a clock and a line in the trace."""

    def run(state: AnswerState, desk: Desk) -> Update:
        done = len(state.get("trace", ()))
        desk.suite.watch.step(done, None, name)
        with span(f"ask.{name}", evidence=len(state.get("evidence", ()))) as one:
            update = node(state, desk)
        spent = one.seconds
        step = Step(node=name, detail=str(update.pop("detail", "")), seconds=round(spent, 6))
        if step.detail:
            desk.suite.watch.step(done + 0.5, None, f"{name}: {step.detail}")
        return {**update, "seconds": spent, "trace": [step.model_dump(mode="json")]}

    return run


def _from_what_is_listed(desk: Desk, question: str, sight: Json | None) -> Answer | None:
    if sight:
        return from_the_neighbours(desk.suite, question, Sight.model_validate(sight))
    doors = (from_the_catalogue, from_the_recordings, from_the_topics)
    return next((told for door in doors if (told := door(desk.suite, question))), None)


def plan(state: AnswerState, desk: Desk) -> Update:
    """Take the question apart and name the first searches: by rule, and by the model when that was not enough."""
    question, again = state["question"].strip(), bool(state.get("plan"))
    require_question(question)
    pictured = look(desk.suite, question, name) if (name := state.get("picture")) and not again else Update()
    question = pictured.get("question", question)
    if not again and (told := _from_what_is_listed(desk, state["question"].strip(), pictured.get("sight"))):
        return {"answer": told.model_dump(mode="json"), "next": TOLD, "detail": told.stop_reason}
    chat = _chat_within(state, desk) if again else None
    hops, spent = desk.suite.settings.agent.hops, Update()
    made = plan_by_rule(question)
    if chat:
        better, spent = ask_plan(chat, question, hops, left(state, desk))
        made = better or made
    first = [step.question for step in made.steps if not step.after]
    queries = list(dict.fromkeys([question, *first]))
    detail = f"{made.by}: " + " -> ".join(step.question for step in made.steps)
    lacking = [*spent.get("degraded", ()), *(one.model_dump(mode="json") for one in desk.lacking if not again)]
    planned = {"plan": made.model_dump(mode="json"), "queries": queries, "detail": detail, "degraded": lacking}
    return {**pictured, **spent, **planned, "hops": state.get("hops", 0)}


def search(state: AnswerState, desk: Desk) -> Update:
    """Run one query; ``state`` is what one branch of the fan-out was sent."""
    from groundsight.retrieval.evidence import evidence_from

    query = state.get("queries", [""])[0]
    watch = Within(desk.suite.watch, left(state, desk))
    result = desk.suite.acting_for(watch=watch).search(Query(text=query, hops=desk.suite.settings.search.hops))
    found = evidence_from(result.hits)
    links = {hit.unit.unit_id: [link.shown for link in hit.unit.links[:LINKS_KEPT]] for hit in result.hits}
    return {
        "evidence": {one.evidence_id: one.model_dump(mode="json") for one in found},
        "links": links,
        "asked": [query],
        "tier": result.tier.model_dump(mode="json"),
        "degraded": [one.model_dump(mode="json") for one in result.degraded],
        "far": [result.nothing.why] if result.nothing else [],
        "detail": f"{query!r}: {number_of(len(found), 'hit')}",
    }


def assess(state: AnswerState, desk: Desk) -> Update:
    """Settle what the evidence settles; go on searching while that can bring something."""
    whole, chat = Question(state["question"]), _chat_within(state, desk)
    if chat is None and not state.get("sight") and (unasked := asks_nothing(whole)):
        stop = "the question asks nothing that could be looked up"
        return {"next": "abstain", "missing": _nothing_there(state) or [unasked], "stop": stop, "detail": stop}
    current, update, evidence = _settled(state, desk)
    findings = [Finding.model_validate(one) for one in update["findings"]]
    hops = {"hops": state.get("hops", 0) + 1}
    if complete(current, findings):
        return {**update, **hops, "next": "draft", "stop": "", "detail": "every part is covered"}
    if chat and _wants_plan(state, current, evidence):
        return {**update, **hops, "next": "plan", "detail": "the rules' plan did not bring every name"}
    queries = next_queries(current, findings, evidence, state.get("links", {}), state.get("asked", ()))
    if not (stop := _why_stop(state, desk, queries, len(evidence))):
        return {**update, **hops, "next": "search", "queries": queries, "detail": "; ".join(queries)}
    if chat and evidence:
        return {**update, "next": "draft", "stop": "", "detail": stop}
    partly = bool(findings) and current.join == "all"
    opened = (open_steps(current, findings) if partly else []) or [whole]
    far = next(iter(state.get("far", ())), "")
    lost = [saying("unconfirmed", whole.language)] if state.get("banned") else _nothing_there(state)
    lost = lost or [explain(one, evidence, far=far) for one in opened]
    silent = not evidence or bool(removed(whole, evidence))
    nothing = "abstain" if silent else "show_evidence"
    return {**update, "next": "draft" if partly else nothing, "missing": lost, "stop": stop, "detail": stop}


def _settled(state: AnswerState, desk: Desk) -> tuple[Plan, Update, list[Evidence]]:
    """Return the plan, the update with what the rules settle, and the evidence with how its files begin."""
    found = list(evidence_of_state(state).values())
    dropped = state.get("dropped", ())
    begun = [one for one in openings(desk.suite, found) if one.evidence_id not in dropped]
    evidence = [*found, *begun]
    tables = [one for one in whole_tables(desk.suite, evidence) if one.evidence_id not in dropped]
    said = [one for one in evidence if one.mark not in UNSAID] or evidence
    older = [one for one in evidence if one.mark == QUOTED]
    older = older if said is not evidence else []
    shelf = Shelf(said, tables, desk.eyes, state.get("banned", ()), older, desk.suite.verify)
    current, asked, findings = settled(desk.suite, state, shelf)
    update: Update = {"findings": [one.model_dump(mode="json") for one in findings], "known": len(evidence)}
    if state.get("sight"):
        update |= {"question": asked, "plan": current.model_dump(mode="json")}
    update["evidence"] = {one.evidence_id: one.model_dump(mode="json") for one in begun} | _cited_blocks(
        findings, tables
    )
    return current, update, evidence


def _wants_plan(state: AnswerState, current: Plan, evidence: Sequence[Evidence]) -> bool:
    """A model plans once, and only a chain of whose names the first search brought not all."""
    first = current.by == "rules" and not state.get("calls")
    return first and len(current.steps) > 1 and bool(unmentioned(Question(state["question"]), evidence))


def _nothing_there(state: AnswerState) -> list[str]:
    """Over an empty index the answer says so, and what to run."""
    empty = [one for one in state.get("degraded", ()) if one["lane"] == "index"]
    return [f"There is no answer: {one['reason']}. Next: {one['remedy']}" for one in empty[:1]]


def _cited_blocks(findings: Sequence[Finding], tables: Sequence[Evidence]) -> dict[str, Json]:
    """The blocks of the tables that something was worked out over: the check needs all their rows."""
    worked = {found.quote.source for found in findings if found.step == WHOLE or found.also}
    return {one.evidence_id: one.model_dump(mode="json") for one in tables if one.source in worked}


def _why_stop(state: AnswerState, desk: Desk, queries: list[str], known: int) -> str:
    over = used_up({**state, "hops": state.get("hops", 0) + 1}, desk.suite.settings.agent)
    if over:
        return over
    if not queries:
        return "every search that the question suggests has been made"
    if state.get("hops", 0) > 0 and known <= state.get("known", 0):
        return "the last searches brought no new evidence"
    return ""


def draft(state: AnswerState, desk: Desk) -> Update:
    """Write the answer: by the language model where there is one, else as quoted evidence."""
    evidence, chat = evidence_of_state(state), _chat_within(state, desk)
    ruled = by_rule(state)
    if chat is None or not evidence:
        return {"draft": ruled.model_dump(mode="json"), "next": "verify", "detail": _sentences(ruled)}
    shown = _shown_first(state, evidence)[: desk.suite.settings.agent.evidence]
    made, spent = ask_draft(chat, state["question"], shown, left(state, desk), view=_view(state, desk, shown))
    written, unknown = only_known(made or Draft(), evidence)
    detail = _sentences(written) + (f", {number_of(unknown, 'unknown id')} removed" if unknown else "")
    calls = state.get("calls", 0) + spent.get("calls", 0)
    if not written.sentences and _worth_searching(state, written.lacking, calls):
        return {**spent, "next": "search", "queries": [written.lacking], "detail": f"looking for {written.lacking!r}"}
    if not written.sentences:
        return {**spent, "draft": ruled.model_dump(mode="json"), "next": "verify", "detail": detail}
    lacks = [saying("part_missing", asked_in(state["question"]))] if written.lacking else []
    update = {"draft": written.model_dump(mode="json"), "missing": lacks, "stop": "", "next": "verify"}
    return {**spent, **update, "detail": detail}


def _shown_first(state: AnswerState, evidence: Mapping[str, Evidence]) -> list[Evidence]:
    """Show a model the asked picture, what the rules point at, what is near to it, then the best of the rest."""
    found = findings_of(state)
    pointed = [one.quote.evidence_id for one in found if one.quote.evidence_id in evidence]
    own, near = [OWN] if OWN in evidence else [], [one.evidence_id for one in best_first(state)]
    rest = sorted(evidence, key=lambda key: -evidence[key].score)
    return [evidence[key] for key in dict.fromkeys([*own, *pointed, *near, *rest])]


def _view(state: AnswerState, desk: Desk, shown: Sequence[Evidence]) -> View | None:
    """What a model is shown beside the passages of a question about a picture, unless it refused pictures before."""
    sight = sight_of(state)
    if sight is None or NO_PICTURES.model_dump(mode="json") in state.get("degraded", ()):
        return None
    return View(sight.told(), tuple(shots(desk.suite, sight, shown)))


def by_rule(state: AnswerState) -> Draft:
    """What a chain found before its end answers nothing when quoted; only a model may still write from it."""
    current, found = plan_of(state), findings_of(state)
    if complete(current, found) or current.join == "all":
        return quoted(state["question"], current, found)
    return Draft()


def _sentences(written: Draft) -> str:
    return f"{written.by}: {number_of(len(written.sentences), 'sentence')}"


def _worth_searching(state: AnswerState, lacking: str, calls: int) -> bool:
    return has_words(lacking) and lacking not in state.get("asked", ()) and calls < CALLS_AT_MOST


def left(state: AnswerState, desk: Desk) -> float:
    """Return the seconds that are left, never zero: the deadline of the next call."""
    return max(0.001, seconds_left(state, desk.suite.settings.agent))


def _chat_within(state: AnswerState, desk: Desk) -> Chat | None:
    """Return the model while the token budget lasts."""
    return desk.chat if state.get("tokens", 0) < desk.suite.settings.agent.tokens else None


def parts_of(state: AnswerState) -> list[Json]:
    """Return one branch of the fan-out for each query."""
    budget = {"seconds": state.get("seconds", 0.0)}
    return [{"queries": [query], **budget} for query in state.get("queries", ())]
