"""Questions taken apart by rule: chains, comparisons, conjunctions, and what to look up next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.agent.arithmetic import of_two
from groundsight.agent.describe import ROLES, innermost, normalised, who
from groundsight.agent.state import Finding, Plan, PlanStep

LONGEST_CHAIN = 3
_AUX = r"(?:is|are|was|were)"
_PROPER = r"(?:the\s+)?[A-Z0-9][\w.&'-]*(?:\s+[A-Z0-9][\w.&'-]*)*"
_COMPARE = re.compile(rf"^(?:which|who|what)\s+(?P<rest>.+?)[,:]\s+(?P<a>{_PROPER})\s+or\s+(?P<b>{_PROPER})\s*\?*$")
_COMPARE_OF = re.compile(
    rf"^(?:which|who)(?:\s+\w+)?\s+of\s+(?P<a>{_PROPER})\s+(?:and|or)\s+(?P<b>{_PROPER})\s+(?P<rest>.+?)\s*\?*$"
)
_CONJUNCTION = re.compile(r"\s*(?:,\s*and|\band|;|\?)\s+(?=(?:who|whom|when|where|why|how|what|which)\b)", re.I)
_POSSESSIVE = re.compile(
    r"(?P<whole>\b(?P<of>[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*)['\u2019]s?\s+(?P<role>(?:[\w-]+\s+)?(?i:"
    + ROLES
    + r")))(?=['\u2019]s?\s|\s)"
)
_OPENING = re.compile(rf"^(?:what|which|who|where|when)\s+{_AUX}\s+", re.I)
_HIGHER = re.compile(
    r"\b(?:older|higher|larger|bigger|longer|later|more|greater|newer|taller|heavier|most|cheaper|lower|smaller|shorter|earlier|less|fewer|younger|lighter|first)\b",
    re.I,
)
_ADJECTIVES = {
    "older": "How old is {}?",
    "younger": "How old is {}?",
    "taller": "How tall is {}?",
    "heavier": "What is the weight of {}?",
    "lighter": "What is the weight of {}?",
    "longer": "How long is {}?",
    "shorter": "How long is {}?",
    "cheaper": "What is the price of {}?",
    "larger": "What is the size of {}?",
    "bigger": "What is the size of {}?",
}


def plan(question: str, *, hops: int) -> Plan:
    """Take a question apart into steps that can be looked up; without a pattern it is one step."""
    for take_apart in (of_two, _compared, _joined, _chained):
        steps = take_apart(question.strip())
        if steps is not None:
            return steps
    return Plan(steps=(PlanStep(step=1, question=question.strip()),), more=hops > 1)


def ready(current: Plan, findings: Sequence[Finding]) -> list[PlanStep]:
    """Return the open steps whose earlier answers are known, with those put in."""
    values = {found.step: found.value for found in findings}
    done = set(values)
    return [
        step.model_copy(update={"question": filled(step, values)})
        for step in current.steps
        if step.step not in done and all(values.get(before) for before in step.after)
    ]


def filled(step: PlanStep, values: dict[int, str]) -> str:
    """Put the answers of earlier steps in place of ``{1}``, ``{2}``; other braces stay as they are."""
    text = step.question
    for before in step.after:
        text = text.replace("{" + str(before) + "}", values.get(before, ""))
    return text


def _compared(question: str) -> Plan | None:
    lowered = question[:1].lower() + question[1:]
    match = _COMPARE_OF.match(lowered) or _COMPARE.match(lowered)
    if not match or not _HIGHER.search(question):
        return None
    asks = _compared_question(match.group("rest"))
    pair = (match.group("a").strip(" ,"), match.group("b").strip(" ,?"))
    steps = tuple(PlanStep(step=at, question=asks.replace("{}", one)) for at, one in enumerate(pair, 1))
    return Plan(steps=steps, join="compare")


def _compared_question(rest: str) -> str:
    """Ask for the compared value of one side, which ``{}`` stands for."""
    found = _HIGHER.search(rest)
    word = found.group(0).casefold() if found else "large"
    noun = re.search(rf"\b{word}\s+(?!than\b)([\w-]+(?:\s+[\w-]+)?)", rest, re.I)
    verb = re.search(r"\b(?:\w+ed|born|built|made|written)\b", rest)
    if word in ("first", "earlier", "later") and verb:
        return "When was {} " + verb.group(0) + "?"
    if word in ("more", "less", "fewer", "most") and noun:
        return "How many " + noun.group(1) + " does {} have?"
    if noun:
        return "What is the " + noun.group(1) + " of {}?"
    return _ADJECTIVES.get(word, "How " + word + " is {}?")


def _joined(question: str) -> Plan | None:
    parts = [part.strip(" ?,") for part in _CONJUNCTION.split(question) if part.strip(" ?,")]
    if len(parts) < 2 or not all(len(part.split()) > 2 for part in parts):
        return None
    return Plan(steps=tuple(PlanStep(step=at, question=part + "?") for at, part in enumerate(parts, 1)), join="all")


def _chained(question: str) -> Plan | None:
    """Take "X of the manager of Z" apart from the inside: first who, then the rest with the name put in."""
    steps: list[PlanStep] = []
    rest = normalised(question)
    while len(steps) < LONGEST_CHAIN and (inner := _inner(rest)) is not None:
        asks, whole = inner
        left = rest.replace(whole, "{" + str(len(steps) + 1) + "}", 1)
        if len(left.split()) < 3 or re.fullmatch(r"\{\d\}", _OPENING.sub("", left).strip(" ?")):
            break
        steps.append(_step(len(steps) + 1, asks))
        rest = left
    return Plan(steps=(*steps, _step(len(steps) + 1, rest))) if steps else None


def _step(at: int, question: str) -> PlanStep:
    return PlanStep(step=at, question=question, after=tuple(int(found) for found in re.findall(r"\{(\d)\}", question)))


def _inner(question: str) -> tuple[str, str] | None:
    """Return the question about the innermost description, and the words of it that the answer replaces."""
    if possessed := _possessed(question):
        return possessed
    found = innermost(question)
    return (found.asks, question[found.start : found.end]) if found else None


def _possessed(question: str) -> tuple[str, str] | None:
    match = _POSSESSIVE.search(question)
    return (who(match.group("role"), f"of {match.group('of')}"), match.group("whole")) if match else None
