"""Mail: the newest text first, what it quotes marked, its attachments and forwarded messages as files inside."""

from __future__ import annotations

import struct
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from groundsight.ingestion import Parsed
from groundsight.ingestion.ingest import ingest
from groundsight.ingestion.reach import document_of
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from groundsight.tracing import Watch
from groundsight.types import Filter, Principal
from tests.test_readers_text import read, texts

HEAD = "From: a@example.org\nTo: b@example.org\nSubject: Bricks\nDate: Tue, 03 Jun 2025 10:00:00 +0000\n"


def mail(*, plain: str = "", html: str = "", subject: str = "Bricks") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", subject
    if plain:
        message.set_content(plain)
    if html and plain:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def parts(parsed: Parsed) -> list[tuple[str, str]]:
    """The texts below the head with their marks."""
    return [(element.text, element.mark) for element in parsed.elements[1:]]


QUOTED = "On Mon, 2 Jun 2025 at 9:00 Karl Wendt <k@example.org> wrote:\n> A pallet costs 80 euros.\n> It holds 400.\n"


@pytest.mark.parametrize(
    "body", [f"A pallet costs 95 euros now.\n\n{QUOTED}", f"{QUOTED}\nA pallet costs 95 euros now.\n"]
)
def test_the_newest_text_comes_first_whether_the_answer_stands_above_or_below(tmp_path: Path, body: str) -> None:
    assert parts(read(tmp_path, "a.eml", f"{HEAD}\n{body}")) == [
        ("A pallet costs 95 euros now.", ""),
        ("On Mon, 2 Jun 2025 at 9:00 Karl Wendt <k@example.org> wrote:", "quoted"),
        ("A pallet costs 80 euros.\nIt holds 400.", "quoted"),
    ]


def test_answers_between_quoted_lines_are_new(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.eml", f"{HEAD}\n> How many fit?\n400\n\n> How heavy is one?\n2.3 kg\n")
    assert [text for text, mark in parts(parsed) if not mark] == ["400", "2.3 kg"]


@pytest.mark.parametrize(
    "older",
    [
        "-----Original Message-----\nFrom: Karl\nSent: Monday\nTo: A\nSubject: Bricks",
        "Von: Karl <k@example.org>\nGesendet: Montag\nAn: A\nBetreff: Ziegel",
        "De : Karl <k@example.org>\nEnvoyé : lundi\nÀ : A\nObjet : Briques",
    ],
)
def test_all_below_the_head_of_an_older_message_is_quoted(tmp_path: Path, older: str) -> None:
    parsed = read(
        tmp_path, "a.eml", f"{HEAD}Content-Type: text/plain; charset=utf-8\n\nIt is 95.\n\n{older}\n\nIt is 80.\n"
    )
    assert parts(parsed)[0] == ("It is 95.", "")
    assert parts(parsed)[-1] == ("It is 80.", "quoted")


def test_what_html_mail_quotes_is_marked(tmp_path: Path) -> None:
    html = "<p>It is 95.</p><div class='gmail_quote'>Karl wrote:<blockquote><p>It is 80.</p></blockquote></div>"
    parsed = read(tmp_path, "a.eml", mail(html=html).as_bytes())
    assert parts(parsed) == [("It is 95.", ""), ("Karl wrote:", "quoted"), ("It is 80.", "quoted")]


def test_html_is_read_where_the_plain_text_is_a_stub_and_the_ledger_says_so(tmp_path: Path) -> None:
    html = "<table><tr><td>Article</td><td>Pieces</td></tr><tr><td>Brick</td><td>400</td></tr></table>"
    parsed = read(tmp_path, "a.eml", mail(plain="Your program can't show this.", html=html).as_bytes())
    assert parsed.elements[1].cells == (("Article", "Pieces"), ("Brick", "400"))
    assert [left.kind for left in parsed.left_out] == ["plain version of the text"]


def test_plain_text_that_says_it_all_is_enough(tmp_path: Path) -> None:
    message = mail(plain="The bricks arrive on Monday.", html="<p>The bricks arrive on <b>Monday</b>.</p>")
    parsed = read(tmp_path, "a.eml", message.as_bytes())
    assert (parts(parsed), parsed.left_out) == ([("The bricks arrive on Monday.", "")], ())


def test_a_forwarded_message_is_a_file_inside_that_is_called_by_its_subject(tmp_path: Path) -> None:
    message = mail(plain="See below.")
    message.add_attachment(mail(plain="The kiln is hot.", subject="Kiln 3/4 größer"))
    parsed = read(tmp_path, "a.eml", message.as_bytes())
    (inside,) = parsed.inside
    assert inside.name == "Kiln 3-4 größer.eml"
    assert "The kiln is hot." in texts(read(tmp_path, "b.eml", (tmp_path / inside.file).read_bytes()))


def test_mails_of_a_thread_share_a_key(tmp_path: Path) -> None:
    first = read(tmp_path, "a.eml", f"Message-ID: <1@x>\n{HEAD}\nOne.\n")
    second = read(tmp_path, "b.eml", f"Message-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <1@x>\n{HEAD}\nTwo.\n")
    assert [link.role for link in second.links] == ["heading", "mention"]
    assert first.links[0].key == second.links[1].key
    assert "@" not in first.links[0].key


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_mail_of_wide_characters_is_read(tmp_path: Path, encoding: str) -> None:
    assert parts(read(tmp_path, "a.eml", f"{HEAD}\nHello there.\n".encode(encoding))) == [("Hello there.", "")]


def test_a_mailbox_holds_its_messages_as_files(tmp_path: Path) -> None:
    one, two = (f"From x@example.org Tue Jun  3 10:00:00 2025\n{HEAD}\n{text}\n\n" for text in ("One.", ">From here."))
    parsed = read(tmp_path, "a.mbox", one + two)
    assert [each.name for each in parsed.inside] == ["Bricks.eml", "Bricks.eml"]
    assert (tmp_path / parsed.inside[1].file).read_text().endswith("\nFrom here.\n\n")


def test_a_page_of_an_attachment_is_shown_from_the_bytes_that_were_indexed(tmp_path: Path) -> None:
    message = mail(plain="See the table.")
    message.add_attachment(b"brick;pieces\nred;400\n", maintype="text", subtype="csv", filename="stock.csv")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.eml").write_bytes(message.as_bytes())
    light = {"text": "none", "visual": "none", "ocr": "none"}
    with open_suite(load_settings(tmp_path / "home", models=light, ingestion={"tags": False})) as suite:
        suite.parts.roots.admit(tmp_path / "files")
        report = ingest(suite.parts, [tmp_path / "files"], Principal(may_write=True), Watch())
        assert [each.source for each in report.files] == ["files/a.eml", "files/a.eml/stock.csv"]
        assert report.failed == 0
        table = next(each for each in suite.parts.index.assets(Filter()) if each.parent)
        with document_of(suite.parts, table) as document:
            assert document.read() == b"brick;pieces\nred;400\n"


def test_an_outlook_message_is_read_as_any_other_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time = struct.pack("<IIQ", 0x00390040, 0, 133_934_400_000_000_000)
    streams = {
        "__properties_version1.0": bytes(32) + time,
        "__substg1.0_0037001F": "Grüße".encode("utf-16-le"),
        "__substg1.0_0C1A001F": "Änne Wolf".encode("utf-16-le"),
        "__substg1.0_0C1F001F": "a@example.org".encode("utf-16-le"),
        "__substg1.0_0E04001F": "Bo Lund; Cy Rask".encode("utf-16-le"),
        "__recip_version1.0_#00000000/__substg1.0_3001001F": "Bo Lund".encode("utf-16-le"),
        "__recip_version1.0_#00000000/__substg1.0_39FE001F": "bo@example.org".encode("utf-16-le"),
        "__substg1.0_1000001F": "It is 95.\n\n> It is 80.".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_3707001F": "stöck.csv".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": b"brick;pieces\n",
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0": bytes(24),
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F": "Inner".encode("utf-16-le"),
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_1000001F": "The kiln.".encode("utf-16-le"),
    }
    monkeypatch.setattr("olefile.OleFileIO", lambda data: _Container(streams))
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__properties_version1.0".encode("utf-16-le")
    parsed = read(tmp_path, "a.msg", container)
    assert texts(parsed)[0].startswith(
        'From: Änne Wolf <a@example.org>\nTo: Bo Lund <bo@example.org>, "Cy Rask"\nDate: '
    )
    assert (parsed.title, parts(parsed)) == ("Grüße", [("It is 95.", ""), ("It is 80.", "quoted")])
    assert [each.name for each in parsed.inside] == ["stöck.csv", "Inner.eml"]


class _Container:
    """An OLE container of these streams, as the library shows it."""

    def __init__(self, streams: dict[str, bytes]) -> None:
        self._streams = streams

    def __enter__(self) -> _Container:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def listdir(self) -> list[list[str]]:
        return [path.split("/") for path in self._streams]

    def exists(self, path: str) -> bool:
        return any(each == path or each.startswith(f"{path}/") for each in self._streams)

    def get_type(self, path: str) -> int:
        return 2 if path in self._streams else 1

    def openstream(self, path: str) -> _Stream:
        return _Stream(self._streams[path])


class _Stream:
    def __init__(self, data: bytes) -> None:
        self.read: Callable[[], bytes] = lambda: data
