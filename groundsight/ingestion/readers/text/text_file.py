"""Plain text: paragraphs, whatever the encoding."""

from __future__ import annotations

from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import decode, paragraphs
from groundsight.ingestion.sniff import PLAIN


def read_text(path: Path) -> Parsed:
    """Read a text file as one element a paragraph."""
    text, warnings = decode(path.read_bytes())
    elements = tuple(Element(kind="text", text=block) for block in paragraphs(text))
    return Parsed(media_type=PLAIN, elements=elements, warnings=warnings)
