"""The office files of the demo folder: docx, pptx and xlsx, with fixed dates inside."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from groundsight.evals.demo.make.story import ORDERS

ZIP_DATE = (2025, 1, 1, 0, 0, 0)
SAVED_AT = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def write_office(folder: Path) -> None:
    """Write every office file of the story under ``folder``."""
    for sub in ("contracts", "minutes", "purchasing", "fleet"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    _contract(folder / "contracts/maintenance-contract-2025.docx", "MC-2025-07", 48, 24, "6 January 2025", "2027")
    _contract(folder / "contracts/maintenance-contract-2023.docx", "MC-2023-02", 72, 12, "9 January 2023", "2024")
    _minutes(folder / "minutes/board-2025-09-16.docx")
    _orders(folder / "purchasing/purchase-orders-2025.xlsx")
    _safety(folder / "fleet/safety-drills-2025.pptx")
    for path in sorted(folder.rglob("*.*x")):
        if path.suffix in (".docx", ".pptx", ".xlsx"):
            _fix_dates_inside(path)


def _contract(path: Path, number: str, hours: int, months: int, signed: str, ends: str) -> None:
    from docx import Document

    document = Document()
    _stamp(document.core_properties, f"Maintenance contract {number}", datetime(int(number[3:7]), 1, 6))
    document.add_heading(f"Maintenance contract {number}", 0)
    document.add_paragraph(
        f"Between Norrvik Ferries and Brannstrom Marine, signed on {signed}. It ends on 31 December {ends}."
    )
    document.add_heading("Response time", 1)
    document.add_paragraph(f"Brannstrom Marine sends an engineer within {hours} hours of a call, on working days.")
    document.add_heading("Warranty", 1)
    document.add_paragraph(f"The warranty on all overhaul work is {months} months from the day of refit.")
    document.add_heading("Hourly rates", 1)
    table = document.add_table(rows=1, cols=3)
    _fill(table.rows[0].cells, ("Work", "Weekday", "Weekend"))
    base = 96 if number == "MC-2025-07" else 88
    for work, rate in (("Engineer", base), ("Diver", base + 44), ("Electrician", base - 6)):
        _fill(table.add_row().cells, (work, f"EUR {rate}", f"EUR {rate + 40}"))
    if number == "MC-2025-07":
        document.add_paragraph("This contract replaces MC-2023-02, which is no longer valid.")
    document.save(str(path))


def _minutes(path: Path) -> None:
    from docx import Document

    document = Document()
    _stamp(document.core_properties, "Minutes of the board meeting of 16 September 2025", datetime(2025, 9, 16))
    document.add_heading("Minutes of the board meeting of 16 September 2025", 0)
    document.add_paragraph("Present: Helena Strand (chair), Ingrid Solberg, Amina Noor. Excused: Petra Dahl.")
    for line in (
        "The board thanked the crew for the best July in the history of the company.",
        "Amina Noor proposed a second charging point in Norrvik. The board approved 85,000 euros for it.",
        "The board rejected the proposal to run a sauna boat in winter.",
        "The budget for the season 2026 was set at 2.1 million euros.",
    ):
        document.add_paragraph(line, style="List Number")
    document.save(str(path))


def _orders(path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2025, 6, 30)
    book.properties.title = "Purchase orders 2025"
    sheet: Any = book.active
    sheet.title = "Orders 2025"
    sheet.append(["Purchase order", "Supplier", "Item", "Vessel", "Amount EUR", "Approved by", "Approved on"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for order in ORDERS:
        sheet.append([*order[:4], float(order.amount_eur.replace(",", "")), order.approved_by, order.approved_on])
    limits: Any = book.create_sheet("Approval limits")
    limits.append(["Role", "May approve up to EUR"])
    for role, amount in (("Captain", 3000), ("Purchasing manager", 5000), ("Technical director", 25000)):
        limits.append([role, amount])
    book.save(path)


def _safety(path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    _stamp(deck.core_properties, "Safety drills 2025", datetime(2025, 3, 1))
    _bullets(deck, "Safety drills 2025", ("Every crew drills once a month.", "Responsible: Amina Noor"))
    _bullets(
        deck,
        "Man overboard",
        ("Best time in 2025: 3 minutes 40 seconds, crew of MS Birk, 12 June", "Target: under 4 minutes"),
    )
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Life-saving equipment"
    table = slide.shapes.add_table(4, 3, Inches(1), Inches(2), Inches(8), Inches(2)).table
    rows = (
        ("Vessel", "Life rafts", "Life jackets"),
        ("MS Alva", "6", "220"),
        ("MS Birk", "8", "290"),
        ("MS Cissi", "4", "150"),
    )
    for number, row in enumerate(rows):
        _fill([table.cell(number, column) for column in range(3)], row)
    deck.save(str(path))


def _bullets(deck: Any, title: str, lines: tuple[str, ...]) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = "\n".join(lines)


def _fill(cells: Any, values: tuple[str, ...]) -> None:
    for cell, value in zip(cells, values, strict=True):
        cell.text = value


def _stamp(properties: Any, title: str, when: datetime) -> None:
    properties.title, properties.author = title, "Norrvik Ferries"
    properties.created = properties.modified = when


def _fix_dates_inside(path: Path) -> None:
    """Rewrite the archive with one date, so that the same story gives the same bytes."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            # openpyxl stamps the moment of saving into this part whatever the properties say.
            fixed = (
                SAVED_AT.sub(rb"\g<1>2025-06-30T00:00:00Z", data)
                if path.suffix == ".xlsx" and name == "docProps/core.xml"
                else data
            )
            archive.writestr(zipfile.ZipInfo(name, ZIP_DATE), fixed, zipfile.ZIP_DEFLATED)
