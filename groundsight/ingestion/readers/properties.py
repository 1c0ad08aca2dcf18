"""What the properties of a document say beside its title: subject, keywords, description, those of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import one_line

_LABELS = {
    "subject": "Subject", "keywords": "Keywords", "keyword": "Keywords", "category": "Category",
    "description": "Description", "publisher": "Publisher", "rights": "Rights", "identifier": "Identifier",
    "company": "Company", "manager": "Manager",
}  # fmt: skip
_PROGRAM = re.compile(
    r"(?:generated|created|produced) (?:by|with|using)\b|\(?unspecified\)?$|(?:urn:uuid:)?[\da-f]{8}-[\da-f]{4}-", re.I
)

# Office programs and servers keep notes of their own among those that someone named.
_OF_PROGRAMS = re.compile(r"_|MSIP_|KSO|ContentTypeId|PresentationFormat|MediaService|TemplateUrl")


def property_elements(told: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]] = ()) -> Iterator[Element]:
    """Yield the properties by their names as one text, then those that someone named; a program's own are none."""
    kept = [(_LABELS[name], one_line(text)) for name, text in told if name in _LABELS and not _PROGRAM.match(text)]
    lines: dict[str, dict[str, None]] = {}
    named = ((one_line(name), one_line(text)) for name, text in own if not _OF_PROGRAMS.match(name))
    for label, text in (*kept, *(one for one in named if not _PROGRAM.match(one[1]))):
        lines.setdefault(label, {}).update({text: None} if text else {})
    said = [f"{label}: {', '.join(texts)}" for label, texts in lines.items() if texts]
    if said:
        yield Element(kind="text", text="\n".join(said))
