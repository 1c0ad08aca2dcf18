"""The encoding of a text that does not say it: chosen by how much what comes out looks like words."""

from __future__ import annotations

import re

_UTF8_ERRORS = 0.01
_SAMPLE_BYTES = 50_000
# Of those that give words alike the first; Windows writes them, the others are older.
_LATIN = ("cp1252", "cp1250", "cp1254", "mac_roman", "cp850")
_OTHERS = ("cp1251", "koi8_r", "cp866", "cp1253", "cp1256", "cp874", "cp1255", "iso8859_5")
_UNWRITTEN = re.compile("[\x80-\x9f\u2500-\u259f\uff61-\uff9f\ue000-\uf8ff\ufffd]")
_BESIDE_NUMBERS = frozenset("€†‡‰")
_JOINING = frozenset("’‘–—…")
# Hebrew has no capitals and ends five signs before the Cyrillic alphabet does.
_NO_HEBREW = re.compile(rb"[\xa1-\xdf\xfb-\xff]")
_HANGUL, _HANJA = re.compile("[\uac00-\ud7a3]"), re.compile("[\u4e00-\u9fff\uf900-\ufaff]")


def likely_encoding(data: bytes) -> str:
    """Return the name of the most likely encoding."""
    if data.decode("utf-8", errors="replace").count("\ufffd") <= len(data) * _UTF8_ERRORS / 4:
        return "utf-8"
    if _is_shift_jis(data):
        return "cp932"
    sample = data[:_SAMPLE_BYTES]
    high = sum(byte > 127 for byte in sample)
    plain = sum(byte < 128 and chr(byte).isalpha() for byte in sample)
    # Lines ended so on old Macs only.
    latin = ("mac_roman", *_LATIN) if b"\r" in sample and b"\n" not in sample else _LATIN
    return _best(sample, latin) if high < plain else _foreign(sample)


def _foreign(data: bytes) -> str:
    """Believe the library in scripts of many signs, whose bytes come in pairs; of alphabets take the one of words."""
    from charset_normalizer import from_bytes

    if not _NO_HEBREW.search(data):
        return "cp1255"
    best = from_bytes(data).best()
    found = best.encoding if best is not None else "cp1252"
    text = data.decode(found, errors="replace")
    if found == "cp949" and len(_HANJA.findall(text)) * 4 > len(_HANGUL.findall(text)):
        return "gb18030"
    is_paired = len(text) < len(data) and not _UNWRITTEN.search(text)
    return found if is_paired else _best(data, (found, *_OTHERS) if found in _OTHERS else _OTHERS)


def _best(data: bytes, names: tuple[str, ...]) -> str:
    return min(names, key=lambda name: _oddness(data.decode(name, errors="replace")))


def _oddness(text: str) -> int:
    """Count what no word holds: a sign or a capital after a small letter, a letter of print, what is not written."""
    pairs = [pair for pair in zip(" " + text, text, text[1:] + " ", strict=False) if not "".join(pair).isascii()]
    return 2 * len(_UNWRITTEN.findall(text)) + sum(_is_odd(*pair) for pair in pairs)


def _is_odd(before: str, char: str, after: str) -> bool:
    if char.isalpha():
        return char in "ªºƒﬁﬂ" or (char.isupper() and before.islower())
    if char in _BESIDE_NUMBERS:
        return after.isalpha()
    return before.isalpha() and after.isalpha() and not char.isascii() and char not in _JOINING


def _is_shift_jis(data: bytes) -> bool:
    """Valid Shift-JIS with many kana; statistical guessers miss short texts."""
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return False
    kana = sum(1 for char in text if "\u3041" <= char <= "\u30ff")
    foreign = sum(1 for char in text if ord(char) > 127)
    return kana >= 3 and kana * 6 >= foreign
