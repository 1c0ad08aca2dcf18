"""The commands of those who answer for an index, with their options; imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path

REVIEW_DEEDS = ("list", "show", "judge", "calibrate", "export")
GOVERN = {
    "policy": "show the policy, or check everything that is stored against it",
    "incidents": "list what went wrong, own, contain and close it",
    "drift": "say whether documents, answers or prompts moved away from a baseline, or take that",
    "risk": "show the risk of each kind of content, with what it is worked out from",
    "review": "judge answers and captions that are not sure, and export the verdicts",
    "report": "write what is answered for and the key figures as a page; tell targets and flags",
}
GOVERN_EXAMPLES = {
    "policy": "groundsight policy check",
    "incidents": "groundsight incidents list",
    "drift": "groundsight drift",
    "risk": "groundsight risk --json",
    "review": "groundsight review list",
    "report": "groundsight report transparency --html report.html",
}


def add_policy(command: argparse.ArgumentParser) -> None:
    """Describe ``policy``."""
    command.add_argument("deed", nargs="?", choices=("show", "check"), default="show", help="default: show")


def add_incidents(command: argparse.ArgumentParser) -> None:
    """Describe ``incidents``."""
    deeds = ("list", "show", "open", "own", "contain", "lift", "close")
    command.add_argument("deed", nargs="?", choices=deeds, default="list", help="default: list")
    command.add_argument("id", nargs="?", default="", metavar="ID", help="the incident; of open, its kind: DATA_LEAK")
    command.add_argument("--owner", default="", metavar="NAME", help="who takes it (own)")
    command.add_argument("--note", default="", help="what was seen or done (open, contain, close)")
    command.add_argument("--source", default="", metavar="NAME", help="file or folder to contain, as list names it")
    command.add_argument("--everything", action="store_true", help="contain the whole tenant")


def add_drift(command: argparse.ArgumentParser) -> None:
    """Describe ``drift``."""
    command.add_argument("deed", nargs="?", choices=("show", "baseline"), default="show", help="default: show")


def add_risk(command: argparse.ArgumentParser) -> None:
    """Describe ``risk``."""
    command.set_defaults()


def add_review(command: argparse.ArgumentParser) -> None:
    """Describe ``review``."""
    command.add_argument("deed", nargs="?", choices=REVIEW_DEEDS, default="list", help="default: list")
    command.add_argument("id", nargs="?", default="", metavar="ID", help="the item; of export, the file to write")
    command.add_argument("--verdict", choices=("right", "wrong", "unanswerable"), default="", help="what it is")
    command.add_argument("--answer", default="", metavar="TEXT", help="the right answer, in the words of the source")
    command.add_argument("--wrong", nargs="+", type=int, default=[], metavar="N", help="the sentences that are wrong")
    command.add_argument("--note", default="", help="why")
    command.add_argument("--apply", action="store_true", help="put the threshold that fits into force (calibrate)")
    command.add_argument("--lift", action="store_true", help="put the packaged threshold back (calibrate)")
    command.add_argument("--all", action="store_true", help="list what was judged as well")


def add_report(command: argparse.ArgumentParser) -> None:
    """Describe ``report``."""
    what = (
        "transparency: coverage, consent, risk, policy; kpi: key figures; targets; flags: both sides of each; "
        "index: what older models and rules made"
    )
    command.add_argument("deed", choices=("transparency", "kpi", "targets", "flags", "index"), help=what)
    command.add_argument("--html", type=Path, metavar="FILE", help="write one page that stands alone (the first two)")


GOVERN_ADD = {
    "policy": add_policy,
    "incidents": add_incidents,
    "drift": add_drift,
    "risk": add_risk,
    "review": add_review,
    "report": add_report,
}
