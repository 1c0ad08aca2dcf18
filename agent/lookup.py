"""The steps of a plan settled from evidence, and the queries that are still worth asking."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from groundsight.agent.assess import missing, unmentioned
from groundsight.agent.extract import find
from groundsight.agent.planner import ready
from groundsight.agent.question import Asked, analyse
from groundsight.agent.state import WHOLE, Finding, Plan, PlanStep
from groundsight.agent.tables import work_out
from groundsight.agent.terms import end_of
from groundsight.agent.whether import Near, whether
from groundsight.agent.words import content_words, holds, stem_set, stems
from groundsight.types import Evidence

QUERIES_A_HOP = 4
BRIDGES_A_STEP = 2


def settle(
    plan: Plan,
    question: str,
    evidence: Sequence[Evidence],
    banned: Collection[str] = (),
    tables: Sequence[Evidence] = (),
    near: Near | None = None,
) -> list[Finding]:
    """Answer every step that the evidence answers, each with the answers before it put in.

    ``tables`` are the whole tables of which evidence holds some rows; ``near`` says how close sentences are to a text.
    """
    if whole := work_out(WHOLE, analyse(question), tables, banned):
        return [whole]
    findings = _step_by_step(plan, question, evidence, banned, tables)
    if complete(plan, findings):
        return findings
    if ends := end_of(analyse(question), evidence, tables, banned):
        return ends
    nearest = whether(analyse(question), evidence, near, banned)
    return [nearest] if nearest else findings


def _step_by_step(
    plan: Plan, question: str, evidence: Sequence[Evidence], banned: Collection[str], tables: Sequence[Evidence]
) -> list[Finding]:
    findings: list[Finding] = []
    while True:
        new = [found for step in ready(plan, findings) if (found := _found(step, evidence, banned, tables))]
        if not new:
            return _straight(plan, question, evidence, findings, banned)
        findings += new


def _found(
    step: PlanStep, evidence: Sequence[Evidence], banned: Collection[str], tables: Sequence[Evidence]
) -> Finding | None:
    """What is worked out over rows goes before what is read from one of them."""
    asked = analyse(step.question)
    return work_out(step.step, asked, tables, banned) or find(step.step, asked, evidence, (), banned)


def _straight(
    plan: Plan, question: str, evidence: Sequence[Evidence], findings: list[Finding], banned: Collection[str]
) -> list[Finding]:
    """One passage that answers a whole chain makes its links unnecessary."""
    last = plan.steps[-1].step
    if plan.join != "last" or len(plan.steps) == 1 or any(found.step == last for found in findings):
        return findings
    whole = find(last, analyse(question), evidence, (), banned)
    return [whole] if whole and _says_all(whole, question) else findings


def _says_all(found: Finding, question: str) -> bool:
    """A link may be skipped only where the passage itself has every word of the question."""
    said = stem_set(found.sentence)
    return all(any(holds(said, part) for part in stems(word)) for word in content_words(question))


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
        one = analyse(step.question)
        absent = [need.shown for need in unmentioned(one, evidence)]
        queries += [step.question, *absent, _missing_words(one, evidence), *_bridges(one, evidence, links)]
    fresh = dict.fromkeys(query for query in queries if query and query not in asked)
    return list(fresh)[:QUERIES_A_HOP]


def open_steps(plan: Plan, findings: Sequence[Finding]) -> list[Asked]:
    """Return the questions that are not answered and could have been, analysed."""
    return [analyse(step.question) for step in ready(plan, findings)]


def _missing_words(one: Asked, evidence: Sequence[Evidence]) -> str:
    lost = missing(one, evidence)
    return " ".join(need.shown for need in one.needs if need.hard or need in lost) if lost else ""


def _bridges(one: Asked, evidence: Sequence[Evidence], links: Mapping[str, Sequence[str]]) -> list[str]:
    """Name things that the best evidence points to, with the words that are asked of them."""
    focus = " ".join(need.shown for need in one.of("focus"))
    known = stem_set(one.text)
    shown = [link for found in evidence[:3] for link in links.get(found.evidence_id, ()) if not stem_set(link) & known]
    return [f"{link} {focus}" for link in list(dict.fromkeys(shown))[:BRIDGES_A_STEP]] if focus else []
