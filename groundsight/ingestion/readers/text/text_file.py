"""Plain text: paragraphs, whatever the encoding."""

from __future__ import annotations

import re
from pathlib import Path

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.clean import decode, paragraphs
from groundsight.ingestion.readers.text.set_columns import set_in_columns
from groundsight.ingestion.sniff import PLAIN

# Calendars and cards break their lines anywhere, within words as well (RFC 5545, 3.1, and RFC 6350, 3.2).
_BROKEN = ("BEGIN:VCALENDAR", "BEGIN:VCARD")
_BREAK = re.compile(r"\r?\n[ \t]")


def read_text(path: Path) -> Parsed:
    """Read a text file as one element a paragraph."""
    text, warnings = decode(path.read_bytes())
    text = _BREAK.sub("", text) if text.lstrip("\ufeff").upper().startswith(_BROKEN) else text
    elements = tuple(element for block in paragraphs(text, as_set=True) for element in set_in_columns(block))
    return Parsed(media_type=PLAIN, elements=elements, warnings=warnings)
