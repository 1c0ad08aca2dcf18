"""The pictures of the demo folder: scans, a photographed receipt, a chart, signs and a map."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from groundsight.evals.demo.make.story import PASSENGERS_2025, ROUTES

INK, PAPER = (25, 25, 35), (252, 251, 246)
Lines = tuple[tuple[int, int, int, str], ...]

INVOICE_2041: Lines = (
    (80, 70, 40, "BRANNSTROM MARINE"), (80, 125, 24, "Dockgatan 4, Lovund"),
    (620, 70, 34, "INVOICE"), (620, 120, 26, "No. INV-2041"), (620, 158, 26, "Date: 19 May 2025"),
    (80, 230, 26, "To: Norrvik Ferries, Norrvik"), (80, 270, 26, "Your order: PO 7781"),
    (80, 350, 26, "Description"), (760, 350, 26, "Amount EUR"),
    (80, 410, 26, "Overhaul of turbocharger TB-440"), (790, 410, 26, "12,300.00"),
    (80, 455, 26, "Bearing set BS-17"), (790, 455, 26, "2,468.00"),
    (80, 540, 26, "Net"), (790, 540, 26, "14,768.00"), (80, 585, 26, "VAT 25 %"), (790, 585, 26, "3,692.00"),
    (80, 640, 30, "TOTAL"), (775, 640, 30, "18,460.00"), (80, 730, 24, "Payment within 30 days."),
)  # fmt: skip
INVOICE_2042: Lines = (
    (80, 70, 40, "BRANNSTROM MARINE"), (80, 125, 24, "Dockgatan 4, Lovund"),
    (620, 70, 34, "INVOICE"), (620, 120, 26, "No. INV-2042"), (620, 158, 26, "Date: 26 May 2025"),
    (80, 230, 26, "To: Norrvik Ferries, Sandholm"), (80, 270, 26, "Your order: PO 7718"),
    (80, 350, 26, "Description"), (760, 350, 26, "Amount EUR"),
    (80, 410, 26, "Propeller shaft seal PS-90"), (790, 410, 26, "3,852.00"),
    (80, 540, 26, "Net"), (790, 540, 26, "3,852.00"), (80, 585, 26, "VAT 25 %"), (790, 585, 26, "963.00"),
    (80, 640, 30, "TOTAL"), (775, 640, 30, "4,815.00"), (80, 730, 24, "Payment within 30 days."),
)  # fmt: skip
RECEIPT: Lines = (
    (60, 60, 34, "KALLEN SHIP CHANDLERS"), (60, 105, 24, "Strandvagen 12, Sandholm"),
    (60, 165, 24, "Receipt 88213"), (60, 200, 24, "02 Aug 2025  11:47"),
    (60, 270, 26, "Signal flares x4"), (470, 270, 26, "79.60"),
    (60, 310, 26, "Deck brush x2"), (470, 310, 26, "27.00"),
    (60, 350, 26, "Lamp oil 5 l"), (470, 350, 26, "39.70"),
    (60, 430, 34, "TOTAL EUR"), (455, 430, 34, "146.30"),
    (60, 500, 24, "Paid by card"), (60, 535, 24, "Served by Mats"),
)  # fmt: skip
HARBOUR_FEES: Lines = (
    (80, 70, 36, "SANDHOLM HARBOUR OFFICE"), (80, 140, 26, "Harbour fees for July 2025"),
    (80, 220, 26, "MS Birk, 62 calls"), (760, 220, 26, "EUR 1,860"),
    (80, 265, 26, "MS Cissi, 31 calls"), (760, 265, 26, "EUR 465"),
    (80, 330, 28, "Sum"), (760, 330, 28, "EUR 2,325"), (80, 420, 24, "Harbour master: Tove Berg"),
)  # fmt: skip
NOTICE: Lines = (
    (60, 60, 46, "LOST AND FOUND"), (60, 150, 28, "Found on MS Cissi on 14 July 2025:"),
    (60, 200, 28, "a red umbrella, a child's boot,"), (60, 245, 28, "a silver watch"),
    (60, 320, 28, "Ask at the kiosk in Norrvik,"), (60, 365, 28, "open 08:00 to 17:00"),
)  # fmt: skip
METER: Lines = (
    (50, 40, 30, "VOLTMAR CHARGER 2"), (60, 110, 72, "048 213.7"), (420, 140, 34, "kWh"),
    (50, 240, 26, "Norrvik quay  30 Sep 2025"),
)  # fmt: skip
POSTER: Lines = (
    (70, 60, 58, "ISLAND FESTIVAL"), (70, 150, 34, "Skarholmen, 19 July 2025"),
    (70, 230, 30, "Extra ferry home at 00:30"), (70, 280, 30, "Ticket 18 euros"),
    (70, 330, 30, "Music: The Tidal Brothers"),
)  # fmt: skip


def write_pictures(folder: Path) -> None:
    """Write the picture files of the story, and the PDF that is only a scan, under ``folder``."""
    for sub in ("invoices", "photos", "charts"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    _scan(INVOICE_2041).save(folder / "invoices/scan-0519.png", optimize=True)
    scanned = time.strptime("2025-05-26", "%Y-%m-%d")
    pdf = {"resolution": 110, "quality": 70, "creationDate": scanned, "modDate": scanned}
    _scan(INVOICE_2042).convert("RGB").save(folder / "invoices/scan-0526.pdf", **pdf)
    _scan(HARBOUR_FEES).save(folder / "invoices/harbour-fees-july.tiff", compression="tiff_lzw")
    _photo(RECEIPT).save(folder / "invoices/receipt-photo.jpg", quality=82)
    _page(720, 440, NOTICE).convert("L").quantize(16).save(folder / "photos/notice-board.gif")
    _page(560, 300, METER, paper=(196, 210, 190)).convert("L").save(folder / "photos/charger-meter.bmp")
    _page(760, 420, POSTER, paper=(250, 226, 160)).save(folder / "photos/festival-poster.webp", quality=85)
    _chart().save(folder / "charts/passengers-2025.png", optimize=True)


def _page(width: int, height: int, lines: Lines, paper: tuple[int, int, int] = PAPER) -> Any:
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(page)
    for x, y, size, text in lines:
        draw.text((x, y), text, fill=INK, font=ImageFont.load_default(size))
    return page


def _scan(lines: Lines) -> Any:
    """A page slightly turned on the glass, with dust."""
    page = _page(1000, 820, lines).rotate(0.6, fillcolor=PAPER, resample=3)
    dust = random.Random(7)
    for _ in range(120):
        page.putpixel((dust.randrange(1000), dust.randrange(820)), (120, 118, 110))
    return page.convert("L").quantize(16)


def _photo(lines: Lines) -> Any:
    """A receipt on a dark table, seen a little from the side and under uneven light."""
    from PIL import Image, ImageChops, ImageFilter

    receipt = _page(620, 600, lines)
    table = Image.new("RGB", (860, 800), (72, 54, 40))
    table.paste(receipt.rotate(-2.2, expand=True, fillcolor=(72, 54, 40), resample=3), (110, 90))
    corners = (0, 0, 0, 800, 860, 790, 850, 10)
    light = Image.linear_gradient("L").resize(table.size).point(lambda value: 175 + value * 80 // 255)
    tilted = table.transform(table.size, Image.Transform.QUAD, corners, resample=Image.Resampling.BICUBIC)
    return ImageChops.multiply(tilted, light.convert("RGB")).filter(ImageFilter.GaussianBlur(0.6))


def _chart() -> Any:
    from PIL import ImageDraw, ImageFont

    chart = _page(900, 520, ((60, 30, 30, "Passengers in the third quarter of 2025"),))
    draw, font = ImageDraw.Draw(chart), ImageFont.load_default(24)
    for number, route in enumerate(ROUTES):
        value, left = PASSENGERS_2025[route][2], 90 + number * 270
        top = 430 - value * 300 // 120_000
        draw.rectangle((left, top, left + 150, 430), fill=(60, 110 + number * 40, 170))
        draw.text((left + 30, top - 34), f"{value:,}", fill=INK, font=font)
        draw.text((left - 30, 445), route, fill=INK, font=font)
    return chart
