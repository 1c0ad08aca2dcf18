"""``groundsight cost``: sums of the ledger, and a forecast from them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from groundsight.doors.cli_show import say, say_json
from groundsight.operation.cost import AHEAD_DAYS, MOST_WEEKS, WEEK, forecast, sums
from groundsight.operation.ledger import Booking, CostLedger
from groundsight.operation.metering import POWERCAP, joules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from groundsight.settings import Settings

_SHOWN = ("calls", "items", "tokens", "cpu_seconds", "joules")


def show_cost(settings: Settings, options: argparse.Namespace) -> int:
    """Print what was booked since a day, one line for each value of a field, with the sum of all.

    Raises:
        StorageFailed: the ledger can't be read.
    """
    today = date.today()
    ledger = CostLedger(settings.home, settings.operation.ledger_days)
    since = options.since or today.replace(day=1)
    found = ledger.since(since)
    told: dict[str, Any] = {"since": since.isoformat(), "by": options.by, "rows": sums(found, options.by)}
    told["total"] = {unit: str(sum_of(found, unit)) for unit in dict.fromkeys(one.currency for one in found)}
    told["energy"] = _energy(found)
    if options.forecast:
        told["forecast"] = _forecasts(ledger, today, settings.operation.currency)
    if options.json:
        say_json({**told, "rows": [{**row, "cost": str(row["cost"])} for row in told["rows"]]})
    else:
        say(_as_text(told))
    return 0


def sum_of(bookings: Sequence[Booking], currency: str) -> Decimal:
    """Return what bookings in a currency add up to."""
    return sum((one.cost for one in bookings if one.currency == currency), Decimal(0))


def _forecasts(ledger: CostLedger, today: date, currency: str) -> dict[str, Any]:
    spent: dict[date, Decimal] = {}
    for one in ledger.since(today - timedelta(days=MOST_WEEKS * WEEK)):
        if one.currency == currency:
            day = date.fromisoformat(one.day)
            spent[day] = spent.get(day, Decimal(0)) + one.cost
    ahead = forecast(spent, today)
    cents = None if ahead is None else str(ahead.quantize(Decimal("0.01")))
    return {"days": AHEAD_DAYS, "currency": currency, "cost": cents}


def _energy(found: Sequence[Booking]) -> dict[str, float | str | None]:
    """Tell the energy that was booked, and whether this machine tells it."""
    booked = [one.joules for one in found if one.joules is not None]
    says = "read here (RAPL)" if joules() is not None else f"this machine does not tell it: {POWERCAP} can't be read"
    return {"joules": round(sum(booked), 3) if booked else None, "machine": says}


def _as_text(told: dict[str, Any]) -> str:
    by, rows = told["by"], told["rows"]
    lines: list[tuple[str, ...]] = [(by, *_SHOWN, "cost")]
    for row in rows:
        figures = (f"{row[name]:g}" if name in row else "-" for name in _SHOWN)
        lines.append((str(row[by]) or "-", *figures, f"{row['cost']:.4f} {row['currency']}"))
    first, *others = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = ["  ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]) for line in lines]
    total = ", ".join(f"{Decimal(amount):.4f} {unit}" for unit, amount in told["total"].items()) or "nothing"
    shown = [*table, f"since {told['since']}: {total}"] if rows else [f"since {told['since']} nothing was booked"]
    energy = told["energy"]
    shown.append(
        f"energy: {'nothing booked' if energy['joules'] is None else str(energy['joules']) + ' J'}; {energy['machine']}"
    )
    if (ahead := told.get("forecast")) is not None:
        cost = f"about {ahead['cost']} {ahead['currency']}" if ahead["cost"] else "two whole weeks are not booked yet"
        shown.append(f"the next {ahead['days']} days: {cost}")
    return "\n".join(shown)
