"""The rules that raise incidents: each looks at what is there, says what it found, and keeps no state of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.governance.answer_figures import Given, given_since
from groundsight.governance.audit_chain import TRAIL, lines_in, parsed
from groundsight.governance.gaps import Share, difference, parity_gap
from groundsight.governance.incidents import Alarm, IncidentBook

if TYPE_CHECKING:
    from groundsight.governance.policy import Policy
    from groundsight.governance.rescan import Rescanned
    from groundsight.limits import Incidents

Record = Mapping[str, Any]
# What a rule may count as it is spelt in a line: the rest of a long trail is not parsed.
_TOLD = (b'"denied"', b'"E_POLICY"', b'"unsafe"', b'"pictured": ["')


def trail_of(home: Path) -> tuple[Record, ...]:
    """Return the records that the rules count, as they stand; tampering is for ``verify_chain`` to find."""
    file = home / "audit" / TRAIL
    lines = lines_in(file.read_bytes()) if file.is_file() else ()
    return tuple(record for line in lines if any(word in line for word in _TOLD) and (record := parsed(line)))


def alarms_of(
    home: Path, book: IncidentBook, policy: Policy, rules: Incidents, coverage: Rescanned | None = None
) -> tuple[Alarm, ...]:
    """Ask every rule over what came after it was last settled; the coverage only where it was measured."""
    given, trail = given_since(home), trail_of(home)
    found = too_many_denials(trail, rules, lambda cause: book.closed_at("denials", cause))
    found += unsafe(trail)
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
        cause, within = json.dumps([tenant, user]), f"{rules.denial_minutes} minutes"
        since = settled(cause)
        fresh = [each for each in times if since is None or each[0] > since]
        dense = _dense(fresh, rules.denials, timedelta(minutes=rules.denial_minutes))
        if dense:
            what = f"{user} of tenant {tenant} was denied {len(dense)} times within {within}"
            limit = f"{rules.denials} in {within}"
            found.append(_alarm("DATA_LEAK", "denials", cause, what, len(dense), limit, dense))
    return found


def unsafe(trail: Sequence[Record]) -> list[Alarm]:
    """A picture that is withheld now was shown, or given to a model, before; or what tells such pictures failed."""
    shown, told = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for record in trail:
        number, pictured = str(record.get("n")), record.get("pictured", ())
        for name in pictured:
            asset = name.rpartition("-")[0] or name
            told[asset].append(number) if record.get("kind") == "unsafe" else shown[asset].append(number)
        if record.get("kind") == "unsafe" and not pictured:
            told[f"{record.get('outcome')}"].append(number)
    found: list[Alarm] = []
    for cause, numbers in told.items():
        if cause.startswith(FAILED):
            what, seen = f"what tells {cause.removeprefix(FAILED)} pictures failed: none was let through", numbers
        else:
            what, seen = "a picture that is withheld now was shown before", shown[cause]
        found += [_alarm("UNSAFE_IMAGE", "pictures", cause, what, len(seen), "0", seen)] if seen else []
    return found


FAILED = "failed "


def spike(given: Sequence[Given], rules: Incidents, settled: datetime | None = None) -> list[Alarm]:
    """The check contradicts more of the latest sentences than of those before them; what a caller had checked is
    the caller's own.
    """
    checked = [one for one in given if one.checkable and one.door != "verify"]
    now = [one for one in checked[-rules.recent_answers :] if _after(one, settled)]
    recent, baseline = _contradicted(now), _contradicted(checked[: len(checked) - len(now)])
    gap = difference(recent, baseline)
    if min(recent.of, baseline.of) < rules.least or gap.low < rules.spike:
        return []
    before = f"{baseline.hits} of {baseline.of} before"
    what = f"{recent.hits} of the latest {recent.of} sentences are contradicted, {before}"
    seen = [f"{one.time:.3f}" for one in now if one.contradicted]
    limit = f"{rules.spike:.2f}"
    return [_alarm("HALLUCINATION_SPIKE", "contradicted", "answers", what, gap.measured, limit, seen)]


def drift(given: Sequence[Given], policy: Policy, rules: Incidents) -> list[Alarm]:
    """Some callers get fewer answers than the policy lets them differ by; without a line there is no rule."""
    gap = parity_gap(given, rules.least)
    if policy.parity_gap is None or gap is None or gap.low <= policy.parity_gap:
        return []
    what, limit = (
        f"{gap.worst} gets an answer less often than {gap.best}",
        f"policy.parity_gap = {policy.parity_gap:.2f}",
    )
    seen = [f"{given[-1].time:.3f}"]
    return [_alarm("BIAS_DRIFT", "parity", f"{gap.best} | {gap.worst}", what, gap.measured, limit, seen)]


def uncovered(coverage: Rescanned) -> list[Alarm]:
    """A re-scan found values that the redaction should have replaced."""
    if not coverage.left:
        return []
    what, seen = (
        f"{coverage.values} values are left in {len(coverage.left)} documents",
        (one for one, _ in coverage.left),
    )
    return [_alarm("DATA_LEAK", "coverage", "stored values", what, f"{coverage.share:.4f}", "1.0000", seen)]


def _alarm(kind: str, rule: str, cause: str, what: str, measured: object, limit: str, seen: Iterable[str]) -> Alarm:
    told = {"kind": kind, "rule": rule, "cause": cause, "what": what, "measured": str(measured)}
    return Alarm.model_validate({**told, "threshold": limit, "seen": tuple(seen)})


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
