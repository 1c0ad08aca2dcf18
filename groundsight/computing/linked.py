"""How a sentence reads on one table: its conditions, the columns it names, and the words that are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groundsight.computing.words import Said, places_in
from groundsight.evidence.grids import Table
from groundsight.language.facts import Facts
from groundsight.types.computed import Where


@dataclass(frozen=True)
class Met:
    """Rows that meet a condition, and the words of the sentence that state it; ``first`` is where each row is named."""

    column: int
    rows: frozenset[int]
    where: Where
    places: frozenset[int]
    whole: bool = True
    first: tuple[tuple[int, int], ...] = ()


@dataclass
class Link:
    """How a sentence reads on one table: its conditions, the columns it names, and the words that are used so far.

    ``labels`` are the columns of a mail's head that a verb asks for, with their question words; ``titled`` are the
    words of the table's own name.
    ``ranged`` is the column whose head bounds a figure of the sentence: 7 kg stand under "2 to 10 kg".
    ``weak`` counts the words that only something alike links, ``loose`` has the columns of each.
    """

    table: Table
    facts: Facts
    words: tuple[Said, ...]
    met: list[Met] = field(default_factory=list[Met])
    heads: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    used: set[int] = field(default_factory=set[int])
    titled: set[int] = field(default_factory=set[int])
    labels: dict[int, str] = field(default_factory=dict[int, str])
    loose: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    weak: int = 0
    ranged: int | None = None

    @property
    def held(self) -> set[int]:
        """The columns that conditions use."""
        return {one.column for one in self.met}

    def of_column(self, column: int) -> Met | None:
        """The first condition on a column."""
        return next((one for one in self.met if one.column == column), None)

    @property
    def rows(self) -> list[int]:
        """The rows that meet all conditions."""
        kept = [one.rows for one in self.met]
        return sorted(frozenset(range(len(self.table.rows))).intersection(*kept))

    @property
    def where(self) -> tuple[Where, ...]:
        """The conditions as data."""
        return tuple(one.where for one in self.met)

    @property
    def left(self) -> list[Said]:
        """The words that carry meaning and were used nowhere."""
        return [one for _, one in self.open()]

    @property
    def denied(self) -> bool:
        """True where a denial is no part of a condition."""
        places = {at for one in self.met for at in one.places}
        spans = [self.facts.tokens[one.at] for one in self.facts.negations]
        return any(not self.inside((one.start, one.end)) <= places for one in spans)

    def open(self) -> Iterator[tuple[int, Said]]:
        """Yield the words that are not used yet."""
        yield from ((at, one) for at, one in enumerate(self.words) if at not in self.used and not one.small)

    def inside(self, span: tuple[int, int]) -> set[int]:
        """The places of the words that lie in a stretch of the sentence."""
        return places_in(self.words, span)

    @property
    def free(self) -> list[int]:
        """The columns that no condition uses."""
        return [at for at in range(len(self.table.head)) if at not in self.held]

    @property
    def told(self) -> list[int]:
        """The free columns that the sentence names best: none whose words another head has and more."""
        best = [at for at, mine in self.heads.items() if not any(mine < other for other in self.heads.values())]
        return [at for at in best if at not in self.held]


def sole(*groups: Sequence[int]) -> int | None:
    """Return the only column of the first group that has any; None for several or none."""
    found = next(filter(None, groups), ())
    return found[0] if len(found) == 1 else None
