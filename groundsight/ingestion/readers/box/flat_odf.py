"""OpenDocument in one XML file (fodt, fods, fodp): taken apart into the parts that a packed one has."""

from __future__ import annotations

import base64
import binascii
import re
import zipfile
from pathlib import Path

from groundsight.errors import ParseFailed
from groundsight.ingestion.sniff import FLAT

_ROOT = re.compile(rb"<office:document\b[^>]*>")
_META = re.compile(rb"<office:meta\b.*?</office:meta>", re.S)
_PICTURE = re.compile(rb"(<draw:image\b(?![^>]*\bhref=)[^>]*)>\s*<office:binary-data>([^<]*)</office:binary-data>")
_OBJECT = re.compile(rb"(<draw:object\b(?![^>]*\bhref=)[^>]*)>\s*(<(office:document|(?:math:)?math)\b.*?</\3>)", re.S)


def unflattened(document: Path, media_type: str, scratch: Path) -> tuple[Path, str]:
    """Write a flat document as a packed one below ``scratch``; return it and its media type.

    Raises:
        ParseFailed: it has no root.
    """
    data, kind = document.read_bytes(), FLAT[media_type]
    root, body = _ROOT.search(data), data.find(b"<office:body")
    if root is None or body < 0:
        raise ParseFailed("malformed: an OpenDocument file without content", next_step="open and save it anew")
    packed = scratch / "unflattened"
    with zipfile.ZipFile(packed, "w") as parts:

        def picture(found: re.Match[bytes]) -> bytes:
            name = f"Pictures/{found.start()}"
            try:
                parts.writestr(name, base64.b64decode(found[2]))
            except binascii.Error:
                return found[0]
            return found[1] + f' href="{name}">'.encode()

        def held(found: re.Match[bytes]) -> bytes:
            name = f"Object {found.start()}"
            parts.writestr(f"{name}/content.xml", found[2])
            return found[1] + f' href="{name}">'.encode()

        head, end = root[0], b"</office:document>"
        about = _META.search(data, root.end())
        parts.writestr("mimetype", kind)
        parts.writestr("meta.xml", head + (about[0] if about else b"") + end)
        parts.writestr("styles.xml", head + _META.sub(b"", data[root.end() : body], count=1) + end)
        content = _OBJECT.sub(held, _META.sub(b"", data[root.end() :], count=1))
        parts.writestr("content.xml", head + _PICTURE.sub(picture, content))
    return packed, kind
