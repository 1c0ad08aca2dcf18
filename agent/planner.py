"""Questions taken apart by rule: comparisons, conjunctions, and chains ("the house whose roof was repaired")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from groundsight.agent.state import Finding, Plan, PlanStep
from groundsight.computing.words import degree
from groundsight.language.stems import lexicon_rows

LONGEST_CHAIN = 3
_ASKING = {role: asks for asks, roles in lexicon_rows("roles.tsv") for role in roles.split()}
_ROLES = "|".join(_ASKING)
_PEOPLE = frozenset({"person", "man", "woman", "employee", "colleague", "one"})
_BE = r"(?:is|are|was|were)"
_AUX = rf"(?:{_BE}|has|have|had|will|must|can|could|may|should)"
_DO = r"(?:do|does|did)"
_PREP = r"(?:on|in|at|for|to|with|from|by|of)"
_PROPER = r"(?:the\s+)?[A-Z0-9][\w.&'-]*(?:\s+[A-Z0-9][\w.&'-]*)*"
_COMPARED = re.compile(rf"^(?:which|who|what)\s+(?P<rest>.+?)[,:]\s+(?P<a>{_PROPER})\s+or\s+(?P<b>{_PROPER})\s*\?*$")
_ASKED_BY_MEASURE = {
    "date": "How old is {}?", "height": "How tall is {}?", "length": "How long is {}?", "mass": "How heavy is {}?",
    "money": "What is the price of {}?",
}  # fmt: skip
_CONJUNCTION = re.compile(r"\s*(?:,\s*and|\band|;|\?)\s+(?=(?:wh(?:o|om|en|ere|y|at|ich)|how)\b)", re.I)
_POSSESSIVE = re.compile(
    r"\b(?P<of>[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*)['\u2019]s?\s+"
    rf"(?P<kind>(?:[\w-]+\s+)?(?i:{_ROLES}))(?=['\u2019]s?\s|\s)"
)
_OPENING = re.compile(rf"^(?:what|which|who|where|when)\s+{_BE}\s+", re.I)
_DONE = r"(?:ed|born|built|made|paid|held|kept)"
_MOVED = re.compile(
    rf"\b(?P<head>the\s+[\w-]+(?:\s+[\w-]+)?)\s+(?P<verb>[\w-]*{_DONE})\s+"
    rf"(?P<rest>(?:who|that|whose|which|{_PREP}\s+which|{_PREP}\s+whom)\b.+?)\s*\?*$",
    re.I,
)
_TAIL_DO = re.compile(r"\s+(?!of\b)[a-z]+(?:\s+(?:from|in|at|for|on|with|to))?\s*\?*$")
_TAIL_AUX = re.compile(
    rf"\s+(?:(?:be|been)\s+)?(?:[a-z-]*(?:{_DONE}|written|sold)|from)(?:\s+(?:in|at|on|to|by|from|for))?\s*\?*$"
)
_INSIDE = re.compile(rf"\s+(?={_AUX}\s+\w+|{_DO}\s+\w+)|,\s+|\s+from\s+(?=[A-Z])")
_CUT_OFF = re.compile(rf"(?:^|\s)(?:{_AUX}|{_DO}|be|been|{_PREP}|and|the|an?)$", re.I)


class _Opener(NamedTuple):
    """How a description begins, and the question for what it describes. A relative clause has a verb of its own."""

    pattern: re.Pattern[str]
    asks: str
    relative: bool = True


def _opener(kind: str, did: str, asks: str, *, relative: bool = True) -> _Opener:
    return _Opener(re.compile(rf"\bthe\s+(?P<kind>{kind})\s+{did}", re.I), asks, relative)


_NOUN = r"(?:[\w-]+\s+)?[\w-]+"
_OPENERS = (
    _opener(_NOUN, r"whose\s+(?P<did>.+)", "Which {kind} had its {passive}?"),
    _opener(_NOUN, rf"(?P<prep>{_PREP})\s+(?:which|whom)\s+(?P<did>.+)", "{prep} which {kind} {turned}?"),
    _opener(_NOUN, r"(?:that|who|which)\s+(?P<did>.+)", "{who} {did}?"),
    _opener(_NOUN, r"(?P<did>(?:responsible\s+for|in\s+charge\s+of)\s+.+)", "{who} is {did}?"),
    _opener(
        _NOUN, r"(?P<did>(?:named|mentioned|listed|shown|given|quoted)\s+(?:on|in|by)\s+.+)", "Which {kind} is {did}?",
        relative=False,
    ),
    _opener(
        r"(?:purchase\s+)?(?:order|item|contract|article|goods|product)",
        r"(?P<did>(?:on|in|of)\s+(?:the\s+)?(?:[\w-]+\s+){0,2}[\w-]*\d[\w-]*.*)", "Which {kind} is {did}?",
        relative=False,
    ),
    _opener(
        rf"(?:[\w-]+\s+){{0,2}}?(?:{_ROLES})", r"(?P<did>(?:of|for|at|in|behind)\s+(?!\d).+)",
        "{holder} is the {role} {did}?", relative=False,
    ),
)  # fmt: skip


def plan(question: str) -> Plan:
    """Take a question apart into steps that can be looked up; without a pattern it is one step."""
    for take_apart in (_compared, _joined, _chained):
        steps = take_apart(question.strip())
        if steps is not None:
            return steps
    return Plan(steps=(PlanStep(step=1, question=question.strip()),))


def ready(current: Plan, findings: Sequence[Finding]) -> list[PlanStep]:
    """Return the open steps whose earlier answers are known, with those put in for ``{1}``, ``{2}``."""
    values = {found.step: found.value for found in findings}
    able = (step for step in current.steps if step.step not in values and all(map(values.get, step.after)))
    return [step.model_copy(update={"question": _filled(step, values)}) for step in able]


def _filled(step: PlanStep, values: dict[int, str]) -> str:
    text = step.question
    for before in step.after:
        text = text.replace("{" + str(before) + "}", values[before])
    return text


def _side_by_side(questions: Sequence[str], join: str) -> Plan:
    steps = [PlanStep(step=at, question=one) for at, one in enumerate(questions, 1)]
    return Plan.model_validate({"steps": steps, "join": join})


def _compared(question: str) -> Plan | None:
    match = _COMPARED.match(question[:1].lower() + question[1:])
    asks = _compared_question(match["rest"]) if match else ""
    sides = [asks.replace("{}", match[side].strip(" ,?")) for side in "ab"] if match and asks else []
    return _side_by_side(sides, "compare") if sides else None


def _compared_question(rest: str) -> str:
    """Ask for the compared value of one side, which ``{}`` stands for; empty where nothing is compared."""
    degrees = ((word, one) for word in re.findall(r"[\w-]+", rest) if (one := degree(word)) and one.form != "base")
    word, meant = next(degrees, ("", None))
    if meant is None:
        return ""
    noun = re.search(rf"\b{word}\s+(?!than\b)([\w-]+(?:\s+[\w-]+)?)", rest, re.I)
    if noun:
        how_many = word in ("more", "less", "fewer", "most")
        return f"How many {noun[1]} does {{}} have?" if how_many else f"What is the {noun[1]} of {{}}?"
    return _ASKED_BY_MEASURE.get(meant.measure, "What is the size of {}?")


def _joined(question: str) -> Plan | None:
    asked = [part.strip(" ?,") for part in _CONJUNCTION.split(question) if part.strip(" ?,")]
    whole = len(asked) > 1 and all(len(part.split()) > 2 for part in asked)
    return _side_by_side([f"{part}?" for part in asked], "all") if whole else None


def _chained(question: str) -> Plan | None:
    """Take "X of the manager of Z" apart from the inside: first who, then the rest with the name put in."""
    steps: list[PlanStep] = []
    rest = _normalised(question)
    while len(steps) < LONGEST_CHAIN and (inner := _possessed(rest) or _described(rest)) is not None:
        asks, whole = inner
        left = rest.replace(whole, "{" + str(len(steps) + 1) + "}", 1)
        if len(left.split()) < 3 or re.fullmatch(r"\{\d\}", _OPENING.sub("", left).strip(" ?")):
            break
        steps.append(_step(len(steps) + 1, asks))
        rest = left
    return Plan(steps=(*steps, _step(len(steps) + 1, rest))) if steps else None


def _step(at: int, question: str) -> PlanStep:
    return PlanStep(step=at, question=question, after=tuple(int(found) for found in re.findall(r"\{(\d)\}", question)))


def _normalised(question: str) -> str:
    """Move a relative clause to its noun: "the person based who approved it" to "the person who approved it based"."""
    match = _MOVED.search(question)
    return f"{question[: match.start()]}{match['head']} {match['rest']} {match['verb']}?" if match else question


def _possessed(question: str) -> tuple[str, str] | None:
    """Return the question for "Acme's CEO", and these words."""
    match = _POSSESSIVE.search(question)
    return (f"{_holder(match['kind'])} is the {match['kind']} of {match['of']}?", match[0]) if match else None


def _described(question: str) -> tuple[str, str] | None:
    """Return the question for the last description, which holds no other: they nest to the right; and its words."""
    for the in reversed(list(re.finditer(r"\bthe\b", question, re.I))):
        for opener in _OPENERS:
            match = opener.pattern.match(question, the.start())
            end = _end(question, match, opener.relative) if match else 0
            if match and _needs_a_step(question, match, end):
                did = question[match.start("did") : end].strip(" ?,")
                return _asking(opener.asks, match, did), question[match.start() : end]
    return None


def _needs_a_step(question: str, match: re.Match[str], end: int) -> bool:
    """A lone word describes nothing, and a question that asks for the described thing itself needs no step before."""
    did, opening = question[match.start("did") : end].strip(" ?,"), question[: match.start()]
    itself = re.fullmatch(rf"\s*(?:who|what|which\s+[\w-]+|which)\s+{_AUX}\s+", opening, re.I)
    return bool(len(did.split()) > 1 or re.search(r"\d", did)) and not (itself and not question[end:].strip(" ?"))


def _end(question: str, match: re.Match[str], relative: bool) -> int:
    """Return where a description ends: before the verb of the question that it interrupts."""
    before, start, last = question[: match.start()], match.start("did"), len(question.rstrip(" ?"))
    tails = ((_DO, _TAIL_DO), (_AUX, _TAIL_AUX))
    tail = next((tail for verb, tail in tails if re.search(rf"\b{verb}\s+(?:the\b[^?]*)?$", before, re.I)), None)
    found = tail.search(question, start) if tail else None
    # A clause whose own verb would be cut off is not complete.
    if found and len((did := question[start : found.start()]).split()) > 1 and not _CUT_OFF.search(did):
        last = found.start()
    inside = None if relative else _INSIDE.search(question, start, last)
    return inside.start() if inside else last


def _asking(asks: str, match: re.Match[str], did: str) -> str:
    kind = match["kind"].casefold()
    turned = re.match(rf"(?P<one>.+?)\s+(?P<verb>{_AUX})\s+(?P<rest>.+)$", did)
    return asks.format(
        kind=kind,
        role=match["kind"],
        did=did,
        prep=match.groupdict().get("prep", "").capitalize(),
        who="Who" if kind in _PEOPLE or _ASKING.get(kind) == "Who" else f"Which {kind}",
        holder=_holder(kind),
        passive=re.sub(rf"{_AUX} ", "", did, count=1),
        turned=f"{turned['verb']} {turned['one']} {turned['rest']}" if turned else did,
    )


def _holder(role: str) -> str:
    """Return the words that ask for the holder of a role."""
    return _ASKING.get(role.split()[-1].casefold(), "What")
