"""How a sentence is typed: signs that mean the same."""

from __future__ import annotations

import re

from groundsight.language.sentences import without_emphasis

# Spellings of one sign. A prime, a superscript, a full-width or a percent sign is none: it means something else.
SAME = str.maketrans({**dict.fromkeys("‘’‚‛", "'"), **dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-")})
_UNSEEN = str.maketrans({"…": "...", "\u00ad": "", "\u200b": "", "\ufeff": ""})


def written(text: str) -> str:
    """Return a text with its typography folded: equal only for texts that agree in every other sign."""
    one = " ".join(without_emphasis(text).translate(SAME).translate(_UNSEEN).split())
    return re.sub(r"\s+(?=[.,;:!?])", "", one).removesuffix(".").removesuffix("。")


def squeeze(text: str) -> str:
    """Return a text on one line with single spaces."""
    return " ".join(text.split())
