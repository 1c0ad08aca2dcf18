"""A small library of a manual, a note, a table and photos, and pictures that people ask about; drawn, nothing real."""

from __future__ import annotations

from pathlib import Path

from groundsight.doors.python import OpenSuite
from groundsight.settings import Settings, load_settings
from tests.pictures import clock_face, page_of, traffic_light

MANUAL = """# Pump manual

## P-300

The pump P-300 has a maximum pressure of 16 bar. It weighs 42 kg.

## P-400

The pump P-400 has a maximum pressure of 25 bar.

## Errors

Error F-17 means that the inlet valve is closed. Open the valve and restart.
"""
NOTE = "# Sprint\n\nAnna wants the importer rewritten before the trade fair. Ben measures the cold start.\n"
SALES = "Region,Units 2024,Units 2025\nNorthland,412,455\nSouthport,377,391\nEastmark,298,310\n"
LABEL = ("ACME", "Type P-300", "Serial 99-1")
PRESSURE = "What is the maximum pressure of this pump?"


def library(folder: Path) -> Settings:
    """Read the library into a home, and return its settings."""
    docs = folder / "docs"
    docs.mkdir(parents=True)
    for name, text in {"manual.md": MANUAL, "note.md": NOTE, "sales.csv": SALES}.items():
        (docs / name).write_text(text)
    clock_face().save(docs / "hall.png")
    traffic_light().save(docs / "crossing.png")
    with OpenSuite(load_settings(folder / "home")) as suite:
        assert not suite.ingest(docs).failed
    return load_settings(folder / "home")


def printed(folder: Path, name: str, *lines: str) -> Path:
    """A picture of printed lines, beside the library."""
    file = folder / f"{name}.png"
    page_of(*lines).save(file)
    return file
