"""Prints what the demo sees, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundsight.ingestion import IngestReport

MARKS = {"supported": "+", "contradicted": "x", "unsupported": "-", "not_checkable": ".", "unverified": "?"}


def print_report(report: IngestReport) -> None:
    """Count what became of the files, and name every failure and redaction."""
    counts = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "failed", "vanished")}
    print("  " + ", ".join(f"{count} {name}" for name, count in counts.items() if count), f"({report.units} units)")
    if report.redactions:
        print("  redacted: " + ", ".join(f"{count} {kind}" for kind, count in sorted(report.redactions.items())))
    for file in report.files:
        if file.problem:
            print(f"  {file.problem.code}: {file.problem.what} ({file.source}) {file.problem.next_step}")


def print_answer(question: str, result: Mapping[str, Any]) -> None:
    """Answer, citations, verdicts, ratio, tier and what was degraded."""
    if "error" in result:
        print(f"\nQ: {question}\n   {result['error']}")
        return
    ratio = result["grounding_ratio"]
    print(f"\nQ: {question}\nA: {result['text']}")
    print(f"   status: {result['status']} ({result['stop_reason']})")
    for cited in result["citations"]:
        print(f"   {cited['marker']} {_place(cited)}")
    for verdict in result["verdicts"]:
        print(f"   {MARKS[verdict['verdict']]} {verdict['verdict']}: {verdict['text']}")
    print(f"   grounding ratio: {'not checkable' if ratio is None else f'{ratio:.2f}'}; tier: {result['tier']['name']}")
    print(f"   degraded: {', '.join(lane['lane'] for lane in result['degraded']) or 'nothing'}")


def _place(cited: Mapping[str, Any]) -> str:
    box = cited.get("box")
    parts = [
        cited["source"],
        f"page {cited['page']}" if cited.get("page") else "",
        f"box {', '.join(f'{edge:.2f}' for edge in box)}" if box else "",
        cited.get("section") or "",
    ]
    return ", ".join(part for part in parts if part)
