"""Plans and drafts: by the language model where there is one, by rule where there is none or it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from groundsight.agent.arithmetic import sum_of, verdict_of
from groundsight.agent.compose import draft_of
from groundsight.agent.planner import plan as plan_by_rule
from groundsight.agent.state import WHOLE, Draft, Finding, Plan

if TYPE_CHECKING:
    from groundsight.agent.llm import Chat
    from groundsight.types import Evidence, Verdict

Spent = Mapping[str, Any]


def plan(question: str, chat: Chat | None, hops: int, seconds: float) -> tuple[Plan, Spent]:
    """Take a question apart: by rule, or by the language model where one is given."""
    by_rule = plan_by_rule(question, hops=hops)
    if chat is None:
        return by_rule, {}
    from groundsight.agent.requests import ask_plan

    made = ask_plan(chat, question, hops, seconds)
    return made.value or by_rule, made.spent


def quoted(question: str, steps: Plan, found: Sequence[Finding]) -> Draft:
    """Write the answer as quoted evidence; a sum that can't be made leaves nothing to say."""
    if any(one.step == WHOLE for one in found):
        return draft_of(steps, found)
    if steps.join in ("days", "difference"):
        direct = sum_of(steps, found)
        return draft_of(steps, found, direct) if direct else Draft()
    return draft_of(steps, found, verdict_of(question, steps, found))


def draft(question: str, shown: Sequence[Evidence], chat: Chat, seconds: float) -> tuple[Draft, Spent]:
    """Have the language model write an answer with cites; without sentences where it has none."""
    from groundsight.agent.requests import ask_draft

    made = ask_draft(chat, question, shown, seconds)
    return made.value or Draft(), made.spent


def revise(
    question: str, written: Draft, bad: Mapping[int, Verdict], shown: Sequence[Evidence], chat: Chat, seconds: float
) -> tuple[Draft, Spent]:
    """Have an answer written again without what the evidence does not say; unchanged when the model fails."""
    from groundsight.agent.requests import ask_revision

    made = ask_revision(chat, question, written, bad, shown, seconds)
    return made.value or written, made.spent


def shown_first(found: Sequence[Finding], evidence: Mapping[str, Evidence], most: int) -> list[Evidence]:
    """Show what the rules point at first, then the best of the rest."""
    pointed = [one.quote.evidence_id for one in found if one.quote.evidence_id in evidence]
    rest = sorted(evidence, key=lambda key: -evidence[key].score)
    return [evidence[key] for key in dict.fromkeys([*pointed, *rest])][:most]
