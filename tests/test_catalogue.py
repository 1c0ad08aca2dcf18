"""The catalogue through its doors: list, why and forget, questions about files, and what nobody else may learn."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from groundsight.agent.files import read_file_question
from groundsight.cli import main
from groundsight.ingestion.folder.catalogue import Wanted, date_of
from groundsight.server import build_server
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Filter, LeftOut, Principal
from tests.build import make_asset, make_entry, make_unit
from tests.test_folder import put
from tests.test_ingest_files import call, refused

LIGHT = {"text": "none", "visual": "none", "ocr": "none"}
OTHER = Principal(user="other", may_write=True)


def settings_of(tmp_path: Path) -> Settings:
    return load_settings(tmp_path / "home", models=LIGHT, ingestion={"tags": False})


@pytest.fixture
def barn(tmp_path: Path) -> Path:
    """Three texts of three days, one twice, a document with a date of its own, and a broken PDF."""
    folder = tmp_path / "barn"
    for number, (name, day) in enumerate({"hay.txt": 10, "bills/straw-bill.txt": 20, "bills/oat-bill.txt": 30}.items()):
        file = put(folder / name, f"Load {number} weighs {number} tons.")
        os.utime(file, (0, 1_746_000_000 + day * 86_400))
    put(folder / "copy.txt", "Load 0 weighs 0 tons.")
    letter = Document()
    letter.add_paragraph("The roof of the barn leaks.")
    letter.core_properties.created = datetime(2019, 3, 4)
    letter.save(str(folder / "letter.docx"))
    put(folder / "broken.pdf", "%PDF-1.4 nothing")
    return folder


@pytest.fixture
def suite(tmp_path: Path, barn: Path) -> Iterator[Suite]:
    with open_suite(settings_of(tmp_path)) as opened:
        opened.ingest([barn])
        yield opened


def guarded(suite: Suite, source: str = "barn/will.txt", **fields: Any) -> None:
    """A document of the index that only the family may see."""
    asset = make_asset(source, labels=("family",), sha256="f" * 64, **fields)
    suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, "The will names the barn owl."))])


def test_the_list_tells_kinds_dates_copies_and_what_could_not_be_read(suite: Suite) -> None:
    found = call(suite, "list", order="newest")
    assert found.count == 5
    assert found.kinds == {"text": 4, "word": 1}
    assert [each.source for each in found.documents][-1] == "barn/letter.docx"
    assert found.documents[-1].date == "2019-03-04"
    assert found.copies == (("barn/copy.txt", "barn/hay.txt"),) or found.copies == (("barn/hay.txt", "barn/copy.txt"),)
    assert [each.source for each in found.unread] == ["barn/broken.pdf"]
    assert "not read: barn/broken.pdf: E_PARSE" in found.as_text()


def test_the_list_is_narrowed_by_path_kind_and_day(suite: Suite) -> None:
    def named(**arguments: str) -> list[str]:
        return [each.source.removeprefix("barn/") for each in call(suite, "list", **arguments).documents]

    assert named(path="BILLS") == ["bills/oat-bill.txt", "bills/straw-bill.txt"]
    assert named(kind="docx") == named(kind="word") == named(dated_to="2020-01-01") == ["letter.docx"]
    assert named(dated_from="2025-05-15", dated_to="2025-05-25") == ["bills/straw-bill.txt"]
    assert named(kind="pdf") == named(kind=".log") == named(kind="audio") == named(kind="image/png") == []
    assert len(named(kind="txt")) == len(named(kind="text/plain")) == 4
    for unknown, near in (("spreadsheat", "did you mean spreadsheet"), ("log", "kinds: pdf, word"), (".", "kinds: ")):
        assert near in refused(suite, "list", kind=unknown)
    assert "2025-13-01" not in refused(suite, "list", dated_from="2025-13-01")


def test_a_file_whose_name_lies_is_of_the_kind_of_its_content(suite: Suite, barn: Path) -> None:
    put(barn / "plan.pdf", "<html><body><p>The hay barn has two doors.</p></body></html>")
    suite.ingest([barn])
    assert [each.source for each in call(suite, "list", kind="pdf").documents] == []
    assert [each.source for each in call(suite, "list", kind="html").documents] == ["barn/plan.pdf"]


def test_a_link_is_explained_as_one_and_never_by_what_it_leads_to(suite: Suite, barn: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.txt", "Nobody reads this.")
    (barn / "far.txt").symlink_to(tmp_path / "secret.txt")
    (barn / "round").symlink_to(barn)
    for name in ("barn/far.txt", "round", "barn/round"):
        told = call(suite, "why", file=name)
        assert (told.state, told.why) == ("left out", "a link")
    assert refused(suite, "why", file="barn/near.txt") == refused(suite, "why", file="none.txt")


@given(st.dates(), st.dates(), st.sampled_from(["", "barn", "hay"]))
def test_a_narrower_list_is_a_part_of_a_wider_one(first: date, last: date, path: str) -> None:
    assets = [
        make_asset(f"barn/{name}.txt", created=day) for name, day in (("hay", first), ("oats", last), ("x", None))
    ]
    narrow = Wanted(path=path, dated_from=min(first, last), dated_to=max(first, last))
    kept = [each for each in assets if narrow.passes(each)]
    assert all(Wanted(path=path).passes(each) and date_of(each) for each in kept)
    assert len(kept) == sum(path in each.source for each in assets[:2])


def test_what_others_may_see_is_neither_listed_counted_named_explained_nor_forgotten(suite: Suite, barn: Path) -> None:
    guarded(suite)
    put(barn / "will.txt", "%PDF-1.4 nothing")
    suite.acting_for(Principal(labels=("family",), may_write=True)).ingest([barn])
    owner, other = suite.acting_for(Principal(labels=("family",))), suite.acting_for(OTHER)
    assert call(owner, "list").count == 6
    assert [each.source for each in call(owner, "list").unread] == ["barn/broken.pdf", "barn/will.txt"]
    told = [call(other, "list"), call(other, "status"), call(other, "ask", question="How many documents do I have?")]
    assert not any("will.txt" in each.model_dump_json() for each in told)
    unread = call(other, "ask", question="Which files could not be read?").text
    assert unread.startswith("1 file could not be read: barn/broken.pdf")
    assert (told[0].count, len(told[0].unread), told[1].unread) == (5, 1, 1)
    assert told[2].text.startswith("5 documents: ")
    assert refused(other, "why", file="will.txt") == refused(other, "why", file="none.txt")
    absent = refused(other, "forget", names=["barn/none.txt"])
    assert refused(other, "forget", names=["barn/will.txt"]) == absent.replace("none", "will")
    assert any(each.source == "barn/will.txt" for each in suite.parts.index.assets(Filter()))


def test_a_caller_without_the_folder_learns_nothing_of_what_failed_in_it(suite: Suite, barn: Path) -> None:
    (barn / "node_modules").mkdir()
    suite.ingest([barn])
    stranger = suite.acting_for(Principal(user="stranger", roots=()))
    told = call(stranger, "list")
    assert (told.unread, told.left_out) == ((), ())
    assert (call(stranger, "status").unread, call(stranger, "status").left_out) == (0, {})
    assert refused(stranger, "why", file="broken.pdf") == refused(stranger, "why", file="none.pdf")


def test_another_tenant_sees_nothing(suite: Suite) -> None:
    foreign = suite.acting_for(Principal(tenant="other", may_write=True))
    assert call(foreign, "list").model_dump(exclude={"receipt"}) == {
        "truncated": False, "count": 0, "every": 0, "kinds": {}, "documents": (), "copies": (), "unread": (),
        "left_out": (), "kept_apart": (),
    }  # fmt: skip
    assert call(foreign, "status").orders == ()


def test_an_order_is_seen_and_stopped_by_whoever_gave_it_alone(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundsight.ingestion.folder.helper.Helper.ensure", lambda self: None)
    mine = suite.acting_for(Principal(user="me", may_write=True))
    given = call(mine, "ingest", paths=["barn"], later=True).order
    other = suite.acting_for(OTHER)
    assert call(other, "status").orders == ()
    assert "E_NOT_FOUND" in refused(other, "stop", order=given.id)
    assert "E_NOT_FOUND" in refused(other, "ingest", paths=["/etc"], later=True)
    assert "E_POLICY" in refused(suite.acting_for(Principal()), "ingest", paths=["barn"], later=True)
    assert call(mine, "stop", order=given.id).order.state == "stopped"


def test_why_tells_the_rank_in_each_channel_and_what_dropped_a_file(suite: Suite) -> None:
    found = call(suite, "why", file="straw-bill.txt", question="How much does load 1 weigh?")
    assert (found.state, found.place) == ("indexed", 1)
    assert {each.channel: each.rank for each in found.channels}["bm25_text"] == 1
    lost = call(suite, "why", file="letter.docx", question="How much does load 1 weigh?")
    assert lost.place is None
    assert lost.found.startswith("no channel has it among its candidates")


def test_why_tells_what_of_a_file_was_not_taken_and_that_it_has_changed(suite: Suite, barn: Path) -> None:
    put(barn / "hay.txt", "Load 0 weighs more.")
    told = call(suite, "why", file="hay.txt")
    assert (told.state, told.stale) == ("indexed", "changed")
    assert told.next_step.startswith("groundsight ingest --prune barn/hay.txt")
    assert call(suite, "why", file="new.txt" if put(barn / "new.txt") else "").state == "not read yet"
    parts = (LeftOut(kind="chart sheet", why="its numbers lie elsewhere", count=2),)
    asset = make_asset("barn/sums.xlsx", left_out=parts, warnings=tuple(map(str, parts)), sha256="e" * 64)
    suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, "The turnips of Lower Field."))])
    told = call(suite, "why", file="sums.xlsx")
    assert told.left_out == ("not read: chart sheet (2), its numbers lie elsewhere",)
    assert told.as_text().count("chart sheet (2)") == 1
    assert call(suite, "status").warned == 1
    told = call(suite, "ask", question="How many turnips of Lower Field were sold in 2031?")
    assert told.status != "answered"
    assert "Of barn/sums.xlsx some parts were not read: chart sheet (2), its numbers lie elsewhere." in told.text


def test_a_question_about_a_file_that_failed_is_told_that_it_failed(suite: Suite) -> None:
    told = call(suite, "ask", question="What is the price of oats in broken.pdf?")
    assert "barn/broken.pdf could not be read: malformed or truncated" in told.text


def test_forget_takes_a_folder_away_and_names_what_lies_there_still(suite: Suite) -> None:
    told = call(suite, "forget", names=["barn/bills"])
    assert told.forgotten == ("barn/bills/oat-bill.txt", "barn/bills/straw-bill.txt")
    assert "still on the disk" in told.as_text()
    assert call(suite, "list", path="bills").count == 0
    assert "E_POLICY" in refused(suite.acting_for(Principal()), "forget", names=["barn"])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which documents are from May 2025?", ["3 documents", "hay.txt", "oat-bill", "straw-bill"]),
        ("How many text files do I have?", ["4 text documents"]),
        ("What is the newest bill file?", ["The newest of 2 documents is barn/bills/oat-bill.txt (last written"]),
        ("Wie viele Dokumente habe ich?", ["5 documents"]),
        ("Which files are from before 2020?", ["1 document: barn/letter.docx (of 2019-03-04)"]),
        *(
            (question, ["1 file could not be read: barn/broken.pdf (malformed or truncated"])
            for question in (
                "Which files could not be read?",
                "what was not read",
                "Which of my files couldn’t be read?",
                "which files failed",
                "How many documents were not read?",
                "What could you not read?",
                "Which files have not been read?",
                "welche Dateien konnten nicht gelesen werden",
                "Was wurde nicht gelesen?",
                "Welche Dateien sind fehlgeschlagen?",
                "Quels fichiers n'ont pas pu être lus ?",
                "¿Qué archivos no se pudieron leer?",
            )
        ),
        ("Which PDFs could not be read?", ["1 pdf file could not be read: barn/broken.pdf"]),
        ("Which spreadsheets could not be read?", ["Every spreadsheet file that was tried could be read."]),
        ("How many PDFs do I have?", ["No pdf document", "Not counted", "barn/broken.pdf"]),
    ],
)
def test_a_question_about_the_files_is_answered_from_the_catalogue(
    suite: Suite, question: str, words: list[str]
) -> None:
    told = call(suite, "ask", question=question)
    assert (told.status, told.stop_reason) == ("answered", "the catalogue answers the question")
    for word in words:
        assert word in told.text
    for cited in told.citations:
        assert call(suite, "read", id=cited.id).source == cited.source


def test_of_many_files_that_could_not_be_read_the_rest_is_counted(suite: Suite, barn: Path) -> None:
    for number in range(6):
        put(barn / f"torn-{number}.pdf", f"%PDF-1.4 nothing {number}")
    suite.ingest([barn])
    assert call(suite, "ask", question="How many PDFs do I have?").text.endswith("torn-3.pdf and 2 more.")


@pytest.mark.parametrize(
    "question",
    ["What is in the newest document?", "How many files mention Lisbon in May 2025?", "Which document names the heir?",
     "What is the latest report?", "What was the largest bill in 2024?", "How many tons does the file say?",
     "Which documents are required for a visa?", "Which tests failed?", "What failed?", "Which files failed the audit?",
     "Which meters could not be read?", "Which files were not read by the auditor?", "What was not read in May 2025?"],
)  # fmt: skip
def test_a_question_about_what_stands_in_files_is_none_about_files(suite: Suite, question: str) -> None:
    asked = read_file_question(question)
    assert asked is None or asked.parts
    assert call(suite, "ask", question=question).stop_reason != "the catalogue answers the question"


def test_list_why_and_forget_are_offered_over_mcp(suite: Suite) -> None:
    async def conversation() -> None:
        async with Client(build_server(lambda: suite, writable=True)) as client:
            listed = (await client.call_tool("list", {"kind": "text"})).structured_content
            assert listed is not None
            assert listed["count"] == 4
            told = await client.call_tool("why", {"file": "broken.pdf"})
            assert told.content[0].text.startswith("barn/broken.pdf: failed")  # type: ignore[union-attr]
            wrong = await client.call_tool("list", {"kind": "txet"})
            assert "did you mean txt" in wrong.content[0].text  # type: ignore[union-attr]
            gone = (await client.call_tool("forget", {"names": ["hay.txt"]})).structured_content
            assert gone is not None
            assert gone["forgotten"] == ["barn/hay.txt"]

    asyncio.run(conversation())


def test_list_and_why_are_commands(
    tmp_path: Path, suite: Suite, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in LIGHT:
        monkeypatch.setenv(f"GROUNDSIGHT_MODELS__{name.upper()}", "none")
    home = ["--home", str(tmp_path / "home")]
    assert main(["list", "bills", "--order", "newest", *home]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "2 of 5 documents: text 2", "barn/bills/oat-bill.txt: text, 2025-05-30, 21 bytes"
    ]  # fmt: skip
    assert main(["list", "nowhere", *home]) == 0
    assert capsys.readouterr().out.startswith("0 of 5 documents; none is like that")
    for kind, told in (("mail", False), ("pdf", True)):
        assert main(["list", "--kind", kind, *home]) == 0
        assert ("not read: barn/broken.pdf" in capsys.readouterr().out) is told
    assert main(["list", "--kind", "mial", *home]) == 2
    assert "did you mean mail" in capsys.readouterr().err
    assert main(["why", "broken.pdf", *home]) == 0
    assert "E_PARSE" in capsys.readouterr().out
