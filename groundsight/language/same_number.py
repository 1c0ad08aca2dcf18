"""Does one number say what another says: units, rounding, bounds, rates and currencies of several countries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from groundsight.language.bounds import ONE_SIDED
from groundsight.language.quantities import Quantity
from groundsight.language.units import alike_money, factor_of, is_money


def spelled(one: Quantity) -> float:
    """Return a number as it is written, in its own unit."""
    return one.low / (factor_of(one.unit) if one.unit else 1.0)


def same_kind(one: Quantity, other: Quantity) -> bool:
    """True when two quantities measure the same thing and can be compared."""
    if one.kind != other.kind:
        return one.kind != "" != other.kind and _one_money(one, other)
    return bool(one.kind) or not one.noun or not other.noun or one.noun == other.noun


def agrees(claim: Quantity, source: Quantity, scales: Sequence[float] = ()) -> bool:
    """True when the source's number says what the claim's number says, rounding and bounds included.

    A bare number of a table may be meant in one of ``scales`` ("in thousands").
    """
    return any(_says(mine, theirs, scales) for mine in _readings(claim) for theirs in _readings(source))


def _readings(one: Quantity) -> tuple[Quantity, ...]:
    """1.2m are metres or millions."""
    if one.unit != "m" or not one.text[-2:-1].isdigit():
        return (one,)
    millions = {"low": 1e6 * one.low, "high": 1e6 * one.high, "step": 1e6 * one.step}
    return one, replace(one, **millions, kind="", unit="", scaled=True)


def _says(claim: Quantity, source: Quantity, scales: Sequence[float]) -> bool:
    if claim.kind and source.kind and not same_kind(claim, source):
        return False
    claim, source = _as_share(claim, source), _as_share(source, claim)
    if not _same_rate(claim.per, source.per) or _code(claim) != _code(source):
        return False
    if claim.denied != source.denied:
        return False
    if _holds(claim, source.low, source.high, source):
        return True
    factors = scales if claim.scaled and not source.scaled else ()
    return any(_holds(claim, source.low * f, source.high * f, source) for f in factors)


def _same_rate(one: str, other: str) -> bool:
    """True for rates that one side does not give, or that share a part and no measure of which differs."""
    mine, theirs = ({*per.split("+")} for per in (one, other))
    measured, also = ({part for part in parts if ":" in part} for parts in (mine, theirs))
    return not (one and other) or bool(measured & also if measured and also else mine & theirs)


def _as_share(one: Quantity, other: Quantity) -> Quantity:
    """A bare 0.75 beside three quarters is 75 of a hundred."""
    if other.kind != "percent" or one.kind or not (one.decimal and 0 < one.low < 1):
        return one
    return replace(one, low=100 * one.low, high=100 * one.high, step=100 * one.step, kind="percent")


def _one_money(one: Quantity, other: Quantity) -> bool:
    named = ((mine, theirs) for mine in (one.unit, one.kind) for theirs in (other.unit, other.kind))
    return is_money(one.kind) and is_money(other.kind) and any(alike_money(*each) for each in named)


def _code(one: Quantity) -> str:
    """Digits that begin with a zero name something and count nothing: 0417 is not 417."""
    found = re.match(r"\D*(0\d+)(?![.,]\d)", one.text)
    return found[1] if found else ""


def _holds(claim: Quantity, low: float, high: float, source: Quantity) -> bool:
    if claim.bound in ONE_SIDED:
        return _bounded(claim, low, high, source)
    if claim.bound == "sure" and source.bound not in ("exact", "sure"):
        return False
    if source.bound in ("gt", "lt"):
        return False
    slack = _slack(claim, low, source)
    return abs(claim.low - low) <= slack and abs(claim.high - high) <= slack


def _slack(claim: Quantity, low: float, source: Quantity) -> float:
    tiny = 1e-6 * max(abs(claim.low), abs(low), 1e-9)
    if claim.bound == "about":
        return max(min(0.051 * abs(low), _coarse(claim.low)), tiny)
    if source.bound == "about":
        return max(0.021 * abs(low), tiny)
    if _converted(claim, source):
        # "Two hours" are not said of 90 minutes, nor 12 days of two weeks.
        return max(min(0.5001 * claim.step, 0.05 * abs(low)), 0.006 * abs(low), tiny)
    rounds = (claim.scaled or claim.decimal) and source.step < claim.step
    return max(0.5001 * claim.step, tiny) if rounds else tiny


def _coarse(value: float) -> float:
    """Half of the last place that a rounded number gives; fives are a place, too: "about 85", "about 350"."""
    digits = f"{abs(value):.10g}"
    if "e" in digits or "." in digits or not value:
        return abs(value)
    plain = digits.rstrip("0")
    return 0.5 * 10.0 ** (len(digits) - len(plain)) * (5 if plain.endswith("5") else 1)


def _converted(claim: Quantity, source: Quantity) -> bool:
    """Two units of one kind that are not merely two names of one unit, as euro and € are."""
    if not claim.unit or not source.unit or claim.unit == source.unit:
        return False
    return claim.kind == "temperature" or factor_of(claim.unit) != factor_of(source.unit)


def _bounded(claim: Quantity, low: float, high: float, source: Quantity) -> bool:
    upward = claim.bound in ("gt", "ge")
    if source.bound in (("lt", "le") if upward else ("gt", "ge")):
        return False
    edge, mine = (low, claim.low) if upward else (high, claim.high)
    if edge == -mine != 0:
        return False
    same = abs(edge - mine) <= 1e-6 * max(abs(mine), 1e-9)
    limit = source.bound in (("gt", "ge") if upward else ("lt", "le"))
    if same or limit:
        # What holds over 25 is a rule about 25: it says nothing of 20.
        # And what is about 25, or 25 at least, is not said to be more than 25.
        return same and (source.bound == claim.bound or (claim.bound in ("ge", "le") and source.bound != "about"))
    return edge > mine if upward else edge < mine
