"""Kinds of files: the beginnings of their media types, and the words and endings for them."""

from __future__ import annotations

from functools import lru_cache

from groundsight.language.stems import lexicon_rows


@lru_cache(maxsize=1)
def kinds() -> tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]:
    """Return each kind with the beginnings of its media types and the words for it."""
    rows = lexicon_rows("file_kinds.tsv")
    return tuple((name, tuple(types.split()), frozenset(words.split())) for name, types, words in rows)
