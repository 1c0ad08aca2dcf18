"""Reading the JSON of a state as the words of the house, and what of the budget of a question is left."""

from __future__ import annotations

from collections.abc import Mapping

from groundsight.agent.state import AnswerState, Draft, Finding, Plan
from groundsight.settings import Agent
from groundsight.types import Evidence


def plan_of(state: AnswerState) -> Plan:
    """Read the plan."""
    return Plan.model_validate(state["plan"])


def draft_of_state(state: AnswerState) -> Draft:
    """Read the draft."""
    return Draft.model_validate(state["draft"])


def findings_of(state: AnswerState) -> list[Finding]:
    """Read the findings."""
    return [Finding.model_validate(one) for one in state.get("findings", ())]


def evidence_of_state(state: AnswerState) -> dict[str, Evidence]:
    """Read the evidence by id."""
    return {key: Evidence.model_validate(one) for key, one in state.get("evidence", {}).items()}


def in_cited_order(state: AnswerState, markers: Mapping[str, str]) -> list[Evidence]:
    """Return the evidence so that marker 1 leads to the first one; what is not cited comes after."""
    evidence = evidence_of_state(state)
    order = dict.fromkeys([*(cited for cited in markers.values() if cited in evidence), *evidence])
    return [evidence[key] for key in order]


def seconds_left(state: AnswerState, budget: Agent) -> float:
    """Return the seconds of work that a question has left; waiting for a person does not count."""
    return max(0.0, budget.seconds - state.get("seconds", 0.0))


def used_up(state: AnswerState, budget: Agent) -> str:
    """Name the budget that is used up, empty when none is."""
    if seconds_left(state, budget) <= 0:
        return f"the time budget is used up ({budget.seconds} s)"
    for name, spent, most in (("token", "tokens", budget.tokens), ("hop", "hops", budget.hops)):
        if state.get(spent, 0) >= most:
            return f"the {name} budget is used up ({most})"
    return ""
