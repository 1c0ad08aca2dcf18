"""Forgetting: what is forgotten leaves no byte in the home, what is not stays whole, and a kill changes neither."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from docx import Document
from reportlab.pdfgen.canvas import Canvas

from groundsight.cli import main
from groundsight.errors import InvalidArgument, Locked, NotFound, PolicyRefused
from groundsight.governance.access import tenant_of
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.optout import OptOut, OptOuts
from groundsight.index.held import note_snapshot
from groundsight.index.weaviate.snapshots import read_snapshot, write_snapshot
from groundsight.ingestion import proof
from groundsight.ingestion.derived import derived_of
from groundsight.ingestion.proof import Searched
from groundsight.language.facts import read_facts
from groundsight.retrieval.cache import READ
from groundsight.settings import load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Principal, Query
from tests.build import make_asset, make_entry, make_unit
from tests.index_workers import forget_and_die
from tests.pictures import page_of
from tests.test_index_crash import PROCESSES
from tests.test_index_crash import children_do_not_import_the_test_runner as _lean  # noqa: F401

WORDS = {
    "text": "quibblesnatch",
    "table": "wombatrolle",
    "file name": "zephyrkiste",
    "pdf page": "marmotglocke",
    "docx": "ferretlampe",
    "picture": "XYLOPHONTURM",
    "mail": "otterbrille",
}
KEPT = "The harbour master keeps the badgerkelle."


def write_files(folder: Path) -> None:
    """One file of each kind that holds one of the words, and one that stays."""
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text(f"The {WORDS['text']} weighs 4 kg.\n")
    (folder / "table.csv").write_text(f"part,weight\n{WORDS['table']},4\nbolt,2\n")
    (folder / f"{WORDS['file name']}.md").write_text("# A plain heading\n\nA plain sentence.\n")
    (folder / "letter.eml").write_text(f"Subject: {WORDS['mail']}\nFrom: a@b.example\n\nThe {WORDS['mail']} is here.\n")
    page_of(f"{WORDS['picture']} 1987", "NORTH QUAY").save(folder / "scan.png")
    pdf = Canvas(str(folder / "page.pdf"))
    pdf.drawString(72, 700, f"The {WORDS['pdf page']} stands on page one.")
    pdf.save()
    document = Document()
    document.add_paragraph(f"The {WORDS['docx']} stands in the office.")
    document.save(str(folder / "office.docx"))
    (folder.parent / "stay.txt").write_text(KEPT)


def residue(home: Path, words: Iterator[str] | list[str]) -> list[str]:
    """Every file of the home that holds one of the words in its bytes or its name, in any of three spellings."""
    forms = [form for word in words for form in (word, word.lower(), word.encode("utf-16-le").decode("latin-1"))]
    found: list[str] = []
    for file in home.rglob("*"):
        data = file.read_bytes().decode("latin-1") if file.is_file() else ""
        found += [f"{file.relative_to(home)}: {form}" for form in forms if form in data or form in file.name]
    return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files and a home that has read them with every model that is packaged, and kept their pages."""
    place = tmp_path_factory.mktemp("filled")
    write_files(place / "files" / "inner")
    (place / "home").mkdir()
    (place / "home" / "groundsight.toml").write_text("[ingestion]\nkeep_page_pictures = true\n")
    assert main(["ingest", str(place / "files"), "--home", str(place / "home"), "--json"]) == 0
    with opened(place) as suite:
        for word in WORDS.values():
            suite.search(Query(text=word))
        store = suite.parts.index._store  # type: ignore[attr-defined]
        with store.write_lock.held():
            store.publish()
    assert (place / "home" / "index" / "derived.bin").exists()
    return place


@pytest.fixture
def place(filled: Path, tmp_path: Path) -> Path:
    """A copy of it for one test, under roots of its own."""
    shutil.copytree(filled, tmp_path / "place")
    (tmp_path / "place" / "home" / "roots.json").write_text(json.dumps([str(tmp_path / "place" / "files")]))
    return tmp_path / "place"


def opened(place: Path) -> Suite:
    return open_suite(load_settings(place / "home"))


def cli(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*words, "--json", "--home", str(place / "home")])
    return code, json.loads(capsys.readouterr().out)


def sources(suite: Suite) -> list[str]:
    return [asset.source for asset in suite.parts.index.assets(tenant_of(suite.principal))]


def test_every_planted_word_is_there_before(place: Path) -> None:
    found = "\n".join(residue(place / "home", list(WORDS.values())))
    assert all(word.lower() in found.lower() for word in WORDS.values())


def test_a_file_of_another_process_that_goes_while_it_is_searched_is_no_failure(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = place / "home" / "passing.tmp"
    passing.write_text("half a snapshot")
    real = proof._held_by

    def looked(path: Path, pieces: Any) -> Any:
        path.unlink() if path == passing else None
        return real(path, pieces)

    monkeypatch.setattr(proof, "_held_by", looked)
    code, done = cli(place, capsys, "forget", str(place / "files" / "inner"))
    assert (code, passing.exists()) == (0, False)
    assert "passing.tmp" not in [store["name"] for store in done["proof"]["stores"]]


@pytest.mark.parametrize("vanished", [False, True])
def test_a_forgotten_folder_leaves_no_byte_in_the_home(
    place: Path, capsys: pytest.CaptureFixture[str], vanished: bool
) -> None:
    if vanished:
        shutil.rmtree(place / "files" / "inner")
    cut_off = place / "home" / "models" / ".training"
    cut_off.mkdir(parents=True)
    (cut_off / "1.pt").write_text("weights of lines that named it")
    code, done = cli(place, capsys, "forget", str(place / "files" / "inner"))
    assert (code, len(done["forgotten"]), cut_off.exists()) == (0, len(WORDS), False)
    assert len(done["still_there"]) == (0 if vanished else len(WORDS))
    assert residue(place / "home", list(WORDS.values())) == []
    assert list((place / "home" / "pages").iterdir()) == []
    with opened(place) as suite:
        assert sources(suite) == ["files/stay.txt"]
        assert suite.search("badgerkelle").hits[0].unit.text == KEPT
        assert suite.parts.index.check().problems == ()


@pytest.mark.parametrize("name", ["page.pdf", "scan.png", "note.txt"])
def test_a_forgotten_file_takes_only_what_is_its_own(place: Path, name: str) -> None:
    word = {"page.pdf": WORDS["pdf page"], "scan.png": WORDS["picture"], "note.txt": WORDS["text"]}[name]
    with opened(place) as suite:
        assert suite.forget([f"files/inner/{name}"]).forgotten == (f"files/inner/{name}",)
        assert len(sources(suite)) == len(WORDS)
    assert residue(place / "home", [word]) == []
    others = [other for other in WORDS.values() if other != word]
    assert all(residue(place / "home", [other]) for other in others)


def test_a_vanished_file_named_on_the_command_line_is_pruned_with_all_that_was_made_of_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = place / "files" / "inner" / "note.txt"
    gone.unlink()
    code, done = cli(place, capsys, "ingest", str(gone))
    assert (code, done["vanished"], done["removed"], done["failed"]) == (0, 1, 0, 0)
    code, done = cli(place, capsys, "ingest", str(gone), "--prune")
    assert (code, done["vanished"], done["removed"], done["failed"]) == (0, 0, 1, 0)
    assert residue(place / "home", [WORDS["text"]]) == []
    assert cli(place, capsys, "ingest", str(gone), "--prune")[1]["error"]["code"] == "E_NOT_FOUND"


def test_a_vanished_folder_is_pruned_by_its_own_name_or_by_that_of_its_folder(place: Path) -> None:
    shutil.rmtree(place / "files" / "inner")
    with opened(place) as suite:
        assert suite.ingest([place / "files" / "inner"], prune=True).removed == len(WORDS)
    assert residue(place / "home", list(WORDS.values())) == []


def test_content_that_two_files_share_stays_for_the_other(place: Path) -> None:
    inner = place / "files" / "inner"
    shutil.copy(inner / "scan.png", inner / "twin.png")
    with opened(place) as suite:
        assert suite.ingest([inner]).model_calls <= 1
        suite.forget(["files/inner/scan.png"])
        (twin,) = [hit.asset.source for hit in suite.search(WORDS["picture"]).hits if "twin" in hit.asset.source]
        kept = place / "home" / "pages" / asset_of(suite, twin).sha256
        assert (kept / "1.png").is_file()
        suite.parts.index.delete([asset_of(suite, twin).asset_id], tenant_of(suite.principal))
        assert suite.ingest([inner / "twin.png"]).model_calls == 0
        suite.forget([str(inner / "twin.png")])
        assert not kept.exists()
    assert residue(place / "home", [WORDS["picture"]]) == []


def asset_of(suite: Suite, source: str) -> Asset:
    (found,) = [each for each in suite.parts.index.assets(tenant_of(suite.principal)) if each.source == source]
    return found


def test_an_earlier_state_of_a_file_goes_when_it_changes(place: Path) -> None:
    (place / "files" / "inner" / "scan.png").unlink()
    page_of("PLAIN WORDS").save(place / "files" / "inner" / "scan.png")
    with opened(place) as suite:
        suite.ingest([place / "files" / "inner" / "scan.png"])
    assert residue(place / "home" / "derived", [WORDS["picture"]]) == []


def test_work_on_files_that_never_became_documents_is_forgotten_with_their_folder(place: Path) -> None:
    derived = derived_of(load_settings(place / "home")).of("default", "files/other/half.png")
    derived.write("ocr", "model", "content", b"left by a killed run: voleschrank")
    with opened(place) as suite:
        assert suite.forget([place / "files" / "other"]).forgotten == ()
    assert residue(place / "home", ["voleschrank"]) == []


def test_another_process_no_longer_finds_it_at_its_next_query_and_keeps_nothing_in_memory(place: Path) -> None:
    with opened(place) as ours, opened(place) as theirs:
        assert theirs.search(WORDS["text"]).hits[0].asset.source == "files/inner/note.txt"
        ours.search(WORDS["text"])
        read_facts(f"The {WORDS['text']} weighs 4 kg.")
        ours.forget(["files/inner/note.txt"])
        assert len(ours.parts.searches) == 0
        assert [read.cache_info().currsize for read in READ] == [0] * len(READ)
        assert all("note.txt" not in hit.asset.source for hit in theirs.search(WORDS["text"]).hits)
        assert len(theirs.parts.searches) == 1


def test_snapshots_that_still_hold_it_are_named_with_what_to_do(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli(place, capsys, "snapshot", str(tmp_path / "one"))
    cli(place, capsys, "snapshot", str(tmp_path / "two"))
    cli(place, capsys, "forget", "files/inner/note.txt")
    cli(place, capsys, "snapshot", str(tmp_path / "after"))
    shutil.rmtree(tmp_path / "two")
    (place / "home" / "index" / "damaged-1-index.db").write_bytes(b"")
    held = cli(place, capsys, "forget", "files/inner")[1]["held"]
    assert [Path(each["place"]).name for each in held] == ["one", "after", "damaged-1-index.db"]
    step = f"groundsight snapshot NEW_FOLDER --home {place / 'home'}; then delete {tmp_path / 'one'}"
    assert step in held[0]["next_step"]
    held = cli(place, capsys, "forget", "files")[1]["held"]
    assert [Path(each["place"]).name for each in held][:2] == ["one", "after"]


@pytest.mark.parametrize("name", ["files/inner/nothing.txt", "/etc/passwd", "nowhere", "..", "a\0b", "~", "files/in"])
def test_an_unknown_name_is_not_found_and_nothing_is_removed(place: Path, name: str) -> None:
    with opened(place) as suite:
        with pytest.raises((NotFound, InvalidArgument)):
            suite.forget(["files/inner/note.txt", name])
        assert len(sources(suite)) == len(WORDS) + 1


@pytest.mark.parametrize("names", ["", " ", [], ["files", ""]])
def test_an_empty_name_is_not_the_folder_one_stands_in(
    place: Path, names: str | list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place / "files")
    with opened(place) as suite:
        for verb in (suite.forget, suite.ingest):
            with pytest.raises(InvalidArgument, match="a name is empty"):
                verb(names)
        assert len(sources(suite)) == len(WORDS) + 1
    with pytest.raises(SystemExit) as ended:
        main(["ingest", "", "--home", str(place / "home")])
    assert ended.value.code == 2


def test_a_name_that_means_two_documents_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "files" / "files" / "inner").mkdir(parents=True)
    (place / "files" / "files" / "inner" / "note.txt").write_text("Another note.")
    monkeypatch.chdir(place / "files")
    with opened(place) as suite:
        suite.ingest([place / "files" / "files"])
        with pytest.raises(InvalidArgument, match=r"files/files/inner/note\.txt and files/inner/note\.txt"):
            suite.forget(["files/inner/note.txt"])


def test_a_name_may_be_the_end_of_a_source_and_one_of_several_removes_nothing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "files" / "outer" / "inner").mkdir(parents=True)
    (place / "files" / "outer" / "inner" / "note.txt").write_text("Another note.")
    with opened(place) as suite:
        suite.ingest([place / "files"])
        before = sources(suite)
        for name in ("inner/note.txt", "inner", "note.txt"):
            with pytest.raises(InvalidArgument, match=r"several end so: files/inner.*, files/outer/inner"):
                suite.forget(["stay.txt", name])
        for name in ("/stay.txt", "tay.txt", "./stay.txt"):
            with pytest.raises(NotFound):
                suite.forget([name])
        assert sources(suite) == before
    assert cli(place, capsys, "forget", "outer/")[1]["forgotten"] == ["files/outer/inner/note.txt"]
    with opened(place) as suite:
        assert suite.forget("table.csv").forgotten == ("files/inner/table.csv",)


def test_only_a_writer_forgets_and_only_what_is_in_reach(place: Path) -> None:
    with opened(place) as suite:
        index = suite.parts.index
        for asset in (
            make_asset("files/inner/board.txt", labels=("board",)),
            make_asset("files/inner/note.txt", tenant="them"),
            make_asset("files/inner/expired.txt", usage_rights="restricted"),
        ):
            index.upsert([make_entry(asset, make_unit(asset, 0, "words"))])
        with pytest.raises(PolicyRefused):
            suite.acting_for(Principal()).forget(["files/inner/note.txt"])
        for name in ("files/inner/board.txt", "board.txt"):
            with pytest.raises(NotFound):
                suite.forget([name])
        with pytest.raises(NotFound):
            suite.acting_for(Principal(tenant="other", may_write=True)).forget(["files/inner/note.txt"])
        assert "files/inner/expired.txt" in suite.forget(["files/inner"]).forgotten
        assert sources(suite) == ["files/inner/board.txt", "files/stay.txt"]
        assert sum(each.tenant == "them" for each in index.assets(Filter())) == 1


def test_a_caller_with_folders_of_its_own_forgets_nothing_elsewhere(place: Path) -> None:
    with opened(place) as suite:
        (place / "files" / "inner" / "note.txt").unlink()
        for roots in ((), (place / "home",)):
            caller = suite.acting_for(Principal(may_write=True, roots=roots))
            with pytest.raises(NotFound):
                caller.forget(["files/inner/note.txt"])
            assert caller.ingest(["files/inner/note.txt"], prune=True).removed == 0
        caller = suite.acting_for(Principal(may_write=True, roots=(place / "files",)))
        assert caller.forget(["files/inner/note.txt"]).forgotten == ("files/inner/note.txt",)


def test_the_trail_says_who_forgot_and_how_it_ended_without_the_name(place: Path) -> None:
    with opened(place) as suite:
        receipt = suite.forget(["files/inner/note.txt"]).receipt
        with pytest.raises(NotFound):
            suite.forget(["files/inner/note.txt"])
    trail = (place / "home" / "audit" / "audit.jsonl").read_text()
    records = [json.loads(line) for line in trail.splitlines() if '"tool": "forget"' in line]
    assert [(each["kind"], each["outcome"]) for each in records] == [
        ("begin", ""), ("end", "OK"), ("begin", ""), ("end", "E_NOT_FOUND"),
    ]  # fmt: skip
    assert records[1]["id"] == receipt
    assert "note.txt" not in trail
    assert verify_chain(place / "home" / "audit").problems == ()


@pytest.mark.parametrize("moment", [1, 2, 5, 9, "committed", "rewritten", "emptied"])
def test_a_killed_forgetting_leaves_documents_whole_or_gone_and_the_next_one_ends_it(
    place: Path, moment: object
) -> None:
    child = PROCESSES.Process(target=forget_and_die, args=(place / "home", "files/inner", moment), daemon=True)
    child.start()
    child.join()
    assert child.exitcode == -9
    with opened(place) as suite:
        left = [each for each in suite.parts.index.assets(tenant_of(suite.principal)) if "inner" in each.source]
        assert len(left) in (0, len(WORDS))
        assert suite.parts.index.check().problems == ()
        assert all(suite.parts.index.units(each.asset_id, tenant_of(suite.principal)) for each in left)
        try:
            suite.forget(["files/inner"])
        except NotFound:
            assert left == []
        assert sources(suite) == ["files/stay.txt"]
    assert residue(place / "home", list(WORDS.values())) == []
    report = verify_chain(place / "home" / "audit")
    assert (report.problems, report.losses, len(report.unfinished)) == ((), (), 1)


def test_a_long_reader_that_keeps_the_log_is_said_and_the_next_one_ends_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundsight.index.store.LOG_SECONDS", 0.01)
    with opened(place) as suite, opened(place) as theirs:
        reading = theirs.parts.index.scan(Filter())
        next(reading)
        with pytest.raises(Locked, match="a long reader keeps its traces"):
            suite.forget(["files/inner/note.txt"])
        assert "files/inner/note.txt" not in sources(suite)
        reading.close()  # type: ignore[attr-defined]
        with pytest.raises(NotFound):
            suite.forget(["files/inner/note.txt"])
    assert residue(place / "home", [WORDS["text"]]) == []


def test_what_is_opted_out_is_not_read_again_by_name_or_content_until_it_is_lifted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    folder.mkdir()
    (folder / "gone.txt").write_text("The quibblesnatch of the harbour weighs four kilograms.")
    (folder / "stay.txt").write_text(KEPT)

    def run(*words: str) -> dict[str, Any]:
        assert main([*words, "--home", str(home), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    run("ingest", str(folder))
    run("snapshot", str(tmp_path / "snapshot"))
    older = shutil.copytree(tmp_path / "snapshot", tmp_path / "older")
    served = tmp_path / "of-weaviate"
    with open_suite(load_settings(home)) as suite:
        write_snapshot(cast(Any, suite.parts.index), served)
        note_snapshot(home, served)
    done = run("forget", str(folder / "gone.txt"), "--opt-out", "--rewrite-snapshots")
    assert (done["held"], done["rewritten"]) == ([], [str(tmp_path / "snapshot"), str(served)])
    assert [each.asset.source for each in read_snapshot(served)[1]] == ["files/stay.txt"]
    assert residue(served, ["quibblesnatch", "gone.txt"]) == []
    assert done["proof"]["pieces"] > 0
    assert "1 found (what was stated of the name stays" in str(Searched(name="rights", files=1, bytes=9, found=1))
    assert [store["found"] for store in done["proof"]["stores"]] == [0] * len(done["proof"]["stores"])
    assert [path.name for path in (home / "proofs").iterdir()] == [f"{done['receipt']}.json"]
    assert residue(tmp_path / "snapshot", ["quibblesnatch"]) == residue(home, ["quibblesnatch"]) == []

    (folder / "copy.txt").write_bytes((folder / "gone.txt").read_bytes())
    again = {each["source"]: each["status"] for each in run("ingest", str(folder))["files"]}
    assert again == {"files/copy.txt": "opted out", "files/gone.txt": "opted out", "files/stay.txt": "unchanged"}
    assert len(run("forget", "--opted-out")["opted_out"]) == 2
    assert residue(home, ["quibblesnatch", "gone.txt"]) == []

    assert run("why", "files/gone.txt")["why"] == "it is opted out"
    shutil.copytree(older, tmp_path / "put-back")
    run("restore", str(tmp_path / "put-back"), "--yes")
    assert [each["source"] for each in run("list")["documents"]] == ["files/stay.txt"]
    assert len(run("forget", "--lift", str(folder / "gone.txt"))["lifted"]) == 2
    assert {each["status"] for each in run("ingest", str(folder))["files"]} == {"added", "unchanged"}
    run("restore", str(tmp_path / "snapshot"), "--yes")
    assert [each["source"] for each in run("list")["documents"]] == ["files/stay.txt"]


def test_a_damaged_list_of_opt_outs_stops_the_ingest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    folder.mkdir()
    (folder / "a.txt").write_text("The lamp.")
    home.mkdir()
    (home / "optout.json").write_text("[{]")
    assert main(["ingest", str(folder), "--home", str(home)]) == 1
    assert "E_STORAGE" in capsys.readouterr().err


def test_what_is_opted_out_while_its_folder_is_read_stays_out(tmp_path: Path) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    (folder / "staff").mkdir(parents=True)
    (folder / "a.txt").write_text("The lamp.")
    (folder / "staff" / "old.txt").write_text("The quibblesnatch.")
    home.mkdir()
    (home / "groundsight.toml").write_text('[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n')
    with open_suite(home=home) as suite, open_suite(home=home) as other:
        suite.ingest([folder])
        (folder / "staff" / "old.txt").write_text("The quibblesnatch still.")
        (folder / "staff" / "new.txt").write_text("The wombatrolle.")
        waiting = [lambda: other.forget(["files/staff"], opt_out=True)]
        watch = Watch(lambda *_: waiting.pop()() and None if waiting else None)
        told = {each.source: each.status for each in suite.acting_for(watch=watch).ingest([folder]).files}
        assert told == {
            "files/a.txt": "unchanged",
            "files/staff/new.txt": "opted out",
            "files/staff/old.txt": "opted out",
        }
        assert sources(suite) == ["files/a.txt"]


def test_what_is_committed_between_the_look_and_the_list_of_an_opt_out_goes_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    (folder / "staff").mkdir(parents=True)
    for name in ("keep.txt", "staff/old.txt"):
        (folder / name).write_text(f"The quibblesnatch of {name}.")
    home.mkdir()
    (home / "groundsight.toml").write_text('[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n')
    with open_suite(home=home) as suite, open_suite(home=home) as other:
        suite.ingest([folder])
        (folder / "copy.txt").write_bytes((folder / "staff/old.txt").read_bytes())
        (folder / "staff/new.txt").write_text("The wombatrolle.")
        (folder / "copy of new.txt").write_text("The wombatrolle.")
        add, waiting = OptOuts.add, [lambda: other.ingest([folder]), lambda: OptOuts(home, "default").add(["x"], [])]

        def late(self: OptOuts, names: Iterable[str], contents: Iterable[str]) -> tuple[OptOut, ...]:
            while waiting:
                waiting.pop(0)()
            return add(self, names, contents)

        monkeypatch.setattr(OptOuts, "add", late)
        gone = suite.forget(["files/staff"], opt_out=True)
        monkeypatch.undo()
        assert sources(suite) == ["files/keep.txt"]
        assert len(gone.forgotten) == 4
        # Nobody's entry is lost where two write the list at once.
        assert len(gone.opted_out) + 1 == len(suite.opted_out())
