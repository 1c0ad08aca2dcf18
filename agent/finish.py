"""The last nodes of the answer graph: give the answer, abstain, or withhold it."""

from __future__ import annotations

from groundsight.agent.assess import explain
from groundsight.agent.compose import citations, lay_out, receipt
from groundsight.agent.nodes import Desk, Update
from groundsight.agent.question import analyse
from groundsight.agent.reading import draft_of_state, evidence_of_state, findings_of, in_cited_order
from groundsight.agent.state import AnswerState
from groundsight.types import Answer, Degraded, GroundingReport, Tier


def answer(state: AnswerState, desk: Desk) -> Update:
    """Assemble the answer with its citations, verdicts and trace."""
    laid, evidence = lay_out(draft_of_state(state)), evidence_of_state(state)
    report = GroundingReport.model_validate(state["report"])
    lost = state.get("missing", []) if state.get("stop") or state.get("missing") else []
    text = "\n".join([laid.text, *lost])
    given = _answer(
        state, desk, text, "partial" if lost else "answered", state.get("stop") or "the evidence answers the question"
    )
    full = given.model_copy(
        update={
            "grounding_ratio": report.grounding_ratio,
            "verdicts": report.claims,
            "citations": citations(laid, evidence, report, findings_of(state)),
            "evidence": tuple(
                in_cited_order(state, laid.markers)[: max(len(laid.markers), desk.suite.settings.agent.evidence)]
            ),
        }
    )
    return {"answer": full.model_dump(mode="json"), "detail": full.status}


def abstain(state: AnswerState, desk: Desk) -> Update:
    """Say that the files do not answer the question, and which part was not found."""
    evidence = list(evidence_of_state(state).values())
    lost = state.get("missing") or [explain(analyse(state["question"]), evidence)]
    given = _answer(
        state, desk, " ".join(lost), "abstained", state.get("stop") or "the evidence does not answer the question"
    )
    shown = given.model_copy(update={"evidence": tuple(evidence[: desk.suite.settings.agent.evidence])})
    return {"answer": shown.model_dump(mode="json"), "detail": given.text}


def withhold(state: AnswerState, desk: Desk) -> Update:
    """Give no answer although one was written: the evidence does not carry it."""
    report = GroundingReport.model_validate(state["report"])
    text = "No answer is given: the evidence found does not support one."
    given = _answer(state, desk, text, "refused", state.get("stop") or "a sentence of the answer is not supported")
    update = {"grounding_ratio": report.grounding_ratio, "verdicts": report.claims}
    return {"answer": given.model_copy(update=update).model_dump(mode="json"), "detail": given.stop_reason}


def _answer(state: AnswerState, desk: Desk, text: str, status: str, reason: str) -> Answer:
    index = desk.suite.parts.index.version()
    return Answer.model_validate(
        {
            "question": state["question"],
            "status": status,
            "text": text,
            "stop_reason": reason,
            "grounding_ratio": None,
            "tier": _tier(state).model_dump(),
            "degraded": tuple(dict.fromkeys(Degraded.model_validate(one) for one in state.get("degraded", ()))),
            "trace": tuple(state.get("trace", ())),
            "receipt": receipt(state["question"], text, list(state.get("evidence", {})), index),
        }
    )


def _tier(state: AnswerState) -> Tier:
    searched = Tier.model_validate(state.get("tier") or {})
    writer = draft_of_state(state).by if state.get("draft") else "rules"
    name = searched.name if writer == "rules" else "llm"
    return Tier(name=name, models={**searched.models, "writer": writer})
