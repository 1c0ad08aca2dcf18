"""The smallest pieces that text is cut into: sentences and lines, each with the white space before it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BORDER = re.compile(
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"')\]”’]))[ \t]*\s(?=[^\Wa-z]|[\"'(\[“‘])\s*|[ \t]*\n\s*|(?<=[。！？])(?=\S)"
)
_FINAL = re.compile(r"[.!?…:;。！？][\"')\]”’]*\Z")


@dataclass(frozen=True)
class Atom:
    """A piece of text, the separator before it, and whether a sentence or element ends with it."""

    text: str
    sep: str
    final: bool = True

    @property
    def runs_on(self) -> bool:
        """True if the piece looks like the rest of a sentence."""
        return self.text[:1].islower()


def atoms_of(text: str, most: int) -> list[Atom]:
    """Split the text of one element; no atom is longer than ``most`` characters."""
    pieces = [part for piece in _pieces(text.strip()) for part in _shortened(piece, most)]
    last = len(pieces) - 1
    return [
        Atom(piece, "\n\n" if place == 0 else sep, _ends(piece, place == last))
        for place, (sep, piece) in enumerate(pieces)
    ]


def _ends(piece: str, last: bool) -> bool:
    """The last piece of an element ends a paragraph, unless it breaks off in mid-sentence with a word."""
    return bool(_FINAL.search(piece)) or (last and not piece[-1:].islower() and piece[-1:] != ",")


def _pieces(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, sep = 0, ""
    for border in _BORDER.finditer(text):
        if border.start() > place:
            found.append((sep, text[place : border.start()]))
            sep, place = border.group(), border.end()
    if place < len(text):
        found.append((sep, text[place:]))
    return found


def _shortened(piece: tuple[str, str], most: int) -> list[tuple[str, str]]:
    """Cut a piece at spaces where it is too long, anywhere when there is no space in its second half."""
    sep, text = piece
    parts: list[tuple[str, str]] = []
    while len(text) > most:
        cut = text.rfind(" ", most // 2, most)
        end = cut if cut > 0 else most
        parts.append((sep, text[:end]))
        rest = text[end:].lstrip(" ")
        sep, text = text[end : len(text) - len(rest)], rest
    return [*parts, (sep, text)] if text else parts
