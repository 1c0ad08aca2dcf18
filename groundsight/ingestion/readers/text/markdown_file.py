"""Markdown (CommonMark with tables): headings, paragraphs, lists, code, tables. Links are not followed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, clean, clean_rows, decode, one_line
from groundsight.ingestion.readers.ledger import REMARK, TIP, Ledger, lay_aside
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.readers.text.front_matter import front_matter
from groundsight.ingestion.readers.text.html_file import FAR, read_page
from groundsight.ingestion.readers.text.markup import is_hidden, parsed_markup
from groundsight.ingestion.sniff import MARKDOWN
from groundsight.language.addressed import speaks_to_a_model
from groundsight.types import LeftOut

if TYPE_CHECKING:
    from markdown_it.token import Token

_DEEPEST = 40
# A definition that nothing refers to, and a remark in HTML, are shown nowhere.
_REMARK = re.compile(r"^\[[^\]\n]{1,80}\]:\s*\S{1,80}\s+[\"'(](.{1,2000})[\"')]\s*$|<!--(?:.{1,2000}?)-->", re.M)
# What a footnote says goes on in lines that are set in, behind blank ones too, and in plain lines right below.
_NOTE = re.compile(
    r"^ {0,3}\[\^([^\]\s]{1,80})\]:[ \t]*"
    r"(.*(?:\n(?:[ \t]*\n)*(?:    |\t).*|\n(?! {0,3}\[\^)[^\s#>|`~*+-].*)*)", re.M
)  # fmt: skip
_NOTED = re.compile(r"\[\^([^\]\s]{1,80})\]")
_FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1", re.M | re.S)
_SHEET = re.compile(r"<style.{0,20000}?</style>", re.I | re.S)
_WIKI_LINK = re.compile(r"!?\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]\n]{1,200}))?\]\]")


def read_markdown(path: Path) -> Parsed:
    """Read a Markdown file; HTML inside it keeps only its visible text, what is struck out is marked as deleted."""
    text, warnings = decode(path.read_bytes())
    told = front_matter(text.replace("\r\n", "\n").replace("\0", ""))
    elements, left_out = markdown_elements(told.body)
    title = told.title or next((element.text for element in elements if element.kind == "heading"), "")
    return Parsed(
        media_type=MARKDOWN,
        title=title,
        created=told.day,
        elements=(*told.elements, *elements),
        left_out=left_out,
        warnings=warnings,
    )


def markdown_elements(text: str, outline: Outline | None = None) -> tuple[tuple[Element, ...], tuple[LeftOut, ...]]:
    """Return the elements of a Markdown text, its notes behind what refers to them, and what lies elsewhere."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    text, notes = _without_notes(text)
    sheet, ledger = "".join(_SHEET.findall(text)), Ledger()

    def parsed(part: str) -> list[Token]:
        tokens = reader.parse(part)
        for token in tokens:
            _take_out_unseen(token, sheet)
        return tokens

    tokens = parsed(text)
    for remark in (found[1] or found[0] for found in _REMARK.finditer(text)):
        ledger.note(*REMARK)
        if speaks_to_a_model(remark):
            lay_aside(remark)
    ledger.note("passage", "it is nested too deep", int(any(token.level >= _DEEPEST - 1 for token in tokens)))
    children = [child for token in tokens for child in token.children or ()]
    ledger.note(*FAR, sum(child.type == "image" for child in children))
    ledger.note(*TIP, sum(bool(child.attrs.get("title")) for child in children))
    said = {key: _elements(parsed(note), Outline(), ledger, sheet) for key, note in notes.items()}
    told = {key: "\n".join(element.text for element in note) for key, note in said.items()}
    elements = _elements(tokens, outline or Outline(), ledger, sheet)
    return tuple(_with_notes(elements, told) if told else elements), ledger.left_out


def _without_notes(text: str) -> tuple[str, dict[str, str]]:
    """Take the footnotes out of a text, by their signs."""
    if "[^" not in text:
        return text, {}
    fenced, notes = [found.span() for found in _FENCED.finditer(text)], dict[str, str]()

    def take(found: re.Match[str]) -> str:
        if any(begin <= found.start() < end for begin, end in fenced):
            return found[0]
        notes[found[1]] = re.sub(r"^(?:    |\t)", "", found[2], flags=re.M)
        return ""

    return _NOTE.sub(take, text), notes


def _with_notes(elements: Iterable[Element], notes: dict[str, str]) -> Iterator[Element]:
    """Write marks as those of other documents, and each note behind the element of its mark."""
    left = dict(notes)
    for element in elements:
        texts = (element.text, *(cell for row in element.cells for cell in row))
        cells = tuple(tuple(_marked(cell, notes) for cell in row) for row in element.cells)
        yield element.model_copy(update={"text": _marked(element.text, notes), "cells": cells})
        for key in (key for text in texts for key in _NOTED.findall(text) if key in left):
            yield Element(kind="text", text=f"[{key}] {_marked(left.pop(key), notes)}", section=element.section)
    yield from (Element(kind="text", text=f"[{key}] {note}") for key, note in left.items())


def _marked(text: str, notes: Collection[str]) -> str:
    return _NOTED.sub(lambda found: f"[{found[1]}]" if found[1] in notes else found[0], text)


def _take_out_unseen(token: Token, sheet: str) -> None:
    """Take out of a passage what the HTML in it keeps from its readers."""
    pieces = token.children or []
    if not any(piece.type == "html_inline" for piece in pieces):
        return
    tags = (one.content if one.type == "html_inline" else f"<i data-at={at}>x</i>" for at, one in enumerate(pieces))
    page = parsed_markup(f"{sheet}<p>{''.join(tags)}")
    marked: list[Any] = [] if page is None else [*page.iter("i")]
    unseen = {one.get("data-at") for one in marked if any(map(is_hidden, (one, *one.iterancestors())))}
    lay_aside("".join(piece.content for at, piece in enumerate(pieces) if str(at) in unseen))
    token.children = [piece for at, piece in enumerate(pieces) if str(at) not in unseen]


def _elements(tokens: Sequence[Token], outline: Outline, ledger: Ledger, sheet: str) -> Iterator[Element]:
    position, points = 0, list[str]()
    while position < len(tokens):
        token = tokens[position]
        if token.type == "list_item_open":
            points.append(f"{token.info}. " if token.info else "- ")
        elif token.type == "list_item_close":
            points.pop()
        if token.type == "table_open":
            end = next(index for index in range(position, len(tokens)) if tokens[index].type == "table_close")
            meta = " ".join(_targets(tokens[position:end]))
            for block in table_blocks(clean_rows(_rows(tokens[position:end])), outline.section):
                yield block.model_copy(update={"meta": meta})
            struck = [_words(one, struck=True) for one in tokens[position:end] if one.type == "inline"]
            yield from _struck(" ".join(filter(None, struck)), outline)
            position = end
        elif token.type == "inline":
            yield from _inline(token, tokens[position - 1], outline, points[-1] if points else "")
        elif token.type in ("fence", "code_block") and clean(token.content):
            yield Element(kind="text", text=clean(token.content), section=outline.section)
        elif token.type == "html_block":
            page = read_page(sheet + token.content)
            ledger.add(page.left_out)
            for element in page.elements:
                yield element.model_copy(update={"section": outline.section})
        position += 1


def _inline(token: Token, opener: Token, outline: Outline, point: str) -> Iterator[Element]:
    text, struck, meta = clean(_words(token)), clean(_words(token, struck=True)), " ".join(_targets([token]))
    if text and opener.type == "heading_open":
        yield outline.heading(one_line(text), int(opener.tag[1:])).model_copy(update={"meta": meta})
    elif text:
        yield Element(kind="text", text=point + text, section=outline.section, meta=meta)
    yield from _struck(struck, outline)


def _struck(text: str, outline: Outline) -> Iterator[Element]:
    if text:
        yield Element(kind="text", text=text, section=outline.section, mark="deleted")


def _words(token: Token, *, struck: bool = False) -> str:
    """Join the visible words of an inline token, those that are struck out apart: link texts, code; no tags."""
    pieces, within = list[str](), False
    for child in token.children or ():
        within = {"s_open": True, "s_close": False}.get(child.type, within)
        shown = {"softbreak": "\n", "hardbreak": "\n", "html_inline": ""}.get(child.type, child.content)
        pieces += [shown] if within == struck else []
    return _WIKI_LINK.sub(lambda found: found[2] or found[1], "".join(pieces))


def _targets(tokens: Sequence[Token]) -> dict[str, None]:
    """Return where the links lead, in order."""
    children = [child for token in tokens for child in token.children or ()]
    web = [str(child.attrs.get("href", "")) for child in children if child.type == "link_open"]
    wiki = [found[1] for token in tokens for found in _WIKI_LINK.finditer(token.content) if token.type == "inline"]
    return dict.fromkeys(each for each in (*web, *wiki) if each and not each.startswith("#"))


def _rows(tokens: Sequence[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token))
    return rows
