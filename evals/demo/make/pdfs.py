"""The PDF files of the demo folder: two yearly reports with tables and a figure, and a scan without text."""

from __future__ import annotations

import calendar
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from groundsight.evals.demo.make.story import FUEL_2025, PASSENGERS_2024, PASSENGERS_2025

EPOCH = "SOURCE_DATE_EPOCH"
REPORTS = {
    2025: (PASSENGERS_2025, 1.84, 62, "The new charging point for MS Cissi in Norrvik was opened on 4 June 2025."),
    2024: (PASSENGERS_2024, 1.71, 57, "In 2024 no vessel was replaced."),
}


def write_pdfs(folder: Path) -> None:
    """Write the PDF files of the story under ``folder``."""
    (folder / "reports").mkdir(parents=True, exist_ok=True)
    for year in REPORTS:
        _report(folder / f"reports/annual-report-{year}.pdf", year)


def _report(path: Path, year: int) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    passengers, revenue, crew, news = REPORTS[year]
    total = sum(map(sum, passengers.values()))
    story: list[Any] = [
        Paragraph(f"Norrvik Ferries: annual report {year}", styles["Title"]),
        Paragraph("The year in short", styles["Heading1"]),
        Paragraph(f"In {year} our three ferries carried {total:,} passengers.", styles["BodyText"]),
        Paragraph(f"Revenue was {revenue} million euros and {crew} people worked for us.", styles["BodyText"]),
        Paragraph(news, styles["BodyText"]),
        Spacer(1, 12),
        Paragraph("Passengers by route", styles["Heading1"]),
        Paragraph(f"Table 1: Passengers by route and quarter in {year}", styles["Italic"]),
        _table(passengers),
        PageBreak(),
        Paragraph("Fuel", styles["Heading1"]),
    ]
    story += (
        _fuel_page(styles) if year == 2025 else [Paragraph("Fuel use was not metered in 2024.", styles["BodyText"])]
    )
    with _dated(year + 1):
        document = SimpleDocTemplate(str(path), pagesize=A4, title=f"Annual report {year}", author="Norrvik Ferries")
        document.build(story)


@contextmanager
def _dated(year: int) -> Generator[None]:
    """Let reportlab write the last day of January into a file; only this variable tells it another day than today."""
    before = os.environ.get(EPOCH)
    os.environ[EPOCH] = str(calendar.timegm((year, 1, 31, 9, 0, 0)))
    try:
        yield
    finally:
        os.environ.pop(EPOCH)
        if before is not None:
            os.environ[EPOCH] = before


def _table(passengers: dict[str, tuple[int, ...]]) -> Any:
    from reportlab.lib import colors
    from reportlab.platypus import Table, TableStyle

    rows = [["Route", "Q1", "Q2", "Q3", "Q4", "Total"]]
    rows += [[route, *(f"{n:,}" for n in numbers), f"{sum(numbers):,}"] for route, numbers in passengers.items()]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey)]
    return Table(rows, style=TableStyle(style))


def _fuel_page(styles: Any) -> list[Any]:
    from reportlab.platypus import Paragraph

    body, caption = styles["BodyText"], styles["Italic"]
    return [
        Paragraph("MS Alva and MS Birk burn marine diesel. MS Cissi sails on batteries.", body),
        Paragraph(f"Together they used {sum(FUEL_2025.values())} tonnes of diesel in 2025, most of it in July.", body),
        _chart(),
        Paragraph("Figure 1: Diesel use by month in 2025, in tonnes", caption),
        Paragraph("The diesel was delivered by Nordbunker at an average price of 712 euros per tonne.", body),
    ]


def _chart() -> Any:
    from reportlab.graphics.charts.barcharts import VerticalBarChart
    from reportlab.graphics.shapes import Drawing

    drawing = Drawing(430, 210)
    chart = VerticalBarChart()
    chart.x, chart.y, chart.width, chart.height = 40, 30, 370, 160
    chart.data = [list(FUEL_2025.values())]
    chart.categoryAxis.categoryNames = list(FUEL_2025)
    chart.valueAxis.valueMin, chart.valueAxis.valueMax, chart.valueAxis.valueStep = 0, 100, 20
    chart.barLabels.nudge, chart.barLabelFormat = 8, "%d"
    drawing.add(chart)
    return drawing
