"""Results as text: the table of a run, JUnit, and a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from groundsight.evals.result import TaskResult

LISTED = 12


def table(result: TaskResult, page: Path) -> str:
    """The figures of a run with their intervals, the controls beneath, each kind's figures, and what it ran on."""
    rows = {**result.metrics, **{f"control: {name}": estimate for name, estimate in result.controls.items()}}
    width = max(len(name) for name in rows)
    lines = [f"{result.task} on {result.dataset}: {result.n} items, {result.cpu_s:.1f} CPU s, {result.wall_s:.1f} s"]
    lines += [f"  {name:<{width}} {e.value:9.4g}   {e.low:.4g} to {e.high:.4g}" for name, e in rows.items()]
    lines += [line for kind, groups in result.segments.items() for line in _by_kind(kind, groups)]
    lines.append(f"tier: {', '.join(f'{lane} {model}' for lane, model in result.tier.items())}")
    return "\n".join([*lines, f"degraded: {', '.join(result.degraded) or 'nothing'}", f"report: {page}"])


def _by_kind(kind: str, groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line for each kind: how many items, and its figures without their intervals."""
    names = list(dict.fromkeys(name for row in groups.values() for name in row if name != "n"))
    width = max(len(kind), *map(len, groups)) + 2
    lines = [f"  {kind:<{width}}    n  {'  '.join(names)}"]
    for group, row in groups.items():
        nothing = "too few" if len(row) == 1 else ""
        figures = (
            f"{row[name]['value']:{len(name)}.2f}" if name in row else f"{nothing:{len(name)}}" for name in names
        )
        lines.append(f"  {group:<{width}} {row['n']:4}  {'  '.join(figures)}".rstrip())
    return lines


def junit(result: TaskResult, missed: Sequence[str]) -> str:
    """Each metric as a test case and each missed bound as a failure, so that any CI shows it by name."""
    task = quoteattr(result.task)
    cases = [f"<testcase classname={task} name={quoteattr(name)}/>" for name in result.metrics]
    cases += [
        f'<testcase classname={task} name="gate"><failure message={quoteattr(line)}/></testcase>' for line in missed
    ]
    head = (
        f'<testsuite name="groundsight eval" tests="{len(cases)}" failures="{len(missed)}" time="{result.wall_s:.1f}">'
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(cases)}</testsuite>\n'


def comparison(seen: Mapping[str, Any]) -> str:
    """Differences with intervals and verdicts, and the items won and lost."""
    lines = [f"{seen['task']}, {seen['n']} items in common"]
    if seen["fingerprint_changed"]:
        lines.append("the index or a model changed between the runs")
    for name, row in seen["metrics"].items():
        lines.append(f"  {name:<26} {row['value']:+.4f}   {row['low']:+.4f} to {row['high']:+.4f}   {row['verdict']}")
        lines += [f"      {kind} {len(row[kind])}: {' '.join(row[kind][:LISTED])}" for kind in ("wins", "losses")]
    return "\n".join(lines)
