"""The rules that raise incidents: each looks at what is there, says what it found, and keeps no state of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.governance.answer_figures import Given, given_since
from groundsight.governance.audit_chain import TRAIL, lines_in, parsed
from groundsight.governance.chances import Share, difference
from groundsight.governance.coverage import Coverage
from groundsight.governance.incidents import Alarm, IncidentBook
from groundsight.governance.parity import parity_gap

if TYPE_CHECKING:
    from groundsight.governance.policy import Policy
    from groundsight.limits import Incidents

Record = Mapping[str, Any]


def trail_of(home: Path) -> tuple[Record, ...]:
    """Return the records of the trail as they stand; whether anybody tampered is for ``verify_chain`` to say."""
    file = home / "audit" / TRAIL
    data = file.read_bytes() if file.is_file() else b""
    return tuple(record for line in lines_in(data) if (record := parsed(line)))


def alarms_of(
    home: Path, book: IncidentBook, policy: Policy, rules: Incidents, coverage: Coverage | None = None
) -> tuple[Alarm, ...]:
    """Ask every rule over what came after it was last settled; the coverage only where it was measured."""
    given = given_since(home)
    found = too_many_denials(trail_of(home), rules, lambda cause: book.closed_at("denials", cause))
    found += spike(given, rules, book.closed_at("contradicted"))
    found += drift([one for one in given if _after(one, book.closed_at("parity"))], policy, rules)
    return (*found, *(uncovered(coverage) if coverage else ()))


def too_many_denials(
    trail: Sequence[Record], rules: Incidents, settled: Callable[[str], datetime | None] = lambda cause: None
) -> list[Alarm]:
    """One caller was denied too often within the window: somebody tries what is not theirs."""
    refused: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)
    for record in trail:
        if record.get("kind") == "denied" or record.get("outcome") == "E_POLICY":
            who = (str(record.get("tenant")), str(record.get("user")))
            refused[who].append((datetime.fromisoformat(str(record["time"])), str(record.get("n"))))
    found: list[Alarm] = []
    for (tenant, user), times in refused.items():
        cause = json.dumps([tenant, user])
        since = settled(cause)
        fresh = [each for each in times if since is None or each[0] > since]
        dense = _dense(fresh, rules.denials, timedelta(minutes=rules.denial_minutes))
        if dense:
            what = f"{user} of tenant {tenant} was denied {len(dense)} times within {rules.denial_minutes} minutes"
            limit = f"{rules.denials} in {rules.denial_minutes} minutes"
            found.append(_alarm("DATA_LEAK", "denials", cause, what, str(len(dense)), limit, dense))
    return found


def spike(given: Sequence[Given], rules: Incidents, settled: datetime | None = None) -> list[Alarm]:
    """The check contradicts more of the latest sentences than of those before them."""
    checked = [one for one in given if one.checkable]
    now = [one for one in checked[-rules.recent_answers :] if _after(one, settled)]
    before = checked[: len(checked) - len(now)]
    recent, baseline = _contradicted(now), _contradicted(before)
    if min(recent.of, baseline.of) < rules.least:
        return []
    gap = difference(recent, baseline)
    if gap.low < rules.spike:
        return []
    what = (
        f"{recent.hits} of the latest {recent.of} sentences are contradicted, {baseline.hits} of {baseline.of} before"
    )
    measured = f"{gap.value:.2f}, at least {gap.low:.2f}"
    seen = [f"{one.time:.3f}" for one in now if one.contradicted]
    return [_alarm("HALLUCINATION_SPIKE", "contradicted", "answers", what, measured, f"{rules.spike:.2f}", seen)]


def drift(given: Sequence[Given], policy: Policy, rules: Incidents) -> list[Alarm]:
    """Some callers get fewer answers than the policy lets them differ by; without a line there is no rule."""
    gap = parity_gap(given, rules.least)
    if policy.parity_gap is None or gap is None or gap.low <= policy.parity_gap:
        return []
    what = f"{gap.worst} gets an answer less often than {gap.best}"
    measured, limit = f"{gap.value:.2f}, at least {gap.low:.2f}", f"policy.parity_gap = {policy.parity_gap:.2f}"
    seen = [f"{given[-1].time:.3f}"]
    return [_alarm("BIAS_DRIFT", "parity", f"{gap.best} | {gap.worst}", what, measured, limit, seen)]


def uncovered(coverage: Coverage) -> list[Alarm]:
    """A re-scan found values that the redaction should have replaced."""
    if not coverage.left:
        return []
    what = f"{coverage.values} values are left in {len(coverage.left)} documents"
    measured = f"{coverage.share:.4f}"
    assets = [asset_id for asset_id, _ in coverage.left]
    return [_alarm("DATA_LEAK", "coverage", "stored values", what, measured, "1.0000", assets)]


def _alarm(kind: str, rule: str, cause: str, what: str, measured: str, limit: str, seen: Sequence[str]) -> Alarm:
    told = {"kind": kind, "rule": rule, "cause": cause, "what": what}
    return Alarm.model_validate({**told, "measured": measured, "threshold": limit, "seen": tuple(seen)})


def _dense(times: list[tuple[datetime, str]], least: int, window: timedelta) -> list[str]:
    """Return the records of the last stretch in which so many lie within a window, none where there is none."""
    ordered = sorted(times)
    for end in range(len(ordered), least - 1, -1):
        inside = [name for time, name in ordered[:end] if time > ordered[end - 1][0] - window]
        if len(inside) >= least:
            return inside
    return []


def _after(one: Given, settled: datetime | None) -> bool:
    return settled is None or one.time > settled.timestamp()


def _contradicted(given: Sequence[Given]) -> Share:
    return Share(sum(one.contradicted for one in given), sum(one.checkable for one in given))
