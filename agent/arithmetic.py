"""Questions that need one sum: the days between two events, or how much one value exceeds another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from groundsight.agent.compare import amount
from groundsight.agent.state import Draft, Finding, Plan, PlanStep
from groundsight.agent.words import MONEY, NUMBER, YEAR, squeeze
from groundsight.grounding.dates import find_moments
from groundsight.grounding.sums import day_of

_BETWEEN = re.compile(
    r"^how (?:many days|long)\s+(?:(?:lie|lies|lay|are|were|is|was|pass|passed|elapsed|there)\s+)*between\s+"
    r"(?P<a>.+?)\s+and\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_AFTER = re.compile(
    r"^how (?:many days|long)\s+(?P<way>after|before)\s+(?P<a>.+?)[, ]\s*"
    r"(?P<aux>was|were|is|are|did|does|do|will|has|have)\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_PASSED = re.compile(r"^how many days\s+(?:passed|elapsed|went by|are there)\s+from\s+(?P<a>.+?)\s+(?:to|until)\s+(?P<b>.+?)\s*\?*$", re.I)
_MORE = re.compile(
    r"^how (?P<much>many|much)\s+(?P<more>more|fewer|less)\s+(?P<noun>.*?)\s*(?P<a>\b(?:of|for|in|on|at|does|did|do|has|have|is|was|were|are)\s+.+?)"
    r"\s+than\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_GERUND = re.compile(r"^(?:the\s+)?([a-z]+ing)\b\s+(?:(?:out|off|up|in|back|over)\s+)?(?=the\b|[A-Z])", re.I)
_SIDE = re.compile(r"(?P<verb>[a-z]+)\s+(?P<thing>(?:the\s+)?\S+(?:\s+[A-Z0-9]\S*)*)(?P<tail>.*)$")


def between(question: str) -> Plan | None:
    """Plan a question for the days between two events as two questions for a date."""
    asked = question.strip()
    if match := _BETWEEN.match(asked) or _PASSED.match(asked):
        first, second = _events(match.group("a"), match.group("b"))
        asks = (_when(first), _when(second))
    elif match := _AFTER.match(asked):
        asks = (_when(match.group("a")), f"When {match.group('aux')} {match.group('b')}?")
    else:
        return None
    return Plan(steps=tuple(PlanStep(step=at, question=text) for at, text in enumerate(asks, 1)), join="days")


def difference(question: str) -> Plan | None:
    """Plan "how many more X of A than of B" as the same question for A and for B."""
    match = _MORE.match(question.strip())
    if not match:
        return None
    noun = match.group("noun")
    first, second = _sides(match.group("a"), match.group("b"))
    asks = [squeeze(f"How {match.group('much')} {noun} {side}?") for side in (first, second)]
    return Plan(steps=tuple(PlanStep(step=at, question=text) for at, text in enumerate(asks, 1)), join="difference")


def sum_of(plan: Plan, found: Sequence[Finding]) -> Draft | None:
    """State the difference in a sentence that holds both values; None when they can't be told apart or measured."""
    if len(found) != 2 or plan.join not in ("days", "difference"):
        return None
    said = _days(found) if plan.join == "days" else _more(found)
    cites = tuple(dict.fromkeys(one.quote.evidence_id for one in found))
    return Draft(sentences=(said,), cites=(cites,)) if said else None


def _events(first: str, second: str) -> tuple[str, str]:
    """Give both events of "the removal and the refit of the engine" the thing that is named once."""
    of = re.search(r"\s(?:of|on|in|at)\s.+$", second)
    alone = not re.search(r"\s(?:of|on|in|at)\s", first) and len(first.split()) <= 2
    return (first + of.group(0), second) if of and alone else (first, second)


def _when(event: str) -> str:
    gerund = _GERUND.match(event)
    if gerund:
        return f"When was the {gerund.group(1)} of {event[gerund.end() :]}?"
    return f"When was {event}?"


def _sides(first: str, second: str) -> tuple[str, str]:
    """Give both sides the verb and the rest that only one of them says ("of class A" "than of class B in May")."""
    one, other = _SIDE.match(first), _SIDE.match(second)
    if one is None:
        return first, second
    if other is None or not re.match(r"(?:of|for|in|on|at|does|did|do|has|have|had|is|was|were|are)\b", second):
        return first, f"{one['verb']} {second}{one['tail']}"
    tail = one["tail"] or other["tail"]
    return f"{one['verb']} {one['thing']}{tail}", f"{other['verb']} {other['thing']}{tail}"


def _days(found: Sequence[Finding]) -> str:
    dates = [_date_of(one) for one in found]
    if dates[0] is None or dates[1] is None:
        return ""
    (first, shown), (second, other) = sorted((dates[0], dates[1]))
    days = (second - first).days
    return f"From {shown} to {other}: {days} day{'' if days == 1 else 's'}" if days else ""


def _date_of(found: Finding) -> tuple[date, str] | None:
    """Read the day of a finding: of its value, else the only day that its quote gives."""
    for text in (found.value, found.quote.text):
        days = {day for one in find_moments(text) if (day := day_of(one))}
        if len(days) == 1:
            day = days.pop()
            return day, f"{day.day} {day:%B} {day.year}"
    return None


def _more(found: Sequence[Finding]) -> str:
    sides = [_measure(one) for one in found]
    if sides[0] is None or sides[1] is None or sides[0][1] != sides[1][1]:
        return ""
    (first, unit), (second, _) = sides[0], sides[1]
    gap = f"{abs(first - second):.2f}".removesuffix(".00")
    shown = [found[0].value.strip(), found[1].value.strip()]
    high, low = shown if first >= second else reversed(shown)
    return f"From {low} to {high}: a difference of {squeeze(f'{gap} {unit}')}"


def _measure(found: Finding) -> tuple[float, str] | None:
    """Read a number and its unit; years and several numbers can't be compared."""
    value = found.value
    if len(NUMBER.findall(value)) != 1 or (YEAR.fullmatch(value) and not MONEY.search(value)):
        return None
    read = amount(value)
    unit = re.sub(r"[\d.,'\s]+", "", value)
    return None if read is None else (read, unit)
