"""What evaluations measured, kept in the home that they speak for: figures with intervals, segments, gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from groundsight.governance.incidents import Alarm
from groundsight.governance.line_file import LineFile
from groundsight.governance.policy import Policy
from groundsight.types import Word

FILE, GAPS = "evaluations.jsonl", ("parity_gap_", "map_gap_")


class Evaluated(Word):
    """One run: its task and data set, the fingerprint of models and index, ``metrics`` as (value, low, high).

    ``segments`` holds by kind and name the number of items and, where these are not too few, its figures.
    """

    time: datetime
    task: str
    dataset: str
    n: int
    fingerprint: str
    metrics: Mapping[str, tuple[float, float, float]]
    segments: Mapping[str, Mapping[str, Mapping[str, Any]]] = {}


def note_evaluated(home: Path, run: Evaluated) -> None:
    """Keep a run.

    Raises:
        StorageFailed, Locked: the home can't be written.
    """
    lines = _lines(home)
    with lines.held():
        lines.append(run)


def evaluated(home: Path) -> tuple[Evaluated, ...]:
    """Return the runs of a home, oldest first.

    Raises:
        StorageFailed: a line is damaged.
    """
    return _lines(home).read()


def alarms_of_parity(runs: Sequence[Evaluated], policy: Policy) -> Iterator[Alarm]:
    """Yield an alarm for each gap between segments that the policy's line and chance do not explain."""
    for run in {(each.task, each.dataset): each for each in runs}.values() if policy.parity_gap is not None else ():
        for name, (value, low, high) in run.metrics.items():
            if name.startswith(GAPS) and low > (policy.parity_gap or 0.0):
                what = f"{name} of {run.dataset} is {value:.2f} over {run.n} questions"
                told = {"what": what, "measured": f"{value:.2f}, {low:.2f} to {high:.2f}", "rule": "measured parity"}
                limit, cause = f"policy.parity_gap = {policy.parity_gap:.2f}", f"{run.task} {run.dataset} {name}"
                seen = (run.time.isoformat(),)
                yield Alarm.model_validate(
                    {**told, "kind": "BIAS_DRIFT", "cause": cause, "threshold": limit, "seen": seen}
                )


def _lines(home: Path) -> LineFile[Evaluated]:
    return LineFile(home / FILE, Evaluated, "the evaluations")
