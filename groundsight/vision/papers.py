"""Identity papers and medical records, by the words that are read from a picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from groundsight.language.stems import lexicon_lines

if TYPE_CHECKING:
    from PIL.Image import Image

# So many different terms of a kind; a letter that speaks of one diagnosis or of a passport has one or two.
FEWEST = 4
# The lines for machines of a passport, a card or a visa (ICAO 9303).
_MACHINE = re.compile(r"[PIACV][A-Z<][A-Z]{3}[A-Z<]{5,}<<[A-Z<]{4,}|[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}")


class WordRule:
    """Counts the different terms of a kind among the words of a picture; it sees no pixel."""

    needs_words = True

    def __init__(self, kind: Literal["identity", "medical"]) -> None:
        terms = sorted(lexicon_lines(f"{kind}_terms.txt"), key=len, reverse=True)
        self._kind, self.fingerprint = kind, f"{kind} words 1"
        self._terms = re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})\b", re.IGNORECASE)

    def is_sensitive(self, picture: Image, words: str) -> bool:
        """True for the lines for machines of a paper, or for four terms of the kind."""
        if self._kind == "identity" and _MACHINE.search(re.sub(r"[ «]", "", words)):
            return True
        return len({found.casefold() for found in self._terms.findall(words)}) >= FEWEST
