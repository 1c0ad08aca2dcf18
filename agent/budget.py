"""What one question may use: seconds, hops and tokens, and the stated reason when one is used up."""

from __future__ import annotations

from groundsight.agent.state import AnswerState
from groundsight.settings import Agent


def seconds_left(state: AnswerState, budget: Agent) -> float:
    """Return the seconds of work that a question has left; waiting for a person does not count."""
    return max(0.0, budget.seconds - state.get("seconds", 0.0))


def used_up(state: AnswerState, budget: Agent) -> str:
    """Name the budget that is used up, empty when none is."""
    if seconds_left(state, budget) <= 0:
        return f"the time budget is used up ({budget.seconds} s)"
    if state.get("tokens", 0) >= budget.tokens:
        return f"the token budget is used up ({budget.tokens})"
    if state.get("hops", 0) >= budget.hops:
        return f"the hop budget is used up ({budget.hops})"
    return ""
