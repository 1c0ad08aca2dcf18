"""Which of all programs over some tables is meant, where one is likely enough."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.computing.parsing.programs import TableQuestion, programs
from groundsight.computing.parsing.scores import likelihoods
from groundsight.evidence.grids import Table
from groundsight.language.facts import Facts
from groundsight.types.computed import Computation

# Of 640 questions about 40 tables of other hands 117 are answered rightly and 11 otherwise at .6, 13 of 400 near
# misses too; 158, 20 and 20 at .5. A second table that may as well be meant is a rival from half of that on.
LIKELY, RIVAL = 0.6, 0.3
Weighed = tuple[float, Computation]


def weighed(facts: Facts, table: Table) -> list[Weighed]:
    """Run every program that a question may mean, likeliest first; what reads the same cells alike adds up."""
    asked = TableQuestion(facts, table)
    # What was redacted stands as [PHONE_1]: only who asks for just that is told so, by the rules.
    made = [(one, done) for one in programs(asked) if (done := one.run(table)) and not done.result.startswith("[")]
    told: dict[tuple[str, str, int], Weighed] = {}
    for (one, done), share in zip(made, likelihoods(asked, [(one, done.result) for one, done in made]), strict=True):
        meant = (one.operation, done.result, one.column)
        before, best = told.get(meant, (0.0, done))
        told[meant] = (before + share, best if before > share else done)
    return sorted(told.values(), key=lambda each: -each[0])


def likeliest(facts: Facts, tables: Sequence[Table]) -> list[Computation]:
    """Return the likely answer; where two tables may answer otherwise there is none."""
    told = [one for table in tables if len(table.rows) > 1 for one in weighed(facts, table)[:1] if one[0] >= RIVAL]
    told.sort(key=lambda each: -each[0])
    same = len({made.result for _, made in told}) == 1
    return [made for _, made in told[:1]] if same and told[0][0] >= LIKELY else []
