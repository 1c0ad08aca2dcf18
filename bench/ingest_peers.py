"""Other readers of files, each in an interpreter of its own: ``PYTHON ingest_peers.py NAME OUT FILE...``.

Needs nothing of ours, so that any environment runs it. Writes the text of the n-th file to ``OUT/n.txt`` and prints a
line of JSON a file: CPU seconds of this process and its children, and the class of what went wrong, if anything did.
``bare`` is the plain library of each format and nothing around it: no tables, no order of reading, no limits.
"""

from __future__ import annotations

import csv
import email
import email.policy
import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Read = Callable[[Path], str]


def _pdf(path: Path) -> str:
    document: Any = import_module("pypdfium2").PdfDocument(path)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def _docx(path: Path) -> str:
    document: Any = import_module("docx").Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(each.text for each in document.paragraphs), *cells])


def _pptx(path: Path) -> str:
    slides: Any = import_module("pptx").Presentation(str(path)).slides
    return "\n".join(shape.text for slide in slides for shape in slide.shapes if shape.has_text_frame)


def _xlsx(path: Path) -> str:
    book: Any = import_module("openpyxl").load_workbook(path, read_only=True, data_only=True)
    rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
    return "\n".join(" ".join(str(cell) for cell in row if cell is not None) for row in rows)


def _html(path: Path) -> str:
    return str(import_module("bs4").BeautifulSoup(path.read_bytes(), "lxml").get_text("\n"))


def _csv(path: Path) -> str:
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return "\n".join(" ".join(row) for row in csv.reader(file))


def _mail(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    return f"{message['subject']}\n{body.get_content() if body else ''}"


_BARE: dict[str, Read] = {
    ".pdf": _pdf, ".docx": _docx, ".pptx": _pptx, ".xlsx": _xlsx, ".html": _html, ".htm": _html, ".csv": _csv,
    ".eml": _mail,
}  # fmt: skip


def _bare(path: Path) -> str:
    return _BARE.get(path.suffix.lower(), lambda path: path.read_text("utf-8", "replace"))(path)


def _markitdown() -> Read:
    library: Any = import_module("markitdown").MarkItDown()
    return lambda path: str(library.convert(str(path)).text_content)


def _unstructured() -> Read:
    os.environ |= {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true", "HF_HUB_OFFLINE": "1"}
    # It downloads a model for sentences on first use; where nothing can be, it gets spaCy's rules, as in our reader.
    pipeline: Any = import_module("spacy").blank("en")
    pipeline.add_pipe("sentencizer")
    tokenizer: Any = import_module("unstructured.nlp.tokenize")
    tokenizer._get_nlp = lambda: pipeline
    partition: Any = import_module("unstructured.partition.auto").partition
    return lambda path: "\n".join(str(each) for each in partition(str(path), strategy="fast"))


_READERS: dict[str, Callable[[], Read]] = {
    "bare": lambda: _bare,
    "markitdown": _markitdown,
    "unstructured": _unstructured,
}


def main(name: str, out: str, *files: str) -> None:
    """Open the reader, then read file by file; the first line is what opening cost."""
    read, used = _READERS[name](), _used()
    print(json.dumps({"file": "", "cpu": used, "error": ""}))
    for number, file in enumerate(files):
        text, error = _tried(read, Path(file))
        Path(out, f"{number}.txt").write_text(text, encoding="utf-8", errors="replace")
        before, used = used, _used()
        print(json.dumps({"file": file, "cpu": used - before, "error": error}), flush=True)


def _tried(read: Read, file: Path) -> tuple[str, str]:
    try:
        return read(file), ""
    except Exception as error:  # noqa: BLE001 - a door: whatever a foreign reader raises is one line of the result
        return "", type(error).__name__


def _used() -> float:
    return time.process_time() + sum(os.times()[2:4])


if __name__ == "__main__":
    main(*sys.argv[1:])
