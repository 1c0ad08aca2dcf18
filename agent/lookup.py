"""The steps of a plan settled from evidence, read or worked out over whole tables, and what is still worth asking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from groundsight.agent.answerer import RIVAL, answers, find
from groundsight.agent.assess import unmentioned
from groundsight.agent.candidates import Eyes
from groundsight.agent.measured import measured
from groundsight.agent.planner import ready
from groundsight.agent.question import Question
from groundsight.agent.replied import replied
from groundsight.agent.state import WHOLE, Finding, Plan, PlanStep
from groundsight.agent.uphold import Check
from groundsight.agent.whether import whether
from groundsight.computing.asked import operations
from groundsight.computing.say import say
from groundsight.computing.terms import ends
from groundsight.evidence.forms import forms
from groundsight.evidence.grids import grids
from groundsight.evidence.lists import lists
from groundsight.evidence.passage_index import PassageIndex
from groundsight.language.content import stems_of
from groundsight.types import Evidence
from groundsight.types.computed import Computation

QUERIES_A_HOP = 4
BRIDGES_A_STEP = 2


@dataclass(frozen=True)
class Shelf:
    """What a question may be answered from: evidence, the whole tables of which it holds rows, and what looks at it.

    ``older`` is what mails quote: it answers only where nothing newer could. ``banned`` are sentences that the check
    has refused.
    """

    evidence: Sequence[Evidence]
    tables: Sequence[Evidence] = ()
    eyes: Eyes | None = None
    banned: Collection[str] = ()
    older: Sequence[Evidence] = ()
    check: Check | None = None


def settle(plan: Plan, question: str, shelf: Shelf) -> list[Finding]:
    """Answer every step that the evidence answers, each with the answers before it put in."""
    if whole := work_out(WHOLE, Question(question), (*shelf.tables, *shelf.evidence), shelf.banned):
        return [whole]
    findings = _step_by_step(plan, question, shelf)
    if complete(plan, findings):
        return findings
    return end_of(Question(question), shelf.evidence, shelf.tables, shelf.banned) or findings


def _step_by_step(plan: Plan, question: str, shelf: Shelf) -> list[Finding]:
    findings: list[Finding] = []
    while new := [found for step in ready(plan, findings) if (found := _found(step, shelf))]:
        findings += new
    last = plan.steps[-1].step
    if len(plan.steps) == 1 or plan.join != "last" or any(found.step == last for found in findings):
        return findings
    # One passage that answers a whole chain makes its links unnecessary.
    whole = _found(PlanStep(step=last, question=question), shelf)
    return [whole] if whole else findings


def _found(step: PlanStep, shelf: Shelf) -> Finding | None:
    """What is worked out over rows goes before what is read from one of them."""
    asked = Question(step.question)
    computed = work_out(step.step, asked, (*shelf.tables, *shelf.evidence), shelf.banned)
    if computed or (computed := replied(step.step, asked, shelf.evidence, shelf.banned)):
        return computed
    if asked.asks_whether and shelf.check:
        return whether(step.step, asked, shelf.evidence, shelf.check, shelf.banned)
    if said := measured(step.step, asked, shelf.evidence, shelf.banned):
        return said
    if shelf.eyes is None:
        return None
    found = find(step.step, step.question, shelf.evidence, shelf.eyes, shelf.banned)
    if found or not shelf.older or answers(step.question, shelf.evidence, shelf.eyes, RIVAL):
        return found
    return find(step.step, step.question, shelf.older, shelf.eyes, shelf.banned)


def complete(plan: Plan, findings: Sequence[Finding]) -> bool:
    """Say whether a plan is answered: its last step, or every step when all are part of the answer."""
    done = {found.step for found in findings}
    if WHOLE in done:
        return True
    wanted = {plan.steps[-1].step} if plan.join == "last" else {step.step for step in plan.steps}
    return wanted <= done


def next_queries(
    plan: Plan,
    findings: Sequence[Finding],
    evidence: Sequence[Evidence],
    links: Mapping[str, Sequence[str]],
    asked: Collection[str],
) -> list[str]:
    """List the searches that can still bring something: open steps, names that no passage holds, and links."""
    queries: list[str] = []
    for step in ready(plan, findings):
        one = Question(step.question)
        absent = [need.shown for need in unmentioned(one, evidence)]
        queries += [step.question, *absent, *_bridges(one, evidence, links)]
    fresh = dict.fromkeys(query for query in queries if query and query not in asked)
    return list(fresh)[:QUERIES_A_HOP]


def open_steps(plan: Plan, findings: Sequence[Finding]) -> list[Question]:
    """Return the questions that are not answered and could have been, analysed."""
    return [Question(step.question) for step in ready(plan, findings)]


def _bridges(one: Question, evidence: Sequence[Evidence], links: Mapping[str, Sequence[str]]) -> list[str]:
    """Name things that the best evidence points to, with the words that are asked of them."""
    focus = " ".join(one.topic)
    known = one.all_stems
    shown = [link for found in evidence[:3] for link in links.get(found.evidence_id, ()) if not stems_of(link) & known]
    return [f"{link} {focus}" for link in list(dict.fromkeys(shown))[:BRIDGES_A_STEP]] if focus else []


def work_out(step: int, asked: Question, evidence: Sequence[Evidence], banned: Collection[str] = ()) -> Finding | None:
    """Answer a question from the rows of the one table or form that all its words fit.

    A look-up is left to the last step.
    """
    tables = [one for one in evidence if len(one.cells) > 1]
    every = (*grids(tables), *forms(evidence), *lists(evidence))
    made = next(iter(operations(asked.text, every, weigh=not asked.language)), None)
    if made is None or (step == WHOLE and made.operation == "cell"):
        return None
    return finding(step, asked, made, banned)


def end_of(
    asked: Question, evidence: Sequence[Evidence], tables: Sequence[Evidence], banned: Collection[str]
) -> list[Finding]:
    """Work out when something ends from a start and a term that stand together."""
    made = ends(asked.text, grids([one for one in tables if len(one.cells) > 1]), PassageIndex(evidence))
    found = finding(WHOLE, asked, made, banned) if made else None
    if made is None or found is None:
        return []
    shown = {
        one.quote: f"{one.of}: {one.under}: {one.quote.text}" if one.of else one.quote.text for one in made.operands
    }
    rest = [Finding(step=WHOLE, question=asked.text, sentence=said, quote=quote) for quote, said in shown.items()]
    return [found, *rest]


def finding(step: int, asked: Question, made: Computation, banned: Collection[str] = ()) -> Finding | None:
    """Say a computation, with the place of its first value; the other values are cited beside it."""
    made = made.model_copy(update={"language": asked.language})
    said = say(made)
    ids = tuple(dict.fromkeys(one.quote.evidence_id for one in made.operands))
    first = made.operands[0].quote
    value = f"{made.result} {made.unit}".strip() if made.operation not in ("cell", "rows") else made.result
    return None if said in banned else Finding(
        step=step, question=asked.text, sentence=said, quote=first, value=value, also=ids[1:], made=made
    )  # fmt: skip
