"""Runs the commands of those who answer for an index: policy, incidents, risk, review, report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from groundsight.doors.govern import incident_desk as incidents
from groundsight.doors.govern import policy_desk as policy
from groundsight.doors.govern import review_desk as review
from groundsight.doors.govern.drift_desk import SHOW_DRIFT, TAKE_BASELINE
from groundsight.doors.govern.risk_desk import SHOW_RISK
from groundsight.errors import InvalidArgument
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from groundsight.doors.terminal.call import Call

# By command and deed: what is called, and its arguments by name, with the option that gives one of another name.
DEEDS: Mapping[str, Mapping[str, tuple[ToolSpec, str]]] = {
    "policy": {"show": (policy.SHOW_POLICY, ""), "check": (policy.CHECK_POLICY, "")},
    "drift": {"show": (SHOW_DRIFT, ""), "baseline": (TAKE_BASELINE, "")},
    "risk": {"": (SHOW_RISK, "")},
    "incidents": {
        "list": (incidents.LIST_INCIDENTS, ""),
        "show": (incidents.SHOW_INCIDENT, "id"),
        "open": (incidents.OPEN_INCIDENT, "kind=id note"),
        "own": (incidents.OWN_INCIDENT, "id owner"),
        "contain": (incidents.CONTAIN_INCIDENT, "id source everything note"),
        "lift": (incidents.LIFT_INCIDENT, "id note"),
        "close": (incidents.CLOSE_INCIDENT, "id note"),
    },
    "review": {
        "list": (review.LIST_REVIEWS, "judged=all"),
        "show": (review.SHOW_REVIEW, "id"),
        "judge": (review.JUDGE_REVIEW, "id verdict answer note wrong"),
        "calibrate": (review.CALIBRATE_REVIEWS, "apply lift"),
        "export": (review.EXPORT_REVIEWS, "file=id"),
    },
}


def run_govern(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Run one of these commands; exit code 1 where the policy is violated.

    Raises:
        GroundsightError: as the deed raised it.
    """
    if options.command == "report":
        return call(Result, *_report(options.deed, options.html)), 0
    spec, words = DEEDS[options.command][getattr(options, "deed", "")]
    named = (word.partition("=") for word in words.split())
    done = call(Result, spec, {name: getattr(options, option or name) for name, _, option in named})
    return done, int(isinstance(done, policy.PolicyChecked) and bool(done.violated))


def _report(deed: str, html: Path | None) -> tuple[ToolSpec, dict[str, str]]:
    """Return what makes a report, with its arguments; it is imported when it is asked for."""
    if deed in ("targets", "flags", "index"):
        from groundsight.doors.govern.quality_desk import FLAGS, TARGETS
        from groundsight.doors.operation.index_desk import INDEX

        if html:
            step = "leave --html out, or write report kpi, which tells the targets"
            raise InvalidArgument("this report has no page", which=deed, next_step=step)
        return {"targets": TARGETS, "flags": FLAGS, "index": INDEX}[deed], {}
    from groundsight.doors.govern.kpi import KPI
    from groundsight.doors.govern.transparency import REPORT

    return KPI if deed == "kpi" else REPORT, {"file": str(html.expanduser()) if html else ""}
