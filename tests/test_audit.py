"""The audit trail: whole lines, a chain that shows tampering, losses on record, and no content."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.errors import StorageFailed
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.audit_chain import second_head
from groundsight.governance.audit_check import ChainReport, verify_chain
from tests.index_workers import audit_forever
from tests.test_index_crash import PROCESSES, kill_a_writer
from tests.test_index_crash import children_do_not_import_the_test_runner as _lean  # noqa: F401

Harm = Callable[[Path], object]


def record(number: int = 1, **fields: object) -> AuditRecord:
    base: dict[str, object] = {"id": f"r{number}", "tenant": "t", "user": "u", "door": "mcp", "tool": "search"}
    return AuditRecord.model_validate({**base, "request": "x", "outcome": "OK", "seconds": 0.1, **fields})


def trail(folder: Path, lines: int = 4) -> AuditLog:
    log = AuditLog(folder)
    log.fingerprint("")
    for number in range(lines):
        log.append(record(number))
    return log


def rewrite(folder: Path, change: object) -> None:
    file = folder / "audit.jsonl"
    lines = file.read_text().splitlines()
    changed = change(lines)  # type: ignore[operator]
    file.write_text("".join(line + "\n" for line in changed))


def test_an_untouched_trail_is_whole(tmp_path: Path) -> None:
    trail(tmp_path)
    report = verify_chain(tmp_path)
    assert report.lines == 4
    assert report.problems == ()


def test_an_edited_line_is_found(tmp_path: Path) -> None:
    trail(tmp_path)
    rewrite(tmp_path, lambda lines: [lines[0], lines[1].replace('"OK"', '"NO"'), *lines[2:]])
    assert verify_chain(tmp_path).problems == ("line 2 was changed",)


def test_a_removed_line_is_found(tmp_path: Path) -> None:
    trail(tmp_path)
    rewrite(tmp_path, lambda lines: [lines[0], *lines[2:]])
    assert verify_chain(tmp_path).problems == ("line 2 does not follow the line before it",)


def test_reordered_lines_are_found(tmp_path: Path) -> None:
    trail(tmp_path)
    rewrite(tmp_path, lambda lines: [lines[1], lines[0], *lines[2:]])
    assert verify_chain(tmp_path).problems


def test_a_shortened_trail_is_found(tmp_path: Path) -> None:
    trail(tmp_path)
    rewrite(tmp_path, lambda lines: lines[:-1])
    assert verify_chain(tmp_path).problems == ("the trail has 3 lines where its head counts 4",)


def test_a_trail_that_is_gone_is_found(tmp_path: Path) -> None:
    trail(tmp_path)
    (tmp_path / "audit.jsonl").unlink()
    assert verify_chain(tmp_path).problems


def test_a_crash_between_line_and_head_is_no_tampering(tmp_path: Path) -> None:
    log, both = trail(tmp_path), (tmp_path / "head", second_head(tmp_path))
    heads = [file.read_bytes() for file in both]
    log.append(record(9))
    for file, head in zip(both, heads, strict=True):
        file.write_bytes(head)
    assert verify_chain(tmp_path) == ChainReport(5)
    AuditLog(tmp_path).append(record(10))
    assert verify_chain(tmp_path) == ChainReport(6)


def test_a_request_is_written_as_a_keyed_hash_only(tmp_path: Path) -> None:
    log = trail(tmp_path, 0)
    log.append(record(request=log.fingerprint("who earns most?")))
    assert "earns" not in (tmp_path / "audit.jsonl").read_text()
    assert AuditLog(tmp_path).fingerprint("who earns most?") == log.fingerprint("who earns most?")
    assert AuditLog(tmp_path / "other").fingerprint("who earns most?") != log.fingerprint("who earns most?")


def test_only_the_owner_reads_the_key_and_the_trail(tmp_path: Path) -> None:
    trail(tmp_path / "audit")
    for name in ("key", "audit.jsonl"):
        assert stat.S_IMODE(os.stat(tmp_path / "audit" / name).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "audit").st_mode) == 0o700


def test_several_threads_write_one_chain(tmp_path: Path) -> None:
    logs = [trail(tmp_path, 0) for _ in range(4)]
    threads = [Thread(target=lambda log=log: [log.append(record(n)) for n in range(10)]) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_chain(tmp_path) == verify_chain(tmp_path)
    assert verify_chain(tmp_path).lines == 40
    assert verify_chain(tmp_path).problems == ()


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="E_STORAGE"):
        AuditLog(tmp_path / "file" / "audit").append(record())


def test_a_torn_last_line_locks_nobody_out_and_stays_on_record(tmp_path: Path) -> None:
    log = trail(tmp_path)
    with (tmp_path / "audit.jsonl").open("a") as stream:
        stream.write('{"n": 5, "ha')
    assert verify_chain(tmp_path).torn == ("line 5 is torn: its process died while it wrote",)
    log.append(record(5))
    report = verify_chain(tmp_path)
    assert (report.lines, report.problems, report.losses) == (6, (), ())
    assert "a line of 12 bytes is torn" in report.torn[0]


def test_what_is_left_of_a_torn_line_is_watched_as_well(tmp_path: Path) -> None:
    log = trail(tmp_path)
    with (tmp_path / "audit.jsonl").open("a") as stream:
        stream.write('{"n": 5, "ha')
    log.append(record(5))
    rewrite(tmp_path, lambda lines: [line.replace('"n": 5, "ha', '"n": 5, "he') for line in lines])
    assert verify_chain(tmp_path).problems == ("line 5 is not a record",)


@pytest.mark.parametrize("same_process", [True, False])
@pytest.mark.parametrize("lines", range(4))
def test_a_cut_tail_stays_on_record_after_the_next_call(tmp_path: Path, lines: int, same_process: bool) -> None:
    log = trail(tmp_path)
    rewrite(tmp_path, lambda all_lines: all_lines[:lines])
    (log if same_process else AuditLog(tmp_path)).append(record(9))
    report = verify_chain(tmp_path)
    assert (report.lines, report.problems) == (lines + 2, ())
    assert report.losses[0].startswith(f"{4 - lines} records after record {lines} are missing (noticed ")
    AuditLog(tmp_path).append(record(10))
    assert verify_chain(tmp_path).losses == report.losses


def zero_newest_slot(folder: Path) -> None:
    data = (folder / "head").read_bytes()
    at = 0 if b'"count": 4' in data[:512] else 512
    (folder / "head").write_bytes(data[:at] + bytes(512) + data[at + 512 :])


def forge_head(folder: Path) -> None:
    rewrite(folder, lambda lines: lines[:2])
    last = json.loads((folder / "audit.jsonl").read_text().splitlines()[-1])
    body = {"count": 2, "last": last["hash"], "bytes": (folder / "audit.jsonl").stat().st_size, "durable": 2}
    body["hash"] = hmac.new(b"guess", json.dumps(body, sort_keys=True).encode(), hashlib.sha256).hexdigest()
    (folder / "head").write_bytes((json.dumps(body, sort_keys=True).encode().ljust(511) + b"\n") * 2)


def pretend_to_be_old(folder: Path) -> None:
    rewrite(folder, lambda lines: lines[:2])
    last = json.loads((folder / "audit.jsonl").read_text().splitlines()[-1])
    (folder / "head.json").write_text(json.dumps({"count": 2, "hash": last["hash"]}))
    (folder / "head").unlink()


HARMS: dict[str, Harm] = {
    "changed": lambda folder: rewrite(folder, lambda lines: [*lines[:1], lines[1].replace("OK", "NO"), *lines[2:]]),
    "last changed": lambda folder: rewrite(folder, lambda lines: [*lines[:-1], lines[-1].replace("OK", "NO")]),
    "removed": lambda folder: rewrite(folder, lambda lines: [lines[0], *lines[2:]]),
    "first removed": lambda folder: rewrite(folder, lambda lines: lines[1:]),
    "reordered": lambda folder: rewrite(folder, lambda lines: [lines[0], lines[2], lines[1], lines[3]]),
    "repeated": lambda folder: rewrite(folder, lambda lines: [*lines, lines[-1]]),
    "added": lambda folder: rewrite(folder, lambda lines: [*lines, '{"n": 5, "hash": "0"}']),
    "cut": lambda folder: rewrite(folder, lambda lines: lines[:-1]),
    "emptied": lambda folder: (folder / "audit.jsonl").write_bytes(b""),
    "gone": lambda folder: (folder / "audit.jsonl").unlink(),
    "head gone": lambda folder: (folder / "head").unlink(),
    "head and trail gone": lambda folder: [(folder / name).unlink() for name in ("head", "audit.jsonl")],
    "head emptied": lambda folder: (folder / "head").write_bytes(b""),
    "newest head zeroed": zero_newest_slot,
    "head forged": forge_head,
    "called old": pretend_to_be_old,
    "key gone": lambda folder: (folder / "key").unlink(),
    "key replaced": lambda folder: (folder / "key").write_bytes(b"k" * 32),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_tampering_without_the_key_is_found_at_once_and_ever_after(tmp_path: Path, harm: Harm) -> None:
    trail(tmp_path)
    harm(tmp_path)
    assert verify_chain(tmp_path).problems
    for number in range(3):
        AuditLog(tmp_path).append(record(number))
        report = verify_chain(tmp_path)
        assert report.problems or report.losses


@pytest.mark.parametrize("name", ["changed", "removed", "cut", "emptied", "head gone", "newest head zeroed", "added"])
def test_a_loss_is_recorded_once(tmp_path: Path, name: str) -> None:
    trail(tmp_path)
    HARMS[name](tmp_path)
    for number in range(3):
        AuditLog(tmp_path).append(record(number))
    assert len(verify_chain(tmp_path).losses) == (name != "changed")


def test_an_older_head_is_found(tmp_path: Path) -> None:
    log = trail(tmp_path, 1)
    old = (tmp_path / "head").read_bytes()
    for number in range(3):
        log.append(record(number))
    (tmp_path / "head").write_bytes(old)
    assert verify_chain(tmp_path).problems == ("the head was set back to record 1",)
    AuditLog(tmp_path).append(record(9))
    assert verify_chain(tmp_path).losses[0].startswith("the head was set back to record 1 (noticed")


def test_a_folder_put_back_is_found_by_a_process_that_saw_more(tmp_path: Path) -> None:
    log = trail(tmp_path / "audit", 2)
    shutil.copytree(tmp_path / "audit", tmp_path / "copy")
    log.append(record(3))
    shutil.rmtree(tmp_path / "audit")
    shutil.copytree(tmp_path / "copy", tmp_path / "audit")
    log.append(record(4))
    assert "the head was set back to record 2" in verify_chain(tmp_path / "audit").losses[0]
    assert "1 records after record 2 are missing" in verify_chain(tmp_path / "audit").losses[1]


def old_trail(folder: Path, lines: int = 3) -> None:
    """A trail as the first release wrote it: one line a call, and a head that anybody could write."""
    folder.mkdir()
    (folder / "key").write_bytes(b"k" * 32)
    prev, text = "0" * 64, ""
    for number in range(1, lines + 1):
        body = {
            "n": number,
            "prev": prev,
            "time": "2025-01-01T00:00:00+00:00",
            **record(number).model_dump(mode="json"),
        }
        del body["kind"]
        body["hash"] = hmac.new(b"k" * 32, json.dumps(body, sort_keys=True).encode(), hashlib.sha256).hexdigest()
        prev, text = body["hash"], text + json.dumps(body, sort_keys=True) + "\n"
    (folder / "audit.jsonl").write_text(text)
    (folder / "head.json").write_text(json.dumps({"count": lines, "hash": prev}))


def test_a_trail_of_the_first_release_verifies_and_goes_on_with_a_record_of_it(tmp_path: Path) -> None:
    old_trail(tmp_path / "audit")
    assert verify_chain(tmp_path / "audit") == ChainReport(3)
    AuditLog(tmp_path / "audit").append(record(4))
    assert verify_chain(tmp_path / "audit") == ChainReport(5)
    assert json.loads((tmp_path / "audit" / "audit.jsonl").read_text().splitlines()[3])["upgraded"] is True


def test_an_old_trail_that_was_cut_is_upgraded_with_its_loss(tmp_path: Path) -> None:
    old_trail(tmp_path / "audit")
    rewrite(tmp_path / "audit", lambda lines: lines[:2])
    said = "the trail has 2 lines where its head counts 3"
    assert verify_chain(tmp_path / "audit").problems == (said,)
    AuditLog(tmp_path / "audit").append(record(4))
    assert verify_chain(tmp_path / "audit").losses[0].startswith(said)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trail of two calls, with its head before the last record and after it."""
    folder = tmp_path_factory.mktemp("whole")
    log = AuditLog(folder)
    for number in (1, 2):
        log.append(record(number, kind="begin"))
        shutil.copy(folder / "head", folder / "earlier")
        (folder / "earlier second").write_bytes(second_head(folder).read_bytes() if number == 2 else b"")
        log.append(record(number))
    shutil.copy(second_head(folder), folder / "head second")
    return folder


def cut_at(whole: Path, folder: Path, place: int, head: str) -> None:
    folder.mkdir(exist_ok=True)
    shutil.copy(whole / f"{head} second", second_head(folder))
    for name, held in (("head", head), ("key", "key"), ("audit.jsonl", "audit.jsonl")):
        (folder / name).write_bytes((whole / held).read_bytes()[: place if name == "audit.jsonl" else None])


def test_a_file_cut_at_any_byte_of_its_last_two_lines_goes_on_and_says_what_is_gone(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (whole / "audit.jsonl").read_bytes()
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10]
    monkeypatch.setattr("os.fsync", lambda _: None)
    for place in range(ends[1], len(data) - 1):
        cut_at(whole, tmp_path / "cut", place, "head")
        AuditLog(tmp_path / "cut").append(record(9))
        report, left = verify_chain(tmp_path / "cut"), sum(end - 1 <= place for end in ends)
        assert (report.problems, report.lines, report.torn) == ((), left + 2, ())
        assert report.losses[0].startswith(f"{4 - left} records after record {left} are missing (noticed")


def test_a_process_that_died_at_any_byte_of_a_record_lost_nothing_but_that(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    data = (whole / "audit.jsonl").read_bytes()
    start = data.rstrip().rfind(b"\n") + 1
    for place in range(start, len(data) + 1):
        cut_at(whole, tmp_path / "cut", place, "earlier")
        AuditLog(tmp_path / "cut").append(record(9))
        report, torn = verify_chain(tmp_path / "cut"), start < place < len(data) - 1
        assert (report.problems, report.losses, len(report.torn)) == ((), (), torn)
        assert len(report.unfinished) == (place < len(data) - 1)


def test_killed_processes_lose_no_finished_call_and_leave_one_begun_each_at_most(tmp_path: Path) -> None:
    chance, finished = random.Random(3), 0
    for turn in range(1, 13):
        finished += kill_a_writer(tmp_path, 0, chance, work=audit_forever) + 1
        report = verify_chain(tmp_path)
        assert (report.problems, report.losses) == ((), ())
        assert len(report.unfinished) <= turn
        assert report.lines >= 2 * finished
    AuditLog(tmp_path).append(record())
    assert verify_chain(tmp_path).lines >= 2 * finished + 1


def test_processes_that_write_at_once_make_one_chain_even_when_all_are_killed(tmp_path: Path) -> None:
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(3)]
    writers = [PROCESSES.Process(target=audit_forever, args=(tmp_path, 0, pipe[1]), daemon=True) for pipe in pipes]
    for writer in writers:
        writer.start()
    finished = sum(pipe[0].recv() >= 0 for pipe in pipes for _ in range(5))
    for writer in writers:
        writer.kill()
    for writer in writers:
        writer.join()
    report = verify_chain(tmp_path)
    assert (report.problems, report.losses) == ((), ())
    assert report.lines >= 2 * finished
    assert len(report.unfinished) <= len(writers)


def test_a_power_cut_that_took_what_was_not_synced_is_told_from_a_cut(tmp_path: Path) -> None:
    log = trail(tmp_path)
    log.append(record(5, kind="begin"))
    rewrite(tmp_path, lambda lines: lines[:-1])
    AuditLog(tmp_path).append(record(6))
    assert "a power cut can take those" in verify_chain(tmp_path).losses[0]


def test_a_begun_call_without_its_end_is_unfinished_and_no_tampering(tmp_path: Path) -> None:
    trail(tmp_path).append(record(7, kind="begin"))
    report = verify_chain(tmp_path)
    assert (report.problems, report.losses, report.torn) == ((), (), ())
    assert report.unfinished[0].startswith("search, call r7 of ")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_changed_byte_is_found(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "audit"
    if not folder.exists():
        trail(folder, 3)
        (tmp_path / "copy").write_bytes((folder / "audit.jsonl").read_bytes())
    whole = (tmp_path / "copy").read_bytes()
    place = data.draw(st.integers(0, len(whole) - 2))
    byte = data.draw(st.integers(32, 126).filter(lambda value: value != whole[place]))
    (folder / "audit.jsonl").write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    assert verify_chain(folder).problems


def test_each_line_is_one_json_object_with_time_and_number(tmp_path: Path) -> None:
    trail(tmp_path, 2)
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line["n"] for line in lines] == [1, 2]
    assert all(line["time"].endswith("+00:00") for line in lines)
