"""Flags: settings for a share of callers, the same ones every time, and what the answers of both sides were like."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from groundsight.governance.answer_figures import Given
from groundsight.governance.gaps import Z
from groundsight.quality.targets import acts_on
from groundsight.quality_settings import Value
from groundsight.types import Principal, Word

if TYPE_CHECKING:
    from groundsight.settings import Settings

ON, OFF = "on", "off"
FIGURES: Mapping[str, Callable[[Given], float | None]] = {
    "answered": lambda one: float(one.status in ("answered", "partial")),
    "grounding ratio": lambda one: one.ratio,
    "contradicted sentences": lambda one: float(one.contradicted),
    "seconds": lambda one: one.seconds,
}


class SideBySide(Word):
    """One figure of both sides of a flag: means, and the difference (on less off) with its 95 % interval (Welch).

    The last three are None where a side has too few answers.
    """

    figure: str
    on: float | None
    off: float | None
    n_on: int
    n_off: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def decided(self) -> bool:
        """True when the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def side_of(name: str, share: float, who: Principal) -> str:
    """Return the side of a flag that a caller is on; who is on stays on when the share grows."""
    drawn = hashlib.sha256(f"{name}\0{who.tenant}\0{who.user}".encode("utf-8", "surrogatepass")).digest()
    return ON if int.from_bytes(drawn[:8]) < share * 2**64 else OFF


def sides_of(settings: Settings, who: Principal) -> str:
    """Return the side of every flag, as answers keep it: "brief:off hops3:on"."""
    return " ".join(f"{name}:{side_of(name, flag.share, who)}" for name, flag in sorted(settings.flags.items()))


def changes_for(settings: Settings, who: Principal) -> dict[str, Value]:
    """Return the settings that are other ones for a caller now; the acts of a missed target win over flags."""
    found: dict[str, Value] = {}
    for name, flag in sorted(settings.flags.items()):
        found |= flag.settings if side_of(name, flag.share, who) == ON else {}
    return found | acts_on(settings)


def sides_compared(given: Sequence[Given], name: str, least: int) -> tuple[SideBySide, ...]:
    """Compare the answers that were given on both sides of a flag while it was set."""
    asked = [one for one in given if one.door == "ask"]
    on, off = ([one for one in asked if f"{name}:{side}" in one.flags.split()] for side in (ON, OFF))
    return tuple(_compared(figure, read, on, off, least) for figure, read in FIGURES.items())


def _compared(
    figure: str, read: Callable[[Given], float | None], on: Sequence[Given], off: Sequence[Given], least: int
) -> SideBySide:
    first, second = ([value for one in side if (value := read(one)) is not None] for side in (on, off))
    means = [statistics.fmean(side) if side else None for side in (first, second)]
    told = SideBySide(figure=figure, on=means[0], off=means[1], n_on=len(first), n_off=len(second))
    if min(len(first), len(second)) < max(least, 2):
        return told
    gap = statistics.fmean(first) - statistics.fmean(second)
    spread = Z * math.sqrt(sum(statistics.variance(side) / len(side) for side in (first, second)))
    return told.model_copy(update={"difference": gap, "low": gap - spread, "high": gap + spread})
