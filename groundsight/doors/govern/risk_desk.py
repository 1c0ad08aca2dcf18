"""``groundsight risk``: the register with every input, its number and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.govern.measuring import rescanned
from groundsight.doors.govern.policy_desk import columns
from groundsight.governance.answer_figures import given_since
from groundsight.governance.risk import INPUTS, RiskFigure, RiskRow, risk_register
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result

if TYPE_CHECKING:
    from groundsight.suite import Suite


class RiskShown(Result):
    """The risk of every modality."""

    formula: str
    rows: tuple[RiskRow, ...]

    def as_text(self) -> str:
        """A table, then what each input is."""
        head = ("modality", "risk", *INPUTS)
        rows = [head, *((row.modality, row.shown, *map(with_number, row.inputs)) for row in self.rows)]
        defined = [f"{name}: {each.definition} ({each.source})" for name, each in INPUTS.items()]
        nothing = [] if any(row.low is not None for row in self.rows) else ["Nothing is indexed or asked yet."]
        return "\n".join([*columns(rows), "", *nothing, f"risk = {self.formula}", *defined])


def show_risk(suite: Suite) -> RiskShown:
    """Work out the risk of every modality, over every tenant."""
    return register(suite)


def register(suite: Suite) -> RiskShown:
    """Return the register as it is now."""
    rules = suite.settings.governance
    coverage = rescanned(suite, rules.redact)
    rows = risk_register(coverage, given_since(suite.settings.home), rules.incidents.least)
    return RiskShown(formula=FORMULA, rows=rows)


def with_number(given: RiskFigure) -> str:
    """Say an input with its number."""
    return f"no data ({given.n})" if given.value is None else f"{given.value:.2f} ({given.n})"


FORMULA = " + ".join(f"{each.weight} {name}" for name, each in INPUTS.items())
SHOW_RISK = ToolSpec(show_risk, "Show the risk register")
