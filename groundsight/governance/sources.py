"""How a path is written as a source: printable text that leads back to exactly the same file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from groundsight.errors import InvalidArgument, NotFound

# What a shown text would lose (controls, directions, zero-width marks, private controls), backslashes, which no
# source may hold, bytes that are no UTF-8, and what would read like an escape itself.
_UNSEEN = re.compile(
    "[\0-\x1f\x7f-\x9f\\\\\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]|‹(?=[0-9A-F]{2}›)"
)
MOST_NAMED = 5
_ESCAPE = re.compile("‹([0-9A-F]{2})›".encode())


def source_text(path: str) -> str:
    """Write a path with what can't be shown as the hexadecimal of its bytes: ``broken ‹FF›.txt``."""
    return _UNSEEN.sub(lambda found: "".join(f"‹{byte:02X}›" for byte in os.fsencode(found[0])), path)


def path_text(source: str) -> str:
    """Return the path that ``source_text`` wrote.

    Raises:
        NotFound: no path is written so.
    """
    try:
        path = os.fsdecode(_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), os.fsencode(source)))
    except ValueError as error:
        raise no_such_file() from error
    if _ESCAPE.search(os.fsencode(source)) and source_text(path) != source:
        raise no_such_file()
    return path


def tidy(text: str) -> str:
    """Refuse what is no plain path: empty, NULs, steps up, backslashes, home marks, URLs, encodings."""
    odd = not text or "\0" in text or ".." in PurePosixPath(text).parts or text.startswith(("~", "//"))
    foreign = (len(text) > 1 and text.endswith("/")) or ("\\" in text and sys.platform != "win32")
    if odd or foreign or "://" in text or text.casefold().startswith("file:"):
        raise no_such_file()
    return text


def inside(source: str, name: str) -> bool:
    """True when a source is the named one, or lies in it as in a folder or an archive."""
    return source == name or source.startswith(f"{name}/")


def ending_so(name: str, sources: Iterable[str]) -> str:
    """Return the one source that ends in a name, whole parts of it, empty where none does.

    Raises:
        InvalidArgument: several end so; the first of them are named.
    """
    found = [each for each in dict.fromkeys(sources) if each.endswith(f"/{name}")]
    if len(found) > 1:
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        what = f"several end so: {', '.join(found[:MOST_NAMED])}{more}"
        raise InvalidArgument(what, which=name[:80], next_step="name one of them in full")
    return found[0] if found else ""


def with_folders(sources: Iterable[str]) -> Iterator[str]:
    """Yield each source, and the folders and archives that it lies in."""
    return (str(each) for source in sources for each in (source, *PurePosixPath(source).parents))


def no_such_file() -> NotFound:
    """The one refusal of a file: absent, outside, a folder, a device, another's, all read alike."""
    return NotFound(
        "no such file in the folders that may be read",
        next_step="check the name; 'groundsight status' shows the folders that may be read",
    )
