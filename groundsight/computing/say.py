"""A computation said last, in one short sentence that holds its value and its operands; it is never parsed back."""

from __future__ import annotations

import re

from groundsight.computing.run import LISTED
from groundsight.computing.words import RANKS
from groundsight.evidence.grids import total_opening
from groundsight.evidence.tables import head_unit
from groundsight.language.content import function_words
from groundsight.language.dates import find_moments
from groundsight.language.licences import is_known, verb_share
from groundsight.language.sayings import saying
from groundsight.language.stems import stem
from groundsight.language.units import unit_named
from groundsight.types.computed import Computation, Where

_RANKS = {rank: f"{word} " for word, rank in RANKS.items()}
_ENDS = {"most": ("highest", "latest"), "least": ("lowest", "earliest")}
_DATED = {"over": "after ", "under": "before "}
_PHRASE = re.compile(r"[A-Za-z][a-z]*(?: [A-Za-z][a-z]*){0,3}(?<!ed)")
_NAME = re.compile(r"(?=.*[^\W\d])[^\n:]{1,60}")
_COUNT = re.compile(r"\d{1,3}(?:[.,' \u00a0\u202f]?\d{3})*")
_NUMBER = re.compile(r"-?\d[\d.,' \u00a0\u202f]*")
_MANY = re.compile(r"(?<![sui])s$")
# Shorter words ("yes", "no", "x") tick a column off.
TOLD = 4
# Uses as a verb: heads above it name what was done ("paid", "sent"), no thing.
MOSTLY_VERB = 0.6


def say(made: Computation) -> str:
    """Say what was computed, from which values and under which conditions."""
    first, second = made.operands[0], made.operands[-1]
    against = f"{first.shown} against {second.shown}"
    match made.operation:
        case "cell" if not first.of and made.conditions:
            return f"{first.shown}: {_with(made.conditions)}"
        case "cell":
            return _cell(made)
        case "whether":
            return f"{saying(made.result, made.language)}: {_cell(made)}"
        case "rows" | "count" | "kinds":
            return _rows(made)
        case "sum" if not first.under:
            return f"{' + '.join(one.shown for one in made.operands)} make {_value(made)}"
        case "sum" | "mean":
            said = _told(f"said_{made.operation}", made, under=first.under, over=_over(made), value=_value(made))
            mark = " + " if made.operation == "sum" else ", "
            return f"{said}: {mark.join(one.shown for one in made.operands)}" if len(made.operands) <= LISTED else said
        case "most" | "least":
            return _extreme(made)
        case "larger" | "smaller":
            way = "higher" if made.operation == "larger" else "lower"
            return f"{first.of} has a {way} {first.under} than {second.of}: {against}"
        case "end":
            return f"{second.shown} from {first.shown} end on {made.result}"
        case "difference" if first.of:
            return f"{first.under} is {_value(made)} higher for {first.of} than for {second.of}: {against}"
        case "difference":
            return f"{first.shown} is {_value(made)} more than {second.shown}"


def _cell(made: Computation) -> str:
    one = made.operands[0]
    return cell_said(one.of, one.under, one.shown, made.language)


def cell_said(key: str, head: str, value: str, language: str = "") -> str:
    """Say a cell by the key of its row and the head of its column: as a sentence where those are plain English words.

    "MS Birk has 240 seats", "The captain of MS Birk is Olsen", "The fare of MS Birk is 4.1 EUR", else
    "MS Birk: Crew (a/b): 3/4".
    """
    thing, shown, unit = head, value, head_unit(head)
    if unit_named(unit) and _NUMBER.fullmatch(value):
        thing, shown = re.sub(rf"[\s(\[]*(?:\bin )?{re.escape(unit)}[)\]]*$", "", head), f"{value} {unit}"
    ticks = value.isalpha() and len(value) < TOLD
    measured = " " in thing and unit_named(thing.rpartition(" ")[2]) and _NUMBER.fullmatch(value)
    if language or ticks or measured or not _NAME.fullmatch(key) or total_opening().match(key) or not _is_thing(thing):
        return ": ".join(filter(None, (key, head, value)))
    thing, many = re.sub(r"\b[A-Z](?=[a-z])", lambda one: one[0].lower(), thing), _MANY.search(thing)
    if many and _COUNT.fullmatch(shown):
        return f"{key} has {shown} {thing}"
    return f"The {thing} of {key} {'are' if many else 'is'} {shown}"


def _is_thing(head: str) -> bool:
    """True for words of which the last one can name a thing and the first one is no small one ("in stock")."""
    first, last = head.casefold().split(" ")[0], head.rpartition(" ")[2].casefold()
    known = is_known(stem(last)) and verb_share(stem(last)) < MOSTLY_VERB
    return known and not {first, last} & function_words() and bool(_PHRASE.fullmatch(head))


def _extreme(made: Computation) -> str:
    first = made.operands[0]
    if made.language and made.rank == 1:
        key = f"said_{made.operation}{'_of' if first.of else ''}"
        return _told(key, made, result=made.result, under=first.under, over=_over(made), value=first.shown)
    end = _ENDS[made.operation][bool(find_moments(first.shown))]
    has, rank = "has" if first.of else "is", _RANKS.get(made.rank, "")
    return f"{made.result} {has} the {rank}{end} {first.under}{_over(made)}: {first.shown}"


def _value(made: Computation) -> str:
    """Write a result with the marks of its operands; four digits alone would read as a year."""
    group, point = _marks(made)
    whole, _, decimals = made.result.partition(".")
    large = re.fullmatch(r"\d{4,}", whole) and (group or not decimals)
    grouped = f"{int(whole):,}".replace(",", group or {",": ".", ".": ","}[point]) if large else whole
    # What adds up cents is given in cents.
    if made.operation == "sum" and all(re.search(r"\d[.,]\d\d\b(?![.,]?\d)", one.shown) for one in made.operands):
        decimals = decimals.ljust(2, "0")
    return f"{grouped}{point if decimals else ''}{decimals} {made.unit}".strip()


def _marks(made: Computation) -> tuple[str, str]:
    """The marks that part groups ("" where none shows) and decimals of the operands."""
    shown = "\n".join(one.shown for one in made.operands)
    point = "," if re.search(r"\d,\d{1,2}(?!\d)", shown) else "."
    group = re.search(r"\d([ .,'\u00a0\u2009\u202f])\d{3}(?!\d)", shown)
    return (group[1] if group and group[1] != point else ""), point


def _told(key: str, made: Computation, **values: str) -> str:
    return saying(key, made.language, **values)


def _rows(made: Computation) -> str:
    if made.operation == "rows" and made.operands[0].of:
        # Rows of one name: a sentence each, so that each is held to its own row.
        name = made.conditions[0].values[0]
        return ". ".join(cell_said(f"{name}, {one.of}", one.under, one.shown, made.language) for one in made.operands)
    names = ", ".join(dict.fromkeys(one.shown for one in made.operands[:LISTED]))
    dots = ", ..." if len(made.operands) > LISTED else ""
    counted = {"count": str(len(made.operands)), "among": str(made.among), "under": made.operands[0].under}
    said = _told("said_kinds" if made.operation == "kinds" else "said_rows", made, **counted, where=_where(made))
    return f"{said}: {names}{dots}"


def _over(made: Computation) -> str:
    return _told("said_over", made, among=str(made.among), where=_where(made))


def _where(made: Computation) -> str:
    return _told("said_with", made, what=_with(made.conditions)) if made.conditions else ""


def _with(conditions: tuple[Where, ...]) -> str:
    return " and ".join(f"{one.column} {_test(one)}{' or '.join(one.values)}" for one in conditions)


def _test(one: Where) -> str:
    if one.test in _DATED and find_moments(one.values[0]):
        return _DATED[one.test]
    return "" if one.test == "is" else f"{one.test.removeprefix('is ')} "
