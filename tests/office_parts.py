"""Office files written part by part, for what the usual libraries cannot write."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml"
_SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": RELATIONS,
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "v": "urn:schemas-microsoft-com:vml",
}
_KINDS = {
    "comments.xml": "comments", "footnotes.xml": "footnotes", "endnotes.xml": "endnotes", "styles.xml": "styles",
    "numbering.xml": "numbering", "settings.xml": "settings", "header": "header", "footer": "footer",
    "charts/": "chart", "diagrams/": "diagramData", "media/": "image", "slides/": "slide", "notesSlides/": "notesSlide",
    "worksheets/": "worksheet", "chartsheets/": "chartsheet", "drawings/": "drawing", "sharedStrings": "sharedStrings",
    "comments/": "comments", "comments1": "comments", "embeddings/": "package",
    "chunk": "aFChunk",
}  # fmt: skip


def part(xml: str) -> str:
    """A part: its one element, with every name space declared on it."""
    tag, _, rest = xml.partition(">")
    closed = tag.endswith("/")
    spaces = "".join(f' xmlns:{name}="{space}"' for name, space in _SPACES.items())
    return f"{tag.rstrip('/')}{spaces}{'/' if closed else ''}>{rest}"


def relations(targets: Mapping[str, str]) -> str:
    """The relations part of targets by id; the kind follows from the name."""
    kinds = {key: next(kind for known, kind in _KINDS.items() if known in name) for key, name in targets.items()}
    listed = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONS}/{kinds[key]}" Target="{name}"/>' for key, name in targets.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


def write_package(path: Path, main: str, parts: Mapping[str, str | bytes], *, strict: bool = False) -> Path:
    """Write a container whose document begins in the part ``main``."""
    root = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONS}/officeDocument" Target="{main}"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"_rels/.rels": root, **parts}.items():
            archive.writestr(name, _strict(content) if strict and isinstance(content, str) else content)
    return path


def write_word(
    path: Path, body: str, targets: Mapping[str, str] | None = None, *, strict: bool = False, **parts: str | bytes
) -> Path:
    """Write a Word document; ``targets`` are its relations by id, ``parts`` their content by id."""
    named = targets or {}
    written: dict[str, str | bytes] = {
        "word/document.xml": part(f"<w:document><w:body>{body}</w:body></w:document>"),
        "word/_rels/document.xml.rels": relations(named),
    }
    for key, content in parts.items():
        written[f"word/{named[key]}"] = part(content) if isinstance(content, str) else content
    return write_package(path, "word/document.xml", written, strict=strict)


def paragraph(text: str, properties: str = "") -> str:
    """A paragraph of one run."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def _strict(content: str) -> str:
    for old, new in (
        ("http://schemas.openxmlformats.org/officeDocument/2006", f"{STRICT}/officeDocument"),
        ("http://schemas.openxmlformats.org/wordprocessingml/2006", f"{STRICT}/wordprocessingml"),
        ("http://schemas.openxmlformats.org/spreadsheetml/2006", f"{STRICT}/spreadsheetml"),
        ("http://schemas.openxmlformats.org/drawingml/2006", f"{STRICT}/drawingml"),
    ):
        content = content.replace(old, new)
    return content
