"""What a file is, told by its content; the name only chooses among the kinds of plain text."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from groundsight.errors import LimitExceeded, ParseFailed, UnsupportedType
from groundsight.limits import MIB, Limits

PDF, HTML, MARKDOWN, PLAIN, CSV, EMAIL = (
    "application/pdf", "text/html", "text/markdown", "text/plain", "text/csv", "message/rfc822",
)  # fmt: skip
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = _OFFICE + "wordprocessingml.document"
PPTX = _OFFICE + "presentationml.presentation"
XLSX = _OFFICE + "spreadsheetml.sheet"
OFFICE = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}
PICTURES = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/tiff": "TIFF", "image/gif": "GIF",
    "image/bmp": "BMP",
}  # fmt: skip
_SUFFIXES = {
    PDF: (".pdf",), HTML: (".html", ".htm", ".xhtml"), MARKDOWN: (".md", ".markdown"), PLAIN: (".txt", ".text"),
    CSV: (".csv", ".tsv", ".tab"), EMAIL: (".eml",), DOCX: (".docx", ".docm"), PPTX: (".pptx", ".pptm"),
    XLSX: (".xlsx", ".xlsm"), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "image/webp": (".webp",),
    "image/tiff": (".tif", ".tiff"), "image/gif": (".gif",), "image/bmp": (".bmp",),
}  # fmt: skip
SUPPORTED_SUFFIXES = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
_TEXTS = (MARKDOWN, PLAIN, CSV, EMAIL, HTML)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"),
)  # fmt: skip
_REFUSED_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"), (b"\x7fELF", "a program"), (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a rar archive"), (b"7z\xbc\xaf", "a 7z archive"), (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"), (b"%!PS", "PostScript"), (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"{\\rtf", "rich text (rtf)"), (b"SQLite format 3", "a database"), (b"8BPS", "a Photoshop picture"),
    (b"SIMPLE  =", "a FITS picture"), (b"\x89HDF", "HDF5 data"), (b"icns", "an icon"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"ID3", "sound"), (b"OggS", "sound"), (b"fLaC", "sound"), (b"#!", "a program"),
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 64 * 1024
_HTML_TAG = re.compile(r"<(?:!doctype\s+html|html|head|body|table|div|h[1-6]|title|meta|p|ul|article|section)\b", re.I)
_XML = re.compile(r"<(?:\?xml|svg\b|!DOCTYPE|[a-z][\w.-]*:?[\w.-]*[\s>/])", re.I)
_PROLOGUE = re.compile(r"\A(?:\s|<\?xml.{0,500}?\?>|<!--.{0,5000}?-->)*", re.S)
_MAIL_FIELD = re.compile(
    r"^(from|to|subject|date|received|mime-version|message-id|return-path|delivered-to|content-type|x-[\w-]+):", re.I
)
_FIELD = re.compile(r"^[\x21-\x39\x3b-\x7e]+:|^[ \t]")


@dataclass(frozen=True)
class Sniffed:
    """A supported media type and what is odd about it."""

    media_type: str
    warnings: tuple[str, ...] = ()


def sniff(path: Path, name: str) -> Sniffed:
    """Tell the media type from the content.

    Raises:
        UnsupportedType: the content is of a kind that is not read. ParseFailed: it is empty or encrypted.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise ParseFailed("the file is empty", which=name, code="E_EMPTY", next_step="check where it came from")
    found = _binary_type(path, head, name) or _text_type(head, name)
    return Sniffed(found, _mismatch(found, name))


def check_size(path: Path, media_type: str, name: str, limits: Limits) -> None:
    """Raise LimitExceeded when the file has more bytes than its kind may have."""
    limit = limits.file_bytes
    if media_type in PICTURES:
        limit = limits.picture_bytes
    if media_type in _TEXTS:
        limit = limits.text_bytes
    if path.stat().st_size > limit:
        raise LimitExceeded("the file is too large", which=name, limit=f"{limit} bytes", code="E_LIMIT_BYTES")


def check_archive(path: Path, name: str, limits: Limits) -> None:
    """Count what an office file unpacks to, without trusting its directory, and stop at the limits."""
    packed, counted = max(path.stat().st_size, 1), 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _check_members(members, name, limits)
            for member in members:
                counted = _count(archive, member, counted, packed, name, limits)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise ParseFailed("malformed: a damaged office file", which=name, next_step="open and save it anew") from error


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    if len(members) > limits.archive_members:
        raise LimitExceeded(
            "too many parts in an office file", which=name, limit=f"{limits.archive_members}", code="E_LIMIT_ARCHIVE"
        )
    if any(member.flag_bits & 1 for member in members):
        raise ParseFailed("encrypted", which=name, next_step="save it without a password")
    if any(member.filename.startswith("/") or ".." in PurePath(member.filename).parts for member in members):
        raise ParseFailed("malformed: an office file with unsafe part names", which=name)


def _count(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, counted: int, packed: int, name: str, limits: Limits
) -> int:
    with archive.open(member) as part:
        while piece := part.read(MIB):
            counted += len(piece)
            if counted > limits.archive_bytes or (counted > MIB and counted / packed > limits.archive_ratio):
                raise LimitExceeded(
                    "an office file that unpacks to far more than it is",
                    which=name,
                    limit=f"{limits.archive_bytes} bytes, ratio {limits.archive_ratio}",
                    code="E_LIMIT_ARCHIVE",
                )
    return counted


def _binary_type(path: Path, head: bytes, name: str) -> str | None:
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _office_type(path, name)
    if head.startswith(_OLE):
        _refuse_ole(path, name)
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF":
        return "image/webp" if head[8:12] == b"WEBP" else _refuse("sound or video", name)
    if head[:2] == b"BM" and len(head) > 26 and head[14] in (12, 40, 52, 56, 64, 108, 124):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _refuse("video, or a heic/avif picture", name)
    for magic, kind in _REFUSED_MAGIC:
        if head.startswith(magic):
            return _refuse(kind, name)
    return PDF if b"%PDF-" in head[:1024] else None


def _office_type(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise ParseFailed("truncated: a zip container without its end", which=name) from error
    for member, media_type in OFFICE.items():
        if member in members:
            return media_type
    return _refuse("a zip archive", name)


def _refuse_ole(path: Path, name: str) -> str:
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise ParseFailed("encrypted", which=name, next_step="save it without a password")
    return _refuse("an old Office file (doc, xls, ppt, msg)", name)


def _refuse(kind: str, name: str) -> str:
    raise UnsupportedType(
        f"{kind} is not read",
        which=name,
        next_step="use pdf, docx, pptx, xlsx, csv, html, md, txt, eml, png, jpg, webp, tiff, gif or bmp",
    )


def _text_type(head: bytes, name: str) -> str:
    text = _as_text(head)
    if text is None:
        return _refuse("binary data of an unknown kind", name)
    start = text.lstrip("\ufeff \t\r\n")
    suffix = PurePath(name).suffix.lower()
    markup = start.startswith("<") and suffix not in (".md", ".markdown")
    if markup and _HTML_TAG.match(_PROLOGUE.sub("", start, count=1)):
        return HTML
    if markup and _XML.match(start):
        return _refuse("xml or svg", name)
    if _is_mail(start):
        return EMAIL
    if start.startswith(("{", "[")) and suffix not in (".md", ".markdown", ".txt", ".csv"):
        return _refuse("json", name)
    return next((kind for kind in (MARKDOWN, CSV, HTML) if suffix in _SUFFIXES[kind]), PLAIN)


def _as_text(head: bytes) -> str | None:
    """Decode loosely; None when too many characters are controls, as in binary data."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        text = head[: len(head) // 4 * 4].decode("utf-32", errors="replace")
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="replace")
    elif head.count(b"\0") > len(head) // 4:
        odd = head[1::2].count(b"\0") >= head[::2].count(b"\0")
        text = head.decode("utf-16-le" if odd else "utf-16-be", errors="replace")
    else:
        text = head.decode("utf-8", errors="replace") if b"\0" not in head else head.decode("latin-1")
    odd_characters = sum(1 for char in text if (char < " " and char not in "\t\n\r\f\x1b") or char == "\x7f")
    letters = sum(1 for char in text if char.isalnum() or char.isspace())
    return text if odd_characters <= len(text) // 50 and letters * 4 >= len(text) else _legacy(head)


def _legacy(head: bytes) -> str | None:
    """Accept 8-bit and East Asian encodings: almost no control bytes and no NUL."""
    controls = sum(1 for byte in head if byte < 32 and byte not in (9, 10, 12, 13, 27))
    high = sum(1 for byte in head if byte > 127)
    undefined = sum(1 for byte in head if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xFD, 0xFE, 0xFF))
    looks_like_text = controls == 0 and undefined * 4 <= max(high, 1)
    return head.decode("latin-1") if looks_like_text else None


def _is_mail(text: str) -> bool:
    lines = text.splitlines()[:60]
    header = lines[: next((number for number, line in enumerate(lines) if not _FIELD.match(line)), len(lines))]
    known = {match.group(1).lower() for line in header if (match := _MAIL_FIELD.match(line))}
    return len(known & {"from", "to", "subject", "date", "received", "message-id", "return-path"}) >= 2 and (
        "from" in known or "received" in known
    )


def _mismatch(found: str, name: str) -> tuple[str, ...]:
    suffix = PurePath(name).suffix.lower()
    if suffix in _SUFFIXES[found] or not suffix:
        return ()
    return (f"the name ends in {suffix}, the content is {found}: read by its content",)
