"""What a file is follows from its content; its name only chooses among kinds of plain text."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import GroundsightError, LimitExceeded, ParseFailed, UnsupportedType
from groundsight.ingestion.sniff import SUPPORTED_SUFFIXES, check_size, sniff
from groundsight.ingestion.unpacked import check_archive
from groundsight.settings import Limits

MAIL = b"From: a@example.org\nTo: b@example.org\nSubject: Hi\n\nHello\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
KINDS = {
    "a.pdf": (b"%PDF-1.7\n...", "application/pdf"),
    "a.png": (b"\x89PNG\r\n\x1a\n....", "image/png"),
    "a.jpg": (b"\xff\xd8\xff\xe0....", "image/jpeg"),
    "a.gif": (b"GIF89a....", "image/gif"),
    "a.webp": (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    "a.tiff": (b"II*\0........", "image/tiff"),
    "a.bmp": (b"BM" + bytes(12) + b"\x28" + bytes(40), "image/bmp"),
    "a.html": (b"<!doctype html><p>Hi</p>", "text/html"),
    "b.html": (b'<?xml version="1.0"?>\n<!-- x -->\n<html><p>Hi</p></html>', "text/html"),
    "a.md": (b"# Title\n\ntext", "text/markdown"),
    "a.txt": (b"just words", "text/plain"),
    "a.csv": (b"a,b\n1,2\n", "text/csv"),
    "a.eml": (MAIL, "message/rfc822"),
    "a.mbox": (b"From a@example.org Tue Jun  3 10:00:00 2025\n" + MAIL, "application/mbox"),
    "a.msg": (OLE + "__properties_version1.0".encode("utf-16-le"), "application/vnd.ms-outlook"),
    "a.rtf": (b"{\\rtf1 hello}", "application/rtf"),
    "a.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><text>x</text></svg>', "image/svg+xml"),
    "b.svg": (b'<?xml version="1.0"?><svg><text>x</text></svg>', "image/svg+xml"),
    "a.xml": (b'<?xml version="1.0"?><a><html/></a>', "application/xml"),
    "a.json": (b'{"a": 1}', "application/json"),
    "a.jsonl": (b'{"a": 1}\n{"a": 2}\n', "application/jsonl"),
    "a.ipynb": (b'{"cells": []}', "application/x-ipynb+json"),
    "a.vtt": (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", "text/vtt"),
    "a.srt": (b"1\n00:00:01,000 --> 00:00:02,000\nHi", "application/x-subrip"),
    "a.ics": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "text/calendar"),
    "a.vcf": (b"\xef\xbb\xbfBEGIN:VCARD\r\nFN:Ann\r\n", "text/vcard"),
    "a.gz": (b"\x1f\x8b\x08", "application/gzip"),
    "a.xz": (b"\xfd7zXZ\0", "application/gzip"),
    "a.tar": (bytes(257) + b"ustar\0", "application/x-tar"),
    "a.doc": (OLE + "WordDocument".encode("utf-16-le"), "application/msword"),
    "a.xls": (OLE + "Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
    "a.ppt": (OLE + "PowerPoint Document".encode("utf-16-le"), "application/vnd.ms-powerpoint"),
    "a.heic": (b"\0\0\0\x18ftypheic", "image/heic"),
    "a.wav": (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
    "a.mp3": (b"ID3\x04\0", "audio/mpeg"),
    "b.mp3": (b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
    "a.flac": (b"fLaC\0", "audio/flac"),
    "a.ogg": (b"OggS\0\2", "audio/ogg"),
    "a.m4a": (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
    "a.mp4": (b"\0\0\0\x18ftypisom", "video/mp4"),
    "a.mov": (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
    "a.webm": (b"\x1aE\xdf\xa3\x9fB\x82\x84webm", "video/webm"),
    "a.mkv": (b"\x1aE\xdf\xa3\x9fB\x82\x88matroska", "video/x-matroska"),
}
REFUSED = {
    "a.exe": b"MZ\x90\x00", "a.elf": b"\x7fELF\x02", "a.rar": b"Rar!\x1a\x07", "a.ps": b"%!PS-Adobe-3.0",
    "a.psd": b"8BPS\0\1", "a.avi": b"RIFF\0\0\0\0AVI LIST",
    "a.bin": bytes(range(256)) * 8, "a.sh": b"#!/bin/sh\nls",
    "zero": bytes(100_000), "a.fits": b"SIMPLE  =                    T", "a.dat": b"\x78\x9f\x3e\x22",
}  # fmt: skip


def write(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("name", KINDS)
def test_supported_kinds_are_told_by_content(tmp_path: Path, name: str) -> None:
    data, media_type = KINDS[name]
    found = sniff(write(tmp_path, name, data), name)
    assert (found.media_type, found.warnings) == (media_type, ())


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("shown", ["as it is", "dressed as png"])
def test_everything_else_is_refused_in_one_line(tmp_path: Path, name: str, shown: str) -> None:
    seen = name if shown == "as it is" else "a.png"
    with pytest.raises(UnsupportedType) as caught:
        sniff(write(tmp_path, "file", REFUSED[name]), seen)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("page", ["cp037", "cp500", "cp1140", "cp273"])
def test_the_text_of_a_mainframe_is_refused_by_its_name(tmp_path: Path, page: str) -> None:
    letter = "Invoice 4711 of Alma (Ltd).\nTotal due: 1,250.00 EUR, 3 May 2025\n"
    with pytest.raises(UnsupportedType, match="text in EBCDIC is not read"):
        sniff(write(tmp_path, "a.txt", letter.encode(page)), "a.txt")
    sniff(write(tmp_path, "b.txt", "@@@@@@@@ Größe ÄÖÜ ªº @@@".encode("latin-1")), "b.txt")


def test_a_wrong_extension_is_a_warning_and_the_content_wins(tmp_path: Path) -> None:
    found = sniff(write(tmp_path, "a.txt", b"%PDF-1.4"), "a.txt")
    assert found.media_type == "application/pdf"
    assert "application/pdf" in found.warnings[0]


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ParseFailed) as caught:
        sniff(write(tmp_path, "a.txt", b""), "a.txt")
    assert caught.value.error_code == "E_EMPTY"


def test_a_zip_is_what_its_members_say(tmp_path: Path) -> None:
    kinds = {
        "readme.txt": "application/zip",
        "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
    for member, media_type in kinds.items():
        with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
            archive.writestr(member, "text")
        assert sniff(tmp_path / "a.docx", "a.docx").media_type == media_type
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    assert sniff(tmp_path / "a.epub", "a.epub").media_type == "application/epub+zip"


@pytest.mark.parametrize(
    ("member", "kind", "way"),
    [
        ("Index/Document.iwa", "iWork", "export it as pdf"), ("xl/workbook.bin", "binary Excel", "save it as xlsx"),
        ("visio/document.xml", "Visio", "export it as pdf"), ("FixedDocSeq.fdseq", "another program", "as pdf"),
    ],
)  # fmt: skip
def test_a_container_of_another_program_is_refused_by_its_name(
    tmp_path: Path, member: str, kind: str, way: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(member, "")
        archive.writestr("[Content_Types].xml", "")
    with pytest.raises(UnsupportedType, match=kind) as caught:
        sniff(tmp_path / "a.zip", "a.zip")
    assert way in caught.value.next_step


@pytest.mark.parametrize(
    ("kind", "like"), [("graphics", "presentation"), ("text-master", "text"), ("text-template", "text")]
)
def test_kinds_of_open_documents_are_read_as_those_that_they_are_built_like(
    tmp_path: Path, kind: str, like: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
    assert sniff(tmp_path / "a.zip", "a.zip").media_type == f"application/vnd.oasis.opendocument.{like}"


def test_an_open_document_of_another_kind_is_refused_and_an_archive_is_none(tmp_path: Path) -> None:
    for name, mime in (("a.odb", "application/vnd.oasis.opendocument.base"), ("a.zip", "")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("database/script", "text")
            archive.writestr("mimetype", mime)
    assert sniff(tmp_path / "a.zip", "a.zip").media_type == "application/zip"
    with pytest.raises(UnsupportedType, match="OpenDocument"):
        sniff(tmp_path / "a.odb", "a.odb")


def test_what_is_not_read_is_called_by_its_name(tmp_path: Path) -> None:
    kinds = {
        b"\xe4R\\{\x8c\xd8\xa7M": "OneNote", b"\xffWPC": "WordPerfect", b"PAR1\x15": "Parquet", b"AT&TFORM": "DjVu",
        b"x" * 60 + b"BOOKMOBI": "Kindle",
    }  # fmt: skip
    for start, kind in kinds.items():
        with pytest.raises(UnsupportedType, match=kind):
            sniff(write(tmp_path, "a", start + bytes(range(200))), "a")


@pytest.mark.parametrize(
    "text", ["日本語のテキストです。これはシフトJISです。".encode("cp932"), "Größe für alle".encode("cp1252"),
             "words".encode("utf-16"), "words in order".encode("utf-16-le"), "words".encode("utf-32"), b"a b c \xff"]
)  # fmt: skip
def test_text_is_told_in_many_encodings(tmp_path: Path, text: bytes) -> None:
    assert sniff(write(tmp_path, "a.txt", text), "a.txt").media_type == "text/plain"


@pytest.mark.parametrize(
    ("media_type", "limit"), [("text/plain", "text_bytes"), ("image/png", "picture_bytes"), ("x", "file_bytes")]
)
def test_each_kind_has_its_own_limit_of_bytes(tmp_path: Path, media_type: str, limit: str) -> None:
    path = write(tmp_path, "a", b"12345")
    check_size(path, media_type, "a", Limits.model_validate({limit: 5}))
    with pytest.raises(LimitExceeded) as caught:
        check_size(path, media_type, "a", Limits.model_validate({limit: 4}))
    assert caught.value.error_code == "E_LIMIT_BYTES"


def test_an_archive_is_counted_by_members_bytes_ratio_and_names(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(4 << 20))
        archive.writestr("b", b"")
    for limits in (Limits(archive_members=1), Limits(archive_bytes=1 << 20), Limits(archive_ratio=10)):
        with pytest.raises(LimitExceeded) as caught:
            check_archive(path, "a.docx", limits)
        assert caught.value.error_code == "E_LIMIT_ARCHIVE"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/../../x", b"")
    with pytest.raises(ParseFailed):
        check_archive(path, "a.docx", Limits())


def test_all_supported_suffixes_are_listed() -> None:
    assert {Path(name).suffix for name in KINDS} <= SUPPORTED_SUFFIXES


@given(data=st.binary(max_size=200), suffix=st.sampled_from(["", ".pdf", ".txt", ".md", ".csv", ".docx"]))
def test_any_bytes_are_a_known_kind_or_an_error_of_the_house(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(data)
    try:
        assert sniff(path, f"any{suffix}").media_type
    except GroundsightError:
        return
