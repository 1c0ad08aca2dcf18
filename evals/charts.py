"""Small SVG charts for the HTML report: text that scales, colours from the page's variables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 480, 280, 58, 16, 14, 44
ROW, NAMES, VALUES = 26, 160, 84
BAR_WIDTH, BAR_HEIGHT = 240, 18
SPARK_WIDTH, SPARK_HEIGHT = 640, 72
Points = Sequence[tuple[float, float]]


class Bar(NamedTuple):
    """One row of a bar chart: its name, its value and, where there is one, its interval."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    told: str = ""


def number(value: float) -> str:
    """A figure for people: three digits, thousands with separators, no exponents."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.6f}".rstrip("0")


def round_top(value: float) -> float:
    """The next of 1, 2, 4, 10 times a power of ten, as the end of an axis whose quarters are readable."""
    size = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(step * size for step in (1.0, 2.0, 4.0, 10.0) if step * size >= value * (1 - 1e-9))


def interval_bar(value: float, low: float, high: float, bound: float | None, top: float = 1.0) -> str:
    """One bar from 0 to ``top`` with its interval as a whisker and its gate as a line; what is below 0 is cut."""

    def x(number: float) -> float:
        return round(2 + (BAR_WIDTH - 4) * min(max(number / top, 0.0), 1.0), 1)

    gate = f'<line class="gate" x1="{x(bound)}" x2="{x(bound)}" y1="0" y2="{BAR_HEIGHT}"/>' if bound is not None else ""
    return (
        f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" role="img" '
        f'aria-label="{value:.3g} between {low:.3g} and {high:.3g}">'
        f'<rect class="track" x="2" y="5" width="{BAR_WIDTH - 4}" height="8" rx="2"/>'
        f'<rect class="fill" x="2" y="5" width="{x(value) - 2:.1f}" height="8" rx="2"/>'
        f"{_whisker(x(low), x(high), 9)}{gate}</svg>"
    )


def line_chart(
    title: str, points: Points, x_label: str, y_label: str, *, diagonal: bool = False, top: float = 1.0
) -> str:
    """A line through points, x in 0..1 and y in 0..``top``, optionally with the diagonal for comparison."""
    placed = [(_x(x), _y(y / top)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    dots = (
        "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in placed) if len(points) < 40 else ""
    )
    ideal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>' if diagonal else ""
    inside = f'{_grid(top)}{ideal}<polyline class="curve" points="{path}"/>{dots}'
    middle = (TOP + HEIGHT - BOTTOM) / 2
    labels = (
        f'<text class="label" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text>'
        f'<text class="label" transform="translate(12 {middle}) rotate(-90)">{escape(y_label)}</text>'
    )
    return _figure(title, f"{inside}{labels}", HEIGHT)


def sparkline(values: Sequence[float | None], told: str, top: float = 1.0) -> str:
    """A small line through values in 0..``top`` from earlier to later; a gap where there is none, a dot at the last."""
    step = (SPARK_WIDTH - 8) / max(len(values) - 1, 1)
    placed = [
        None
        if value is None
        else (4 + at * step, SPARK_HEIGHT - 4 - (SPARK_HEIGHT - 8) * min(max(value / top, 0.0), 1.0))
        for at, value in enumerate(values)
    ]
    drawn = [each for each in placed if each]
    joined = (each and before for before, each in zip([None, *placed], placed, strict=False))
    path = "".join(
        f"{'L' if goes_on else 'M'}{each[0]:.1f} {each[1]:.1f}"
        for each, goes_on in zip(placed, joined, strict=True)
        if each
    )
    edges = "".join(f'<line class="grid" x1="0" x2="{SPARK_WIDTH}" y1="{y}" y2="{y}"/>' for y in (4, SPARK_HEIGHT - 4))
    last = f'<circle class="dot" cx="{drawn[-1][0]:.1f}" cy="{drawn[-1][1]:.1f}" r="3"/>' if drawn else ""
    return (
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" '
        f'aria-label="{escape(told, quote=True)}">{edges}<path class="curve" d="{path}"/>{last}</svg>'
    )


def bar_chart(title: str, bars: Sequence[Bar], top: float | None = None) -> str:
    """Rows of horizontal bars, each with its name, its interval and its value."""
    highest = top or max([*(max(bar.value, bar.high or 0.0) for bar in bars), 1e-9])
    rows = "".join(_bar_row(bar, place, highest) for place, bar in enumerate(bars))
    return _figure(title, rows, ROW * len(bars) + 8)


def _bar_row(bar: Bar, place: int, highest: float) -> str:
    room, middle = WIDTH - NAMES - VALUES, place * ROW + ROW / 2 + 4

    def x(number: float) -> float:
        return round(NAMES + room * min(max(number / highest, 0.0), 1.0), 1)

    told = bar.told or number(bar.value)
    whisker = _whisker(x(bar.low), x(bar.high), middle) if bar.low is not None and bar.high is not None else ""
    return (
        f'<text class="name" x="{NAMES - 8}" y="{middle + 4}">{escape(shortened(bar.name, 24))}</text>'
        f'<rect class="track" x="{NAMES}" y="{middle - 6}" width="{room}" height="12" rx="2"/>'
        f'<rect class="fill" x="{NAMES}" y="{middle - 6}" width="{x(bar.value) - NAMES:.1f}" height="12" rx="2"/>'
        f'{whisker}<text class="value" x="{WIDTH - 4}" y="{middle + 4}">{escape(told)}</text>'
    )


def shortened(name: str, most: int) -> str:
    """Return at most so many characters; a cut text ends with an ellipsis."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _whisker(low: float, high: float, y: float) -> str:
    if high - low < 0.5:
        return ""
    path = f"M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 4}v8M{high:.1f} {y - 4}v8"
    return f'<path class="whisker" d="{path}"/>'


def _grid(top: float) -> str:
    lines: list[str] = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = _x(share), _y(share)
        lines.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{top * share:.3g}</text>'
            f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}">{share:g}</text>'
        )
    return "".join(lines)


def _figure(title: str, inside: str, height: float) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}">{inside}</svg></figure>'
    )


def _x(value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(value, 0.0), 1.0)


def _y(value: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(max(value, 0.0), 1.0)
