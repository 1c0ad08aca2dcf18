"""Plans and drafts: by the language model where there is one, by rule where there is none or it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from groundsight.agent.compare import verdict_of
from groundsight.agent.compose import draft_of
from groundsight.agent.planner import plan as plan_by_rule
from groundsight.agent.state import Draft, Finding, Plan

if TYPE_CHECKING:
    from groundsight.agent.llm import Chat
    from groundsight.settings import Agent
    from groundsight.types import Evidence, Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Made(Generic[T]):
    """What was made, and what it cost: an update of tokens and degraded lanes."""

    value: T
    spent: Mapping[str, Any] = field(default_factory=dict)


def plan(question: str, chat: Chat | None, budget: Agent) -> Made[Plan]:
    """Take a question apart."""
    by_rule = plan_by_rule(question, hops=budget.hops)
    if chat is None:
        return Made(by_rule)
    reply = chat.plan(question, most=budget.hops)
    return Made(reply.value or by_rule, reply.spent)


def draft(
    question: str, steps: Plan, found: Sequence[Finding], evidence: Mapping[str, Evidence], chat: Chat | None, budget: Agent
) -> Made[Draft]:
    """Write an answer with cites."""
    by_rule = draft_of(steps, found, verdict_of(question, steps, found))
    if chat is None:
        return Made(by_rule)
    reply = chat.draft(question, _shown(found, evidence, budget.evidence))
    return Made(reply.value or by_rule, reply.spent)


def revise(
    question: str, written: Draft, bad: Mapping[int, Verdict], evidence: Mapping[str, Evidence], chat: Chat | None, budget: Agent
) -> Made[Draft]:
    """Write an answer again without what the evidence does not say; unchanged when there is no model."""
    if chat is None:
        return Made(written)
    cited = [key for cites in written.cites for key in cites if key in evidence]
    order = dict.fromkeys([*cited, *evidence])
    reply = chat.revise(question, written, bad, [evidence[key] for key in order][: budget.evidence])
    return Made(reply.value or written, reply.spent)


def _shown(found: Sequence[Finding], evidence: Mapping[str, Evidence], most: int) -> list[Evidence]:
    """Show what the rules point at first, then the best of the rest."""
    pointed = [one.quote.evidence_id for one in found if one.quote.evidence_id in evidence]
    rest = sorted(evidence, key=lambda key: -evidence[key].score)
    return [evidence[key] for key in dict.fromkeys([*pointed, *rest])][:most]
