"""What a source is called: its title, its file name and its headings."""

from __future__ import annotations

import re

from groundsight.types import Evidence


def heading_of(evidence: Evidence) -> str:
    """Return the heading path of an evidence."""
    return evidence.place.section or ""


def naming_of(evidence: Evidence) -> str:
    """Return the title and the file name of an evidence, as they are and with separators as spaces."""
    spaced = re.sub(r"[/\\_.-]+", " ", f"{evidence.title} {evidence.source}")
    return f"{spaced} {evidence.title} {evidence.source}"
