"""Evidence from files named on the command line: plain text as it is, everything else through the parser's child."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from groundsight.errors import LimitExceeded, NotFound, ParseFailed
from groundsight.tools.explain import asker, kept_for
from groundsight.tools.gate import ToolSpec
from groundsight.tools.recording import Check
from groundsight.tools.replay import Replayed, replayed
from groundsight.tools.verify import Verification, shaped
from groundsight.types import Evidence

if TYPE_CHECKING:
    from groundsight.ingestion import Element
    from groundsight.ingestion.frozen import Frozen
    from groundsight.suite import Suite

PLAIN = (".txt", ".md", ".markdown", ".rst", ".log")


def verify_files(suite: Suite, answer: str, files: list[str]) -> Verification:
    """Check an answer against files that a person named on the command line."""
    evidence = [each for file in files for each in evidence_of_file(suite, Path(file))]
    return shaped(suite, Check(answer, evidence, files=tuple(str(Path(file).resolve()) for file in files)))


def replay_any(suite: Suite, receipt_id: str) -> Replayed:
    """Do again what any receipt of this home was given for, as the caller of then; files are read where they lay.

    Raises:
        NotFound: there is no such receipt, or it is too old.
    """
    kept = kept_for(suite, receipt_id, anyone=True)
    as_then = suite.acting_for(asker(suite, kept))
    return replayed(as_then, kept, lambda file: evidence_of_file(as_then, Path(file)))


REPLAY_ANY = ToolSpec(replay_any, "Ask again and compare")
VERIFY_FILES = ToolSpec(verify_files, "Check an answer against files")


def evidence_of_file(suite: Suite, file: Path) -> Sequence[Evidence]:
    """Return the evidence in a file, one for each table and each page.

    Raises:
        NotFound, UnsupportedType, LimitExceeded, ParseFailed: the file cannot be used.
    """
    from groundsight.ingestion.frozen import frozen_by_name

    if not os.path.isfile(file):
        raise NotFound("there is no such evidence file", which=str(file), next_step="check the path after --evidence")
    with frozen_by_name(file.resolve(), suite.settings.limits.file_bytes) as document:
        found = _plain(suite, document) if file.suffix.lower() in PLAIN else _parsed(suite, document)
    if not found:
        raise ParseFailed("the file holds no text", which=document.name, code="E_EMPTY", next_step="give another file")
    return found


def _plain(suite: Suite, document: Frozen) -> list[Evidence]:
    from groundsight.language.sentences import evidence_from_text

    limit = suite.settings.limits.text_bytes
    if document.bytes > limit:
        raise LimitExceeded(
            "the evidence file is too large",
            which=document.name,
            limit=f"{limit} bytes (limits.text_bytes)",
            code="E_LIMIT_BYTES",
        )
    text = document.read().decode("utf-8", "replace")
    return [evidence_from_text(document.name, document.name, text)] if text.strip() else []


def _parsed(suite: Suite, document: Frozen) -> list[Evidence]:
    from groundsight.ingestion.apart import in_sight
    from groundsight.ingestion.partition import partition

    with TemporaryDirectory() as scratch:
        parsed = partition(document, suite.settings, Path(scratch), suite.watch, suite.parts.sandbox)
        elements = in_sight([_with_words(suite, element, Path(scratch)) for element in parsed.elements])
    tables = [element for element in elements if element.kind == "table"]
    name = document.name
    return [*_pages(name, elements), *(_table(name, number, each) for number, each in enumerate(tables, 1))]


def _with_words(suite: Suite, element: Element, scratch: Path) -> Element:
    """Read a scanned page or picture that carries no text of its own."""
    if element.text or not element.picture or suite.parts.ocr is None:
        return element
    from groundsight.tools.pictures import opened

    lines = suite.parts.ocr.read(opened((scratch / element.picture).read_bytes()))
    return element.model_copy(update={"text": "\n".join(line.text for line in lines)})


def _pages(name: str, elements: Sequence[Element]) -> list[Evidence]:
    from groundsight.language.sentences import evidence_from_text

    texts: dict[int | None, list[str]] = {}
    for element in elements:
        if element.kind != "table" and element.text.strip():
            texts.setdefault(element.page, []).append(element.text)
    return [
        evidence_from_text(f"{name}#page={page}" if page else name, name, "\n\n".join(parts))
        for page, parts in texts.items()
    ]


def _table(name: str, number: int, element: Element) -> Evidence:
    from groundsight.types import Place

    rows = "\n".join(" | ".join(row) for row in element.cells) or element.text
    place = Place(page=element.page, box=element.box, section=element.section)
    return Evidence(
        evidence_id=f"{name}#table={number}", kind="table", source=name, text=rows, cells=element.cells, place=place
    )
