"""What a text says that a person hardly reads: letters spaced or foreign, figures for letters, base64."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from functools import lru_cache

from groundsight.language.stems import lexicon_rows

# Letters of other scripts that are drawn like Latin ones; source: Unicode TS 39, single letters of its skeletons.
_FOREIGN = str.maketrans(
    "аеорсхуіјѕһԁԛԝвкмнтАВЕЅІЈКМНОРСТХУαορνυικητχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcxyijshdqwbkmhtABESIJKMHOPCTXYaopvuiknTxABEZHIKMNOPTYX",
)
_FIGURES = (str.maketrans("01345780", "oieastbo"), str.maketrans("01345780", "oleastbo"))
# What joins, parts and turns letters without being seen.
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_WORD = re.compile(r"[^\W_]+")
_LATIN, _LETTERS = re.compile("[a-zA-Z]"), re.compile(r"[^\W\d_]+")
# Five letters with a blank between each: initials are fewer. Beside them three are a word, too.
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){4,}[^\W\d_](?![^\s.,:;!?])")
_WORDS_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_] ){2,}[^\W\d_](?![^\s.,:;!?])")
_FIGURED = re.compile(r"(?<!\w)(?=\d*[a-z])(?=[a-z]*\d)[a-z\d]{3,}(?!\w)", re.I)
_PACKED = re.compile(r"(?<![\w+/=-])[A-Za-z\d+/_-]{20,}={0,2}(?![\w+/=-])")


def undisguised(text: str) -> tuple[str, bool]:
    """Return what a text says, and whether some of it was disguised."""
    shown = text if text.isascii() else unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    plain = shown if shown.isascii() else _native(shown)
    if _SPACED.search(plain):
        plain = _WORDS_SPACED.sub(_joined, plain)
    plain = _PACKED.sub(_unpacked, plain)
    # One alone is a number of a part.
    if sum(_written(word) != word for word in set(_FIGURED.findall(plain))) > 1:
        plain = _WORD.sub(lambda word: _written(word[0]), plain)
    return plain, plain != shown or (shown.isascii() and not text.isascii() and len(shown) < len(text))


def _written(word: str) -> str:
    """Read figures as letters where that makes a word that orders are made of."""
    reads = (word.lower().translate(table) for table in _FIGURES)
    return next((read for read in reads if read in _vocabulary()), word)


def _native(text: str) -> str:
    """Read foreign letters as Latin where some word mixes both: whole words of another script are that script's."""
    words = {word: word.translate(_FOREIGN) for word in set(_WORD.findall(text)) if not word.isascii()}
    if not any(_LATIN.search(word) and read.isascii() for word, read in words.items()):
        return text
    return _WORD.sub(lambda word: read if (read := words.get(word[0], "")).isascii() and read else word[0], text)


def _joined(spaced: re.Match[str]) -> str:
    """Close the gaps, and part again at the words that orders are made of."""
    letters = spaced[0].replace(" ", "")
    return " ".join(filter(str.strip, _known().split(letters)))


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    return frozenset(
        word for _, row in lexicon_rows("addressed.tsv") for word in _LETTERS.findall(row) if len(word) > 1
    )


@lru_cache(maxsize=1)
def _known() -> re.Pattern[str]:
    return re.compile(f"({'|'.join(sorted(_vocabulary(), key=len, reverse=True))})", re.I)


def _unpacked(packed: re.Match[str]) -> str:
    """Return the sentence that base64 holds; hashes, keys and pictures hold none and stay."""
    text = packed[0].rstrip("=")
    try:
        said = base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)
        found = said.decode()
    except (binascii.Error, UnicodeDecodeError):
        return packed[0]
    return f" {found} " if found.isprintable() and " " in found else packed[0]
