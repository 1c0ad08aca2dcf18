"""Plain text: paragraphs, whatever the encoding."""

from __future__ import annotations

from pathlib import Path

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.clean import decode, paragraphs
from groundsight.ingestion.readers.text.set_columns import set_in_columns
from groundsight.ingestion.sniff import PLAIN


def read_text(path: Path) -> Parsed:
    """Read a text file as one element a paragraph."""
    text, warnings = decode(path.read_bytes())
    elements = tuple(element for block in paragraphs(text, as_set=True) for element in set_in_columns(block))
    return Parsed(media_type=PLAIN, elements=elements, warnings=warnings)
