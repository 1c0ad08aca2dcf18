"""What is computed over tables, numbers and dates: an operation, its conditions, its operands and its result."""

from __future__ import annotations

from typing import Literal

from groundsight.types.base import Word
from groundsight.types.judging import Quote

Read = Literal["cell", "whether", "rows", "count", "kinds"]
Operation = Read | Literal["sum", "mean", "most", "least", "larger", "smaller", "difference", "end"]


class Where(Word):
    """A test that the rows of an operation meet: the cell of ``column`` against ``values`` as the table spells them."""

    column: str
    test: Literal["is", "is not", "over", "under", "from", "up to"] = "is"
    values: tuple[str, ...]


class Operand(Word):
    """A value as its source writes it; ``of`` is the row, ``under`` the head of the column, "" in prose."""

    shown: str
    quote: Quote
    of: str = ""
    under: str = ""


class Computation(Word):
    """An operation that was run. ``result`` is the value alone, ``unit`` its unit as written, "" for none.

    ``among`` counts the rows that were compared or counted over. ``source`` is the file, ``table`` the name of its
    table, "" in prose. ``rank`` 2 is the second highest. ``language`` is the one it is to be said in, "" for English.
    """

    operation: Operation
    source: str = ""
    table: str = ""
    conditions: tuple[Where, ...] = ()
    operands: tuple[Operand, ...]
    result: str
    unit: str = ""
    among: int = 0
    rank: int = 1
    language: str = ""
