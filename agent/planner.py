"""Questions taken apart by rule: chains, comparisons, conjunctions, and what to look up next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.agent.state import Finding, Plan, PlanStep

LONGEST_CHAIN = 3
_AUX = r"(?:is|are|was|were)"
_DO = r"(?:did|does|do|has|have|had|will|can|could|must|may|be|been)"
_ROLE = r"(?:the\s+)?[\w'\u2019-]+(?:\s+[\w'\u2019-]+){0,2}"
_PROPER = r"(?:the\s+)?[A-Z0-9][\w.&'-]*(?:\s+[A-Z0-9][\w.&'-]*)*"
_COMPARE = re.compile(rf"^(?:which|who|what)\s+(?P<rest>.+?)[,:]\s+(?P<a>{_PROPER})\s+or\s+(?P<b>{_PROPER})\s*\?*$")
_COMPARE_OF = re.compile(
    rf"^(?:which|who)(?:\s+\w+)?\s+of\s+(?P<a>{_PROPER})\s+(?:and|or)\s+(?P<b>{_PROPER})\s+(?P<rest>.+?)\s*\?*$"
)
_CONJUNCTION = re.compile(r"\s*(?:,\s*and|\band|;|\?)\s+(?=(?:who|whom|when|where|why|how|what|which)\b)", re.I)
_PERSON_ROLES = (
    "manager director head chief ceo cfo cto president founder owner author writer editor chair chairman chairwoman "
    "chairperson secretary treasurer supervisor lead leader mother father wife husband spouse son daughter brother "
    "sister doctor lawyer architect designer inventor composer singer captain coach teacher tenant landlord buyer "
    "seller client approver signatory coordinator representative contact engineer inspector mayor king queen"
).split()
_THING_ROLES = (
    "capital company supplier vendor manufacturer department team project headquarters city country birthplace "
    "employer school university publisher producer contractor parent subsidiary client customer product "
    "successor predecessor"
).split()
_ROLES = "|".join(dict.fromkeys([*_PERSON_ROLES, *_THING_ROLES]))
_DESCRIBED = re.compile(
    rf"(?P<whole>\bthe\s+(?P<role>(?:[\w-]+\s+){{0,2}}?(?:{_ROLES}))\s+(?:of|for|at|in|behind)\s+(?!\d)(?P<of>.+?))"
    rf"(?=\s+(?:{_AUX}|{_DO}|born|die|live|work|study|get|have|start|join|earn|come|go|sign|report)\b|\s*\?|\s*$|,)",
    re.I,
)
_RELATIVE = re.compile(
    rf"(?P<whole>\bthe\s+(?P<kind>[\w-]+)\s+(?:that|who|which)\s+(?P<did>.+?))(?=\s+(?:{_AUX}|{_DO})\s+\w+\s*\?|\s+(?:born|based|located|founded)\s*\?|\s*\?|\s*$)",
    re.I,
)
_NAMED = re.compile(
    r"(?P<whole>\bthe\s+(?P<kind>\w+(?:\s+\w+)?)\s+"
    r"(?P<did>(?:named|mentioned|listed|shown|given|quoted)\s+(?:on|in|by)\s+[^?,]+))(?=\s*\?|\s*$|,)",
    re.I,
)
_POSSESSIVE = re.compile(
    r"(?P<whole>\b(?P<of>[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*)['\u2019]s?\s+(?P<role>(?:[\w-]+\s+)?(?i:"
    + _ROLES
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
    for take_apart in (_compared, _joined, _chained):
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
    rest = question
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
    return _possessed(question) or _described(question) or _related(question) or _named(question)


def _possessed(question: str) -> tuple[str, str] | None:
    match = _POSSESSIVE.search(question)
    return (_who(match.group("role"), f"of {match.group('of')}"), match.group("whole")) if match else None


def _described(question: str) -> tuple[str, str] | None:
    opening = _OPENING.match(question)
    body = opening.end() if opening else 0
    starts = [match.start() for match in re.finditer(r"\bthe\b", question, re.I)]
    found = [match for start in starts if (match := _DESCRIBED.match(question, start))]
    inner = [match for match in found if match.start() > body or question[match.end() :].strip(" ?")]
    if not inner:
        return None
    last = inner[-1]
    end = _without_verb(question, last)
    return _who(last.group("role"), question[last.end("role") : end].strip()), question[last.start() : end]


def _without_verb(question: str, match: re.Match[str]) -> int:
    """Leave out the verb that ends a question with do (which licence does the captain of MS Birk hold)."""
    end, words = match.end("of"), match.group("of").split()
    asks = re.search(r"\b(?:do|does|did)\s+$", question[: match.start()], re.I)
    ends = not question[end:].strip(" ?") and len(words) > 1 and words[-1].islower()
    return end - len(words[-1]) - 1 if asks and ends else end


def _related(question: str) -> tuple[str, str] | None:
    match = _RELATIVE.search(question)
    if not match:
        return None
    kind = match.group("kind").casefold()
    opening = "Who" if kind in ("person", "man", "woman", *_PERSON_ROLES) else f"Which {kind}"
    return f"{opening} {match.group('did')}?", match.group("whole")


def _named(question: str) -> tuple[str, str] | None:
    match = _NAMED.search(question)
    return (f"Which {match.group('kind')} is {match.group('did')}?", match.group("whole")) if match else None


def _who(role: str, of: str) -> str:
    last = role.split()[-1].casefold()
    return f"{'Who' if last in _PERSON_ROLES else 'What'} is the {role} {of}?"
