"""Two runs side by side: difference with interval, wins and losses by item, and a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from groundsight.errors import InvalidArgument
from groundsight.evals.metrics import Estimate, paired
from groundsight.evals.metrics.intervals import Difference
from groundsight.evals.reading import Item, read_rows

LOWER_IS_BETTER = ("cer", "wer", "latency_ms", "cpu_ms", "ece", "leak")


class ItemRow(Item):
    """The part of an item line that a comparison needs."""

    id: str
    scores: dict[str, float]
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
    names = sorted(set.intersection(*(set(side[1][item].scores) for item in shared for side in (first, second))))
    changed = first[0]["fingerprint"] != second[0]["fingerprint"]
    rows = {name: _difference(name, shared, first[1], second[1]) for name in names}
    return {"task": first[0]["task"], "n": len(shared), "fingerprint_changed": changed, "metrics": rows}


def compression_verdict(full: Estimate, compressed: Estimate, tolerance: float = 0.02) -> str:
    """``kept`` when the recall lost by compression is within the tolerance, else ``refused``."""
    return "kept" if full.value - compressed.value <= tolerance else "refused"


def _load(path: Path) -> tuple[dict[str, Any], dict[str, ItemRow]]:
    summary: dict[str, Any] = json.loads(path.read_text("utf-8"))
    rows = read_rows(path.parent / summary["per_item_file"], ItemRow)
    return summary, {row.id: row for row in rows}


def _difference(name: str, shared: list[str], before: dict[str, ItemRow], after: dict[str, ItemRow]) -> dict[str, Any]:
    result: Difference = paired(
        [before[item].scores[name] for item in shared],
        [after[item].scores[name] for item in shared],
        [before[item].cluster or item for item in shared],
        higher_is_better=not name.endswith(LOWER_IS_BETTER),
    )
    named = result._asdict()
    return {**named, "wins": [shared[i] for i in result.wins], "losses": [shared[i] for i in result.losses]}
