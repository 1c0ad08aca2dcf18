"""A folder stays in step: what is read, what is left out and said, how changes come in, and what a crash leaves."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from groundsight.cli import main
from groundsight.governance.roots import Roots
from groundsight.ingestion import IngestReport
from groundsight.ingestion.folder.follow import Follower
from groundsight.ingestion.folder.helper import Helper
from groundsight.ingestion.folder.orders import Orders
from groundsight.ingestion.folder.rules import MOST_SECONDS, Rules
from groundsight.ingestion.folder.steady import Steady, is_written, state_of
from groundsight.ingestion.folder.work import Worker
from groundsight.limits import Folders, Operation
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, local_principal, open_suite
from groundsight.tracing import Watch
from groundsight.types import Filter
from tests.test_cost import PRICES
from tests.test_ingest_files import call

LIGHT = {"text": "none", "visual": "none", "ocr": "none"}
WAIT_SECONDS = 120


def settings_of(tmp_path: Path, **folders: Any) -> Settings:
    return load_settings(tmp_path / "home", models=LIGHT, ingestion={"tags": False}, folders=folders)


@pytest.fixture
def shed(tmp_path: Path) -> Path:
    folder = tmp_path / "shed"
    folder.mkdir()
    (folder / "ladder.txt").write_text("The ladder has nine rungs.")
    return folder


@pytest.fixture
def suite(tmp_path: Path, shed: Path) -> Iterator[Suite]:
    with open_suite(settings_of(tmp_path, quiet_seconds=2)) as opened:
        opened.parts.roots.add(shed)
        yield opened


def sources(suite: Suite) -> list[str]:
    return [each.source for each in suite.parts.index.assets(Filter())]


def put(file: Path, text: str = "Some words.") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


# What is left out, and said


def test_packages_caches_links_and_what_a_gitignore_names_are_left_out_and_said(suite: Suite, shed: Path) -> None:
    for name in ("node_modules/left/readme.md", "env/lib/notes.txt", "kept/CACHEDIR.TAG", "kept/a.txt", "~$plan.docx",
                 "logs/a.log", "logs/keep.log", "film.mp4.part", ".hidden/a.txt"):  # fmt: skip
        put(shed / name)
    put(shed / "env" / "pyvenv.cfg")
    put(shed / ".gitignore", "*.log\n!keep.log\n")
    (shed / "link.txt").symlink_to(shed / "ladder.txt")
    report = suite.ingest([shed])
    assert [each.source for each in report.files] == ["shed/ladder.txt", "shed/logs/keep.log"]
    assert {(each.example, each.why) for each in report.left_out} == {
        ("shed/.gitignore", "hidden file"), ("shed/.hidden", "hidden folder"), ("shed/link.txt", "a link"),
        ("shed/env", "an environment of Python"), ("shed/kept", "a cache"), ("shed/film.mp4.part", "not finished"),
        ("shed/logs/a.log", "named by a .gitignore"), ("shed/node_modules", "packages of a program"),
        ("shed/~$plan.docx", "the lock of an open document"),
    }  # fmt: skip
    assert "left out: shed/node_modules, packages of a program" in call(suite, "ingest", paths=["shed"]).as_text()
    assert call(suite, "status").left_out["a cache"] == 1
    assert call(suite, "why", file="env/lib/notes.txt").why == "an environment of Python"


def test_our_own_home_is_left_out_wherever_it_lies(tmp_path: Path, shed: Path) -> None:
    with open_suite(load_settings(shed / "library", models=LIGHT, ingestion={"tags": False})) as suite:
        suite.ingest([shed])
        report = suite.ingest([shed])
    assert [(each.example, each.why) for each in report.left_out] == [("shed/library", "an index of Groundsight")]


def test_what_is_named_by_itself_is_read_whatever_a_rule_says(suite: Suite, shed: Path) -> None:
    put(shed / "node_modules" / "deep" / "note.txt")
    assert suite.ingest([shed / "node_modules" / "deep" / "note.txt"]).added == 1


def test_rules_can_be_switched_off(tmp_path: Path, shed: Path) -> None:
    put(shed / "notes.bak")
    put(shed / ".gitignore", "*.txt")
    with open_suite(settings_of(tmp_path, gitignore=False, skip_junk=False)) as suite:
        report = suite.ingest([shed])
    assert {each.source for each in report.files} == {"shed/ladder.txt", "shed/notes.bak"}


NAMES = st.text(alphabet="ab.", min_size=1, max_size=4).filter(lambda name: name.strip(".") != "")
PATTERNS = st.text(alphabet="ab*/!.?", min_size=1, max_size=6)


@given(st.lists(PATTERNS, max_size=4), st.lists(NAMES, min_size=1, max_size=3))
def test_a_gitignore_means_what_it_means_to_git(lines: list[str], parts: list[str]) -> None:
    rules = Rules(Roots({}, Path("x")), Settings(ingestion={"hidden_files": True}))  # type: ignore[arg-type]
    rules._lines = lambda folder: [] if folder != "root" else _good(lines)  # type: ignore[method-assign]
    spec = GitIgnoreSpec.from_lines(_good(lines))
    way = ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts))] + ["/".join(parts)]
    assert bool(rules.why_on_the_way(f"root/{'/'.join(parts)}", "file")) == any(map(spec.match_file, way))


def _good(lines: list[str]) -> list[str]:
    from pathspec.patterns.gitignore import GitIgnorePatternError

    kept = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except GitIgnorePatternError:
            continue
        kept.append(line)
    return kept


def test_a_gitignore_made_to_cost_time_costs_none(suite: Suite, shed: Path) -> None:
    put(shed / ".gitignore", "\n".join(["*a" * 20 + "b", "**/a/" * 12 + "b", "!", "[", "*a*a*b"] * 80))
    put(shed / ("a" * 250))
    start = time.thread_time()
    rules = Rules(suite.parts.roots, suite.settings)
    assert not any(rules.why(f"shed/{'a' * 250}", "file") for _ in range(20))
    assert time.thread_time() - start < 2 * MOST_SECONDS


# What could not be read is kept, by whom it may be known


def test_a_file_that_fails_is_known_until_it_is_mended_gone_or_forgotten(suite: Suite, shed: Path) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        put(shed / name, "%PDF-1.4 nothing")
    suite.ingest([shed])
    assert [each.source for each in suite.list().unread] == ["shed/a.pdf", "shed/b.pdf", "shed/c.pdf"]
    assert call(suite, "status").unread == 3
    told = call(suite, "why", file="a.pdf")
    assert (told.state, told.next_step) == ("failed", "open it in a viewer and print it to a new PDF")
    suite.forget(["shed/a.pdf"])
    (shed / "b.pdf").unlink()
    put(shed / "c.pdf", "Words now.")
    put(shed / "a.pdf", "Words now, too.")
    suite.ingest([shed])
    assert suite.list().unread == ()


# Changes come in


class Clock:
    """Turns of a follower at the moments that a test chooses."""

    def __init__(self, suite: Suite) -> None:
        self.follower = Follower(suite.parts, local_principal(suite.settings), ["shed"])
        self.now = 0.0

    def turn(self, *changed: Path, after: float = 0.0) -> dict[str, str]:
        self.now += after
        report = self.follower.turn(changed, self.now, Watch())
        return {each.source: each.status for each in report.files} if report else {}


def test_a_rights_file_that_changes_holds_at_the_next_turn(suite: Suite, shed: Path) -> None:
    clock, rights = Clock(suite), shed / ".groundsight.toml"
    suite.ingest([shed])
    put(rights, '[rights]\npurposes = ["repair"]\n')
    assert clock.turn(rights, after=1) == clock.turn(after=3) == {}
    assert suite.search("ladder").nothing
    assert [each.purposes for each in suite.parts.index.assets(Filter())] == [("repair",)]
    rights.unlink()
    clock.turn(rights, after=1)
    assert clock.turn(after=3) == {"shed/ladder.txt": "unchanged"}
    assert suite.search("ladder").hits


def test_what_is_added_changed_renamed_and_deleted_comes_in_when_it_is_quiet(suite: Suite, shed: Path) -> None:
    clock, note = Clock(suite), put(shed / "deep" / "note.md", "The gate is green.")
    assert clock.turn(note, after=1) == {}
    assert clock.turn(after=1) == {}
    assert clock.turn(after=1) == {"shed/deep/note.md": "added"}
    put(note, "The gate is red.")
    clock.turn(note)
    assert clock.turn(after=2) == {"shed/deep/note.md": "changed"}
    moved = note.rename(shed / "deep" / "moved.md")
    clock.turn(note, moved)
    assert clock.turn(after=2) == {"shed/deep/note.md": "removed", "shed/deep/moved.md": "added"}
    (shed / "deep").rename(shed / "far")
    clock.turn(shed / "deep", shed / "far")
    assert clock.turn(after=2) == {"shed/deep/moved.md": "removed", "shed/far/moved.md": "added"}
    (shed / "far" / "moved.md").unlink()
    clock.turn(shed / "far" / "moved.md")
    assert clock.turn(after=2) == {"shed/far/moved.md": "removed"}
    assert sources(suite) == []


def test_waiting_for_changes_lists_no_folder(suite: Suite, shed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shed / "note.md", "The gate is green.")
    clock = Clock(suite)

    def refuse(source: str) -> list[object]:
        raise AssertionError(source)

    monkeypatch.setattr(suite.parts.roots, "listing", refuse)
    assert list(clock.follower.standing()) == ["shed"]
    assert clock.turn(after=1) == {}


def test_a_file_that_still_grows_or_is_open_for_writing_waits(suite: Suite, shed: Path) -> None:
    clock = Clock(suite)
    with open(shed / "log.txt", "w", encoding="utf-8") as file:
        file.write("Half of a")
        file.flush()
        clock.turn(shed / "log.txt")
        assert clock.turn(after=5) == {}
        file.write(" sentence.")
    assert clock.turn(after=1) == {}
    assert clock.turn(after=2) == {"shed/log.txt": "added"}


def test_a_file_that_is_held_open_for_ever_is_read_in_the_end(suite: Suite, shed: Path) -> None:
    clock = Clock(suite)
    with open(shed / "log.txt", "w", encoding="utf-8") as file:
        file.write("A log.")
        file.flush()
        clock.turn(shed / "log.txt")
        assert clock.turn(after=suite.settings.folders.open_seconds) == {"shed/log.txt": "added"}


def test_a_lease_ends_no_process_that_opens_the_file(suite: Suite, shed: Path) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            (shed / "ladder.txt").write_text("x")

    writer = threading.Thread(target=write)
    writer.start()
    seen = {is_written(suite.parts.roots, "shed/ladder.txt") for _ in range(300)}
    done.set()
    writer.join()
    assert seen <= {True, False}


def test_what_is_left_out_stirs_nothing_and_a_new_gitignore_is_heeded(suite: Suite, shed: Path) -> None:
    suite.ingest([shed])
    clock = Clock(suite)
    clock.turn(put(shed / "node_modules" / "a.md"), put(shed / ".secret"), put(shed / "film.part"))
    assert clock.turn(after=2) == {}
    clock.turn(put(shed / ".gitignore", "ladder.*"))
    assert clock.turn(after=2) == {"shed/ladder.txt": "removed"}


def test_a_disk_that_is_unplugged_is_not_a_folder_that_was_emptied(suite: Suite, shed: Path) -> None:
    suite.ingest([shed])
    clock = Clock(suite)
    assert clock.follower.standing()
    shed.rename(shed.with_name("away"))
    clock.turn(shed / "ladder.txt")
    assert clock.turn(after=2) == {}
    shed.mkdir()
    assert not clock.follower.standing()
    clock.turn(shed / "ladder.txt")
    assert clock.turn(after=2) == {}
    assert sources(suite) == ["shed/ladder.txt"]


def test_the_last_file_of_a_folder_can_be_deleted(suite: Suite, shed: Path) -> None:
    suite.ingest([shed])
    clock = Clock(suite)
    assert clock.follower.standing()
    (shed / "ladder.txt").unlink()
    clock.turn(shed / "ladder.txt")
    assert clock.turn(after=2) == {"shed/ladder.txt": "removed"}


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=12))
def test_nothing_is_read_before_it_was_left_alone_and_nothing_is_left_waiting(
    touches: list[tuple[int, bool]],
) -> None:
    version, now, last = 0, 0.0, 0.0
    steady = Steady(Folders(quiet_seconds=1), lambda _: version, lambda _: False)
    steady.touch("a", now)
    for quarters, written in touches:
        now += quarters / 4
        if written:
            version += 1
            steady.touch("a", now)
            last = now
        if steady.due(now):
            assert now - last >= 1
            steady.touch("a", now)
            last = now
    assert steady.due(now + 1) == ["a"]
    assert len(steady) == 0


# The worker


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end, pause = time.monotonic() + WAIT_SECONDS, threading.Event()
    while not holds() and time.monotonic() < end:
        pause.wait(0.05)
    assert holds()


def test_a_saved_file_is_searchable_while_the_worker_watches(tmp_path: Path, shed: Path) -> None:
    said: list[IngestReport] = []
    with open_suite(settings_of(tmp_path, quiet_seconds=0.1)) as suite:
        suite.parts.roots.add(shed)
        worker = Worker(suite.parts, local_principal(suite.settings), ["shed"], said.append)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            until(lambda: call(suite, "status").followed == ("shed",) and sources(suite) == ["shed/ladder.txt"])
            put(shed / "hive.txt", "The hive stands behind the barn.")
            until(lambda: "shed/hive.txt" in sources(suite))
            assert suite.search("hive barn").hits[0].asset.source == "shed/hive.txt"
            os.remove(shed / "ladder.txt")
            until(lambda: sources(suite) == ["shed/hive.txt"])
        finally:
            worker.stop()
            thread.join()
        assert call(suite, "status").followed == ()


def test_a_worker_process_reads_an_order_under_settings_of_every_kind(tmp_path: Path, shed: Path) -> None:
    settings = settings_of(tmp_path).model_copy(update={"operation": Operation.model_validate({"prices": PRICES})})
    with open_suite(settings) as suite:
        suite.parts.roots.add(shed)
        who, orders, helper = local_principal(settings), Orders(settings.home), Helper(settings)
        orders.add(who, ["shed"])
        helper.ensure()
        try:
            until(lambda: [each.state for each in orders.of(who)] == ["done"])
        finally:
            helper.close()
        assert sources(suite) == ["shed/ladder.txt"]


def test_an_order_that_was_cut_off_is_begun_again_and_one_that_is_stopped_is_not(suite: Suite, shed: Path) -> None:
    who, orders = local_principal(suite.settings), Orders(suite.settings.home)
    cut, stopped = orders.add(who, ["shed"]), orders.add(who, ["shed"])
    orders.step(cut, 0, 1, "shed/ladder.txt")
    assert orders.stop(who, stopped.id).state == "stopped"
    Worker(suite.parts, who, [], lambda _: None).run(once=True)
    assert [(each.state, each.done) for each in orders.of(who)] == [("done", 1), ("stopped", 0)]
    assert sources(suite) == ["shed/ladder.txt"]


def test_an_order_whose_worker_is_gone_is_shown_as_stopped_and_nobody_waits_for_it(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, orders = local_principal(suite.settings), Orders(suite.settings.home)
    orders.step(orders.add(who, ["shed"]), 0, 19, "shed/ladder.txt")
    assert call(suite, "status").orders[0].state == "running"
    monkeypatch.setattr("groundsight.ingestion.folder.orders.START_SECONDS", -1)
    shown = call(suite, "status")
    assert (shown.orders[0].state, "being read" in shown.as_text()) == ("stopped", False)
    assert "being read" not in call(suite, "search", query="rungs").as_text()
    with Worker(suite.parts, who, [], lambda _: None)._alone():  # pyright: ignore[reportPrivateUsage]
        assert call(suite, "status").orders[0].state == "running"
    assert [each.state for each in orders.unfinished()] == ["running"]


def test_a_running_order_stops_at_its_next_file(suite: Suite, shed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shed / "zebra.txt")
    who, orders = local_principal(suite.settings), Orders(suite.settings.home)
    order = orders.add(who, ["shed"])
    monkeypatch.setattr("groundsight.ingestion.folder.work.STEP_SECONDS", 0.0)
    before = Orders.step

    def step(self: Orders, *told: Any) -> bool:
        if told[3] == "shed/zebra.txt":
            self.stop(who, order.id)
        return before(self, *told)

    monkeypatch.setattr(Orders, "step", step)
    Worker(suite.parts, who, [], lambda _: None).run(once=True)
    assert [each.state for each in orders.of(who)] == ["stopped"]
    assert sources(suite) == ["shed/ladder.txt"]


def test_an_order_is_read_by_a_process_beside_the_server(suite: Suite, shed: Path) -> None:
    told = call(suite, "ingest", paths=["shed"], later=True)
    assert told.order.state == "waiting"
    until(lambda: suite.orders()[-1].state == "done")
    assert sources(suite) == ["shed/ladder.txt"]
    assert "done: 1 of 1 file" in call(suite, "status").as_text()


def test_watch_once_compares_a_folder_and_ends(
    tmp_path: Path, shed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in LIGHT:
        monkeypatch.setenv(f"GROUNDSIGHT_MODELS__{name.upper()}", "none")
    arguments = ["watch", str(shed), "--once", "--home", str(tmp_path / "home")]
    assert main(arguments) == 0
    assert "added shed/ladder.txt" in capsys.readouterr().out
    (shed / "ladder.txt").rename(shed / "steps.txt")
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "added shed/steps.txt" in shown
    assert "removed shed/ladder.txt" in shown


def test_state_tells_a_file_from_its_successor(suite: Suite, shed: Path) -> None:
    before = state_of(suite.parts.roots, "shed/ladder.txt")
    put(shed / "ladder.txt", "The ladder has ten rungs. ")
    assert state_of(suite.parts.roots, "shed/ladder.txt") != before
    assert state_of(suite.parts.roots, "shed/none.txt") is None


def test_progress_counts_files_and_tells_what_is_done_to_the_present_one(suite: Suite, shed: Path) -> None:
    from tests.pictures import page_of

    page_of("GATE 7", "NORTH QUAY").save(shed / "a.png")
    put(shed / "zebra.txt")
    told: list[tuple[float, float | None, str]] = []
    suite.acting_for(watch=Watch(lambda *step: told.append(step))).ingest([shed])
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {3}
    assert any(message.startswith("shed/a.png: ") for _, _, message in told)
