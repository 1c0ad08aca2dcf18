"""Files as they come: bad ones cost a line, replaced ones are never wrong for good, protected ones stay protected."""

from __future__ import annotations

import io
import json
import os
import socket
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from groundsight.cli import main
from groundsight.errors import GroundsightError, NotFound
from groundsight.ingestion import IngestReport, Parsed, frozen
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.ingest import ingest
from groundsight.ingestion.kept import kept_page
from groundsight.ingestion.partition import partition
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Principal
from tests.build import make_asset, make_entry, make_unit
from tests.doors import call

LIGHT = {"text": "none", "visual": "none", "ocr": "none"}
BOARD = Principal(may_write=True, labels=("board",))
OTHER = Principal(may_write=True, user="other")
ALL = Filter()
PERIOD = "How long is the notice period?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("Apples are green.")
    return tmp_path / "files"


def settings_of(tmp_path: Path, **ingestion: Any) -> Settings:
    return load_settings(tmp_path / "home", models=LIGHT, ingestion={"tags": False, **ingestion})


@pytest.fixture
def suite(tmp_path: Path, folder: Path) -> Iterator[Suite]:
    with open_suite(settings_of(tmp_path)) as opened:
        yield opened


def statuses(report: IngestReport) -> Mapping[str, str]:
    return {each.source: each.problem.code if each.problem else each.status for each in report.files}


def assets(suite: Suite) -> dict[str, Asset]:
    return {each.source: each for each in suite.parts.index.assets(ALL)}


def test_one_bad_file_of_any_kind_costs_one_line_and_the_rest_is_stored_once(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = ["new\nline.txt", "bell\x07.txt", "\u202egpj.txt", "back\\slash.txt", os.fsdecode(b"broken \xff.txt")]
    for name in odd:
        (folder / name).write_text("Pears are yellow.")
    deep = folder / os.fsdecode(b"deep \xfe")
    deep.mkdir()
    (deep / "z.txt").write_text("Plums are blue.")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "empty.txt").touch()
    os.mkfifo(folder / "pipe")
    toml = '[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n[ingestion]\ntags = false\n'
    (tmp_path / "light.toml").write_text(toml)
    where = ["--home", str(tmp_path / "home"), "--config", str(tmp_path / "light.toml"), "--json"]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        runs: list[Any] = []
        for _ in range(2):
            assert main(["ingest", str(folder), "--strict", *where]) == 1
            runs.append(json.loads(capsys.readouterr().out))
    counts = [(run["added"], run["unchanged"], run["failed"]) for run in runs]
    assert counts == [(len(odd) + 2, 0, 5), (0, len(odd) + 2, 5)]
    sources = [file["source"] for file in runs[0]["files"]]
    assert all(source.isprintable() for source in sources)
    assert {"files/broken ‹FF›.txt", "files/deep ‹FE›/z.txt", "files/new‹0A›line.txt"} <= {*sources}
    assert main(["ingest", str(folder / odd[-1]), *where]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 1


def test_a_file_that_vanishes_or_whose_reader_crashes_is_one_line(suite: Suite, folder: Path) -> None:
    for name in ("b.txt", "c.txt", "d.txt"):
        (folder / name).write_text(f"{name} is here.")

    def step(done: float, total: float | None, message: str) -> None:
        if message == "files/a.txt":
            (folder / "d.txt").unlink()

    def read(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        if document.name == "b.txt":
            return suite.parts.sandbox.run(  # type: ignore[return-value]
                "tests.hostile_jobs:crash", "", document=document.copy.fileno(), confines=_short(), watch=watch
            )
        return partition(document, settings, scratch, watch, suite.parts.sandbox)

    suite.parts.roots.admit(folder)
    report = ingest(suite.parts, [folder], suite.principal, Watch(step), reader=read)
    assert statuses(report) == {
        "files/a.txt": "added", "files/b.txt": "E_PARSE", "files/c.txt": "added", "files/d.txt": "E_NOT_FOUND"
    }  # fmt: skip


def _short() -> Any:
    from groundsight.ingestion.outcome import Confines

    return Confines(seconds=20)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_and_a_folder_without_permission_are_a_line_each(suite: Suite, folder: Path) -> None:
    (folder / "closed").mkdir(mode=0)
    (folder / "b.txt").write_text("b")
    (folder / "b.txt").chmod(0)
    report = suite.ingest([folder])
    assert statuses(report) == {"files/a.txt": "added", "files/b.txt": "E_NOT_FOUND", "files/closed": "E_NOT_FOUND"}
    assert {each.problem.next_step for each in report.files if each.problem} == {"check its permissions"}


@pytest.mark.parametrize("way", ["replaced", "rewritten"])
def test_what_is_hashed_is_what_is_read_when_the_file_changes_meanwhile(suite: Suite, folder: Path, way: str) -> None:
    file, new = folder / "a.txt", "Pears are yellow. They are sweet."

    def change() -> None:
        (folder.parent / "new").write_text(new)
        if way == "replaced":
            os.replace(folder.parent / "new", file)
        else:
            file.write_text(new)

    def read(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        change()
        return partition(document, settings, scratch, watch, suite.parts.sandbox)

    suite.parts.roots.admit(folder)
    ingest(suite.parts, [folder], suite.principal, Watch(), reader=read)
    ((unit, asset),) = suite.parts.index.scan(ALL)
    assert (asset.sha256, unit.text) == (sha256(b"Apples are green.").hexdigest(), "Apples are green.")
    assert statuses(suite.ingest([folder])) == {"files/a.txt": "changed"}
    ((unit, asset),) = suite.parts.index.scan(ALL)
    assert (asset.sha256, asset.bytes, unit.text) == (sha256(new.encode()).hexdigest(), len(new), new)


def test_kept_pages_show_the_bytes_that_were_indexed(tmp_path: Path, folder: Path) -> None:
    picture = folder / "p.png"
    Image.new("RGB", (40, 20), (250, 0, 0)).save(picture)
    before = sha256(picture.read_bytes()).hexdigest()

    def step(done: float, total: float | None, message: str) -> None:
        if message.startswith("keeping page"):
            Image.new("RGB", (40, 20), (0, 0, 250)).save(picture)

    with open_suite(settings_of(tmp_path, keep_page_pictures=True)) as suite:
        suite.acting_for(watch=Watch(step)).ingest([folder])
        asset = assets(suite)["files/p.png"]
        page = kept_page(suite.settings.home, asset, 1)
        assert page
        assert (asset.sha256, Image.open(io.BytesIO(page)).getpixel((5, 5))) == (before, (250, 0, 0))


def test_a_page_of_a_file_that_holds_something_else_by_now_is_not_shown(suite: Suite, folder: Path) -> None:
    Image.new("RGB", (40, 20), (250, 0, 0)).save(folder / "p.png")
    suite.ingest([folder])
    unit, _ = next(row for row in suite.parts.index.scan(ALL) if row[1].source == "files/p.png")
    assert call(suite, "read", id=unit.unit_id, picture=True).pictures
    Image.new("RGB", (40, 20), (0, 0, 250)).save(folder / "p.png")
    with pytest.raises(NotFound, match="changed"):
        call(suite, "read", id=unit.unit_id, picture=True)


def test_an_unchanged_file_costs_a_hash_and_no_copy(
    suite: Suite, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.ingest([folder])
    monkeypatch.setattr(frozen, "anonymous_file", lambda: pytest.fail("an unchanged file was copied"))
    assert suite.ingest([folder]).unchanged == 1


def stored(suite: Suite, source: str, text: str = "Old text.", **fields: Any) -> Asset:
    """Put a document into the index as it was stored by whoever protected it."""
    suite.parts.index.claim({})
    asset = make_asset(source, **fields)
    suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, text))])
    return asset


PROTECTIVE = {"labels": ("board",), "consent_until": date(2999, 1, 1), "region": "global"}


def test_what_protects_a_document_survives_new_content_and_new_settings(tmp_path: Path, folder: Path) -> None:
    with open_suite(settings_of(tmp_path), BOARD) as suite:
        stored(suite, "files/a.txt", **PROTECTIVE)
        eu = suite.acting_for(BOARD.model_copy(update={"region": "eu"}))
        assert statuses(eu.ingest([folder])) == {"files/a.txt": "changed"}
    with open_suite(settings_of(tmp_path, chunk_chars=500), BOARD) as suite:
        assert statuses(suite.ingest([folder])) == {"files/a.txt": "changed"}
        found = assets(suite)["files/a.txt"]
        assert found.model_dump(include={*PROTECTIVE}) == PROTECTIVE
        assert not suite.acting_for(OTHER).search("apples").hits
        assert suite.search("apples").hits


def test_a_protected_document_that_was_moved_or_copied_stays_protected(tmp_path: Path, folder: Path) -> None:
    with open_suite(settings_of(tmp_path), BOARD) as suite:
        stored(suite, "files/a.txt", **PROTECTIVE)
        suite.ingest([folder])
        os.rename(folder / "a.txt", folder / "b.txt")
        assert statuses(suite.ingest([folder], prune=True)) == {"files/b.txt": "added", "files/a.txt": "removed"}
        assert assets(suite)["files/b.txt"].labels == ("board",)


@pytest.mark.parametrize(
    "hidden", [{"labels": ("board",)}, {"region": "us"}, {"consent_until": date(2020, 1, 1)},
               {"usage_rights": "restricted"}], ids=str,
)  # fmt: skip
def test_a_writer_who_may_not_see_a_document_neither_replaces_prunes_nor_learns_of_it(
    suite: Suite, folder: Path, hidden: dict[str, Any]
) -> None:
    (folder / "secret.txt").write_text("New text.")
    before = stored(suite, "files/secret.txt", **hidden)
    writer = suite.acting_for(OTHER)
    assert statuses(writer.ingest([folder])) == {"files/a.txt": "added"}
    refusals = [refused(writer, "ingest", paths=[f"files/{name}"]) for name in ("secret.txt", "absent.txt")]
    refusals += [refused(writer, "ocr", picture=f"files/{name}") for name in ("secret.txt", "absent.txt")]
    assert len({*refusals}) == 1
    told = [
        writer.ingest([folder / f"{name}.txt"]).model_dump_json(exclude={"receipt"}) for name in ("secret", "absent")
    ]
    assert told[0].replace("secret", "absent") == told[1]
    (folder / "secret.txt").unlink()
    assert statuses(writer.ingest([folder], prune=True)) == {"files/a.txt": "unchanged"}
    assert assets(suite)["files/secret.txt"] == before


def test_a_visible_document_of_another_writers_folder_is_shown_by_its_id_and_by_nothing_else(
    suite: Suite, folder: Path
) -> None:
    Image.new("RGB", (40, 20), (250, 0, 0)).save(folder / "p.png")
    suite.ingest([folder])
    reader = suite.acting_for(Principal(roots=()))
    (hit,) = [each for each in call(reader, "search", query="p", pictures=True).hits if each.source == "files/p.png"]
    assert call(reader, "read", id=hit.id, picture=True).pictures
    assert reader.parts.load_picture(hit.id, reader.principal, Watch()).size == (40, 20)
    assert "E_NOT_FOUND" in refused(reader, "ocr", picture="files/p.png")
    assert call(reader, "status").roots == ()


def test_a_hit_and_a_citation_say_that_their_file_has_changed_or_gone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.txt").write_text("The notice period is 90 days.")
    with open_suite(settings_of(tmp_path)) as suite:
        suite.ingest([folder])
        assert marks(suite) == ("", "")
        os.utime(folder / "a.txt", ns=(1, 1))
        assert marks(suite) == ("", "")
        (folder / "a.txt").write_text("The notice period is 30 days.")
        assert marks(suite) == ("changed", "changed")
        assert "(the file has changed since)" in call(suite, "search", query="notice").as_text()
        assert "(the file has changed since)" in call(suite, "ask", question=PERIOD).as_text()
        (folder / "a.txt").unlink()
        (folder / "a.txt").symlink_to("/etc/hostname")
        assert marks(suite) == ("gone", "gone")
    (tmp_path / "light.toml").write_text('[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n')
    assert main(["search", "notice", "--home", str(tmp_path / "home"), "--config", str(tmp_path / "light.toml")]) == 0
    assert "files/a.txt (the file is gone)" in capsys.readouterr().out


def test_nothing_is_called_stale_that_cannot_be_looked_at(suite: Suite, folder: Path) -> None:
    stored(suite, "elsewhere/a.txt", "Apples are red.")
    suite.ingest([folder])
    (folder / "b.txt").write_text("Apples are green.")
    stored(suite, "files/b.txt", "Apples are green.", bytes=17)
    os.rename(folder, folder.with_name("moved"))
    assert {hit.stale for hit in suite.search("apples").hits} == {""}
    os.rename(folder.with_name("moved"), folder)
    assert {hit.asset.source: hit.stale for hit in suite.search("apples").hits} == {
        "elsewhere/a.txt": "", "files/a.txt": "", "files/b.txt": ""
    }  # fmt: skip


def marks(suite: Suite) -> tuple[str, str]:
    (hit,) = call(suite, "search", query="notice").hits
    (cited,) = call(suite, "ask", question=PERIOD).citations
    return hit.stale, cited.stale


def refused(suite: Suite, name: str, **arguments: Any) -> str:
    with pytest.raises(GroundsightError) as caught:
        call(suite, name, **arguments)
    return str(caught.value)
