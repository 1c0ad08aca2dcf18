"""Two runs side by side: difference with interval, wins and losses by item, and a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from pydantic import Field

from groundsight.errors import InvalidArgument, NotFound
from groundsight.evals.metrics import Estimate, paired
from groundsight.evals.metrics.intervals import Difference
from groundsight.evals.reading import Item, read_rows

TOLERANCE = 0.02
LOWER_IS_BETTER = (
    "cer", "wer", "_ms", "ece", "leaks", "needless_chars", "wrong", "unanswered", "truths_refused",
    "truths_contradicted", "passed", "shapes_given", "given_alone",
)  # fmt: skip
NO_QUALITY = (
    "gave_answer",
    "unanswerable",
    "p_supported",
    "said_supported",
    "taken_chars",
    "overlap",
    "short",
    "nearest",
)


class ItemRow(Item):
    """The part of an item line that a comparison needs."""

    id: str
    scores: dict[str, float]
    wall_ms: dict[str, float] = Field(default_factory=dict)
    cluster: str = ""


def compare(before: Path, after: Path) -> dict[str, Any]:
    """Compare two JSON reports of the same task item by item.

    Raises:
        InvalidArgument: other tasks or data sets, or no item in common.
    """
    first, second = _load(before), _load(after)
    for key in ("task", "dataset"):
        if first[0][key] != second[0][key]:
            raise InvalidArgument(
                f"the reports differ in {key}",
                which=f"{first[0][key]} and {second[0][key]}",
                next_step="compare two runs of one task over one data set",
            )
    shared = sorted(set(first[1]) & set(second[1]))
    if not shared:
        raise InvalidArgument("the reports share no item", which=str(after), next_step="run both over the same items")
    changed = first[0]["fingerprint"] != second[0]["fingerprint"]
    rows = {name: _difference(name, first[1], second[1]) for name in _names(first[1], second[1])}
    told = {"task": first[0]["task"], "n": len(shared), "fingerprint_changed": changed}
    return {**told, "metrics": rows}


def compression_verdict(full: Estimate, compressed: Estimate, tolerance: float = TOLERANCE) -> str:
    """``kept`` when the recall lost by compression is within the tolerance, else ``refused``."""
    return "kept" if full.value - compressed.value <= tolerance else "refused"


def _load(path: Path) -> tuple[dict[str, Any], dict[str, ItemRow]]:
    summary = read_report(path)
    rows = read_rows(path.parent / summary["per_item_file"], ItemRow)
    return summary, {row.id: row.model_copy(update={"scores": row.scores | _times(row)}) for row in rows}


def read_report(path: Path) -> dict[str, Any]:
    """Read a JSON report.

    Raises:
        NotFound: there is no such file.
        InvalidArgument: it is no report of this program.
    """
    if not path.is_file():
        raise NotFound("there is no such report", which=str(path), next_step="groundsight eval TASK --json FILE")
    try:
        report: Any = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InvalidArgument("the report is no JSON", which=str(path), next_step="make it again") from error
    if not isinstance(report, dict) or "per_item_file" not in report:
        raise InvalidArgument("the file is no report", which=str(path), next_step="name the .json file of a run")
    return cast("dict[str, Any]", report)


def _times(row: ItemRow) -> dict[str, float]:
    """The stages that contain the others."""
    return {f"{stage}_ms": row.wall_ms[stage] for stage in row.wall_ms if "." not in stage}


def _names(before: dict[str, ItemRow], after: dict[str, ItemRow]) -> list[str]:
    """Scores of both runs; each is compared over the items that have it in both."""
    first, second = ({name for row in rows.values() for name in row.scores} for rows in (before, after))
    return sorted(first & second - set(NO_QUALITY))


def _difference(name: str, before: dict[str, ItemRow], after: dict[str, ItemRow]) -> dict[str, Any]:
    having = [item for item in before if name in before[item].scores and item in after and name in after[item].scores]
    if not having:
        return {"value": 0.0, "low": 0.0, "high": 0.0, "verdict": "undecided", "wins": [], "losses": [], "n": 0}
    result: Difference = paired(
        [before[item].scores[name] for item in having],
        [after[item].scores[name] for item in having],
        [before[item].cluster or item for item in having],
        higher_is_better=not name.endswith(LOWER_IS_BETTER),
    )
    wins, losses = ([having[place] for place in places] for places in (result.wins, result.losses))
    return {**result._asdict(), "wins": wins, "losses": losses, "n": len(having)}
