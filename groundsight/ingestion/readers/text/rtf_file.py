"""Rich text (rtf): paragraphs, tables, margins, notes and comments; pictures are left out and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import RAISED, clean, clean_rows, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.sniff import RTF

_PICTURE = re.compile(r"\\pict\b")
# The library skips these groups; what they hold is read where they stand, on lines of its own.
_MARGIN = re.compile(r"\{\s*\\(?:\*\\)?(?:(?:header|footer)[flr]?|shp(?:inst|txt)?)\b ?")
_NOTE = re.compile(r"\{\s*\\(?:\*\\)?(?:footnote|endnote)\b ?")
_COMMENT = re.compile(r"\{\s*\\\*\\annotation\b ?")
_HIDDEN = re.compile(r"\{(?:\\[a-z]+-?\d* ?)*?\\v(?![a-z0])\d* ?")
_ABOUT = re.compile(r"\{\\(title|subject|keywords|category|doccomm) ([^{}]*)\}")
_LINK = re.compile(r'HYPERLINK\s+"([^"\\]{1,300})"')
_SUPER = re.compile(r"\\super(?![a-z0]) ?")
_STRIKE = re.compile(r"\\(?:striked?|deleted)(?![a-z])")
_TOKEN = re.compile(
    r"\\'[0-9a-fA-F]{2}|\\u-?\d+ ?\??|\\(?P<word>[a-zA-Z]+|\*)(?P<count>-?\d*) ?|\\.|[{}]|[^\\{}]+", re.S
)
_STRIKING, _ENDING = ("strike", "striked", "deleted", "plain"), ("par", "cell", "row", "line")
# Groups of which nothing is text.
_MUTE = ("stylesheet", "fonttbl", "colortbl", "info", "pict", "*")
_BRACE = re.compile(r"\\[\\{}]|[{}]")


def read_rtf(path: Path) -> Parsed:
    """Read rich text; the cells of a row are parted by bars in what the library returns."""
    source, comments = _without(_COMMENT, path.read_bytes().decode("latin-1"))
    source, hidden = _without(_HIDDEN, source)
    source = _SUPER.sub(lambda found: f"{found[0].rstrip()} {RAISED}", source)
    ledger = Ledger()
    ledger.note("picture", "rich text is read as text", len(_PICTURE.findall(source)))
    opened, struck = _unstruck(_parted(_NOTE, " ", _parted(_MARGIN, r"\par ", source)))
    text = _plain(opened)
    kinds = ((comments, "comment"), (hidden, "hidden"), (struck, "deleted"))
    apart = [(one, mark) for each, mark in kinds for one in each]
    said = (Element(kind="text", text=shown, mark=mark) for one, mark in apart if (shown := clean(_plain(one))))
    about = {name.replace("doccomm", "description"): one_line(_plain(said)) for name, said in _ABOUT.findall(source)}
    links, elements = " ".join(dict.fromkeys(_LINK.findall(source))), list(_elements(text))
    elements[:1] = [one.model_copy(update={"meta": links}) for one in elements[:1]]
    return Parsed(
        media_type=RTF,
        title=about.get("title", ""),
        elements=(*elements, *said, *property_elements(about.items())),
        left_out=ledger.left_out,
    )


def _plain(source: str) -> str:
    from striprtf import striprtf

    return cast("Callable[..., str]", cast(Any, striprtf).rtf_to_text)(source, errors="replace")


def _parted(begin: re.Pattern[str], sign: str, source: str) -> str:
    """Open groups of a kind, with a sign before and after what they hold."""
    pieces, at = list[str](), 0
    for found in begin.finditer(source):
        pieces += [source[at : found.start()], "{", sign]
        at = found.end()
        end = _end(source, at)
        if begin.search(source, at, end) is None:
            pieces += [source[at:end], sign]
            at = end
    return "".join((*pieces, source[at:]))


def _without(begin: re.Pattern[str], source: str) -> tuple[str, list[str]]:
    """Take groups of a kind out, and return what they hold."""
    pieces, held, at = list[str](), list[str](), 0
    for found in begin.finditer(source):
        if found.start() >= at:
            pieces.append(source[at : found.start()])
            at = _end(source, found.end()) + 1
            held.append(f"{{\\rtf1 {source[found.end() : at]}")
    return "".join((*pieces, source[at:])), held


def _unstruck(source: str) -> tuple[str, list[str]]:
    """Take out the words that are struck out, and return each stretch of them; paragraphs and cells stay."""
    if not _STRIKE.search(source):
        return source, []
    pieces, held = list[str](), [""]
    # For each open group whether it strikes out, and whether nothing in it is text.
    groups = [(False, False)]
    for found in _TOKEN.finditer(source):
        token, word, (struck, mute) = found[0], found["word"], groups[-1]
        if token == "{":
            groups.append(groups[-1])
        elif token == "}":
            groups = groups[:-1] or [(False, False)]
        elif word:
            groups[-1] = _struck_by(word, found["count"]) if word in _STRIKING else struck, mute or word in _MUTE
        elif struck and not mute:
            held[-1] += token
            continue
        if word in _ENDING or (not word and token.strip("{} \r\n")):
            held += [""] if held[-1] else []
        pieces.append(token)
    return "".join(pieces), [f"{{\\rtf1 {one}}}" for one in held if one]


def _struck_by(word: str, count: str) -> bool:
    return word != "plain" and count != "0"


def _end(source: str, start: int) -> int:
    """Return where the group ends that was open at ``start``."""
    depth = 1
    for found in _BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return len(source)


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
