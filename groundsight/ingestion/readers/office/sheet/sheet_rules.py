"""The rules of a sheet that give its cells another look: worked out for each cell, or named where that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.package import Node, below, child, local, value, whole
from groundsight.ingestion.readers.office.sheet.formula import SELF, Formula, Place, Unknown, Value, cell_place
from groundsight.ingestion.readers.office.sheet.sheet_looks import CellLook, look_of_rule

NAMED = {"hidden": "rule that hides cells", "deleted": "rule that strikes cells out"}
_COMPARED = {
    "equal": "=", "notEqual": "<>", "lessThan": "<", "greaterThan": ">", "lessThanOrEqual": "<=",
    "greaterThanOrEqual": ">=",
}  # fmt: skip
# Cells that are looked back at; a rule that asks for an earlier one is not worked out.
_MOST_HELD = 200_000


class _Rule(NamedTuple):
    """One rule: where it counts, the look it gives, when, and whether no later one counts where it holds."""

    areas: tuple[tuple[Place, Place], ...]
    look: CellLook
    formula: Formula
    stops: bool


class SheetRules:
    """The rules of one sheet, the first that speaks of a colour decides; without one that hides or strikes, none."""

    def __init__(self, nodes: Iterable[Node], looks: Mapping[str, CellLook], ledger: Ledger) -> None:
        known = [
            (whole(value(one, "priority")), _rule(one, value(ruled, "sqref") or _text(child(ruled, "sqref")), looks))
            for ruled in nodes
            for one in ruled
            if local(one) == "cfRule"
        ]
        ranked = [rule for _, rule in sorted(known, key=itemgetter(0))]
        self._rules = ranked if any(rule.look.mark for rule in ranked) else []
        self._ledger, self._unknown = ledger, set[_Rule]()
        self._held, self._row = dict[Place, Value](), 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def mark(self, place: Place, held: str, own: CellLook, *, is_number: bool) -> str:
        """Return what keeps the cell at ``place`` from being read, after the cells before it were asked for."""
        self._row = place[0]
        if held and len(self._held) < _MOST_HELD:
            self._held[place] = _value(held, is_number=is_number)
        given = CellLook()
        for rule in self._rules:
            if any(_within(place, area) for area in rule.areas) and self._holds(rule, place):
                given = given.over(rule.look)
                if rule.stops:
                    break
        return given.over(own).mark

    def _holds(self, rule: _Rule, place: Place) -> bool:
        try:
            return bool(rule.formula.worth(place, self._look))
        except Unknown:
            if rule.look.mark and rule not in self._unknown:
                self._ledger.note(NAMED[rule.look.mark], "it is not worked out for which cells")
                self._unknown.add(rule)
            return False

    def _look(self, place: Place) -> Value:
        if place[0] > self._row or len(self._held) == _MOST_HELD:
            raise Unknown
        return self._held.get(place)


def _rule(node: Node, ranges: str, looks: Mapping[str, CellLook]) -> _Rule:
    told = [[cell_place(end) for end in area.split(":")] for area in ranges.split()]
    areas = tuple((ends[0], ends[-1]) for ends in told if ends[0] and ends[-1])
    formula = Formula(_condition(node), areas[0][0] if areas else (1, 1))
    look = looks.get(value(node, "dxfId") or "", look_of_rule(child(node, "dxf")))
    return _Rule(areas, look, formula, value(node, "stopIfTrue") in ("1", "true"))


def _condition(node: Node) -> str:
    """Return when a rule holds as one formula, "?" for what no formula tells."""
    told = [one.text or "" for one in below(node) if local(one) in ("formula", "f")]
    sign = value(node, "operator") or ""
    if value(node, "type") != "cellIs":
        return told[0] if told else "?"
    if sign in _COMPARED and told:
        return f"{SELF}{_COMPARED[sign]}({told[0]})"
    between = f"AND({SELF}>=({told[0]}),{SELF}<=({told[1]}))" if len(told) == 2 else "?"
    return f"NOT({between})" if sign == "notBetween" else between


def _text(node: Node | None) -> str:
    return "" if node is None else node.text or ""


def _value(held: str, *, is_number: bool) -> Value:
    try:
        return float(held) if is_number else held.casefold()
    except ValueError:
        return held.casefold()


def _within(place: Place, area: tuple[Place, Place]) -> bool:
    return all(low <= at <= high for low, at, high in zip(area[0], place, area[1], strict=True))
