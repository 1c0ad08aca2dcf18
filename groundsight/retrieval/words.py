"""Words as the ladder compares them: folded, without stop words, weighted by how few candidates hold them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache

from groundsight.index.keys import WORD, is_plain, words_of
from groundsight.types import Unit

# One search compares some 150 texts up to five times each.
KEPT_TEXTS = 512
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Return the comparable form of a word: case folded, no possessive, no plural ending."""
    plain = word.casefold().replace("’", "'").removesuffix("'s")
    if len(plain) < 4 or plain.endswith(("ss", "us", "is")):
        return plain
    for ending, instead in _ENDINGS:
        if plain.endswith(ending):
            return plain[: -len(ending)] + instead
    return plain


@lru_cache(maxsize=KEPT_TEXTS)
def terms_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a text in order, stop words left out; the last texts are remembered."""
    return tuple(term for word in WORD.findall(text) if (term := _term(word)) is not None)


@lru_cache(maxsize=65_536)
def _term(word: str) -> str | None:
    return None if is_plain(word) else fold(word)


def quotable(unit: Unit) -> str:
    """Return everything that a unit says, heading first: what is compared with the question's words."""
    cells = " ".join(cell for row in unit.cells for cell in row) if not unit.text else ""
    parts = (unit.heading, unit.text, cells, unit.caption, unit.ocr, unit.transcript, unit.meta)
    return "\n".join(part for part in parts if part)


def rarity(documents: Sequence[Iterable[str]]) -> Mapping[str, float]:
    """Return the inverse document frequency of every term among these documents, always above zero."""
    counts = Counter(term for document in documents for term in set(document))
    return {term: math.log(1.0 + len(documents) / count) for term, count in counts.items()}


def asked_weights(asked: Set[str], held: Sequence[Iterable[str]]) -> Mapping[str, float]:
    """Return the rarity of a query's terms; ``held`` are those of each candidate, what none holds is the rarest."""
    weights = rarity(held)
    return {term: weights.get(term, max(weights.values(), default=1.0)) for term in asked}


def matched_words(question: str, text: str, weights: Mapping[str, float], most: int = 8) -> tuple[str, ...]:
    """Return the question's words that the text holds, as the question writes them, rarest first."""
    held = set(terms_of(text))
    found = {fold(word): word for word in reversed(words_of(question)) if not is_plain(word) and fold(word) in held}
    ranked = sorted(found, key=lambda term: (-weights.get(term, 0.0), term))
    return tuple(found[term] for term in ranked[:most])
