"""What work costs: recorded steps to priced bookings, their sums, a forecast, and the budgets."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from groundsight.errors import OverBudget
from groundsight.limits import Operation, Prices
from groundsight.operation.ledger import Booking
from groundsight.operation.metering import MODEL
from groundsight.tracing import Timing
from groundsight.types import Cost, Degraded, Principal

WEEK, MOST_WEEKS, AHEAD_DAYS = 7, 12, 30
_SUMMED = ("items", "tokens", "sound_seconds", "seconds", "cpu_seconds", "joules")


def booked(steps: Iterable[Timing], verb: str, who: Principal, person: str, rules: Operation) -> list[Booking]:
    """Return what a call took, one booking for each kind of work of each model, priced as the rules say."""
    now, rows = time.time(), dict[tuple[str, str, str], Counter[str]]()
    for one in steps:
        if one.name.startswith(MODEL):
            row = rows.setdefault((one.name.removeprefix(MODEL), str(one.told["modality"]), one.model), Counter())
            # What the processor does while a language model elsewhere writes is not its work.
            cpu = 0.0 if one.name == f"{MODEL}chat" else one.cpu_seconds
            took = {"seconds": one.seconds, "cpu_seconds": cpu, **one.told}
            row.update({name: took[name] for name in _SUMMED if name in took})
    base = {
        "time": now,
        "day": date.today().isoformat(),
        "verb": verb,
        "tag": business_unit(who, rules),
        "person": person,
    }
    return [
        _priced(
            Booking.model_validate(
                {**base, **dict(zip(("kind", "modality", "model"), key, strict=True)), **_rounded(row)}
            ),
            rules,
        )
        for key, row in rows.items()
    ]


def business_unit(who: Principal, rules: Operation) -> str:
    """Return the business unit of a caller: the first label of it that names one, else that of the settings."""
    return next((label for label in who.labels if label in rules.tags), rules.tag)


def cost_of(bookings: Sequence[Booking], rules: Operation) -> Cost:
    """Return what bookings of one call add up to."""
    energy = [one.joules for one in bookings if one.joules is not None]
    return Cost(
        amount=sum((one.cost for one in bookings), Decimal(0)),
        currency=rules.currency,
        tokens=sum(one.tokens for one in bookings if one.kind == "chat"),
        cpu_seconds=round(sum(one.cpu_seconds for one in bookings), 4),
        joules=round(sum(energy), 3) if energy else None,
    )


def sums(bookings: Iterable[Booking], by: str) -> list[dict[str, Any]]:
    """Return the sums of bookings for each value of a field and currency, dearest first; exact in the cost."""
    groups: dict[tuple[str, str], list[Booking]] = {}
    for one in bookings:
        groups.setdefault((getattr(one, by), one.currency), []).append(one)
    rows = [
        {
            by: value,
            "currency": currency,
            "cost": sum((one.cost for one in found), Decimal(0)),
            "calls": len(found),
            **{
                name: round(sum(getattr(one, name) or 0 for one in found), 6)
                for name in _SUMMED
                if any(getattr(one, name) is not None for one in found)
            },
        }
        for (value, currency), found in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row["cost"], row[by]))


def forecast(spent: Mapping[date, Decimal], today: date, days: int = AHEAD_DAYS) -> Decimal | None:
    """Return what the next ``days`` will cost, today the first, from the days before; None under two whole weeks.

    Each weekday has its share of a week, and the weeks go on along the line through the last twelve. Days without
    bookings cost nothing.
    """
    first = min(spent, default=today)
    weeks = min(MOST_WEEKS, (today - first).days // WEEK)
    if weeks < 2:
        return None
    past = [spent.get(today - timedelta(days=back), Decimal(0)) for back in range(weeks * WEEK, 0, -1)]
    totals = [sum(past[at : at + WEEK], Decimal(0)) for at in range(0, len(past), WEEK)]
    whole = sum(past, Decimal(0))
    if not whole:
        return Decimal(0)
    shares = [sum(past[at::WEEK], Decimal(0)) / whole for at in range(WEEK)]
    level, slope = _line(totals)
    ahead = (shares[at % WEEK] * max(Decimal(0), level + slope * (1 + at // WEEK)) for at in range(days))
    return sum(ahead, Decimal(0))


def over_budget(rules: Operation, today: date, day: Decimal, month: Decimal) -> Degraded | None:
    """Tell of a budget that is used up; None while there is none, or money is left.

    Raises:
        OverBudget: the rules say that work stops then.
    """
    ends = {"day": today + timedelta(days=1), "month": (today.replace(day=28) + timedelta(days=4)).replace(day=1)}
    for name, spent, most in (("month", month, rules.budget_month), ("day", day, rules.budget_day)):
        if most is not None and spent >= most:
            what = f"the budget of the {name} is used up"
            which, limit = f"{spent:.4f} {rules.currency} spent", f"operation.budget_{name} = {most:f} {rules.currency}"
            step = f"wait until {ends[name].isoformat()} 00:00, or raise the budget"
            if rules.over_budget == "stop":
                raise OverBudget(what, which=which, limit=limit, next_step=step)
            return Degraded(lane="budget", reason=f"{what}: {which}, {limit}", remedy=step)
    return None


def _rounded(row: Mapping[str, float]) -> dict[str, float]:
    whole = {name: int(row[name]) for name in ("items", "tokens") if name in row}
    return {**{name: round(value, 6) for name, value in row.items()}, **whole}


def _priced(one: Booking, rules: Operation) -> Booking:
    """Put the price on work: by tokens, pages, captions or minutes, by processor time, and by energy."""
    prices: Prices = rules.prices
    by_model = prices.models.get(one.model, prices.tokens) if one.kind == "chat" else Decimal(0)
    cost = by_model * one.tokens / 1000 + prices.cpu_hour * _exact(one.cpu_seconds) / 3600
    cost += {"ocr": prices.page, "caption": prices.caption}.get(one.kind, Decimal(0)) * one.items
    cost += prices.minute * _exact(one.sound_seconds) / 60 + prices.kwh * _exact(one.joules or 0.0) / 3_600_000
    return one.model_copy(update={"cost": cost.quantize(Decimal("1e-9")).normalize() + 0, "currency": rules.currency})


def _exact(value: float) -> Decimal:
    return Decimal(str(value))


def _line(totals: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Return the last value of the line through totals and its slope, by least squares."""
    count = len(totals)
    middle, mean = Decimal(count - 1) / 2, sum(totals, Decimal(0)) / count
    spread = sum(((at - middle) ** 2 for at in range(count)), Decimal(0))
    slope = sum(((at - middle) * (one - mean) for at, one in enumerate(totals)), Decimal(0)) / spread
    return mean + slope * middle, slope
