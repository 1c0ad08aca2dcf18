"""Text as a person sees it: decoded, without hidden characters, with even spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from groundsight.ingestion import Element
from groundsight.ingestion.readers.encoding import likely_encoding
from groundsight.ingestion.readers.ledger import lay_aside
from groundsight.ingestion.readers.smuggled import smuggled
from groundsight.types.showing import number_of

# Zero-width, soft hyphen, bidi controls, invisible operators, variation selectors used to smuggle
# bytes, interlinear marks, object replacement, BOM, tag characters. U+200C and U+200D carry meaning
# in Indic and Persian script and in emoji and are handled apart.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
_STRAY_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n|[\r\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[^\\S\n]+")
_EDGES = re.compile(" ?\n ?")
_BLANK_LINES = re.compile("\n{3,}")
_PARAGRAPHS = re.compile(r"\n\s*\n")
# What a reader writes before raised letters: behind a number, 10³ is no 103 and a note's sign no digit.
RAISED = "\x1e"
_RAISED = re.compile("(?<=[\\d.,;:)])\x1e(?=[+-]?\\d)")
# Cents that stand raised beside the sign of the money.
_CENTS = re.compile("([$€£¥] ?\\d+)\x1e(\\d\\d)(?!\\d)|(\\d)\x1e(\\d\\d)(?= ?(?:[$€£¥]|EUR\\b|USD\\b))")
# Colours and weights of a terminal.
_TERMINAL = re.compile("\x1b\\[[\\d;?]*[A-Za-z]")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip


def clean(text: str) -> str:
    """Drop what no reader sees and even out spaces; lines stay. What it spelled is set aside."""
    for told in smuggled(text):
        lay_aside(told)
    text = _TERMINAL.sub("", text) if "\x1b" in text else text
    text = _CENTS.sub(r"\1\3.\2\4", text) if RAISED in text else text
    seen = _CONTROL.sub("", _RAISED.sub("^", _STRAY_JOINER.sub("", _HIDDEN.sub("", _BREAK.sub("\n", text)))))
    return _BLANK_LINES.sub("\n\n", _EDGES.sub("\n", _SPACES.sub(" ", seen))).strip()


def one_line(text: str) -> str:
    """Clean and put on one line."""
    # Nine cells of ten have nothing to clean; the expressions take three times as long as this.
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(clean(text).split())


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines with their ends: a file object of the text would take four bytes a character."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def clean_rows(rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Clean every cell, drop empty rows and empty columns, and even out row lengths."""
    kept = [[one_line(cell) for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    width = max((len(row) for row in kept), default=0)
    padded = [row + [""] * (width - len(row)) for row in kept]
    used = [column for column in range(width) if any(row[column] for row in padded)]
    return tuple(tuple(row[column] for column in used) for row in padded)


def as_written(charset: str) -> str:
    """Return the encoding that programs mean by a name: Latin 1 stands for that of Windows, which has more signs."""
    return "cp1252" if charset.lower() in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else charset


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode text of unknown encoding: marks first, then UTF-16 by its NULs, UTF-8, then a guess."""
    text, warnings = _decoded(data)
    # An old Mac ended its lines so, and most libraries know other ends only.
    return (text if "\n" in text else text.replace("\r", "\n")), warnings


def _decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lossy(data, encoding)
    sample = data[:4096]
    if sample.count(b"\0") > len(sample) // 4:
        little = sample[1::2].count(b"\0") >= sample[::2].count(b"\0")
        return _lossy(data, "utf-16-le" if little else "utf-16-be")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _lossy(data, likely_encoding(data))
    # ISO-2022-JP is pure ASCII bytes with escapes.
    return _lossy(data, "iso2022_jp") if "\x1b$" in text else (text, ())


def paragraphs(text: str, *, as_set: bool = False) -> Iterator[str]:
    """Yield the cleaned paragraphs of a text, what blank lines part; ``as_set`` leaves their spaces."""
    for block in _PARAGRAPHS.split(_BREAK.sub("\n", text)):
        if kept := clean(block):
            yield block if as_set else kept


def day_of(value: object) -> date | None:
    """Return the day of a date-like value, None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


class Outline:
    """Keeps the path of headings while a document is read from top to bottom."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []

    @property
    def section(self) -> str | None:
        """The current path, ``Chapter > Part``; None before the first heading."""
        return " > ".join(title for _, title in self._path) or None

    def heading(self, text: str, level: int, page: int | None = None) -> Element:
        """Enter a heading and return its element."""
        self._path = [entry for entry in self._path if entry[0] < level]
        self._path.append((level, text[:200]))
        return Element(kind="heading", text=text, level=level, page=page, section=self.section)

    def reset(self) -> None:
        """Forget all headings."""
        self._path.clear()


def _lossy(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, errors="replace")
    lost = text.count("\ufffd")
    return text, ((f"{number_of(lost, 'character')} could not be decoded as {encoding}",) if lost else ())
