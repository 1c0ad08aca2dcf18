"""The nodes of the answer graph: small functions from a state to what changes in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundsight.agent import writer
from groundsight.agent.asking import asks_nothing
from groundsight.agent.assess import beside_the_question, explain, spoken_of, unmentioned
from groundsight.agent.budget import seconds_left, used_up
from groundsight.agent.compose import laid_bare, lay_out, only_known, rejected, without
from groundsight.agent.lookup import complete, next_queries, open_steps, settle
from groundsight.agent.question import analyse
from groundsight.agent.reading import draft_of_state, evidence_of_state, findings_of, in_cited_order, plan_of
from groundsight.agent.state import WHOLE, AnswerState, Draft, Finding, Json
from groundsight.agent.whether import Near
from groundsight.agent.whole import openings, whole_tables
from groundsight.agent.withheld import without_placeholders
from groundsight.limits import has_words, require_question
from groundsight.tracing import Within
from groundsight.types import Degraded, Evidence, GroundingReport, Query, Step

if TYPE_CHECKING:
    from groundsight.agent.llm import Chat
    from groundsight.suite import Suite

Update = dict[str, Any]
Node = Callable[[AnswerState, "Desk"], Update]
LINKS_KEPT = 12
UNCONFIRMED = "A passage was found, but the check did not confirm that it answers the question."


@dataclass(frozen=True)
class Desk:
    """What the nodes work with: the suite of the person who asks, a language model or none, and what is missing."""

    suite: Suite
    chat: Chat | None = None
    lacking: tuple[Degraded, ...] = ()


def worked(name: str, node: Node) -> Node:
    """Give a node progress, cancellation, a clock and a line in the trace."""

    def run(state: AnswerState, desk: Desk) -> Update:
        desk.suite.watch.step(len(state.get("trace", ())), None, name)
        start = time.perf_counter()
        update = node(state, desk)
        spent = time.perf_counter() - start
        step = Step(node=name, detail=str(update.pop("detail", "")), seconds=round(spent, 6))
        return {**update, "seconds": spent, "trace": [step.model_dump(mode="json")]}

    return run


def plan(state: AnswerState, desk: Desk) -> Update:
    """Take the question apart and name the first searches."""
    question = state["question"].strip()
    require_question(question)
    made, spent = writer.plan(question, desk.chat, desk.suite.settings.agent.hops, left(state, desk))
    first = [step.question for step in made.steps if not step.after]
    queries = list(dict.fromkeys([question, *first]))
    detail = f"{made.by}: " + " -> ".join(step.question for step in made.steps)
    lacking = [*spent.get("degraded", ()), *(one.model_dump(mode="json") for one in desk.lacking)]
    planned = {"plan": made.model_dump(mode="json"), "queries": queries, "hops": 0, "detail": detail}
    return {**spent, **planned, "degraded": lacking}


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
        "detail": f"{query!r}: {len(found)} hits",
    }


def assess(state: AnswerState, desk: Desk) -> Update:
    """Settle what the evidence settles; go on searching while that can bring something."""
    if desk.chat is None and (unasked := asks_nothing(analyse(state["question"]))):
        stop = "the question asks nothing that could be looked up"
        missing = _nothing_there(state) or [unasked]
        return {"next": "abstain", "missing": missing, "stop": stop, "detail": stop}
    current, found = plan_of(state), list(evidence_of_state(state).values())
    begun = openings(desk.suite, found)
    evidence = [*found, *begun]
    tables = whole_tables(desk.suite, evidence)
    findings = settle(current, state["question"], evidence, state.get("banned", ()), tables, _near(desk))
    update: Update = {"findings": [one.model_dump(mode="json") for one in findings], "known": len(evidence)}
    update["evidence"] = {one.evidence_id: one.model_dump(mode="json") for one in begun} | _cited_blocks(
        findings, tables
    )
    if complete(current, findings):
        return {
            **update,
            "next": "draft",
            "stop": "",
            "hops": state.get("hops", 0) + 1,
            "detail": "every part is covered",
        }
    queries = next_queries(current, findings, evidence, state.get("links", {}), state.get("asked", ()))
    stop = _why_stop(state, desk, queries, len(evidence))
    if not stop:
        return {
            **update,
            "next": "search",
            "queries": queries,
            "hops": state.get("hops", 0) + 1,
            "detail": "; ".join(queries),
        }
    whole = analyse(state["question"])
    absent = bool(unmentioned(whole, evidence))
    lost = [UNCONFIRMED] if state.get("banned") else _nothing_there(state)
    far = next(iter(state.get("far", ())), "")
    opened = [whole] if absent else open_steps(current, findings) or [whole]
    lost = lost or [explain(one, evidence, far=far) for one in opened]
    partly = bool(findings) and current.join == "all"
    written = desk.chat is not None and bool(evidence) and not absent
    return {
        **update,
        "next": "draft" if partly or written else "abstain",
        "missing": lost,
        "stop": stop,
        "detail": stop,
    }


def _nothing_there(state: AnswerState) -> list[str]:
    """Over an empty index the answer says so, and what to run."""
    empty = [one for one in state.get("degraded", ()) if one["lane"] == "index"]
    return [f"There is no answer: {one['reason']}. Next: {one['remedy']}" for one in empty[:1]]


def _near(desk: Desk) -> Near | None:
    """Measure how close sentences are to a text by the text encoder; None without one."""
    encoder = desk.suite.parts.text_encoder
    if encoder is None:
        return None

    def near(text: str, said: Sequence[str]) -> list[float]:
        asked = encoder.encode([text], role="query")[0]
        return [float(score) for score in encoder.encode(said, role="passage") @ asked]

    return near


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
    evidence, found = evidence_of_state(state), findings_of(state)
    # What a chain found before its end answers nothing when quoted; only a model may still write from it.
    unended = bool(state.get("missing")) and plan_of(state).join != "all"
    by_rule = Draft(sentences=(), cites=()) if unended else writer.quoted(state["question"], plan_of(state), found)
    shown = writer.shown_first(found, evidence, desk.suite.settings.agent.evidence)
    made, spent = writer.draft(state["question"], by_rule, shown, _chat_within(state, desk), left(state, desk))
    written, removed = only_known(made, evidence)
    detail = f"{written.by}: {len(written.sentences)} sentences" + (
        f", {removed} unknown ids removed" if removed else ""
    )
    # A model that wrote an answer closes the parts that the rules had left open; the checks that follow decide.
    closed: Update = {} if written.by == "rules" else {"missing": [], "stop": ""}
    return {**spent, **closed, "draft": written.model_dump(mode="json"), "detail": detail}


def verify(state: AnswerState, desk: Desk) -> Update:
    """Check the draft sentence by sentence, and decide what happens to it."""
    written, redacted = without_placeholders(state["question"], draft_of_state(state))
    shorter: Update = {"draft": written.model_dump(mode="json"), "missing": [redacted]} if redacted else {}
    laid = lay_out(written)
    if not has_words(laid.text):
        return {**shorter, "next": "abstain", "detail": redacted or "nothing is left to say"}
    beside = _beside_the_question(state, written)
    if beside:
        return {"next": "abstain", "missing": [beside], "detail": "the draft is not about what was asked"}
    report = desk.suite.verify(laid.text, in_cited_order(state, laid.markers))
    bad = rejected(laid, report)
    ratio = f"{report.supported} of {report.checkable} sentences supported"
    if not bad:
        good = report.supported > 0
        return {
            **shorter,
            "report": report.model_dump(mode="json"),
            "next": "answer" if good else "abstain",
            "detail": ratio,
        }
    allowed = desk.suite.settings.grounding.revisions
    again = state.get("revisions", 0) < allowed and not used_up({**state, "hops": 0}, desk.suite.settings.agent)
    following = "revise" if again else "prune"
    return {**shorter, "report": report.model_dump(mode="json"), "next": following, "detail": ratio}


def _beside_the_question(state: AnswerState, written: Draft) -> str:
    """A model's draft has to rest on evidence that holds every name, id, number and phrase of the question."""
    if written.by == "rules":
        return ""
    evidence = evidence_of_state(state)
    return beside_the_question(analyse(state["question"]), spoken_of(written, evidence), list(evidence.values()))


def revise(state: AnswerState, desk: Desk) -> Update:
    """Replace what the evidence does not say: the language model rewrites, the rules look for another passage."""
    written, report = draft_of_state(state), GroundingReport.model_validate(state["report"])
    bad = rejected(lay_out(written), report)
    update: Update = {"revisions": state.get("revisions", 0) + 1}
    if written.by != "rules":
        evidence = evidence_of_state(state)
        shown = in_cited_order(state, lay_out(written).markers)[: desk.suite.settings.agent.evidence]
        made, spent = writer.revise(state["question"], written, bad, shown, desk.chat, left(state, desk))
        kept, _ = only_known(made, evidence)
        return {**update, **spent, "draft": kept.model_dump(mode="json"), "next": "verify", "detail": "rewritten"}
    bare = laid_bare(written, list(bad), findings_of(state))
    if bare != written:
        return {**update, "draft": bare.model_dump(mode="json"), "next": "verify", "detail": "quoting bare"}
    sentences = [written.sentences[at] for at in bad]
    said = {text: found.sentence for found in findings_of(state) for text in (found.sentence, found.bare)}
    load_bearing = {said[text] for text in sentences if text in said}
    if load_bearing:
        return {**update, "banned": sorted(load_bearing), "next": "assess", "detail": "looking for another passage"}
    return {
        **update,
        "draft": without(written, list(bad)).model_dump(mode="json"),
        "next": "verify",
        "detail": "shortened",
    }


def prune(state: AnswerState, desk: Desk) -> Update:
    """Remove every sentence that the evidence does not support; withhold the rest when too little is left."""
    written, report = draft_of_state(state), GroundingReport.model_validate(state["report"])
    bad = rejected(lay_out(written), report)
    left = without(written, list(bad))
    ratio, floor = report.grounding_ratio or 0.0, desk.suite.settings.grounding.refuse
    if 0 in bad or not left.sentences or ratio < floor:
        stop = f"the evidence supports too little of the answer (ratio {ratio:.2f}, floor {floor:.2f})"
        return {"next": "withhold", "stop": stop, "detail": stop}
    rest = desk.suite.verify(lay_out(left).text, in_cited_order(state, lay_out(left).markers))
    return {
        "draft": left.model_dump(mode="json"),
        "report": rest.model_dump(mode="json"),
        "missing": ["Part of the answer was left out: the evidence does not support it."],
        "next": "withhold" if rejected(lay_out(left), rest) else "answer",
        "detail": f"{len(bad)} sentences removed",
    }


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
