"""The answer graph: plan, search in parallel, assess, draft, verify, and answer, revise or show the evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from groundsight.agent import finish, mending, nodes
from groundsight.agent.nodes import Update
from groundsight.agent.state import Answered, AnswerState, Json, Question, evidence_of_state
from groundsight.errors import InvalidArgument, Retryable, TimedOut
from groundsight.governance.policy import policy_of, under_policy
from groundsight.graphs.cached import through_cache
from groundsight.graphs.edits import edited_plan, edited_text, kept_evidence
from groundsight.graphs.office import Office, compiled, new_flow
from groundsight.graphs.review import Declined, reviewed
from groundsight.graphs.telling import telling
from groundsight.language.sentences import without_cites
from groundsight.language.typography import squeeze
from groundsight.limits import require_words
from groundsight.rounds import may_ask_client
from groundsight.types import Answer, Evidence, Verdict
from groundsight.types.showing import where

if TYPE_CHECKING:
    from groundsight.suite import Suite

STEPS_AT_MOST = 80
SHOWN_CHARS = 2_000
EDITED = "a person edited the answer"
Review = Literal["none", "plan", "evidence", "answer", "everything"]
LAST = (finish.answer, finish.show_evidence, finish.abstain)


@dataclass(frozen=True)
class Asking:
    """What a caller may choose for one run: what a person approves, edits or declines before the work goes on."""

    approve: Review = "none"

    def __post_init__(self) -> None:
        if self.approve not in (known := get_args(Review)):
            step = f"allowed: {', '.join(known)}"
            raise InvalidArgument(
                "a person approves no such thing", which=f"approve = {self.approve!r:.80}", next_step=step
            )

    def reviews(self, what: str) -> bool:
        """Tell whether a person is asked about this."""
        return self.approve in (what, "everything")


def graph() -> Any:
    """Build the graph for a server that brings its own checkpointer; settings come from the environment."""
    return build_answer_graph()


def answer_question(suite: Suite, question: str, picture: str = "") -> Answer:
    """Answer a question, or one about a picture (a file, or the id of an image unit), with what the evidence supports.

    Raises:
        InputRequired: the client has to let its model write, or its person approve, and then repeat the call.
        Cancelled: the watch of the suite was cancelled.
        GroundsightError: the search itself failed; a budget that ends is a reason, not an error.
    """
    client = suite.watch.client
    if client and may_ask_client(client, suite.settings.agent):
        from groundsight.graphs.rounds import answer_in_rounds

        return answer_in_rounds(suite, asked_of(question, picture), client)
    return through_cache(suite, question, picture, lambda: _worked_out(suite, question, picture))


def _worked_out(suite: Suite, question: str, picture: str) -> Answer:
    if suite.watch.journal is not None:
        from groundsight.graphs.noted import answer_with_notes

        return answer_with_notes(suite, question, suite.watch.journal, picture)
    final = build_answer_graph(suite).invoke(
        asked_of(question, picture), {"recursion_limit": STEPS_AT_MOST}, context=Asking()
    )
    return Answer.model_validate(final["answer"])


def asked_of(question: str, picture: str = "") -> Json:
    """Return what the graph is given."""
    return {"question": question, "picture": picture} if picture else {"question": question}


def build_answer_graph(suite: Suite | None = None) -> Any:
    """Wire the nodes; compiled without a checkpointer, so that whoever runs it can bring one."""
    from langgraph.types import RetryPolicy

    office = Office(suite)
    flow = new_flow(AnswerState, Question, Answered, Asking)
    patient = RetryPolicy(initial_interval=0.1, max_interval=2.0, max_attempts=3, retry_on=worth_repeating)
    for node in (nodes.assess, nodes.draft, mending.verify, mending.revise, *LAST):
        flow.add_node(node.__name__, _node(node.__name__, node, office))
    flow.add_node("plan", _admitted("ask", _question, nodes.worked("plan", nodes.plan), office))
    searched = _admitted("search", _query, nodes.worked("search", nodes.search), office)
    flow.add_node("search", searched, retry_policy=patient)
    flow.add_node("approve_plan", _approve_plan)
    flow.add_node("approve_evidence", _approve_evidence)
    flow.add_node("approve_answer", _approve_answer(office))
    flow.add_edge("__start__", "plan")
    flow.add_conditional_edges("plan", _after_plan, ["approve_plan", "search", "__end__"])
    flow.add_conditional_edges("approve_plan", _fan_out, ["search", "abstain"])
    flow.add_edge("search", "assess")
    after = ["plan", "search", "approve_evidence", "draft", "show_evidence", "abstain"]
    flow.add_conditional_edges("assess", _after_assess, after)
    flow.add_conditional_edges("approve_evidence", _next, ["assess", "draft", "abstain"])
    flow.add_conditional_edges("draft", _after_draft, ["search", "verify"])
    flow.add_conditional_edges("verify", _next, ["verify", "answer", "revise", "show_evidence", "abstain"])
    flow.add_conditional_edges("revise", _next, ["verify", "assess"])
    flow.add_conditional_edges("answer", _after_answer, ["approve_answer", "__end__"])
    for last in ("approve_answer", "show_evidence", "abstain"):
        flow.add_edge(last, "__end__")
    return compiled(flow, "answer")


def worth_repeating(error: Exception) -> bool:
    """Repeat what may succeed at once; a used-up time budget never does."""
    return isinstance(error, Retryable) and not isinstance(error, TimedOut)


def _node(name: str, node: nodes.Node, office: Office) -> Callable[[AnswerState], Update]:
    run = nodes.worked(name, node)

    def step(state: AnswerState) -> Update:
        with office.recorded():
            return office.with_receipt(run(state, office.desk))

    return telling(step)


def _admitted(name: str, told: Callable[[AnswerState], Update], node: nodes.Node, office: Office) -> Callable[..., Any]:
    """A node by which something new is asked of the index: a call of its own where the graph is a door."""

    def step(state: AnswerState) -> Update:
        with office.recorded():
            return office.with_receipt(office.admitted(name, told(state), lambda desk: node(state, desk)))

    return telling(step)


def _question(state: AnswerState) -> Update:
    return asked_of(state["question"], state.get("picture", ""))


def _query(state: AnswerState) -> Update:
    return {"query": state.get("queries", [""])[0]}


def _asking(runtime: Any) -> Asking:
    return cast("Asking | None", runtime.context) or Asking()


def _after_plan(state: AnswerState, runtime: Any) -> Any:
    if state.get("next") == nodes.TOLD:
        return "__end__"
    return "approve_plan" if _asking(runtime).reviews("plan") else _fan_out(state)


def _fan_out(state: AnswerState) -> Any:
    from langgraph.types import Send

    if state.get("next") == "abstain":
        return "abstain"
    return [Send("search", part) for part in nodes.parts_of(state)]


def _after_assess(state: AnswerState, runtime: Any) -> Any:
    if state.get("next") == "draft" and _asking(runtime).reviews("evidence"):
        return "approve_evidence"
    return _after_draft(state)


def _after_draft(state: AnswerState) -> Any:
    return _fan_out(state) if state.get("next") == "search" else _next(state)


def _next(state: AnswerState) -> str:
    return state.get("next", "abstain")


def _after_answer(state: AnswerState, runtime: Any) -> str:
    return "approve_answer" if _asking(runtime).reviews("answer") else "__end__"


def _approve_plan(state: AnswerState) -> Update:
    """Let a person accept or edit the plan and its first searches."""
    shown = {"plan": state["plan"], "queries": state.get("queries", [])}
    try:
        return {**reviewed("plan", "Search for this?", shown, partial(edited_plan, shown)), "next": "search"}
    except Declined as why:
        return {"next": "abstain", "missing": ["The plan was not approved."], "stop": str(why)}


def _approve_evidence(state: AnswerState) -> Update:
    """Let a person drop evidence that was not shown yet; what is dropped counts for nothing from then on."""
    fresh = [one for key, one in evidence_of_state(state).items() if key not in state.get("reviewed", ())]
    if not fresh:
        return {"next": "draft"}
    shown = {"evidence": [_shown(one) for one in fresh]}
    try:
        kept = reviewed(
            "evidence", "Answer from these? Leave out what shall not count.", shown, partial(kept_evidence, shown)
        )
    except Declined as why:
        return {"next": "abstain", "missing": ["The evidence was not approved."], "stop": str(why)}
    dropped = [one.evidence_id for one in fresh if one.evidence_id not in kept]
    update = {"reviewed": [one.evidence_id for one in fresh], "dropped": dropped}
    return {**update, "next": "assess" if dropped else "draft"}


def _shown(one: Evidence) -> Json:
    place = {"page": one.place.page, "second": one.place.second}
    return {"id": one.evidence_id, "source": one.source, **place, "text": one.text[:SHOWN_CHARS]}


def _approve_answer(office: Office) -> Callable[[AnswerState], Update]:
    """Let a person accept or edit the answer; an edited one is checked again before it is given."""

    def approve(state: AnswerState) -> Update:
        written = Answer.model_validate(state["answer"])
        verdicts = [{"text": one.claim.text, "label": one.label, "told": str(one)} for one in written.verdicts]
        shown = {"text": written.text, "grounding_ratio": written.grounding_ratio, "verdicts": verdicts}
        shown["evidence"] = [_shown(one) for one in written.evidence]
        try:
            given = reviewed("answer", "Give this answer?", shown, partial(_given, written, office))
        except Declined as why:
            withheld: Update = {"status": "abstained", "text": "The answer was not approved.", "stop_reason": str(why)}
            nothing: Update = {
                "grounding_ratio": None,
                "citations": (),
                "verdicts": (),
                "evidence": (),
                "candidates": (),
            }
            return {"answer": written.model_copy(update={**withheld, **nothing}).model_dump(mode="json")}
        return {} if given is written else office.with_receipt({"answer": given.model_dump(mode="json")})

    return approve


def _given(written: Answer, office: Office, edited: Json) -> Answer:
    text = edited_text(edited)
    if text == written.text:
        return written
    require_words(text, "the answer", "write it in words")
    report = office.desk.suite.verify(text, written.evidence)
    told: Update = {"text": "\n".join([text, *filter(None, map(_against, report.claims))]), "stop_reason": EDITED}
    checked: Update = {"verdicts": report.claims, "grounding_ratio": report.grounding_ratio}
    status: Update = {} if report.verdict == "pass" else {"status": "partial"}
    edited_answer = written.model_copy(update={**told, **checked, **status})
    return under_policy(policy_of(office.desk.suite.settings), edited_answer)


def _against(one: Verdict) -> str:
    """Say of a sentence that the evidence contradicts it, and by what, or that it does not stand there."""
    head = {"contradicted": "Contradicted", "unsupported": "Not in the evidence"}.get(one.label)
    if head is None:
        return ""
    found = (reason.evidence for reason in one.reasons if reason.evidence and one.label == "contradicted")
    quote = next(found, None)
    by = f': {where(quote.source, quote.page, second=quote.second)} says "{squeeze(quote.text)}"' if quote else ""
    why = "; ".join(reason.message for reason in one.reasons[:2])
    return f'{head}: "{squeeze(without_cites(one.claim.text)).rstrip(" .")}"{by}{f" ({why})" if why else ""}.'
