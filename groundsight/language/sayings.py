"""What is said of a question that is not answered, in the language of the question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from groundsight.language.stems import lexicon_lines


def saying(key: str, language: str, **values: object) -> str:
    """Return a sentence of ``sayings.tsv`` in ``de``, ``fr`` or ``es``, in English for every other language."""
    table = _table()
    return table[key, language if (key, language) in table else "en"].format(**values)


def enumerated(names: Sequence[str], language: str) -> str:
    """Quote some names, each once: "a", "b" and "c"."""
    quoted = [f'"{one}"' for one in dict.fromkeys(names)]
    return f" {saying('and', language)} ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], str]:
    rows = (line.split("\t") for line in lexicon_lines("sayings.tsv"))
    return {(key, language): text for key, language, text in rows}
