"""Whether some callers get fewer answers than others: by the region of the caller and the language of the question."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.governance.answer_figures import Given
from groundsight.governance.chances import Gap, Share, widest

GROUPS = ("region", "language")


def parity_gap(given: Sequence[Given], least: int) -> Gap | None:
    """Return the widest gap in the share of questions that were answered, over all ways to group; None: too few."""
    asked = [one for one in given if one.door == "ask"]
    gaps = [gap for by in GROUPS if (gap := widest(_shares(asked, by), least)) is not None]
    return max(gaps, key=lambda gap: (gap.low, gap.value), default=None)


def _shares(asked: Sequence[Given], by: str) -> dict[str, Share]:
    found: dict[str, Share] = {}
    for one in asked:
        name = f"{by} {getattr(one, by) or 'not known'}"
        before = found.get(name, Share(0, 0))
        found[name] = Share(before.hits + (one.status in ("answered", "partial")), before.of + 1)
    return found
