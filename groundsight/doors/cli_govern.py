"""Runs the commands of those who answer for an index: policy, incidents, risk, review, report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from groundsight.doors.govern import incident_desk as incidents
from groundsight.doors.govern import policy_desk as policy
from groundsight.doors.govern import review_desk as review
from groundsight.doors.govern.risk_desk import SHOW_RISK
from groundsight.tools.results import Result

if TYPE_CHECKING:
    import argparse

    from groundsight.doors.terminal.call import Call
    from groundsight.tools.gate import ToolSpec

Asked = tuple["ToolSpec", Mapping[str, Any]]


def run_govern(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Run one of these commands; exit code 1 where the policy is violated.

    Raises:
        GroundsightError: as the deed raised it.
    """
    if options.command == "report":
        from groundsight.doors.govern.transparency import write_report

        return write_report(call, options.html), 0
    spec, arguments = _asked(options)
    done = call(Result, spec, arguments)
    return done, int(isinstance(done, policy.PolicyChecked) and bool(done.violated))


def _asked(options: argparse.Namespace) -> Asked:
    match options.command:
        case "policy":
            return (policy.CHECK_POLICY if options.deed == "check" else policy.SHOW_POLICY), {}
        case "incidents":
            return _incidents(options)
        case "review":
            return _review(options)
        case _:
            return SHOW_RISK, {}


def _incidents(options: argparse.Namespace) -> Asked:
    named, note = {"id": options.id}, {"note": options.note}
    match options.deed:
        case "show":
            return incidents.SHOW_INCIDENT, named
        case "open":
            return incidents.OPEN_INCIDENT, {"kind": options.id, **note}
        case "own":
            return incidents.OWN_INCIDENT, {**named, "owner": options.owner}
        case "contain":
            place = {"source": options.source, "everything": options.everything}
            return incidents.CONTAIN_INCIDENT, {**named, **place, **note}
        case "lift":
            return incidents.LIFT_INCIDENT, {**named, **note}
        case "close":
            return incidents.CLOSE_INCIDENT, {**named, **note}
        case _:
            return incidents.LIST_INCIDENTS, {}


def _review(options: argparse.Namespace) -> Asked:
    match options.deed:
        case "show":
            return review.SHOW_REVIEW, {"id": options.id}
        case "judge":
            said = {name: getattr(options, name) for name in ("verdict", "answer", "note", "wrong")}
            return review.JUDGE_REVIEW, {"id": options.id, **said}
        case "calibrate":
            return review.CALIBRATE_REVIEWS, {"apply": options.apply, "lift": options.lift}
        case "export":
            return review.EXPORT_REVIEWS, {"file": options.id}
        case _:
            return review.LIST_REVIEWS, {"judged": options.all}
