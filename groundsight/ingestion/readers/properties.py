"""What the properties of a document say beside its title: subject, keywords, category, description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import one_line

_LABELS = {
    "subject": "Subject", "keywords": "Keywords", "keyword": "Keywords", "category": "Category",
    "description": "Description",
}  # fmt: skip
_PROGRAM = re.compile(r"(?:generated|created|produced) (?:by|with|using)\b|\(?unspecified\)?$", re.I)


def property_elements(told: Iterable[tuple[str, str]]) -> Iterator[Element]:
    """Yield the properties by their names as one text; what a program says of itself is none."""
    kept = ((_LABELS[name], one_line(text)) for name, text in told if name in _LABELS and not _PROGRAM.match(text))
    lines: dict[str, list[str]] = {}
    for label, text in kept:
        lines.setdefault(label, []).extend([text] if text else [])
    said = [f"{label}: {', '.join(texts)}" for label, texts in lines.items() if texts]
    if said:
        yield Element(kind="text", text="\n".join(said))
