"""``groundsight report targets`` and ``report flags``: what is missed and what is done, and both sides of each flag."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from groundsight.doors.govern.policy_desk import columns
from groundsight.governance.answer_figures import given_since
from groundsight.governance.lookout import ask_rules
from groundsight.quality.flags import SideBySide, sides_compared
from groundsight.quality.targets import TargetShown, look_at_targets
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Word

if TYPE_CHECKING:
    from groundsight.suite import Suite


class TargetsShown(Result):
    """Every target that is set."""

    targets: tuple[TargetShown, ...]

    def as_text(self) -> str:
        """A line a target."""
        if not self.targets:
            return "No targets: they stand in [slo] of groundsight.toml (docs/targets.md)."
        rows = [("target", "bound", "measured", "answers", "state", "meanwhile")]
        return "\n".join(columns([*rows, *map(_target, self.targets)]))


class FlagShown(Word):
    """A flag with its share, the settings that it changes, and its two sides by figure."""

    name: str
    share: float
    settings: dict[str, str]
    figures: tuple[SideBySide, ...]


class FlagsShown(Result):
    """Every flag that is set."""

    flags: tuple[FlagShown, ...]

    def as_text(self) -> str:
        """A table a flag."""
        if not self.flags:
            return "No flags: they stand in [flags.NAME] of groundsight.toml (docs/targets.md)."
        return "\n\n".join("\n".join(_flag(each)) for each in self.flags)


def report_targets(suite: Suite) -> TargetsShown:
    """Measure the targets, and open an incident for each that is missed."""
    ask_rules(suite.settings, suite.principal)
    return TargetsShown(targets=look_at_targets(suite.settings, time.time()))


def report_flags(suite: Suite) -> FlagsShown:
    """Compare the answers of both sides of every flag."""
    given, least = given_since(suite.settings.home), suite.settings.governance.incidents.least
    return FlagsShown(
        flags=tuple(
            FlagShown(
                name=name,
                share=flag.share,
                settings={path: str(value) for path, value in flag.settings.items()},
                figures=sides_compared(given, name, least),
            )
            for name, flag in sorted(suite.settings.flags.items())
        )
    )


TARGETS, FLAGS = ToolSpec(report_targets, "Targets"), ToolSpec(report_flags, "Flags")


def _target(each: TargetShown) -> tuple[str, ...]:
    acts = ", ".join(f"{path} = {value}" for path, value in each.acts.items()) or "nothing"
    return (each.name, f"{each.target:g}", _number(each.measured), str(each.n), each.state, acts)


def _flag(each: FlagShown) -> list[str]:
    changes = ", ".join(f"{path} = {value}" for path, value in each.settings.items())
    rows = [("figure", "on (n)", "off (n)", "difference", "95 %", "")]
    return [f"{each.name}: {changes} for {each.share:.0%} of callers", *columns([*rows, *map(_side, each.figures)])]


def _side(each: SideBySide) -> tuple[str, ...]:
    on, off = f"{_number(each.on)} ({each.n_on})", f"{_number(each.off)} ({each.n_off})"
    if each.difference is None:
        return (each.figure, on, off, "-", "-", "too few")
    span = f"{_number(each.low)} to {_number(each.high)}"
    return (each.figure, on, off, f"{each.difference:+.3f}", span, "" if each.decided else "undecided")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
