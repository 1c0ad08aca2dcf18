"""Rich text (rtf): paragraphs and tables; pictures are left out and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, clean_rows, one_line
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.sniff import RTF
from groundsight.types import LeftOut

_LEFT = {"picture": re.compile(r"\\pict\b"), "comment": re.compile(r"\\annotation\b")}
# The library skips these groups; what they hold is read where they stand.
_MARGINS = re.compile(r"\\(?:\*\\)?(?:(?:header|footer)[flr]?|shp(?:inst|txt)?)\b ?")
_NOTES = re.compile(r"\\footnote\b ?")
_TITLE = re.compile(r"\{\\title ([^{}]*)\}")


def read_rtf(path: Path) -> Parsed:
    """Read rich text; the cells of a row are parted by bars in what the library returns."""
    from striprtf import striprtf

    rtf_to_text = cast("Callable[..., str]", cast(Any, striprtf).rtf_to_text)
    source = path.read_bytes().decode("latin-1")
    text = rtf_to_text(_NOTES.sub(" ", _MARGINS.sub(r"\\par ", source)), errors="replace")
    counts = {kind: len(pattern.findall(source)) for kind, pattern in _LEFT.items()}
    left_out = tuple(LeftOut(kind=kind, why="rich text is read as text", count=n) for kind, n in counts.items() if n)
    title = _TITLE.search(source)
    return Parsed(
        media_type=RTF,
        title=one_line(rtf_to_text(title[1], errors="replace")) if title else "",
        elements=tuple(_elements(text)),
        left_out=left_out,
    )


def _elements(text: str) -> Iterator[Element]:
    for is_row, lines in groupby(
        text.split("\n"), key=lambda line: line.count("|") > 1 and line.rstrip().endswith("|")
    ):
        listed = list(lines)
        if is_row and len(listed) > 1:
            yield from table_blocks(clean_rows(line.rstrip().removesuffix("|").split("|") for line in listed))
            continue
        for line in listed:
            if shown := clean(line):
                yield Element(kind="text", text=shown)
