"""Which language a text is in, and in which script it is written."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any, cast

_READ_CHARS = 4_000
# Of lone words, tables and mixed texts the best guess has .56 and less and is mostly wrong; of two sentences it has
# .82 and more and is right.
_SURE = 0.8


def language_of(text: str) -> str:
    """Return the ISO 639-1 code of the language that most of a text is in, empty where that can't be told."""
    code, sure = cast("tuple[str, float]", _identifier().classify(text[:_READ_CHARS]))
    return code if sure >= _SURE else ""


def script_of(text: str) -> str:
    """Return the Unicode name of the script of most letters ("LATIN", "HEBREW", "CJK"), empty without letters."""
    letters = (unicodedata.name(char, "").partition(" ")[0] for char in text[:_READ_CHARS] if char.isalpha())
    return next((script for script, _ in Counter(letters).most_common(1)), "")


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """Open the model (0.5 CPU s)."""
    from py3langid import langid  # pyright: ignore[reportMissingTypeStubs]

    library: Any = langid
    return library.LanguageIdentifier.from_model_file(library.MODEL_FILE, norm_probs=True)
