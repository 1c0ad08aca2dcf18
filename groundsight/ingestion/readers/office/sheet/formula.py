"""The small formulas of conditional formats, worked out for one cell; one that asks for more is not known."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

# None is an empty cell; what a cell holds is looked up by row and column.
Value: TypeAlias = float | str | bool | None
Place: TypeAlias = tuple[int, int]
Look: TypeAlias = Callable[[Place], Value]

_TOKEN = re.compile(r"\s*(\"(?:[^\"]|\"\")*\"|\d+\.?\d*|\$?[A-Z]{1,3}\$?\d{1,7}\b|[A-Z]+|<>|>=|<=|[-+*/&=<>(),])\s*")
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)")
_LEVELS: tuple[dict[str, Callable[[Any, Any], Value]], ...] = (
    {"=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge},
    {"&": lambda a, b: _text(a) + _text(b)},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": lambda a, b: a / b},
)
# The cell that is asked for.
SELF = "SELF"
# What a sheet shows as #VALUE!.
_ERROR = "\0"
_FUNCTIONS: dict[str, Callable[[list[Any]], Value]] = {
    "(": lambda a: a[0], "TRUE": lambda a: True, "FALSE": lambda a: False, "AND": all, "OR": any,
    "NOT": lambda a: not a[0], "IF": lambda a: a[1] if a[0] else [*a, False][2], "ISERROR": lambda a: a[0] == _ERROR,
    "ISBLANK": lambda a: a[0] is None, "ISNUMBER": lambda a: isinstance(a[0], float),
    "ISTEXT": lambda a: isinstance(a[0], str), "LEN": lambda a: float(len(_text(a[0]))), "MOD": lambda a: a[0] % a[1],
    "TRIM": lambda a: " ".join(_text(a[0]).split()), "EXACT": lambda a: a[0] == a[1], "ABS": lambda a: abs(a[0]),
    "SEARCH": lambda a: float(_text(a[1]).find(_text(a[0])) + 1) or _ERROR,
    "LEFT": lambda a: _text(a[0])[: int([*a, 1][1])], "RIGHT": lambda a: _text(a[0])[-int([*a, 1][1]) :],
}  # fmt: skip
_LONGEST = 250


class Unknown(Exception):
    """A formula asks for what is not worked out here."""


class Formula:
    """One formula as it stands for the first cell of a range."""

    def __init__(self, text: str, first: Place) -> None:
        self._tokens, self._first = _TOKEN.findall(text), first
        self._is_read = len(text) <= _LONGEST and not _TOKEN.sub("", text)

    def worth(self, place: Place, look: Look) -> Value:
        """Return what it comes to for the cell at ``place``.

        Raises:
            Unknown: it is written with what is not known here, or asks for a cell that ``look`` raises this for.
        """
        walk = _Walk(self._tokens, self._first, place, look)
        if not self._is_read:
            raise Unknown
        try:
            told = walk.level()
        except (TypeError, ValueError, ZeroDivisionError, IndexError, KeyError) as error:
            raise Unknown from error
        if walk.left:
            raise Unknown
        return told


class _Walk:
    """Reads the tokens of a formula from the left, what binds more closely first."""

    def __init__(self, tokens: list[str], first: Place, place: Place, look: Look) -> None:
        self.left, self._look = tokens[::-1], look
        self._place, self._shift = place, (place[0] - first[0], place[1] - first[1])

    def level(self, number: int = 0) -> Value:
        """Return what the signs of a level and of all below it come to."""
        if number == len(_LEVELS):
            return self._one(self.left.pop())
        told = self.level(number + 1)
        while self.left and self.left[-1] in _LEVELS[number]:
            join, other = _LEVELS[number][self.left.pop()], self.level(number + 1)
            told = _ERROR if _ERROR in (told, other) else join(*_of_a_kind(told, other))
        return told

    def _one(self, token: str) -> Value:
        if token[0] == '"':
            return token[1:-1].replace('""', '"').casefold()
        if token[0].isdigit():
            return float(token)
        if token == SELF:
            return self._look(self._place)
        if token == "-":
            return -float(self.level(len(_LEVELS)) or 0)
        if place := cell_place(token):
            fixed = (re.search(r"[A-Z]\$", token), token[0] == "$")
            return self._look((place[0] + self._shift[0] * (not fixed[0]), place[1] + self._shift[1] * (not fixed[1])))
        if token != "(" and self.left[-1:] == ["("]:
            self.left.pop()
        elif token != "(":
            return _FUNCTIONS[token]([])
        told = list(self._listed())
        return _ERROR if _ERROR in told and token != "ISERROR" else _FUNCTIONS[token](told)

    def _listed(self) -> Iterator[Value]:
        """Yield what stands between brackets, and go past their end."""
        while self.left[-1] != ")":
            yield self.level()
            if self.left[-1] == ",":
                self.left.pop()
        self.left.pop()


def cell_place(cell: str) -> Place | None:
    """Return row and column of ``B12``, from 1; None for what is no such place."""
    found = _CELL.fullmatch(cell)
    column = 0
    for letter in found[2] if found else "":
        column = column * 26 + ord(letter) - 64
    return (int(found[4]), column) if found else None


def _of_a_kind(one: Value, other: Value) -> tuple[Value, Value]:
    """Return two values so that they can be compared: an empty cell is nothing of the other's kind."""
    empty = {True: "", False: 0.0}
    one, other = (empty[isinstance(b, str)] if a is None else a for a, b in ((one, other), (other, one)))
    # Of different kinds none is equal, and a text is more than any number.
    return (
        (one, other)
        if isinstance(one, str) == isinstance(other, str)
        else (isinstance(one, str), isinstance(other, str))
    )


def _text(told: Value) -> str:
    return "" if told is None else f"{told:g}" if isinstance(told, float) else str(told).casefold()
