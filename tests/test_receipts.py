"""Receipts as they are kept: a chain that shows every tampering, that parts leave, and that no kill breaks."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import shutil
import sqlite3
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groundsight.cli import main
from groundsight.errors import StorageFailed
from groundsight.governance import receipts as module
from groundsight.governance.receipt_chain import Signer, canonical
from groundsight.governance.receipt_check import check_receipts
from groundsight.governance.receipts import FILE, FOLDER, KEY, PUBLIC, ReceiptBody, Receipts, new_receipt
from groundsight.types import Principal

WHO = Principal(tenant="t", user="ann")
ASSETS = ("0123456789abcdef", "fedcba9876543210")


def body(number: int) -> ReceiptBody:
    parts = (
        {"kind": "asked", "ask": f"How long is notice {number}?", "rests": [ASSETS[0]]},
        {"kind": "candidate", "unit": f"{ASSETS[0]}-0001", "source": "docs/a.txt"},
        {"kind": "candidate", "unit": f"{ASSETS[1]}-0001", "source": "docs/b.txt"},
        {"kind": "sentence", "text": f"Notice {number} is 90 days.", "rests": [f"{ASSETS[0]}-0001"], "against": []},
    )
    return ReceiptBody({"status": "answered", "settings": {}}, parts)


def filled(home: Path, count: int = 4) -> list[str]:
    kept, ids = Receipts(home, 365), [new_receipt() for _ in range(count)]
    for number, receipt_id in enumerate(ids):
        kept.add(receipt_id, WHO, body(number))
    return ids


def run(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / FOLDER / FILE) as book:
        for statement in statements:
            book.execute(statement)
    book.close()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sound")
    filled(home)
    Receipts(home, 365).forget([ASSETS[1]])
    assert check_receipts(home).problems == ()
    return home


def test_a_receipt_is_found_again_with_its_parts(tmp_path: Path) -> None:
    ids = filled(tmp_path)
    kept = Receipts(tmp_path, 365).find(ids[2])
    assert kept is not None
    assert (kept.facts["n"], kept.facts["status"]) == (3, "answered")
    assert [each["ask"] for each in kept.of_kind("asked")] == ["How long is notice 2?"]
    assert "ann" not in kept.head
    report = check_receipts(tmp_path)
    assert (report.receipts, report.parts, report.problems) == (4, 20, ())


COLUMNS = {"receipts": ("id", "head", "signature"), "parts": ("body",), "ends": ("told", "signature")}
EDITS = st.tuples(
    st.sampled_from([(table, column) for table, columns in COLUMNS.items() for column in columns]),
    st.integers(0, 19),
    st.integers(0, 400),
    st.characters(min_codepoint=32, max_codepoint=126),
)


def rows_of(home: Path, table: str, column: str) -> list[tuple[int, str]]:
    with sqlite3.connect(home / FOLDER / FILE) as book:
        return book.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid").fetchall()


@settings(max_examples=150, deadline=None)
@given(edit=EDITS)
@example(edit=(("ends", "signature"), 0, 349, "0"))
def test_every_edit_of_a_single_sign_is_found(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, edit: tuple[tuple[str, str], int, int, str]
) -> None:
    (table, column), row, place, sign = edit
    rows = rows_of(sound, table, column)
    number, text = rows[row % len(rows)]
    place %= len(text)
    changed = text[:place] + sign + text[place + 1 :]
    if changed == text:
        return
    home = tmp_path_factory.mktemp("edited")
    shutil.copytree(sound, home, dirs_exist_ok=True)
    with sqlite3.connect(home / FOLDER / FILE) as book:
        book.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, number))
    book.close()
    assert check_receipts(home).problems
    shutil.rmtree(home)


@settings(max_examples=60, deadline=None)
@given(
    table=st.sampled_from(["receipts", "parts"]),
    one=st.integers(0, 19),
    other=st.integers(0, 19),
    deed=st.sampled_from(["cut", "swap", "copy"]),
)
def test_every_cut_swap_and_copy_is_found(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, table: str, one: int, other: int, deed: str
) -> None:
    column = "head" if table == "receipts" else "body"
    rows = rows_of(sound, table, column)
    (first, text), (second, words) = rows[one % len(rows)], rows[other % len(rows)]
    if deed != "cut" and text == words:
        return
    home = tmp_path_factory.mktemp("moved")
    shutil.copytree(sound, home, dirs_exist_ok=True)
    with sqlite3.connect(home / FOLDER / FILE) as book:
        if deed == "cut":
            book.execute(f"DELETE FROM {table} WHERE rowid = ?", (first,))
        else:
            book.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (text, second))
        if deed == "swap":
            book.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (words, first))
    book.close()
    assert check_receipts(home).problems
    shutil.rmtree(home)


@pytest.mark.parametrize(
    ("deeds", "said"),
    [
        (["DELETE FROM receipts WHERE n = 2", "DELETE FROM parts WHERE n = 2"], "receipts 2 to 2 are missing"),
        (["DELETE FROM receipts WHERE n = 4", "DELETE FROM parts WHERE n = 4"], "the chain ends with receipt 3"),
        (["DELETE FROM receipts WHERE n = 1", "DELETE FROM parts WHERE n = 1"], "receipts 1 to 1 are missing"),
        (["DELETE FROM parts WHERE n = 3 AND at = 1"], "has 4 parts where its head counts 5"),
        (["UPDATE parts SET body = replace(body, 'notice', 'letter') WHERE n = 3"], "asked (part 1) was changed"),
        (["UPDATE receipts SET head = replace(head, 'answered', 'refused') WHERE n = 3"], "was changed"),
        (["DELETE FROM ends"], "the end of the chain is missing or was changed"),
        (["UPDATE parts SET body = '{}' WHERE n = 1 AND at = 2"], "(part 2) was changed"),
    ],
)
def test_what_was_tampered_with_is_named(sound: Path, tmp_path: Path, deeds: list[str], said: str) -> None:
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    run(tmp_path, *deeds)
    assert any(said in problem for problem in check_receipts(tmp_path).problems)


def test_a_mark_that_another_key_signed_empties_nothing(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    head = json.loads(rows_of(tmp_path, "receipts", "head")[0][1])
    said = {"emptied": head["parts"][1], "document": ASSETS[0], "time": "2026-01-01T00:00:00+00:00"}
    mark = canonical({**said, "signature": Signer(b"x" * 32).sign(canonical(said))})
    run(tmp_path, f"UPDATE parts SET body = '{mark}' WHERE n = 1 AND at = 1")
    assert check_receipts(tmp_path).problems == (f"receipt 1 ({head['id']}): a part (part 1) was changed",)


def test_a_chain_that_was_written_anew_with_another_key_is_found_by_the_key_that_was_handed_out(tmp_path: Path) -> None:
    filled(tmp_path / "true")
    filled(tmp_path / "forged")
    public = (tmp_path / "true" / FOLDER / PUBLIC).read_text().strip()
    assert check_receipts(tmp_path / "true", public).problems == ()
    assert any("signed by another key" in each for each in check_receipts(tmp_path / "forged", public).problems)


def test_a_lost_file_and_a_lost_key_are_no_empty_chain(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / FOLDER / PUBLIC).rename(tmp_path / "aside")
    assert check_receipts(tmp_path).problems == ("the public key of the receipts is missing",)
    (tmp_path / "aside").rename(tmp_path / FOLDER / PUBLIC)
    (tmp_path / FOLDER / FILE).unlink()
    assert check_receipts(tmp_path).problems == ("the file of the receipts is missing",)
    (tmp_path / FOLDER / FILE).write_bytes(b"no database" * 100)
    assert "was changed" in check_receipts(tmp_path).problems[0]
    with pytest.raises(StorageFailed, match="receipts_days"):
        Receipts(tmp_path, 365).add(new_receipt(), WHO, body(1))


def held(home: Path) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(home / FOLDER / FILE) as book:
        book.text_factory = bytes
        return [book.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in COLUMNS]


@settings(max_examples=80, deadline=None)
@given(
    name=st.sampled_from([FILE, FILE, FILE, KEY, PUBLIC]),
    at=st.floats(0, 1, exclude_max=True),
    bits=st.integers(1, 255),
)
@example(name=FILE, at=0.0, bits=255)
@example(name=PUBLIC, at=0.9999, bits=1)
def test_any_byte_that_is_flipped_in_any_file_is_named_or_changes_no_receipt(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, name: str, at: float, bits: int
) -> None:
    home = tmp_path_factory.mktemp("flipped")
    shutil.copytree(sound, home, dirs_exist_ok=True)
    data = bytearray((home / FOLDER / name).read_bytes())
    data[int(at * len(data))] ^= bits
    (home / FOLDER / name).write_bytes(data)
    with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as failed:
        code = main(["audit", "verify", "--home", str(home)])
    assert failed.getvalue() == ""
    if code == 0:
        assert (name, held(home)) == (FILE, held(sound))
    else:
        assert "NOT SOUND" in said.getvalue()
    shutil.rmtree(home)


def test_bytes_that_are_no_text_are_named_by_the_receipt_that_they_stand_in(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    file = tmp_path / FOLDER / FILE
    file.write_bytes(file.read_bytes().replace(b"Notice 2 is", b"Notice \xff is"))
    (problem,) = check_receipts(tmp_path).problems
    assert problem.startswith("receipt 3 ")
    assert problem.endswith("sentence (part 4) was changed") or problem.endswith("a part (part 4) was changed")


def test_what_quotes_a_forgotten_document_leaves_no_byte_and_the_chain_holds(tmp_path: Path) -> None:
    ids, kept = filled(tmp_path), Receipts(tmp_path, 365)
    kept.forget([ASSETS[0]])
    kept.forget([ASSETS[0]])
    data = b"".join(file.read_bytes() for file in (tmp_path / FOLDER).iterdir())
    assert b"docs/a.txt" not in data
    assert b"90 days" not in data
    assert b"How long" not in data
    assert b"docs/b.txt" in data
    found = kept.find(ids[0])
    assert found is not None
    assert [mark["document"] for mark in found.emptied] == [ASSETS[0]] * 3
    report = check_receipts(tmp_path)
    assert (report.emptied, report.problems) == (12, ())


def test_old_receipts_go_and_the_chain_begins_behind_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now - 40 * 86_400)
    old = filled(tmp_path, 3)
    monkeypatch.setattr(module.time, "time", lambda: now)
    kept = Receipts(tmp_path, 30)
    assert kept.find(old[0]) is None
    fresh = new_receipt()
    kept.add(fresh, WHO, body(9))
    assert [number for number, _ in rows_of(tmp_path, "receipts", "id")] == [4]
    assert kept.find(fresh) is not None
    assert check_receipts(tmp_path).problems == ()


def add_many(home: str, count: int) -> None:
    kept = Receipts(Path(home), 365)
    for number in range(count):
        kept.add(new_receipt(), WHO, body(number))


def add_and_die(home: str) -> None:
    with Receipts(Path(home), 365).book() as book:
        book.execute("INSERT INTO receipts VALUES (99, 'r99', '{}', '')")
        os._exit(9)


def test_several_processes_write_one_chain_and_a_kill_in_between_leaves_nothing(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("fork")
    many = [processes.Process(target=add_many, args=(str(tmp_path), 8)) for _ in range(3)]
    for each in many:
        each.start()
    for each in many:
        each.join(60)
    dying = processes.Process(target=add_and_die, args=(str(tmp_path),))
    dying.start()
    dying.join(60)
    assert dying.exitcode == 9
    filled(tmp_path, 1)
    report = check_receipts(tmp_path)
    assert (report.receipts, report.problems) == (25, ())


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    assert (tmp_path / FOLDER / KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
