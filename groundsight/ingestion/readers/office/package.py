"""The container of an office file: its parts, and how they refer to each other.

The parts are read as they lie in the container. Libraries that build a model of the whole file lose it for one missing
picture, refuse Strict OOXML, and drop what their model has no class for. Names are compared without their namespace:
the strict form and the usual one differ in nothing else.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as xml

from groundsight.errors import ParseFailed
from groundsight.ingestion.readers.ledger import Ledger

Node = xml.Element
# A person's file nests a dozen deep; Python itself ends at a thousand calls.
_MOST_DEPTH = 200
_SHOWN = frozenset({"t", "blip", "chart", "relIds", "tbl", "textpath"})
_DAMAGED = "its XML is damaged"
_MOST_LINKS = 30
# The ground of a page or slide, as themes name and number it.
_PAPER = ("background1", "light1", "bg1", "lt1", "0")
_HEX = re.compile("[0-9a-fA-F]{6}")
# Nearer than so many of 255 steps in every channel nobody tells two colours apart.
_SAME = 18
# What the parser raises: for broken XML, for encodings that it does not take, and for those that there are not.
_BROKEN = (xml.ParseError, ValueError, LookupError)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, KeyError)
# Parts that hold something which no reader here takes in; what only styles or repeats is not among them.
_UNREAD: tuple[tuple[str, str, str], ...] = (
    (r"/vbaProject\.bin$", "macro", "programs are not read"),
    (r"/media/[^/]+\.(?:mp4|mov|avi|wmv|m4v|mp3|wav|m4a)$", "recording", "sound and video are not read"),
    (r"/externalLinks/externalLink\d*\.xml$", "link to another workbook", "other files are not opened"),
    (r"/ink/ink\d*\.xml$", "handwriting", "ink is not read"),
    (r"/embeddings/[^/]+\.bin$", "embedded object", "it is in the format of another program"),
    (r"/(?:activeX/activeX|ctrlProps/ctrlProp)\d*\.xml$", "form control", "its state is not read"),
    (r"/(?:slicers|timelines)/[^/]+\.xml$", "slicer", "it is a control and not a value"),
)  # fmt: skip


@dataclass(frozen=True)
class Relation:
    """How one part refers to another: the last word of the kind, and the target as a part name or an address."""

    kind: str
    target: str
    outside: bool = False


class Package:
    """The parts of an OOXML file by name. Use it as a context manager."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise ParseFailed("truncated: a zip container without its end") from error
        self.names = frozenset(self._archive.namelist())
        self.ledger = ledger

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def bytes_of(self, name: str) -> bytes | None:
        """Return a part as it lies in the container, None when it is not there or damaged."""
        try:
            return self._archive.read(name) if name in self.names else None
        except _UNREADABLE:
            return None

    def unpacked(self, name: str) -> int:
        """Return how many bytes a part unpacks to, 0 when it is not there."""
        return self._archive.getinfo(name).file_size if name in self.names else 0

    def scan(self, name: str) -> Iterator[bytes]:
        """Yield a part in pieces that end before a tag; damage ends it without a word, reading it says so."""
        rest = b""
        with suppress(*_UNREADABLE), self._archive.open(name) as part:
            while piece := part.read(1 << 20):
                data = rest + piece
                border = max(data.rfind(b"<"), 0)
                yield data[:border]
                rest = data[border:]
        yield rest

    def root(self, name: str, kind: str) -> Node | None:
        """Parse a part; what is missing or damaged is noted as one ``kind`` that was left out."""
        data = self.bytes_of(name)
        if data is None:
            self.ledger.note(kind, "it is missing or damaged")
            return None
        try:
            return next((node for node, depth in _parsed(data) if depth == 0), None)
        except _BROKEN:
            self.ledger.note(kind, _DAMAGED)
            return None

    def children(self, name: str, parents: Iterable[str], kind: str) -> Iterator[tuple[str, Node]]:
        """Yield the tag of the parent and each child of these parents, one at a time, and forget it afterwards.

        A long document stays small in memory. Damage ends the part, with one note; what came before is read.
        """
        wanted = set(parents)
        try:
            with cast("io.BufferedReader", self._archive.open(name)) as part:
                yield from _streamed(part, wanted)
        except (*_BROKEN, *_UNREADABLE):
            self.ledger.note(f"rest of a {kind}", _DAMAGED)

    def relations(self, name: str) -> dict[str, Relation]:
        """Return what a part refers to, by relation id."""
        folder, _, file = name.rpartition("/")
        data = self.bytes_of(f"{folder}/_rels/{file}.rels".lstrip("/"))
        if data is None:
            return {}
        try:
            nodes = [node for node, depth in _parsed(data) if depth == 1]
        except _BROKEN:
            self.ledger.note("reference", _DAMAGED)
            return {}
        return {node.get("Id", ""): _relation(folder, node) for node in nodes}

    def related(self, name: str, kind: str) -> list[str]:
        """Return the names of the parts of one kind that a part refers to."""
        return [one.target for one in self.relations(name).values() if one.kind == kind and not one.outside]

    def links_of(self, name: str) -> str:
        """Return where the links of a part lead, the first of them."""
        found = (one.target for one in self.relations(name).values() if one.kind == "hyperlink" and one.outside)
        return " ".join(islice(dict.fromkeys(found), _MOST_LINKS))

    def main(self) -> str:
        """Return the name of the part where the document begins."""
        found = self.related("", "officeDocument")
        if not found or found[0] not in self.names:
            raise ParseFailed("malformed: an office file without its main part", next_step="open and save it anew")
        return found[0]

    def about(self) -> dict[str, str]:
        """Return the properties that it states, by name in small letters."""
        parts = [name for kind in ("extended-properties", "core-properties") for name in self.related("", kind)]
        nodes = [node for name in parts for node in below(self.root(name, "document property"))]
        return {local(node).lower(): node.text or "" for node in nodes}

    def own_properties(self) -> list[tuple[str, str]]:
        """Return the properties that someone named, with what they say."""
        nodes = [
            node
            for name in self.related("", "custom-properties")
            for node in below(self.root(name, "document property"))
        ]
        return [(value(node, "name") or "", "".join(node.itertext())) for node in nodes]

    def note_unread(self) -> None:
        """Note the parts that no reader takes in."""
        for pattern, kind, why in _UNREAD:
            self.ledger.note(kind, why, sum(1 for name in self.names if re.search(pattern, f"/{name}", re.I)))


def local(node: Node) -> str:
    """Return the tag without its namespace."""
    return str(node.tag).rpartition("}")[2]


def value(node: Node | None, name: str = "val") -> str | None:
    """Return an attribute whatever its namespace."""
    attributes = node.attrib if node is not None else {}
    return next((text for key, text in attributes.items() if key.rpartition("}")[2] == name), None)


def whole(text: str | None) -> int:
    """Read a count or a place, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdecimal() else 0


def child(node: Node | None, *path: str) -> Node | None:
    """Walk down to the first child of each name, whatever the namespaces."""
    for name in path:
        node = next((one for one in node if local(one) == name), None) if node is not None else None
    return node


def below(node: Node | None) -> Iterable[Node]:
    """Return what lies in a node that may be missing; an empty node counts as false, so never ask it for its truth."""
    return () if node is None else node


def inner(node: Iterable[Node], *names: str) -> Iterator[Node]:
    """Yield every node below of these names; of alternatives only the one that is shown."""
    for one in node:
        tag = local(one)
        if tag in names:
            yield one
        elif tag == "AlternateContent":
            yield from inner(shown_branch(one), *names)
        else:
            yield from inner(one, *names)


def shown_branch(node: Node) -> Node:
    """Return the branch of alternatives that a new program shows, unless only the fallback holds anything."""
    choice = next((one for one in node if local(one) == "Choice"), None)
    if choice is not None and any(local(one) in _SHOWN for one in choice.iter()):
        return choice
    return next((one for one in node if local(one) == "Fallback"), node if choice is None else choice)


def ref(node: Node | None, name: str = "id") -> str:
    """Return the relation id that a node names, empty when there is none."""
    attributes = node.attrib if node is not None else {}
    return next((text for key, text in attributes.items() if key.endswith(f"/relationships}}{name}")), "")


def is_on(node: Node | None) -> bool:
    """True for a switch that is there and not turned off."""
    return node is not None and value(node) not in ("0", "false", "off")


def is_white(rgb: str | None, theme: str | None) -> bool:
    """True for a colour that nobody tells from paper, by its red, green and blue in hex or its name in the theme."""
    return theme in _PAPER or is_alike(rgb, "FFFFFF")


def is_alike(ink: str | None, ground: str | None) -> bool:
    """True for two colours, red, green and blue in hex, that nobody tells apart; no other colour is alike any."""
    one, other = ((colour or "")[-6:] for colour in (ink, ground))
    if not (_HEX.fullmatch(one) and _HEX.fullmatch(other)):
        return False
    return all(abs(a - b) < _SAME for a, b in zip(bytes.fromhex(one), bytes.fromhex(other), strict=True))


def _parsed(data: bytes) -> Iterator[tuple[Node, int]]:
    """Yield every node when it ends, with its depth."""
    depth = -1
    for event, node in _events(io.BufferedReader(io.BytesIO(data))):
        depth += 1 if event == "start" else 0
        if event == "end":
            yield node, depth
            depth -= 1


def _streamed(part: io.BufferedReader, parents: set[str]) -> Iterator[tuple[str, Node]]:
    above: list[Node] = []
    for event, node in _events(part):
        if event == "start":
            above.append(node)
            continue
        above.pop()
        if len(above) in (1, 2) and local(above[-1]) in parents:
            yield local(above[-1]), node
            above[-1].remove(node)


def _events(part: io.BufferedReader) -> Iterator[tuple[str, Node]]:
    """Parse without entities, which office files do not have, and to a depth that Python can walk."""
    if b"<!DOCTYPE" in part.peek(4096)[:4096]:
        raise xml.ParseError("a document type has no place in an office file")
    depth = 0
    for event, node in xml.iterparse(part, ("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _MOST_DEPTH:
            raise xml.ParseError("nested too deep")
        yield event, node


def _relation(folder: str, node: Node) -> Relation:
    kind, target = node.get("Type", "").rpartition("/")[2], node.get("Target", "")
    kind = "core-properties" if kind == "coreProperties" else kind
    if node.get("TargetMode") == "External":
        return Relation(kind, target, outside=True)
    joined = target if target.startswith("/") else posixpath.join("/", folder, target)
    return Relation(kind, posixpath.normpath(joined).lstrip("/"))


def stated_day(text: str) -> date | None:
    """Return the day of a time as properties state it, None for anything else."""
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00")).date()
    except ValueError:
        return None
