"""What of the personal data in some files can still be found in a home: its index, caches, pages, trail and copies."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from groundsight.errors import GroundsightError
from groundsight.governance.pii import Memory, find
from groundsight.ingestion.document import clean_document
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import sniff
from groundsight.settings import PiiKind, Settings

_BETWEEN = re.compile(r"[\s\-./()_+]")
_STRING = re.compile(r'"((?:[^"\\]|\\.){6,20000})"')
# Shorter runs of digits stand in hashes and coordinates by chance.
_FEWEST = 9


def values_of(files: Iterable[Path], settings: Settings) -> frozenset[tuple[PiiKind, str]]:
    """Return every declared value that the files show as text, in its one form. Pictures are not read here."""
    found: set[tuple[PiiKind, str]] = set()
    for file in files:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                kind = sniff(file, file.name).media_type
                parsed = BuiltinPartitioner()(file, kind, Path(scratch), settings.limits)
            except GroundsightError:
                # What no reader takes was not ingested either; the report of the ingest names it.
                continue
        found |= clean_document(parsed, settings.governance.redact).memory.numbers.keys()
    return frozenset(found)


def residue(home: Path, values: Iterable[tuple[PiiKind, str]], kinds: Sequence[PiiKind]) -> tuple[str, ...]:
    """Search a whole home; return the values that are in it, and what the finder would still replace in its texts."""
    texts = list(_texts(home))
    squeezed = [_squeezed(text) for text in texts]
    known = [value for _, value in values if len(_squeezed(value)) >= _FEWEST]
    left = [value for value in known if any(_squeezed(value) in text for text in squeezed)]
    strings = {match.group(1) for text in texts for match in _STRING.finditer(text)}
    return (*left, *(text[span.start : span.end] for text in strings for span in find(text, kinds, Memory())))


def _texts(home: Path) -> Iterator[str]:
    """Yield the text of every file, and of every cell of every database: long cells lie in pieces in the file."""
    for file in sorted(path for path in home.rglob("*") if path.is_file()):
        data = file.read_bytes()
        if data.startswith(b"SQLite format 3"):
            yield from _cells(file)
        else:
            yield data.replace(b"\0", b"").decode("utf-8", "replace")


def _cells(file: Path) -> Iterator[str]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as opened:
        tables = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            for row in opened.execute(f"SELECT * FROM {name}"):
                yield "\n".join(
                    cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in row
                )


def _squeezed(text: str) -> str:
    return _BETWEEN.sub("", text).casefold()
