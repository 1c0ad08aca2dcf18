"""The audit trail: whole lines, a chain that shows tampering, and no content."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.errors import StorageFailed
from groundsight.governance.audit import AuditLog, AuditRecord, verify_chain


def record(number: int = 1, **fields: object) -> AuditRecord:
    base: dict[str, object] = {"id": f"r{number}", "tenant": "t", "user": "u", "door": "mcp", "tool": "search"}
    return AuditRecord.model_validate({**base, "request": "x", "outcome": "OK", "seconds": 0.1, **fields})


def trail(folder: Path, lines: int = 4) -> AuditLog:
    log = AuditLog(folder)
    log.require_writable()
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
    log = trail(tmp_path)
    head = (tmp_path / "head.json").read_text()
    log.append(record(9))
    (tmp_path / "head.json").write_text(head)
    assert verify_chain(tmp_path).problems == ()
    log.append(record(10))
    assert verify_chain(tmp_path).problems == ()


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
        AuditLog(tmp_path / "file" / "audit").require_writable()


def test_a_broken_last_line_stops_writing(tmp_path: Path) -> None:
    log = trail(tmp_path)
    with (tmp_path / "audit.jsonl").open("a") as stream:
        stream.write('{"n": 5, "ha')
    with pytest.raises(StorageFailed, match="broken line"):
        log.append(record(5))
    assert verify_chain(tmp_path).problems == ("line 5 is not a record",)


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
