"""``groundsight policy``: what is in force, and whether what is stored keeps to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.govern.measuring import rescanned
from groundsight.governance.answer_figures import given_since
from groundsight.governance.lookout import ask_rules
from groundsight.governance.policy import policy_file, policy_of
from groundsight.governance.policy_check import LineCheck, check_stored
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Filter
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.suite import Suite


class PolicyShown(Result):
    """The policy in force; a line that demands nothing is left out."""

    file: str
    there: bool
    version: str
    hash: str
    lines: dict[str, str]

    def as_text(self) -> str:
        """One line a demand."""
        if not self.there:
            return (
                f"No policy: nothing beside the settings is demanded. It would stand in {self.file} (docs/policy.md)."
            )
        head = f"policy {self.version or 'without a version'}, hash {self.hash}, {self.file}"
        return "\n".join([head, *(f"  {name} = {value}" for name, value in self.lines.items())])


class PolicyChecked(Result):
    """Each line of the policy held against what is stored; ``violated`` are the lines that something violates."""

    version: str
    hash: str
    checks: tuple[LineCheck, ...]
    violated: tuple[str, ...]
    incidents: tuple[str, ...] = ()

    def as_text(self) -> str:
        """A table, then what violates each line and how to mend it."""
        if not self.checks:
            return "The policy demands nothing, so there is nothing to check (docs/policy.md)."
        rows = [("line", "demands", "checked", "violate")]
        rows += [(each.line, each.demands, str(each.checked), _count(each)) for each in self.checks]
        mends = [line for each in self.checks if each.violating for line in _mend(each)]
        opened = [f"incident opened: {name}" for name in self.incidents]
        ended = f"{number_of(len(self.violated), 'line')} violated" if self.violated else "Nothing violates the policy."
        head = f"policy {self.version or 'without a version'}, hash {self.hash}"
        return "\n".join([head, "", *columns(rows), "", *mends, *opened, ended])


def show_policy(suite: Suite) -> PolicyShown:
    """Show the policy in force."""
    policy, file = policy_of(suite.settings), policy_file(suite.settings)
    told = {"version": policy.version, "hash": policy.hash, "lines": policy.lines}
    return PolicyShown.model_validate({"file": str(file), "there": file.exists(), **told})


def check_policy(suite: Suite) -> PolicyChecked:
    """Hold everything that is stored, of every tenant, against the policy."""
    policy, settings = policy_of(suite.settings), suite.settings
    kinds = policy.redact or settings.governance.redact
    coverage = rescanned(suite, kinds)
    checks = check_stored(policy, settings, suite.parts.index.assets(Filter()), coverage, given_since(settings.home))
    opened = ask_rules(settings, suite.principal, coverage)
    return PolicyChecked(
        version=policy.version,
        hash=policy.hash,
        checks=checks,
        violated=tuple(each.line for each in checks if each.violating),
        incidents=tuple(f"{each.id} {each.kind}: {each.what}" for each in opened),
    )


SHOW_POLICY, CHECK_POLICY = ToolSpec(show_policy, "Show the policy"), ToolSpec(check_policy, "Check the policy")


def columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows as lines with columns below one another."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _count(check: LineCheck) -> str:
    return "no data yet" if check.violating is None else str(check.violating)


def _mend(check: LineCheck) -> list[str]:
    more = (check.violating or 0) - len(check.which)
    named = [*check.which, *([f"and {more} more"] if more > 0 and check.which else [])]
    return [f"{check.line}:", *(f"  {name}" for name in named), f"  mend: {check.mend}", ""]
