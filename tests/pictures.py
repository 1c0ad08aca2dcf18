"""Drawn pictures that the packaged models know, and pages of printed text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, pi, sin

from PIL import Image, ImageDraw, ImageFont


def clock_face() -> Image.Image:
    """A round clock on a wall; the classifier calls it an analog clock."""
    picture = Image.new("RGB", (300, 300), (200, 180, 150))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 40, 260, 260), fill="white", outline=(40, 20, 10), width=12)
    for hour in range(12):
        x, y = cos(hour * pi / 6), sin(hour * pi / 6)
        draw.line((150 + 85 * x, 150 + 85 * y, 150 + 97 * x, 150 + 97 * y), fill="black", width=5)
    draw.line((150, 150, 150, 75), fill="black", width=5)
    draw.line((150, 150, 200, 170), fill="black", width=8)
    draw.ellipse((143, 143, 157, 157), fill="black")
    return picture


def traffic_light() -> Image.Image:
    """A traffic light that shows red, before the sky."""
    picture = Image.new("RGB", (300, 300), (120, 170, 230))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((140, 200, 160, 300), fill=(60, 60, 60))
    draw.rounded_rectangle((100, 20, 200, 220), 15, fill=(25, 25, 25))
    for top, colour in ((30, (240, 30, 30)), (92, (60, 50, 10)), (154, (10, 50, 20))):
        draw.ellipse((122, top, 178, top + 56), fill=colour)
    return picture


def page_of(*lines: str, size: int = 24, width: int = 620) -> Image.Image:
    """Lines of printed text on white."""
    font = ImageFont.load_default(size)
    page = Image.new("RGB", (width, 40 + len(lines) * size * 2), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(page).text((30, 20 + number * size * 2), line, fill="black", font=font)
    return page


def bar_chart(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> Image.Image:
    """Standing bars with their values above them, an axis with ticks at the left, and a legend where there are two."""
    page, font = Image.new("RGB", (900, 600), "white"), ImageFont.load_default(24)
    draw = ImageDraw.Draw(page)
    draw.text((450, 30), title, fill="black", font=font, anchor="mm")
    for tick in range(0, 101, 20):
        draw.text((70, 520 - 4 * tick), str(tick), fill="black", font=font, anchor="rm")
    step = 760 / len(labels)
    for at, label in enumerate(labels):
        middle = 100 + step * (at + 0.5)
        draw.text((middle, 550), label, fill="black", font=font, anchor="mm")
        for number, values in enumerate(series.values()):
            left = middle + (number - len(series) / 2) * 60
            draw.rectangle((left + 4, 520 - 4 * values[at], left + 56, 520), fill=(70, 110, 180 - 90 * number))
            draw.text((left + 30, 505 - 4 * values[at]), str(values[at]), fill="black", font=font, anchor="mm")
    for number, name in enumerate(series if len(series) > 1 else ()):
        draw.text((700 + 100 * number, 75), name, fill="black", font=font, anchor="mm")
    return page
