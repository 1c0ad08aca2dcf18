"""Targets of the answers: when one is missed for sure, what is done meanwhile, and when it is met again.

Of each target the daybook keeps whether it is missed and since when; only answers after that count for a change.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from groundsight.governance.answer_figures import Given, given_since
from groundsight.governance.daybook import daybook, known, note_known
from groundsight.governance.gaps import Z
from groundsight.governance.incidents import Alarm
from groundsight.quality_settings import Slo, TargetName, Value
from groundsight.types import Word

if TYPE_CHECKING:
    from groundsight.settings import Settings

SLOW = 0.05  # latency_p95 allows so many answers to be slower
NOTED = "targets"


class TargetShown(Word):
    """A target with what was measured of the latest answers, its state, since when, and the acts that are on."""

    name: TargetName
    target: float
    measured: float | None
    n: int
    state: Literal["met", "missed", "not measured"]
    since: float = 0.0
    acts: Mapping[str, Value] = {}


class _Seen(NamedTuple):
    """A measured value of so many: surely worse than its target, or better than it by the margin."""

    value: float
    n: int
    worse: bool
    better: bool


def look_at_targets(settings: Settings, now: float) -> tuple[TargetShown, ...]:
    """Measure every target that is set, note what changed at ``now`` (seconds since 1970), and return all."""
    before = _noted(settings)
    found = tuple(_looked(settings, name, target, before.get(name, {}), now) for name, target in _targets(settings))
    told = {each.name: {"missed": each.state == "missed", "since": each.since} for each in found}
    if told != before:
        with daybook(settings.home) as book:
            note_known(book, NOTED, json.dumps(told))
    return found


def acts_on(settings: Settings) -> dict[str, Value]:
    """Return the settings that missed targets have changed, by their path."""
    if not settings.slo.targets:
        return {}
    noted = _noted(settings)
    missed = (settings.slo.acts.get(name, {}) for name, _ in _targets(settings) if noted.get(name, {}).get("missed"))
    return {path: value for acts in missed for path, value in acts.items()}


def alarms_of_targets(found: Sequence[TargetShown]) -> tuple[Alarm, ...]:
    """Return an alarm for each target that is missed."""
    return tuple(
        Alarm(
            kind="TARGET_MISSED",
            rule="targets",
            cause=each.name,
            what=f"{each.name} of {each.n} answers misses its target; {_acts_told(each.acts)}",
            measured=f"{each.measured:.3f}" if each.measured is not None else "",
            threshold=f"slo.{each.name} = {each.target:g}",
            seen=(f"{each.since:.3f}",),
        )
        for each in found
        if each.state == "missed"
    )


def _acts_told(acts: Mapping[str, Value]) -> str:
    return f"meanwhile {', '.join(f'{path} = {value}' for path, value in acts.items())}" if acts else "no act is named"


def _targets(settings: Settings) -> list[tuple[TargetName, float]]:
    return sorted(settings.slo.targets.items())


def _noted(settings: Settings) -> dict[str, dict[str, Any]]:
    return json.loads(known(settings.home, NOTED) or "{}")


def _looked(settings: Settings, name: TargetName, target: float, before: Mapping[str, Any], now: float) -> TargetShown:
    rules, since, was = settings.slo, float(before.get("since", 0.0)), bool(before.get("missed"))
    seen = _measured(settings, name, target, since)
    shown = seen or (_measured(settings, name, target, 0.0) if since else None)
    told = {"name": name, "target": target, "measured": shown.value if shown else None, "n": shown.n if shown else 0}
    missed = was if seen is None else not seen.better if was else seen.worse
    state = "missed" if missed else "met" if seen or since else "not measured"
    acts = dict(rules.acts.get(name, {})) if missed else dict[str, Value]()
    return TargetShown.model_validate({**told, "state": state, "since": now if missed != was else since, "acts": acts})


def _measured(settings: Settings, name: TargetName, target: float, since: float) -> _Seen | None:
    """Return what is measured of a target since its state changed, None for too few answers."""
    rules = settings.slo
    if name == "coverage":
        return _coverage(settings, target)
    asked = [one for one in given_since(settings.home, since) if one.door == "ask" and one.time > since]
    values = [value for one in asked if (value := _value(one, name)) is not None][-rules.recent :]
    if len(values) < rules.least:
        return None
    return _SEEN[name](values, target, rules)


def _value(one: Given, name: TargetName) -> float | None:
    match name:
        case "latency_p95":
            return one.seconds
        case "ratio":
            return one.ratio
        case "refusals":
            return float(one.status not in ("answered", "partial"))
        case _:
            return one.cost


def _latency(values: Sequence[float], target: float, rules: Slo) -> _Seen:
    slow, p95 = sum(value > target for value in values), statistics.quantiles(values, n=20, method="inclusive")[-1]
    return _Seen(p95, len(values), _wilson_low(slow, len(values)) > SLOW, p95 <= target * (1 - rules.margin))


def _ratio(values: Sequence[float], target: float, rules: Slo) -> _Seen:
    mean, spread = _interval(values)
    return _Seen(mean, len(values), mean + spread < target, mean >= target + rules.margin * (1 - target))


def _share(values: Sequence[float], target: float, rules: Slo) -> _Seen:
    hits, n = int(sum(values)), len(values)
    return _Seen(hits / n, n, _wilson_low(hits, n) > target, hits / n <= target * (1 - rules.margin))


def _cost(values: Sequence[float], target: float, rules: Slo) -> _Seen:
    mean, spread = _interval(values)
    return _Seen(mean, len(values), mean - spread > target, mean <= target * (1 - rules.margin))


def _interval(values: Sequence[float]) -> tuple[float, float]:
    return statistics.fmean(values), Z * statistics.stdev(values) / math.sqrt(len(values))


_SEEN = {"latency_p95": _latency, "ratio": _ratio, "refusals": _share, "cost": _cost}


def _coverage(settings: Settings, target: float) -> _Seen | None:
    told = json.loads(known(settings.home, "coverage") or "{}")
    found = told.get("replaced", 0) + told.get("left", 0)
    share = told["replaced"] / found if found else 1.0
    return _Seen(share, told["units"], share < target, share >= target) if told else None


def _wilson_low(hits: int, n: int) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson 1927)."""
    share, square = hits / n, Z * Z
    middle = share + square / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + square / n))
