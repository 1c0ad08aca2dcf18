"""What a file is, told by its content; the name only chooses among the kinds of plain text."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from groundsight.errors import LimitExceeded, ParseFailed, UnsupportedType
from groundsight.limits import Limits

PDF, HTML, MARKDOWN, PLAIN, CSV, EMAIL = (
    "application/pdf", "text/html", "text/markdown", "text/plain", "text/csv", "message/rfc822",
)  # fmt: skip
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX, PPTX = _OFFICE + "wordprocessingml.document", _OFFICE + "presentationml.presentation"
XLSX = _OFFICE + "spreadsheetml.sheet"
OFFICE = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}
_OPEN = "application/vnd.oasis.opendocument."
ODT, ODS, ODP, EPUB = _OPEN + "text", _OPEN + "spreadsheet", _OPEN + "presentation", "application/epub+zip"
FLAT = {f"{kind}-flat-xml": kind for kind in (ODT, ODS, ODP)}
DOC, XLS, PPT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
ZIP, TAR, PACKED = "application/zip", "application/x-tar", "application/gzip"
MSG, MBOX, RTF = "application/vnd.ms-outlook", "application/mbox", "application/rtf"
JSON, JSON_LINES, NOTEBOOK = "application/json", "application/jsonl", "application/x-ipynb+json"
XML, SVG, VTT, SRT = "application/xml", "image/svg+xml", "text/vtt", "application/x-subrip"
CALENDAR, CARD = "text/calendar", "text/vcard"
PICTURES = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/tiff": "TIFF", "image/gif": "GIF",
    "image/bmp": "BMP", "image/heic": "HEIF", "image/avif": "AVIF",
}  # fmt: skip
SOUNDS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "mov"}
CLIPS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska", "video/x-matroska": "matroska"}
CONTAINERS = (*OFFICE.values(), ODT, ODS, ODP, EPUB)
_SUFFIXES = {
    PDF: (".pdf",), HTML: (".html", ".htm", ".xhtml"), MARKDOWN: (".md", ".markdown"), PLAIN: (".txt", ".text"),
    CSV: (".csv", ".tsv", ".tab"), EMAIL: (".eml", ".emlx", ".mht", ".mhtml"),
    DOCX: (".docx", ".docm"), PPTX: (".pptx", ".pptm"),
    XLSX: (".xlsx", ".xlsm"), "image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "image/webp": (".webp",),
    "image/tiff": (".tif", ".tiff"), "image/gif": (".gif",), "image/bmp": (".bmp",), "image/avif": (".avif",),
    "image/heic": (".heic", ".heif"), ODT: (".odt", ".ott", ".odm"), ODS: (".ods", ".ots"), EPUB: (".epub",),
    ODP: (".odp", ".otp", ".odg"), ZIP: (".zip",), TAR: (".tar",),
    PACKED: (".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz"),
    MSG: (".msg",), MBOX: (".mbox", ".mbx"), RTF: (".rtf",), JSON: (".json", ".geojson"), VTT: (".vtt",),
    JSON_LINES: (".jsonl", ".ndjson"), NOTEBOOK: (".ipynb",), XML: (".xml",), SVG: (".svg",), SRT: (".srt",),
    CALENDAR: (".ics", ".ical", ".ifb", ".vcs"), CARD: (".vcf", ".vcard"),
    **dict(zip(FLAT, ((".fodt",), (".fods",), (".fodp", ".fodg")), strict=True)), DOC: (".doc", ".dot"),
    "audio/wav": (".wav",), "audio/mpeg": (".mp3",), "audio/flac": (".flac",), "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mp4": (".m4a", ".m4b"), "video/mp4": (".mp4", ".m4v"), "video/quicktime": (".mov", ".qt"),
    "video/webm": (".webm",), "video/x-matroska": (".mkv",), XLS: (".xls", ".xlt"), PPT: (".ppt", ".pps", ".pot"),
}  # fmt: skip
SUPPORTED_SUFFIXES = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)
_MEDIA_SUFFIXES = frozenset(suffix for kind in (*SOUNDS, *CLIPS) for suffix in _SUFFIXES[kind])
_TEXTS = (MARKDOWN, PLAIN, CSV, HTML, RTF, JSON, JSON_LINES, NOTEBOOK, XML, SVG, VTT, SRT, CALENDAR, CARD)
_PROSE = (".md", ".markdown", ".txt", ".csv")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"II*\0", "image/tiff"), (b"MM\0*", "image/tiff"), (b"{\\rtf", RTF),
    (b"\x1f\x8b", PACKED), (b"BZh", PACKED), (b"\xfd7zXZ", PACKED), (b"ID3", "audio/mpeg"), (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
)  # fmt: skip
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", **dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "image/heic"
), b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"qt  ": "video/quicktime"}  # fmt: skip
_RIFFS = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_REFUSED_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"), (b"\x7fELF", "a program"), (b"Rar!", "a rar archive"),
    (b"7z\xbc\xaf", "a 7z archive"), (b"%!PS", "PostScript"), (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"SQLite format 3", "a database"), (b"8BPS", "a Photoshop picture"), (b"\x78\x9f\x3e\x22", "an Outlook bundle"),
    (b"!BDN", "an Outlook store (pst)"), (b"SIMPLE  =", "a FITS picture"), (b"\x89HDF", "HDF5 data"),
    (b"icns", "an icon"), (b"\xca\xfe\xba\xbe", "a program"), (b"ITSF", "a help file (chm)"),
    (b"\xe4R\\{\x8c\xd8\xa7M", "a OneNote section"), (b"\xffWPC", "a WordPerfect document"),
    (b"PAR1\x15", "a Parquet table"), (b"AT&TFORM", "a DjVu book"), (b"#!", "a program"),
)  # fmt: skip
# What an OLE container is, by the name of a stream of it.
_STREAMS = (
    ("EncryptedPackage", "encrypted"), ("__properties_version1.0", MSG), ("WordDocument", DOC),
    ("PowerPoint Document", PPT), ("Workbook", XLS), ("Book", XLS),
)  # fmt: skip
# Kinds that are built as another one is.
_LIKE = {_OPEN + "graphics": ODP, _OPEN + "graphics-template": ODP, _OPEN + "text-master": ODT, _OPEN + "text-web": ODT}
# What a zip archive is, by a member of it, where the archive is not for a person to open.
_MEMBERS = (
    ("Index/Document.iwa", "an Apple iWork document"), ("AndroidManifest.xml", "a program archive"),
    ("META-INF/MANIFEST.MF", "a program archive"), ("xl/workbook.bin", "a binary Excel workbook (xlsb)"),
    ("visio/document.xml", "a Visio drawing"), ("[Content_Types].xml", "an office package of another program"),
)  # fmt: skip
_WAYS_OUT = {
    **dict.fromkeys(("a rar archive", "a 7z archive"), "unpack it, or pack it as zip"),
    **dict.fromkeys(("a Visio drawing", "an office package of another program"), "export it as pdf"),
    "an old Office file": "save it in a present format", "a binary Excel workbook (xlsb)": "save it as xlsx",
    "a OneNote section": "export it as pdf or docx", "a WordPerfect document": "save it as docx or pdf",
    "a Parquet table": "export it as csv", "a DjVu book": "convert it to pdf", "a Kindle book": "convert it to epub",
    "an Apple iWork document": "export it as pdf, docx, pptx or xlsx", "PostScript": "convert it to pdf",
    "an Outlook store (pst)": "export its mails as eml, msg or mbox", "text in EBCDIC": "save it as UTF-8",
    "an Outlook bundle": "open the mail in Outlook and save its attachments",
}  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 64 * 1024
_HTML_TAG = re.compile(r"<(?:!doctype\s+html|html|head|body|table|div|h[1-6]|title|meta|p|ul|article|section)\b", re.I)
_XML = re.compile(r"<(?:\?xml|svg\b|!DOCTYPE|[a-z][\w.-]*:?[\w.-]*[\s>/])", re.I)
_PROLOGUE = re.compile(r"\A(?:\s|<\?xml.{0,500}?\?>|<!--.{0,5000}?-->)*", re.S)
_MAIL_FIELD = re.compile(
    r"^(from|to|subject|date|received|mime-version|message-id|return-path|delivered-to|content-type|x-[\w-]+):", re.I
)
_MBOX = re.compile(r"\AFrom \S+.*\n")
_MBOX_NEXT = re.compile(r"\n\r?\nFrom \S+ .*\n[\w-]+:")
_BEGINNINGS = (
    (re.compile("WEBVTT"), VTT), (re.compile(r"\d+\s*\n\d{1,2}:\d\d:\d\d[,.]\d{1,3}\s*-->"), SRT),
    (re.compile(r"BEGIN:VCALENDAR\b", re.I), CALENDAR), (re.compile(r"BEGIN:VCARD\b", re.I), CARD),
)  # fmt: skip
_FLAT = re.compile(r"<office:document\b[^>]*\boffice:mimetype=[\"']([\w./-]+)")
# Text of a mainframe: letters, digits and line ends lie elsewhere, and 0x20 is no space.
_EBCDIC = re.compile(rb"(?=[^\x40]{0,200}\x40)(?:[\x05\x0d\x15\x25\x40\x4a-\x50\x5a-\x61\x6b-\x6f\x79-\x89\x91-\x99"
                     rb"\xa1-\xa9\xc0-\xc9\xd0-\xd9\xe0-\xe9\xf0-\xf9]){20,}")  # fmt: skip
_JSON = re.compile(r"[\[{]\s*(?:[\"\[{\]}]|-?\d|true|false|null)")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_SIGNS = re.compile(r"[^\w\s]+|_+")
_FIELD = re.compile(r"^[\x21-\x39\x3b-\x7e]+:|^[ \t]")


@dataclass(frozen=True)
class Sniffed:
    """A supported media type and what is odd about it."""

    media_type: str
    warnings: tuple[str, ...] = ()


def size_limit(name: str) -> Literal["media_bytes", "file_bytes"]:
    """Return the limit that holds for a file before its content is known: the longer one by a name of a recording."""
    return "media_bytes" if PurePath(name).suffix.lower() in _MEDIA_SUFFIXES else "file_bytes"


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
    if media_type in SOUNDS or media_type in CLIPS:
        limit = limits.media_bytes
    if path.stat().st_size > limit:
        raise LimitExceeded("the file is too large", which=name, limit=f"{limit} bytes", code="E_LIMIT_BYTES")


def _binary_type(path: Path, head: bytes, name: str) -> str | None:
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _zip_type(path, name)
    if head.startswith(_OLE):
        return _ole_type(path, name)
    if known := next((kind for magic, kind in _MAGIC if head.startswith(magic)), None):
        return known
    if head[:4] == b"RIFF":
        return _RIFFS.get(head[8:12]) or _refuse("sound or video of an old kind (RIFF)", name)
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:2] == b"BM" and len(head) > 26 and head[14] in (12, 40, 52, 56, 64, 108, 124):
        return "image/bmp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[257:262] == b"ustar":
        return TAR
    told = next((kind for magic, kind in _REFUSED_MAGIC if head.startswith(magic)), "")
    if told or head[60:68] in (b"BOOKMOBI", b"TEXtREAd"):
        return _refuse(told or "a Kindle book", name)
    if b"%PDF-" in head[:1024]:
        return PDF
    return "audio/mpeg" if _is_mp3(head) else None


def _is_mp3(head: bytes) -> bool:
    """True for the head of a layer III frame with a possible bit rate and sampling rate."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return 1 <= head[2] >> 4 <= 14 and head[2] >> 2 & 3 != 3


def _zip_type(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            told = (
                archive.open("mimetype").read(100).decode("ascii", "replace").strip() if "mimetype" in members else ""
            )
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError, zlib.error) as error:
        raise ParseFailed("truncated: a zip container without its end", which=name) from error
    told = _LIKE.get(told, told.removesuffix("-template"))
    kind = next((kind for member, kind in OFFICE.items() if member in members), None)
    if kind or told in (ODT, ODS, ODP, EPUB):
        return kind or told
    other = "an OpenDocument file of another kind" if told.startswith(_OPEN) else None
    refused = other or next((kind for member, kind in _MEMBERS if member in members), None)
    return _refuse(refused, name) if refused else ZIP


def _ole_type(path: Path, name: str) -> str:
    data = path.read_bytes()
    kind = next((kind for stream, kind in _STREAMS if stream.encode("utf-16-le") in data), "an old Office file")
    if kind == "encrypted":
        raise ParseFailed("encrypted", which=name, next_step="save it without a password")
    return kind if kind in _SUFFIXES else _refuse(kind, name)


def _refuse(kind: str, name: str) -> str:
    way = _WAYS_OUT.get(
        kind,
        "use a document, table, mail, web page, picture, recording, clip or text; the documentation lists all kinds",
    )
    raise UnsupportedType(f"{kind} is not read", which=name, next_step=way)


def _text_type(head: bytes, name: str) -> str:
    text = None if _EBCDIC.fullmatch(head) else _as_text(head)
    if text is None:
        return _refuse("text in EBCDIC" if _EBCDIC.fullmatch(head) else "binary data of an unknown kind", name)
    start = text.lstrip("\ufeff \t\r\n")
    suffix = PurePath(name).suffix.lower()
    if begun := next((kind for sign, kind in _BEGINNINGS if sign.match(start)), None):
        return begun
    markup = start.startswith("<") and suffix not in _SUFFIXES[MARKDOWN]
    if markup and _HTML_TAG.match(_PROLOGUE.sub("", start, count=1)):
        return HTML
    if markup and _XML.match(start):
        flat = _FLAT.match(root := _PROLOGUE.sub("", start, count=1))
        kind = _LIKE.get(flat[1], flat[1].removesuffix("-template")) if flat else ""
        return f"{kind}-flat-xml" if kind in FLAT.values() else SVG if re.match(r"<svg\b", root, re.I) else XML
    if _MBOX.match(start) and (suffix in _SUFFIXES[MBOX] or _MBOX_NEXT.search(start)):
        return MBOX
    if _is_mail(_MBOX.sub("", start)) or (suffix == ".emlx" and _is_mail(start.partition("\n")[2])):
        return EMAIL
    if _JSON.match(start) and suffix not in _PROSE:
        return _json_type(start, suffix)
    return next((kind for kind in (MARKDOWN, CSV, HTML) if suffix in _SUFFIXES[kind]), PLAIN)


def _json_type(start: str, suffix: str) -> str:
    if suffix in _SUFFIXES[NOTEBOOK]:
        return NOTEBOOK
    lines = [line for line in start.splitlines()[:2] if line.strip()]
    whole = len(lines) == 2 and all(line.startswith("{") and line.rstrip().endswith("}") for line in lines)
    return JSON_LINES if suffix in _SUFFIXES[JSON_LINES] or whole else JSON


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
    odd_characters, signs = len(_CONTROLS.findall(text)), sum(map(len, _SIGNS.findall(text)))
    return text if odd_characters <= len(text) // 50 and signs * 4 <= len(text) * 3 else _legacy(head)


def _legacy(head: bytes) -> str | None:
    """Accept 8-bit and East Asian encodings: almost no control bytes and no NUL."""
    controls = sum(1 for byte in head if byte < 32 and byte not in (9, 10, 11, 12, 13, 27))
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
