"""The policy held against everything that is stored: line by line, how many violate it, and how to mend them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from groundsight.governance.answer_figures import Given
from groundsight.governance.gaps import parity_gap
from groundsight.governance.policy import Policy, faults_of, last_day
from groundsight.governance.rescan import Rescanned
from groundsight.types import Asset, Word

if TYPE_CHECKING:
    from groundsight.settings import Settings

EXAMPLES = 3


class LineCheck(Word):
    """One line of the policy: what it demands, how many were ``checked``, how many violate it, which, and the mending.

    ``violating`` is None where there is nothing to check yet.
    """

    line: str
    demands: str
    checked: int
    violating: int | None
    which: tuple[str, ...] = ()
    mend: str = ""


def check_stored(
    policy: Policy, settings: Settings, assets: Sequence[Asset], coverage: Rescanned, given: Sequence[Given]
) -> tuple[LineCheck, ...]:
    """Check every line that demands something."""
    checks = (
        _ratio(policy, given),
        _redacted(policy, settings, coverage),
        _consented(policy, assets),
        _alike(policy, settings, given),
        *_settings(policy, settings),
        _retained(policy, assets),
    )
    return tuple(each for each in checks if each is not None)


def _ratio(policy: Policy, given: Sequence[Given]) -> LineCheck | None:
    if policy.minimum_ratio is None:
        return None
    told = [one for one in given if one.status in ("answered", "partial")]
    low = [one for one in told if one.ratio is None or one.ratio < policy.minimum_ratio]
    mend = "these were given before the line held; ask again where they matter"
    return _line("minimum_ratio", f"at least {policy.minimum_ratio}", len(told), len(low), (), mend)


def _redacted(policy: Policy, settings: Settings, coverage: Rescanned) -> LineCheck | None:
    if not policy.redact:
        return None
    demands = f"{', '.join(policy.redact)} redacted"
    faults = [each for each in faults_of(policy, settings) if each.line == "redact"]
    mend = (
        faults[0].next_step if faults else "forget and ingest again: groundsight forget NAME, groundsight ingest NAME"
    )
    left = [source for _, source in coverage.left]
    return _line("redact", demands, coverage.documents, len(left) or len(faults), left, mend)


def _consented(policy: Policy, assets: Sequence[Asset]) -> LineCheck | None:
    if not policy.consent:
        return None
    today = date.today()
    without = [each.source for each in assets if each.consent_until is None or each.consent_until < today]
    mend = "groundsight rights NAME --consent-until YYYY-MM-DD, or groundsight forget NAME"
    return _line("consent", "a day until which it may be used", len(assets), len(without), without, mend)


def _alike(policy: Policy, settings: Settings, given: Sequence[Given]) -> LineCheck | None:
    if policy.parity_gap is None:
        return None
    gap = parity_gap(given, settings.governance.incidents.least)
    demands = f"at most {policy.parity_gap} between groups"
    if gap is None:
        return _line("parity_gap", demands, 0, None, (), "")
    which = [f"{gap.worst} against {gap.best}: {gap.value:.2f}, at least {gap.low:.2f}"]
    wide = gap.low > policy.parity_gap
    mend = "look at what the worse group asks: groundsight review list, groundsight eval"
    return _line("parity_gap", demands, gap.n, int(wide), which if wide else (), mend)


def _settings(policy: Policy, settings: Settings) -> list[LineCheck]:
    found: list[LineCheck] = []
    for line in ("models", "providers", "may_leave"):
        demanded: tuple[str, ...] | None = getattr(policy, line)
        if demanded is not None:
            broken = [each for each in faults_of(policy, settings) if each.line == line]
            which = [f"{each.setting} = {each.value}" for each in broken]
            mend = broken[0].next_step if broken else ""
            found.append(_line(line, ", ".join(demanded) or "nothing", 1, len(broken), which, mend))
    return found


def _retained(policy: Policy, assets: Sequence[Asset]) -> LineCheck | None:
    if policy.retention_days is None:
        return None
    today = date.today()
    last = last_day(policy, today)
    late = [each.source for each in assets if not each.retain_until or not today <= each.retain_until <= last]
    mend = "groundsight forget NAME; what is ingested from now on gets its last day"
    return _line("retention_days", f"kept {policy.retention_days} days at most", len(assets), len(late), late, mend)


def _line(line: str, demands: str, checked: int, violating: int | None, which: Sequence[str], mend: str) -> LineCheck:
    told = mend if violating else ""
    named = tuple(
        which if len(which) <= EXAMPLES + 1 else which[:EXAMPLES]
    )  # one more takes no more room than its number
    return LineCheck(
        line=f"policy.{line}", demands=demands, checked=checked, violating=violating, which=named, mend=told
    )
