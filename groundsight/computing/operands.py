"""Two values and what is worked out from them: asked for one by one, or stated together in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from groundsight.computing.run import day_in, day_of, day_shown, later
from groundsight.computing.stated import cues_of
from groundsight.computing.tabular import Found
from groundsight.computing.words import degrees, said
from groundsight.evidence.grids import number_shown
from groundsight.evidence.passage_index import PassageIndex
from groundsight.language.dates import Moment
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity, agrees, find_quantities
from groundsight.language.units import factor_of
from groundsight.types import Quote
from groundsight.types.computed import Computation, Operand, Operation

_UNITS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}


class Parts(NamedTuple):
    """A question that two look-ups answer: the operation, and a question for each of its operands."""

    operation: Operation
    first: str
    second: str


_BETWEEN = re.compile(
    r"^how (?:many days|long)\s+(?:(?:lie|lies|lay|are|were|is|was|pass|passed|elapsed|there)\s+)*"
    r"(?:between|from)\s+(?P<a>.+?)\s+(?:and|to|until)\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_AFTER = re.compile(
    r"^how (?:many days|long)\s+(?:after|before)\s+(?P<a>.+?)[, ]\s*"
    r"(?P<aux>was|were|is|are|did|does|do|will|has|have)\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_MORE = re.compile(
    r"^how (?P<much>many|much)\s+(?:more|fewer|less)\s+(?P<noun>.*?)\s*"
    r"(?P<a>\b(?:of|for|in|on|at|does|did|do|has|have|is|was|were|are)\s+.+?)\s+than\s+(?P<b>.+?)\s*\?*$",
    re.I,
)
_GERUND = re.compile(r"^(?:the\s+)?([a-z]+ing)\b\s+(?:(?:out|off|up|in|back|over)\s+)?(?=the\b|[A-Z])", re.I)
_SIDE = re.compile(r"(?P<verb>[a-z]+)\s+(?P<thing>(?:the\s+)?\S+(?:\s+[A-Z0-9]\S*)*)(?P<tail>.*)$")


def parts(question: str) -> Parts | None:
    """Take a question for the days between two events, or for how much more one is than another, apart."""
    asked = question.strip()
    if match := _BETWEEN.match(asked):
        first, second = _events(match["a"], match["b"])
        return Parts("days", _when(first), _when(second))
    if match := _AFTER.match(asked):
        return Parts("days", _when(match["a"]), f"When {match['aux']} {match['b']}?")
    if match := _MORE.match(asked):
        sides = _sides(match["a"], match["b"])
        first, second = (" ".join(f"How {match['much']} {match['noun']} {side}?".split()) for side in sides)
        return Parts("difference", first, second)
    return None


def over(operation: Operation, first: Operand, second: Operand) -> Computation | None:
    """Run an operation over two values; None where they can't be told apart, measured, or have different units."""
    if operation == "days":
        return _days(first, second)
    values = [read for one in (first, second) if (read := _measure(one.shown))]
    if len(values) != 2 or values[0].kind != values[1].kind or values[0].low == values[1].low:
        return None
    high = values[0].low > values[1].low
    order = (first, second) if high else (second, first)
    if operation in ("larger", "smaller"):
        won = order[0] if operation == "larger" else order[1]
        return Computation(operation=operation, operands=order, result=won.of or won.shown)
    result = shown(abs(values[0].low - values[1].low), values[0])
    return Computation(operation="difference", operands=order, result=result)


def _days(first: Operand, second: Operand) -> Computation | None:
    found = [(day, one) for one in (first, second) if (day := day_in(one.shown) or day_in(one.quote.text))]
    if len(found) != 2 or found[0][0] == found[1][0]:
        return None
    (begin, one), (end, other) = sorted(found, key=lambda each: each[0])
    dated = tuple(each.model_copy(update={"shown": day_shown(day)}) for day, each in ((begin, one), (end, other)))
    return Computation(operation="days", operands=dated, result=str((end - begin).days))


def shown(value: float, like: Quantity) -> str:
    """Write a result in the unit of an operand, as it is written there."""
    factor = factor_of(like.unit) if like.unit else 1.0
    unit = re.sub(r"[\d.,'\s\u00a0\u202f]+", "", like.text) if like.kind else ""
    return f"{number_shown(round(Decimal(str(value / factor)), 4))} {unit}".strip()


def _measure(shown: str) -> Quantity | None:
    """Read the one number of a value; a year is none."""
    found = find_quantities(shown)
    return found[0] if len(found) == 1 and found[0].low == found[0].high else None


def _events(first: str, second: str) -> tuple[str, str]:
    """Give both events of "the removal and the refit of the engine" the thing that is named once."""
    of = re.search(r"\s(?:of|on|in|at)\s.+$", second)
    alone = not re.search(r"\s(?:of|on|in|at)\s", first) and len(first.split()) <= 2
    return (first + of.group(0), second) if of and alone else (first, second)


def _when(event: str) -> str:
    gerund = _GERUND.match(event)
    return f"When was the {gerund[1]} of {event[gerund.end() :]}?" if gerund else f"When was {event}?"


def _sides(first: str, second: str) -> tuple[str, str]:
    """Give both sides the verb and the rest that only one of them says ("of class A" "than of class B in May")."""
    one, other = _SIDE.match(first), _SIDE.match(second)
    if one is None:
        return first, second
    if other is None or not re.match(r"(?:of|for|in|on|at|does|did|do|has|have|had|is|was|were|are)\b", second):
        return first, f"{one['verb']} {second}{one['tail']}"
    tail = one["tail"] or other["tail"]
    return f"{one['verb']} {one['thing']}{tail}", f"{other['verb']} {other['thing']}{tail}"


def in_operands(facts: Facts, index: PassageIndex) -> Found | None:
    """Judge a sentence that gives both values and the result: the values have to stand in the evidence."""
    dates = [one for one in facts.moments if day_of(one)]
    numbers = [one for one in facts.quantities if one.low == one.high]
    if len(dates) == 2 and len(numbers) == 1 and numbers[0].kind in ("time", "months"):
        return _of_dates(facts, dates, numbers[0], index)
    words = said(facts.text)
    compares = degrees(words) or {"more", "less", "difference"} & cues_of(words).keys()
    return _of_numbers(numbers, index) if len(numbers) == 3 and not dates and compares else None


def _of_numbers(numbers: list[Quantity], index: PassageIndex) -> Found | None:
    """ "A is B more than C": the middle one is the result."""
    first, value, second = numbers
    given = [_given(one, index) for one in (first, second)]
    if (
        given[0] is None
        or given[1] is None
        or first.kind != second.kind
        or value.kind != first.kind
        or _given(value, index)
    ):
        return None
    operands = Operand(shown=first.text, quote=given[0]), Operand(shown=second.text, quote=given[1])
    result = shown(abs(first.low - second.low), first)
    made = Computation(operation="difference", operands=operands, result=result)
    return Found(made, any(agrees(value, one) for one in find_quantities(result)), value.span)


def _given(one: Quantity, index: PassageIndex) -> Quote | None:
    return next((each.quote() for each in index.passages if _holds(one, each.facts.quantities)), None)


def _holds(one: Quantity, given: Iterable[Quantity]) -> bool:
    return any(agrees(one, each) and one.kind == each.kind for each in given)


def _of_dates(facts: Facts, dates: list[Moment], term: Quantity, index: PassageIndex) -> Found | None:
    """Days between two dates that the evidence gives, or a date that lies a term of the evidence after another."""
    quotes = [_day_given(one, index) for one in dates]
    days = [day for one in dates if (day := day_of(one))]
    spelled = _given(term, index) or _headed(term, index)
    if quotes[0] and quotes[1] and term.kind == "time":
        result = abs((days[1] - days[0]).days)
        given = [Operand(shown=one.text, quote=quote) for one, quote in zip(dates, quotes, strict=True) if quote]
        made = Computation(operation="days", operands=tuple(given), result=str(result))
        return Found(made, round(term.low / 86_400) == result, term.span)
    counted = term_of(term.text)
    if quotes[0] is None or spelled is None or counted is None or "end" not in facts.text:
        return None
    end = later(days[0], *counted)
    operands = Operand(shown=dates[0].text, quote=quotes[0]), Operand(shown=term.text, quote=spelled)
    made = Computation(operation="end", operands=operands, result=day_shown(end))
    return Found(made, end == days[1], dates[1].span)


def _headed(term: Quantity, index: PassageIndex) -> Quote | None:
    """A term as a bare number under a head that names its unit ("Weeks", 6)."""
    counted = term_of(term.text)
    if counted is None:
        return None
    cells = (each for each in index.passages if each.tabular and counted[1] in each.facts.all_words)
    return next((each.quote() for each in cells if any(one.low == counted[0] for one in each.facts.quantities)), None)


def _day_given(one: Moment, index: PassageIndex) -> Quote | None:
    day: date | None = day_of(one)
    return next(
        (each.quote() for each in index.passages if any(day_of(other) == day for other in each.facts.moments)), None
    )


def term_of(text: str) -> tuple[int, str] | None:
    """Read a term ("24 months", "five years") as a count and its unit in the plural; None where there is not one."""
    found = [one for one in find_quantities(text) if one.kind in ("time", "months") and one.low == one.high]
    many = _UNITS.get(found[0].unit.rstrip("s")) if len(found) == 1 else None
    return (round(found[0].low / factor_of(found[0].unit)), many) if many else None
