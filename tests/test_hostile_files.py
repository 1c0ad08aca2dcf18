"""Hostile files end at a named limit or a clear refusal, within the child, and leave nothing behind."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

from groundsight.errors import GroundsightError, LimitExceeded, NotFound, ParseFailed
from groundsight.ingestion import Parsed
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.partition import partition
from groundsight.ingestion.sandbox import Sandbox
from groundsight.limits import MIB
from groundsight.settings import Limits, Settings
from groundsight.tracing import Watch

SMALL = Limits(parse_seconds=8, parse_cpu_seconds=6, parse_memory_bytes=700 * MIB)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as cell:
        yield cell


def read(path: Path, sandbox: Sandbox, limits: Limits = SMALL) -> Parsed:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    with frozen_by_name(path, limits.file_bytes) as document:
        return partition(document, Settings(limits=limits), scratch, Watch(), sandbox)


def refused(path: Path, sandbox: Sandbox, limits: Limits = SMALL) -> str:
    with pytest.raises(GroundsightError) as caught:
        read(path, sandbox, limits)
    assert "\n" not in str(caught.value)
    return caught.value.error_code


def write(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def pdf_of(*objects: bytes, root: int = 1) -> bytes:
    """Write a PDF of numbered objects, with its cross-reference table."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return body + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count, table, count, root, len(body),
    )  # fmt: skip


def page_with(stream: bytes, filters: bytes, box: bytes = b"[0 0 612 792]") -> bytes:
    content = b"<</Length %d/Filter%b>>stream\n%b\nendstream" % (len(stream), filters, stream)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox%b/Contents 4 0 R/Resources<<>>>>" % box
    return pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content)


def flat_png(side: int) -> bytes:
    """Write a PNG of one-bit pixels without holding them in memory."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(side // 8 + 2)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_the_double_flate_bomb_ends_at_a_limit_and_the_next_file_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(b" " * MIB) for _ in range(1024)) + packer.flush()
    bomb = write(tmp_path, "a.pdf", page_with(zlib.compress(once, 9), b"[/FlateDecode/FlateDecode]"))
    assert bomb.stat().st_size < 10_000
    assert refused(bomb, sandbox) in ("E_TIMEOUT", "E_RESOURCE", "E_EMPTY", "E_PARSE")
    assert read(write(tmp_path, "a.txt", b"words"), sandbox).elements[0].text == "words"


def test_a_docx_bomb_is_refused_by_what_it_unpacks_to(tmp_path: Path, sandbox: Sandbox) -> None:
    docx.Document().save(str(tmp_path / "plain.docx"))
    with (
        zipfile.ZipFile(tmp_path / "plain.docx") as plain,
        zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for member in plain.namelist():
            text = plain.read(member)
            if member == "word/document.xml":
                text = text.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 3_000_000)
            bomb.writestr(member, text)
    assert refused(tmp_path / "a.docx", sandbox) == "E_LIMIT_ARCHIVE"


@pytest.mark.parametrize("side", [13_000, 60_000])
def test_a_huge_flat_picture_is_refused_before_it_is_decoded(tmp_path: Path, sandbox: Sandbox, side: int) -> None:
    data = (
        flat_png(side) if side < 20_000 else flat_png(64).replace(struct.pack(">II", 64, 64), b"\0\0\xea\x60\0\0\0\1")
    )
    if side > 20_000:
        data = data[:29] + struct.pack(">I", zlib.crc32(data[12:29])) + data[33:]
    assert refused(write(tmp_path, "a.png", data), sandbox) == "E_LIMIT_PIXELS"


def test_an_encrypted_pdf_says_so(tmp_path: Path, sandbox: Sandbox) -> None:
    lock = pdfencrypt.StandardEncryption("secret", ownerPassword="owner", strength=128)
    canvas = Canvas(str(tmp_path / "a.pdf"), encrypt=lock)
    canvas.drawString(50, 500, "hidden")
    canvas.save()
    with pytest.raises(ParseFailed) as caught:
        read(tmp_path / "a.pdf", sandbox)
    assert caught.value.what == "encrypted: it opens only with a password"


def test_a_pdf_of_too_many_pages_is_refused_by_its_count(tmp_path: Path, sandbox: Sandbox) -> None:
    kids = b" ".join([b"3 0 R"] * 20_000)
    pages = b"<</Type/Pages/Kids[%b]/Count 20000>>" % kids
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"
    path = write(tmp_path, "a.pdf", pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", pages, page))
    assert refused(path, sandbox) == "E_LIMIT_PAGES"


def test_a_pdf_whose_page_tree_is_a_loop_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    path = write(tmp_path, "a.pdf", pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 9>>"))
    assert refused(path, sandbox) in ("E_PARSE", "E_EMPTY")


def test_a_page_of_a_million_points_is_not_rendered(tmp_path: Path, sandbox: Sandbox) -> None:
    stream = zlib.compress(b"0 0 500000 500000 re f")
    path = write(tmp_path, "a.pdf", page_with(stream, b"/FlateDecode", b"[0 0 1000000 1000000]"))
    with pytest.raises(ParseFailed) as caught:
        read(path, sandbox)
    assert "too large to be rendered" in caught.value.what


@pytest.mark.parametrize("kind", ["pdf", "docx", "png", "jpg", "xlsx"])
def test_truncated_files_are_refused_or_read_in_part(tmp_path: Path, sandbox: Sandbox, kind: str) -> None:
    whole = io.BytesIO()
    if kind == "docx":
        docx.Document().save(whole)
    elif kind == "xlsx":
        import openpyxl

        openpyxl.Workbook().save(whole)
    elif kind == "pdf":
        canvas = Canvas(whole)
        canvas.drawString(50, 500, "words")
        canvas.save()
    else:
        Image.effect_noise((200, 200), 90).convert("RGB").save(whole, "JPEG" if kind == "jpg" else "PNG")
    data = whole.getvalue()
    assert refused(write(tmp_path, f"a.{kind}", data[: len(data) // 2]), sandbox) in ("E_PARSE", "E_EMPTY")


def test_a_zip_dressed_as_docx_is_read_as_the_archive_that_it_is(tmp_path: Path, sandbox: Sandbox) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("evil.txt", "x")
    parsed = read(tmp_path / "a.docx", sandbox)
    assert (parsed.media_type, [one.name for one in parsed.inside]) == ("application/zip", ["evil.txt"])


def test_only_the_first_half_of_a_polyglot_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("word/document.xml", "the other half")
    png = io.BytesIO()
    Image.new("RGB", (80, 80)).save(png, "PNG")
    parsed = read(write(tmp_path, "a.docx", png.getvalue() + inner.getvalue()), sandbox)
    assert parsed.media_type == "image/png"
    assert "png" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "E_EMPTY"), (b" \n\t", "E_EMPTY"), ("\u200b\u200b\n\u202e".encode(), "E_EMPTY"),
        (b"x", ""), (b"<html><script>only()</script></html>", "E_EMPTY"),
    ],
)  # fmt: skip
def test_files_without_content_say_so(tmp_path: Path, sandbox: Sandbox, data: bytes, code: str) -> None:
    path = write(tmp_path, "a.txt", data)
    if code:
        assert refused(path, sandbox) == code
    else:
        assert read(path, sandbox).elements


def test_entities_and_entity_bombs_in_office_files_read_no_file(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "secret").write_text("CANARY")
    docx.Document().save(str(tmp_path / "plain.docx"))
    bomb = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    kinds = f'<!DOCTYPE x [<!ENTITY x SYSTEM "file://{tmp_path}/secret"><!ENTITY e0 "lol">{bomb}]>'
    with zipfile.ZipFile(tmp_path / "plain.docx") as plain, zipfile.ZipFile(tmp_path / "a.docx", "w") as evil:
        for member in plain.namelist():
            text = plain.read(member)
            if member == "word/document.xml":
                start = text.index(b"<w:document")
                text = text[:start] + kinds.encode() + text[start:]
                text = text.replace(b"<w:body>", b"<w:body><w:p><w:r><w:t>&x;&e9;</w:t></w:r></w:p>")
            evil.writestr(member, text)
    assert refused(tmp_path / "a.docx", sandbox) in ("E_PARSE", "E_EMPTY")


def test_too_much_text_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    path = write(tmp_path, "a.txt", b"word " * 300)
    assert refused(path, sandbox, SMALL.model_copy(update={"document_chars": 1_000})) == "E_LIMIT_TEXT"


def test_links_pipes_and_large_files_are_refused_before_reading(tmp_path: Path, sandbox: Sandbox) -> None:
    write(tmp_path, "a.txt", b"words")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    for name in ("link.txt", "pipe.txt", "absent.txt"):
        with pytest.raises(NotFound):
            read(tmp_path / name, sandbox)
    with (tmp_path / "sparse.txt").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(LimitExceeded) as caught:
        read(tmp_path / "sparse.txt", sandbox)
    assert caught.value.error_code == "E_LIMIT_BYTES"


def test_a_name_of_broken_bytes_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    assert read(write(tmp_path, os.fsdecode(b"\xff.txt"), b"words"), sandbox).elements


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 30))
def test_mutated_files_raise_only_errors_of_the_house(
    tmp_path: Path, sandbox: Sandbox, place: int, byte: int, cut: int
) -> None:
    whole = io.BytesIO()
    canvas = Canvas(whole)
    canvas.drawString(50, 500, "words")
    canvas.save()
    data = bytearray(whole.getvalue())
    data[place % len(data)] = byte
    del data[place % len(data) : place % len(data) + cut]
    try:
        read(write(tmp_path, "a.pdf", bytes(data)), sandbox)
    except GroundsightError:
        return
