"""Data as text (json, jsonl, xml): records of one form are a table, everything else lines of "path: value"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TypeAlias, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import clean, clean_rows, decode, one_line
from groundsight.ingestion.readers.table_elements import check_columns, table_blocks
from groundsight.ingestion.readers.text.markup import Node, parsed_xml, tag_of
from groundsight.ingestion.sniff import JSON, JSON_LINES, SVG, XML
from groundsight.types import LeftOut

Data: TypeAlias = bool | int | float | str | Sequence["Data"] | Mapping[str, "Data"] | None

_DEEPEST = 60
# Longer values are read as sentences, so a list of them is no enumeration.
_ITEM_CHARS = 60
# A block of lines about as long as a passage that is found.
_BLOCK_CHARS = 600


def read_json(path: Path) -> Parsed:
    """Read JSON.

    Raises:
        ParseFailed: it is no JSON. LimitExceeded: a table is too large.
    """
    text, warnings = decode(path.read_bytes())
    try:
        data = cast(Data, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ParseFailed("malformed: this is no JSON", next_step="name it .txt to have it read as text") from error
    return Parsed(media_type=JSON, elements=tuple(_elements(data, ())), warnings=warnings)


def read_json_lines(path: Path) -> Parsed:
    """Read one JSON value a line; a line that is none is left out and said."""
    text, warnings = decode(path.read_bytes())
    found: list[Data] = []
    bad = 0
    for line in filter(str.strip, text.splitlines()):
        try:
            found.append(cast(Data, json.loads(line)))
        except (ValueError, RecursionError):
            bad += 1
    left_out = (LeftOut(kind="line", why="it is no JSON", count=bad),) if bad else ()
    elements = tuple(_elements(found, ()))
    return Parsed(media_type=JSON_LINES, elements=elements, left_out=left_out, warnings=warnings)


def read_xml(path: Path) -> Parsed:
    """Read XML: what is written as a text stays one, what is written as data becomes lines or a table.

    Raises:
        ParseFailed: it is no XML.
    """
    root = _root(path)
    return Parsed(media_type=XML, elements=tuple(_elements({_name(root): _data(root)}, ())))


def read_svg(path: Path) -> Parsed:
    """Read the words of a drawing; the drawing itself is not looked at."""
    root = _root(path)
    shown = [one_line("".join(node.itertext())) for node in root.iter() if tag_of(node) in ("title", "desc", "text")]
    elements = tuple(Element(kind="text", text=text) for text in dict.fromkeys(shown) if text)
    left_out = (LeftOut(kind="drawing", why="only its words are read"),)
    return Parsed(media_type=SVG, elements=elements, left_out=left_out)


def _root(path: Path) -> Node:
    try:
        root = parsed_xml(path.read_bytes())
    except SyntaxError as error:
        raise ParseFailed("malformed: this is no XML", next_step="name it .txt to have it read as text") from error
    if root is None:
        raise ParseFailed("malformed: this is no XML", next_step="name it .txt to have it read as text")
    return root


def _elements(data: Data, path: tuple[str, ...]) -> Iterator[Element]:
    """Yield tables for lists of flat records, blocks of lines for the rest, in order."""
    section = " > ".join(path) or None
    if _is_table(data):
        records = cast("Sequence[Mapping[str, Data]]", data)
        heads = list(dict.fromkeys(name for record in records for name in record))
        check_columns(len(heads))
        rows = [heads, *([_shown(record.get(name)) for name in heads] for record in records)]
        yield from table_blocks(clean_rows(rows), section)
    elif isinstance(data, Mapping) and len(path) < _DEEPEST:
        yield from _mapping(data, path)
    elif isinstance(data, Sequence) and not isinstance(data, str) and len(path) < _DEEPEST:
        for number, each in enumerate(data, start=1):
            yield from _elements(each, (*path, str(number)) if not _is_flat(each) else path)
    elif text := clean(_shown(data)):
        yield Element(kind="text", text=text, section=section)


def _mapping(data: Mapping[str, Data], path: tuple[str, ...]) -> Iterator[Element]:
    lines: list[str] = []
    for name, value in data.items():
        if _is_flat(value):
            lines.append(f"{one_line(name)}: {clean(_shown(value))}" if _shown(value) else "")
    yield from _blocks([line for line in lines if line], " > ".join(path) or None)
    for name, value in data.items():
        if not _is_flat(value):
            yield from _elements(value, (*path, one_line(name)))


def _blocks(lines: Sequence[str], section: str | None) -> Iterator[Element]:
    block: list[str] = []
    for line in lines:
        if block and sum(map(len, block)) + len(line) > _BLOCK_CHARS:
            yield Element(kind="text", text="\n".join(block), section=section)
            block = []
        block.append(line)
    if block:
        yield Element(kind="text", text="\n".join(block), section=section)


def _is_flat(data: Data) -> bool:
    """True for one value, and for a list of short ones."""
    if isinstance(data, Sequence) and not isinstance(data, str):
        return all(not isinstance(each, Mapping | Sequence) or _is_item(each) for each in data)
    return not isinstance(data, Mapping)


def _is_item(data: Data) -> bool:
    return isinstance(data, str) and len(data) <= _ITEM_CHARS


def _is_table(data: Data) -> bool:
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) < 2:
        return False
    records = [
        each for each in data if isinstance(each, Mapping) and len(each) > 1 and all(map(_is_flat, each.values()))
    ]
    return len(records) == len(data) and len({name for each in records for name in each}) <= 2 * len(records[0]) + 2


def _shown(data: Data) -> str:
    if isinstance(data, Sequence) and not isinstance(data, str):
        return ", ".join(_shown(each) for each in data)
    return "" if data is None else data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _name(node: Node) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _data(node: Node, depth: int = 0) -> Data:
    """Turn a node into a value: its text, or its attributes and children by name, equal names as a list.

    Where names come and go and come again, their order tells something and is kept.
    """
    children = [child for child in node if tag_of(child)]
    attributes = {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
    own = clean(node.text or "")
    mixed = children and (own or any((child.tail or "").strip() for child in children))
    if mixed or depth > _DEEPEST or not children:
        text = clean(" ".join(node.itertext()) if children else own)
        return {**attributes, "text": text} if attributes and text else attributes or text
    names = [name for name, _ in groupby(map(_name, children))]
    if len(names) > len(set(names)):
        ordered = [{_name(child): _data(child, depth + 1)} for child in children]
        return {**attributes, "parts": ordered} if attributes else ordered
    found: dict[str, list[Data]] = {}
    for child in children:
        found.setdefault(_name(child), []).append(_data(child, depth + 1))
    return {**attributes, **{name: each[0] if len(each) == 1 else each for name, each in found.items()}}
