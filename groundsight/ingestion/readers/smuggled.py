"""Characters that nobody sees and that spell a text: tags, variation selectors, zero-width signs as bits."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TAGS = re.compile("[\U000e0020-\U000e007e]{3,}")
_SELECTED = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_BITS = re.compile("[\u200b\u200c\u200d\u2060\u2062\u2063\ufeff]{24,}")
_LOWEST = 0xE0000


def smuggled(text: str) -> Iterator[str]:
    """Yield what the unseen characters of a text spell, as far as it is known how."""
    if text.isascii():
        return
    yield from ("".join(chr(ord(sign) - _LOWEST) for sign in found.group()) for found in _TAGS.finditer(text))
    for found in _SELECTED.finditer(text):
        yield _decoded(bytes(_byte_of(ord(sign)) for sign in found.group()))
    for found in _BITS.finditer(text):
        yield from _spelled(found.group())


def _byte_of(point: int) -> int:
    return point - 0xFE00 if point < _LOWEST else point - 0xE0100 + 16


def _spelled(signs: str) -> Iterator[str]:
    """Of two kinds of sign either may stand for a one."""
    for one in dict.fromkeys(signs):
        bits = "".join("1" if sign == one else "0" for sign in signs)
        text = _decoded(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)))
        if text:
            yield text


def _decoded(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return text if text.isprintable() and "\ufffd" not in text else ""
