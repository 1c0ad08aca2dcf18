"""Data as text (json, jsonl, xml): records of one form are a table, everything else lines of "path: value"."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import TypeGuard, cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.portions import handed_over
from groundsight.ingestion.readers.clean import clean, decode, one_line
from groundsight.ingestion.readers.ledger import REMARK, TIP, UNSHOWN, Ledger, lay_aside
from groundsight.ingestion.readers.table_elements import ROWS_IN_BLOCK, as_text, check_columns
from groundsight.ingestion.readers.text.json_lists import Data, JsonLines, json_value
from groundsight.ingestion.readers.text.markup import Node, is_hidden, parsed_markup, parsed_xml, tag_of, visible_text
from groundsight.ingestion.readers.text.styles.unshown import mark_unshown
from groundsight.ingestion.sniff import JSON, JSON_LINES, SVG, XML
from groundsight.limits import DEFAULT_LIMITS, Limits

_DEEPEST = 60
_WORDED = ("title", "desc", "text", "foreignobject")
# Longer values are read as sentences, so a list of them is no enumeration.
_ITEM_CHARS = 60
# A block of lines about as long as a passage that is found.
_BLOCK_CHARS = 600
# A price with its currency, a weight with its unit: more values are a record of their own.
_FEW = 4
_MARKUP = re.compile(r"<(?:p|div|br|ul|b|en-note)\b[^<>]*>", re.I)
_Records = Iterable[Mapping[str, Data]]


def read_json(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read JSON; records over ``limits.table_rows`` of one list are left out, and said.

    Raises:
        ParseFailed: it is no JSON. LimitExceeded: a table is too wide.
    """
    text, warnings = decode(path.read_bytes())
    try:
        data = json_value(text)
    except (ValueError, RecursionError) as error:
        raise ParseFailed("malformed: this is no JSON", next_step="name it .txt to have it read as text") from error
    return _read(JSON, data, scratch, limits).model_copy(update={"warnings": warnings})


def read_json_lines(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read one JSON value a line; a line that is none is left out and said. See ``read_json``."""
    text, warnings = decode(path.read_bytes())
    lines, ledger = JsonLines(text), Ledger()
    parsed = _read(JSON_LINES, lines, scratch, limits)
    ledger.note("line", "it is no JSON", lines.bad)
    ledger.add(parsed.left_out)
    return parsed.model_copy(update={"left_out": ledger.left_out, "warnings": warnings})


def read_xml(path: Path, scratch: Path, limits: Limits = DEFAULT_LIMITS) -> Parsed:
    """Read XML: what is written as a text stays one, what is written as data becomes lines or a table.

    Raises:
        ParseFailed: it is no XML.
    """
    ledger = Ledger()
    root = _root(path, ledger)
    ledger.note(*REMARK, path.read_bytes().count(b"<!--"))
    parsed = _read(XML, {_name(root): _data(root, ledger)}, scratch, limits)
    ledger.add(parsed.left_out)
    return parsed.model_copy(update={"left_out": ledger.left_out})


def read_svg(path: Path) -> Parsed:
    """Read the words of a drawing; the drawing itself is not looked at."""
    ledger = Ledger()
    root = _root(path, ledger)
    for placed in (node for node in root.iter() if tag_of(node) == "tspan" and (node.get("x") or node.get("y"))):
        placed.text = f" {placed.text or ''}"
    mark_unshown(root)
    worded = [node for node in root.iter() if tag_of(node) in _WORDED]
    unseen = [one for one in worded if any(map(is_hidden, (one, *one.iterancestors())))]
    for node in unseen:
        ledger.note(UNSHOWN, "the drawing does not show it")
        lay_aside(one_line("".join(node.itertext())))
    shown = [one_line("".join(node.itertext())) for node in worded if node not in unseen]
    elements = tuple(Element(kind="text", text=text) for text in dict.fromkeys(shown) if text)
    tips = (told for node in root.iter() for told in node.attrib if told.endswith(("}title", "aria-label")))
    ledger.note(*TIP, sum(1 for _ in tips))
    ledger.note("drawing", "only its words are read")
    return Parsed(media_type=SVG, elements=elements, left_out=ledger.left_out)


def _root(path: Path, ledger: Ledger) -> Node:
    try:
        root = parsed_xml(path.read_bytes(), ledger)
    except SyntaxError as error:
        raise ParseFailed("malformed: this is no XML", next_step="name it .txt to have it read as text") from error
    if root is None:
        raise ParseFailed("malformed: this is no XML", next_step="name it .txt to have it read as text")
    return root


def _read(media_type: str, data: Data, scratch: Path, limits: Limits) -> Parsed:
    """Hand over the elements as they come."""
    reader = _Reader(limits)
    elements, rest = handed_over(reader.elements(data, ()), scratch, limits.document_chars)
    return Parsed(media_type=media_type, elements=elements, rest=rest, left_out=reader.ledger.left_out)


class _Reader:
    """Walks over data from the outside in."""

    def __init__(self, limits: Limits) -> None:
        self._most, self.ledger = limits.table_rows, Ledger()

    def elements(self, data: Data, path: tuple[str, ...]) -> Iterator[Element]:
        """Yield tables for lists of flat records, blocks of lines for the rest, in order."""
        if _is_mapping(data) and len(path) < _DEEPEST:
            yield from self._mapping(data, path)
        elif _is_list(data) and len(path) < _DEEPEST:
            heads = _heads(data)
            yield from self._table(cast(_Records, data), heads, path) if heads else self._listed(data, path)
        elif text := clean(_shown(data)):
            yield Element(kind="text", text=text, section=_section(path))

    def _listed(self, data: Iterable[Data], path: tuple[str, ...]) -> Iterator[Element]:
        for number, each in enumerate(data, start=1):
            yield from self.elements(each, (*path, str(number)) if not _is_flat(each) else path)

    def _table(self, records: _Records, heads: list[str], path: tuple[str, ...]) -> Iterator[Element]:
        check_columns(len(heads))
        opened = map(_opened, records)
        rows = (tuple(one_line(_shown(record.get(name))) for name in heads) for record in opened)
        head, filled = tuple(map(one_line, heads)), filter(any, rows)
        kept = islice(filled, self._most)
        while block := tuple(islice(kept, ROWS_IN_BLOCK)):
            cells = (head, *block)
            yield Element(kind="table", text=as_text(cells), cells=cells, section=_section(path))
        self.ledger.note("record", f"more than limits.table_rows = {self._most}", sum(1 for _ in filled))

    def _mapping(self, data: Mapping[str, Data], path: tuple[str, ...]) -> Iterator[Element]:
        data = _opened(data, everything=path[-1:] != () and path[-1].isdecimal())
        lines = (f"{one_line(name)}: {clean(_shown(value))}" for name, value in data.items() if _is_line(value))
        yield from _blocks(lines, _section(path))
        for name, value in data.items():
            if not _is_flat(value):
                yield from self.elements(value, (*path, one_line(name)))


def _opened(data: Mapping[str, Data], *, everything: bool = True) -> Mapping[str, Data]:
    """Put small groups of values beside those around them; ``everything``, else only a text with its attributes."""
    told: dict[str, Data] = {}
    for name, value in data.items():
        small = _is_mapping(value) and len(value) <= _FEW and all(map(_is_flat, value.values()))
        if _is_mapping(value) and small and (everything or "text" in value):
            told |= {name if each == "text" else f"{name} / {each}": one for each, one in value.items()}
        else:
            told[name] = value
    return told


def _section(path: tuple[str, ...]) -> str | None:
    return " > ".join(path) or None


def _blocks(lines: Iterable[str], section: str | None) -> Iterator[Element]:
    block: list[str] = []
    for line in lines:
        if block and sum(map(len, block)) + len(line) > _BLOCK_CHARS:
            yield Element(kind="text", text="\n".join(block), section=section)
            block = []
        block.append(line)
    if block:
        yield Element(kind="text", text="\n".join(block), section=section)


def _is_mapping(data: Data) -> TypeGuard[Mapping[str, Data]]:
    return isinstance(data, Mapping)


def _is_list(data: Data) -> TypeGuard[Iterable[Data]]:
    return isinstance(data, Iterable) and not isinstance(data, str | Mapping)


def _is_line(data: Data) -> bool:
    return _is_flat(data) and bool(_shown(data))


def _is_flat(data: Data) -> bool:
    """True for one value, and for a list of short ones."""
    if _is_list(data):
        return all(not isinstance(each, Iterable) or _is_item(each) for each in data)
    return not isinstance(data, Mapping)


def _is_item(data: Data) -> bool:
    return isinstance(data, str) and len(data) <= _ITEM_CHARS


def _heads(data: Iterable[Data]) -> list[str]:
    """Return the names of the values that records of one form hold, none where this is no list of such."""
    names, used, first, count = dict[str, None](), set[str](), 0, 0
    for record in data:
        each = _opened(record) if _is_mapping(record) else dict[str, Data]()
        if len(each) < 2 or not all(map(_is_flat, each.values())):
            return []
        names.update(dict.fromkeys(each))
        used.update(name for name, value in each.items() if _shown(value))
        first, count = first or len(each), count + 1
        if len(names) > 2 * first + 2:
            return []
    return [name for name in names if name in used] if count > 1 else []


def _shown(data: Data) -> str:
    if _is_list(data):
        return ", ".join(_shown(each) for each in data)
    if isinstance(data, str):
        return _unmarked(data) if _MARKUP.search(data) else data
    return "" if data is None else json.dumps(data, ensure_ascii=False)


def _unmarked(text: str) -> str:
    """Return what a browser shows of a value that is a page, as in feeds and notes."""
    root = parsed_markup(text)
    return text if root is None else visible_text(root).strip()


def _name(node: Node) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _data(node: Node, ledger: Ledger, depth: int = 0) -> Data:
    """Turn a node into a value: its text, or its attributes and children by name, equal names as a list.

    Where names come and go and come again, their order tells something and is kept.
    """
    children = [child for child in node if tag_of(child)]
    attributes = {name.rpartition("}")[2]: value for name, value in node.attrib.items()}
    own = clean(node.text or "")
    loose = clean(" ".join((own, *(child.tail or "" for child in children)))) if children else ""
    # Words between records are a value beside them, records between words are part of a text.
    is_data = any(map(len, children)) and 2 * len(loose) < sum(map(len, node.itertext()))
    if (loose and not is_data) or depth > _DEEPEST or not children:
        within = sum(len(one.attrib) for one in node.iterdescendants() if tag_of(one))
        ledger.note("attribute", "it stands in the middle of a text", within)
        text = clean(" ".join(node.itertext()) if children else own)
        return {**attributes, "text": text} if attributes and text else attributes or text
    attributes |= {"text": loose} if loose else {}
    names = [name for name, _ in groupby(map(_name, children))]
    if len(names) > len(set(names)):
        ordered = [{_name(child): _data(child, ledger, depth + 1)} for child in children]
        return {**attributes, "parts": ordered} if attributes else ordered
    found: dict[str, list[Data]] = {}
    for child in children:
        found.setdefault(_name(child), []).append(_data(child, ledger, depth + 1))
    return {**attributes, **{name: each[0] if len(each) == 1 else each for name, each in found.items()}}
