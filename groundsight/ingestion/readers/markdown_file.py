"""Markdown (CommonMark with tables): headings, paragraphs, lists, code, tables. Links are not followed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, decode, one_line
from groundsight.ingestion.readers.csv_file import table_blocks
from groundsight.ingestion.sniff import MARKDOWN

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)


def read_markdown(path: Path) -> Parsed:
    """Read a Markdown file; HTML blocks inside it keep only their visible text."""
    from markdown_it import MarkdownIt

    text, warnings = decode(path.read_bytes())
    body = _FRONT_MATTER.sub("", text.replace("\r\n", "\n").replace("\0", ""))
    tokens = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table").parse(body)
    elements = tuple(_elements(tokens))
    title = next((element.text for element in elements if element.kind == "heading"), "")
    return Parsed(media_type=MARKDOWN, title=title, elements=elements, warnings=warnings)


def _elements(tokens: Sequence[Token]) -> Iterator[Element]:
    outline, position, in_list = Outline(), 0, 0
    while position < len(tokens):
        token = tokens[position]
        in_list += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "table_open":
            end = next(index for index in range(position, len(tokens)) if tokens[index].type == "table_close")
            yield from table_blocks(clean_rows(_rows(tokens[position:end])), outline.section)
            position = end
        elif token.type == "inline":
            yield from _inline(token, tokens[position - 1], outline, in_list > 0)
        elif token.type in ("fence", "code_block") and clean(token.content):
            yield Element(kind="text", text=clean(token.content), section=outline.section)
        elif token.type == "html_block":
            yield from _markup(token.content, outline.section)
        position += 1


def _inline(token: Token, opener: Token, outline: Outline, in_list: bool) -> Iterator[Element]:
    text = clean(_words(token))
    if not text:
        return
    if opener.type == "heading_open":
        yield outline.heading(one_line(text), int(opener.tag[1:]))
        return
    yield Element(kind="text", text=f"- {text}" if in_list else text, section=outline.section)


def _words(token: Token) -> str:
    """Join the visible words of an inline token: link texts, code, alternative texts; no tags."""
    pieces = {"softbreak": "\n", "hardbreak": "\n", "html_inline": ""}
    return "".join(pieces.get(child.type, child.content) for child in token.children or ())


def _rows(tokens: Sequence[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token))
    return rows


def _markup(text: str, section: str | None) -> Iterator[Element]:
    from groundsight.ingestion.readers.html_file import html_elements

    for element in html_elements(text)[1]:
        yield element.model_copy(update={"section": section})
