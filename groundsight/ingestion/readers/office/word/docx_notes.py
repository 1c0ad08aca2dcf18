"""Footnotes, endnotes and comments of a Word document: kept until their mark is met."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from groundsight.ingestion.readers.office.package import Node, Package, local, value
from groundsight.ingestion.readers.office.word.docx_styles import numeral

_PARTS = {"footnote": "footnotes", "endnote": "endnotes", "comment": "comments"}
_FORMS = {"footnote": "decimal", "endnote": "lowerRoman"}


@dataclass(frozen=True)
class WordNote:
    """One note: the part and the node that it lies in, and the sign at its mark ("" for a comment)."""

    part: str
    node: Node
    sign: str = ""


class WordNotes:
    """All notes of a document by kind and id; each is given out once."""

    def __init__(self, document: str, package: Package) -> None:
        self._notes: dict[tuple[str, str], WordNote] = {}
        self._signs: dict[tuple[str, str], str] = {}
        self._counted: Counter[str] = Counter()
        for kind, relation in _PARTS.items():
            for part in package.related(document, relation):
                self._load(kind, part, package.root(part, kind))

    def mark(self, kind: str, key: str) -> str:
        """Return what is written where a note is marked: numbers in the order of the marks."""
        if (kind, key) in self._notes and (kind, key) not in self._signs:
            self._counted[kind] += 1
            self._signs[kind, key] = f"[{numeral(self._counted[kind], _FORMS[kind])}]"
        return self._signs.get((kind, key), "")

    def take(self, kind: str, key: str) -> WordNote | None:
        """Give a note out, None when there is none or it was given before."""
        note = self._notes.pop((kind, key), None)
        return WordNote(note.part, note.node, self._signs.get((kind, key), "")) if note else None

    def left(self, kind: str) -> list[str]:
        """Return the ids that were not given out."""
        return [key for one, key in self._notes if one == kind]

    def _load(self, kind: str, part: str, root: Node | None) -> None:
        for node in root if root is not None else ():
            # Separators are notes of another type.
            if local(node) == kind and value(node, "type") in (None, "normal"):
                self._notes[kind, value(node, "id") or ""] = WordNote(part, node)
