"""Small SVG charts for the HTML report: text that scales, colours from the page's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 360, 220, 36


def interval_bar(value: float, low: float, high: float, bound: float | None, top: float = 1.0) -> str:
    """One bar from 0 to ``top`` with its interval as a whisker and its gate as a line."""

    def x(number: float) -> float:
        return round(4 + 232 * min(max(number / top, 0.0), 1.0), 1)

    gate = f'<line class="gate" x1="{x(bound)}" x2="{x(bound)}" y1="0" y2="20"/>' if bound is not None else ""
    return (
        f'<svg class="bar" viewBox="0 0 240 20" role="img" aria-label="{value:.3f} between {low:.3f} and {high:.3f}">'
        f'<rect class="track" x="4" y="6" width="232" height="8"/>'
        f'<rect class="fill" x="4" y="6" width="{x(value) - 4:.1f}" height="8"/>'
        f'<line class="whisker" x1="{x(low)}" x2="{x(high)}" y1="10" y2="10"/>'
        f'<line class="whisker" x1="{x(low)}" x2="{x(low)}" y1="6" y2="14"/>'
        f'<line class="whisker" x1="{x(high)}" x2="{x(high)}" y1="6" y2="14"/>{gate}</svg>'
    )


def line_chart(
    title: str, points: Sequence[tuple[float, float]], x_label: str, y_label: str, *, diagonal: bool = False
) -> str:
    """A line through (x, y) points in the unit square, optionally with the diagonal for comparison."""
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    dots = "".join(f'<circle class="dot" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="2.5"/>' for x, y in points[:60])
    ideal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>' if diagonal else ""
    return _frame(title, f'{ideal}<polyline class="curve" points="{path}"/>{dots}', x_label, y_label)


def bar_chart(title: str, values: Mapping[str, float], y_label: str, top: float | None = None) -> str:
    """One bar for each name, labelled with its value."""
    highest = top or max([*values.values(), 1e-9])
    step = (WIDTH - 2 * MARGIN) / max(len(values), 1)
    bars: list[str] = []
    for place, (name, value) in enumerate(values.items()):
        left, height = MARGIN + place * step + step * 0.15, (HEIGHT - 2 * MARGIN) * min(value / highest, 1.0)
        middle, base = left + step * 0.35, HEIGHT - MARGIN
        bars.append(
            f'<rect class="fill" x="{left:.1f}" y="{base - height:.1f}" width="{step * 0.7:.1f}" '
            f'height="{height:.1f}"/><text class="value" x="{middle:.1f}" y="{base - height - 4:.1f}">'
            f'{value:.3g}</text><text class="name" x="{middle:.1f}" y="{base + 13}">{escape(name[:14])}</text>'
        )
    return _frame(title, "".join(bars), "", y_label, ticks=False)


def _frame(title: str, inside: str, x_label: str, y_label: str, *, ticks: bool = True) -> str:
    right, bottom = WIDTH - MARGIN, HEIGHT - MARGIN
    marks = "".join(
        f'<text class="tick" x="{_x(v):.1f}" y="{bottom + 12}">{v:g}</text>'
        f'<text class="tick end" x="{MARGIN - 5}" y="{_y(v) + 3:.1f}">{v:g}</text>'
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title, quote=True)}"><path class="axis" d="M{MARGIN} {MARGIN}V{bottom}H{right}"/>'
        f'{marks if ticks else ""}{inside}<text class="label" x="{WIDTH / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text>'
        f'<text class="label" x="{MARGIN}" y="{MARGIN - 10}">{escape(y_label)}</text></svg></figure>'
    )


def _x(value: float) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * value


def _y(value: float) -> float:
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * value
