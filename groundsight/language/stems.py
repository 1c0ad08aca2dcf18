"""One form for every form of a word: irregular forms by WordNet, regular endings by Snowball."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.resources import files

_own = threading.local()


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of one casefolded word ("bought" and "buying" give "buy")."""
    if not hasattr(_own, "stem"):
        _own.stem = snowball()
    return _own.stem(irregular().get(word, word))


def snowball() -> Callable[[str], str]:
    """Return a new English Snowball stemmer; it keeps state, so that each thread needs its own."""
    import snowballstemmer  # pyright: ignore[reportMissingTypeStubs]

    return snowballstemmer.stemmer("english").stemWord  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@lru_cache(maxsize=1)
def irregular() -> dict[str, str]:
    """Read the exceptions of WordNet: form and lemma (lexicon/README.md tells how they were chosen)."""
    return dict(lexicon_rows("irregular.tsv.gz"))  # pyright: ignore[reportReturnType]


def lexicon_lines(name: str) -> list[str]:
    """Read a list of the lexicon, packed or plain, one entry a line."""
    data = (files("groundsight.language") / "lexicon" / name).read_bytes()
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8").splitlines()


def lexicon_rows(name: str) -> Iterator[list[str]]:
    """Yield the fields of a table of the lexicon, row by row."""
    return (line.split("\t") for line in lexicon_lines(name))


@lru_cache(maxsize=32)
def word_list(name: str) -> frozenset[str]:
    """Return the words of a plain list."""
    return frozenset(" ".join(lexicon_lines(name)).split())
