"""The last nodes of the answer graph: give the answer, show the closest evidence, or abstain."""

from __future__ import annotations

from groundsight.agent.assess import explain
from groundsight.agent.compose import citations, lay_out, quotes_of, receipt
from groundsight.agent.files import not_taken
from groundsight.agent.nearest import nearest, shown
from groundsight.agent.nodes import Desk, Update
from groundsight.agent.question import analyse
from groundsight.agent.reading import draft_of_state, evidence_of_state, findings_of, in_cited_order
from groundsight.agent.state import AnswerState
from groundsight.agent.unreached import by_words_alone
from groundsight.language.sayings import saying
from groundsight.types import Answer, Degraded, Fit, GroundingReport, Tier


def answer(state: AnswerState, desk: Desk) -> Update:
    """Assemble the answer with its citations, verdicts and trace."""
    laid, known = lay_out(draft_of_state(state)), evidence_of_state(state)
    report, lost = GroundingReport.model_validate(state["report"]), list(dict.fromkeys(state.get("missing", ())))
    partly = lost or state.get("fit", {}).get("value") == "partly"
    reason = state.get("stop") or f"the evidence answers {'a part of ' if partly else ''}the question"
    given = _answer(state, desk, "\n".join([laid.text, *lost]), "partial" if partly else "answered", reason)
    most = max(len(laid.markers), desk.suite.settings.agent.evidence)
    full = {
        "grounding_ratio": report.grounding_ratio,
        "verdicts": report.claims,
        "citations": citations(laid, known, quotes_of(report, findings_of(state))),
        "evidence": tuple(in_cited_order(state, laid.markers)[:most]),
    }
    return {"answer": given.model_copy(update=full).model_dump(mode="json"), "detail": given.status}


def show_evidence(state: AnswerState, desk: Desk) -> Update:
    """Give no answer but what was looked for and where the closest passages stand."""
    known, asked = evidence_of_state(state), analyse(state["question"])
    found = nearest(state["question"], list(known.values()), desk.eyes)
    laid = lay_out(shown(found))
    lost = list(dict.fromkeys(state.get("missing", ()))) or [explain(asked, list(known.values()))]
    lost += not_taken(desk.suite, state["question"], [quote.evidence_id for quote in found])
    lost += by_words_alone(desk.suite, asked.language)
    reason = state.get("stop") or "the evidence does not answer the question"
    closest = [saying("closest", asked.language), laid.text] if found else []
    given = _answer(state, desk, "\n".join([*lost, *closest]), "evidence" if found else "abstained", reason)
    cited = citations(laid, known, found)
    full = {
        "citations": cited,
        "evidence": tuple(in_cited_order(state, laid.markers)[: desk.suite.settings.agent.evidence]),
    }
    return {"answer": given.model_copy(update=full).model_dump(mode="json"), "detail": given.text}


def abstain(state: AnswerState, desk: Desk) -> Update:
    """Say why there is nothing to show: nothing was found or asked, or a person declined."""
    evidence = list(evidence_of_state(state).values())
    asked = analyse(state["question"])
    lost = list(state.get("missing") or [explain(asked, evidence)])
    lost += not_taken(desk.suite, state["question"], [one.evidence_id for one in evidence[:1]])
    lost += by_words_alone(desk.suite, asked.language)
    reason = state.get("stop") or "the evidence does not answer the question"
    given = _answer(state, desk, " ".join(lost), "abstained", reason)
    shown = given.model_copy(update={"evidence": tuple(evidence[: desk.suite.settings.agent.evidence])})
    return {"answer": shown.model_dump(mode="json"), "detail": given.text}


def _answer(state: AnswerState, desk: Desk, text: str, status: str, reason: str) -> Answer:
    index = desk.suite.parts.index.version()
    return Answer.model_validate(
        {
            "question": state["question"],
            "status": status,
            "text": text,
            "stop_reason": reason,
            "grounding_ratio": None,
            "fit": state.get("fit") or Fit(),
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
