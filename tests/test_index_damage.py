"""Damage to the embedded index is found and named; what is derived is made again and never trusted blindly."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from groundsight.errors import IndexCorrupt
from groundsight.index import ChannelQuery, database, local
from groundsight.index.local import LocalIndex
from groundsight.types import Condition, Filter
from tests.build import WordEncoder, make_text_entry

WORDS = WordEncoder()
ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))
QUERIES = [ChannelQuery("text", vector=WORDS.encode(["alpha seven"])[0]), ChannelQuery("bm25_text", text="alpha seven")]
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def fill(folder: Path) -> LocalIndex:
    index = LocalIndex.open(folder, publish_after=50)
    chance = random.Random(4)
    texts = [" ".join(["alpha", *chance.choices(NUMBERS, k=6), f"n{number}"]) for number in range(300)]
    index.upsert([make_text_entry(f"{at}.txt", *texts[at : at + 30]) for at in range(0, 300, 30)])
    return index


def answers(folder: Path) -> object:
    index = LocalIndex.open(folder, publish_after=50)
    found = index.search(QUERIES, ALL, 20)
    index.close()
    return found


def outcome(folder: Path) -> object:
    try:
        return answers(folder)
    except IndexCorrupt as error:
        return error


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [Path.unlink, cut, flip, empty], ids=["missing", "short", "flipped", "empty"])
def test_a_harmed_derived_file_changes_no_answer_and_is_written_again(tmp_path: Path, harm: Callable[[Path], None]):
    index = fill(tmp_path)
    before = index.search(QUERIES, ALL, 20)
    index.close()
    derived = tmp_path / "derived.bin"
    assert derived.exists()
    harm(derived)
    assert answers(tmp_path) == before
    assert LocalIndex.open(tmp_path).check().repaired == ()


def test_check_reports_a_harmed_derived_file_as_repaired(tmp_path: Path):
    index = fill(tmp_path)
    before = index.search(QUERIES, ALL, 20)
    flip(tmp_path / "derived.bin")
    assert index.check().repaired == ("derived.bin",)
    assert index.check().repaired == ()
    assert answers(tmp_path) == before


def test_a_derived_file_of_another_history_is_not_used(tmp_path: Path):
    index = fill(tmp_path / "a")
    before = index.search(QUERIES, ALL, 20)
    other = LocalIndex.open(tmp_path / "b", publish_after=1)
    other.upsert([make_text_entry(f"{n}.txt", *["alpha ten"] * 30) for n in range(10)])
    other.search(QUERIES, ALL, 20)
    (tmp_path / "a" / "derived.bin").write_bytes((tmp_path / "b" / "derived.bin").read_bytes())
    assert answers(tmp_path / "a") == before


def test_a_stale_derived_file_is_brought_up_to_date(tmp_path: Path):
    index = fill(tmp_path)
    index.search(QUERIES, ALL, 20)
    stale = (tmp_path / "derived.bin").read_bytes()
    gone = index.assets(ALL)[0]
    index.delete([gone.asset_id], ALL)
    index.upsert([make_text_entry("new.txt", "alpha seven", "alpha seven seven")])
    expected = index.search(QUERIES, ALL, 20)
    (tmp_path / "derived.bin").write_bytes(stale)
    assert answers(tmp_path) == expected


def test_a_long_history_is_folded_into_the_derived_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("groundsight.index.store.HISTORY_KEPT", 5)
    index, reader = fill(tmp_path), LocalIndex.open(tmp_path)
    for number in range(12):
        index.upsert([make_text_entry("turn.txt", f"alpha turn{number}")])
        assert len(reader.search([ChannelQuery("bm25_text", text=f"turn{number}")], ALL, 5)[0].hits) == 1
        assert reader.search(QUERIES, ALL, 20) == index.search(QUERIES, ALL, 20)
    with index._store.reading() as connection:
        assert database.one(connection, "SELECT count(*) FROM history") <= 6


@pytest.mark.parametrize("table", ["unit", "asset", "vector", "posting"])
def test_a_flipped_bit_in_a_stored_value_is_never_served(tmp_path: Path, table: str):
    index = fill(tmp_path)
    with index._store.writing() as connection:
        for row, data in database.rows(connection, f"SELECT rowid, data FROM {table}"):
            broken = data[:9] + bytes([data[9] ^ 1]) + data[10:]
            connection.execute(f"UPDATE {table} SET data = ? WHERE rowid = ?", (broken, row))
    with pytest.raises(IndexCorrupt, match="groundsight doctor"):
        index.get([hit[0] for hit in index.search(QUERIES, ALL, 20)[1].hits], ALL)
    report = index.check()
    assert report.problems or report.repaired == ("postings",)


def test_a_changed_access_column_is_found_and_never_obeyed(tmp_path: Path):
    index = fill(tmp_path)
    index.upsert([make_text_entry("secret.txt", "alpha secret", tenant="other")])
    with index._store.writing() as connection:
        connection.execute("UPDATE asset SET tenant = 'default' WHERE tenant = 'other'")
    with pytest.raises(IndexCorrupt):
        list(index.scan(ALL))
    assert index.check().problems == ("asset 11 is damaged",)


def test_damaged_postings_are_made_again_from_the_units(tmp_path: Path):
    index = fill(tmp_path)
    before = index.search(QUERIES, ALL, 20)
    with index._store.writing() as connection:
        connection.execute("DELETE FROM posting WHERE term = 'seven'")
    assert index.check().repaired[0] == "postings"
    assert index.search(QUERIES, ALL, 20) == before


def test_postings_of_another_tokeniser_are_made_again(tmp_path: Path):
    index = fill(tmp_path)
    before = index.search(QUERIES, ALL, 20)
    with index._store.writing() as connection:
        connection.execute("UPDATE meta SET value = 'older' WHERE key = 'tokens'")
        connection.execute("UPDATE posting SET term = 'older-' || term")
    assert answers(tmp_path) == before


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_database_never_answers_wrongly_unnoticed(tmp_path: Path, seed: int):
    index = fill(tmp_path)
    index.delete([index.assets(ALL)[0].asset_id], ALL)
    before = index.search(QUERIES, ALL, 20)
    index.close()
    chance = random.Random(seed)
    data = bytearray((tmp_path / "index.db").read_bytes())
    at = chance.randrange(len(data))
    data[at : at + 64] = bytes(64)
    (tmp_path / "index.db").write_bytes(data)
    (tmp_path / "derived.bin").unlink(missing_ok=True)
    found = outcome(tmp_path)
    assert found == before or isinstance(found, IndexCorrupt) or LocalIndex.open(tmp_path).check().problems


@pytest.mark.parametrize("harm", [cut, empty, lambda path: path.write_bytes(b"not a database" * 999)])
def test_a_snapshot_heals_a_ruined_database(tmp_path: Path, harm: Callable[[Path], None]):
    index = fill(tmp_path / "index")
    index.snapshot(tmp_path / "snapshot")
    before = index.search(QUERIES, ALL, 20)
    index.close()
    harm(tmp_path / "index" / "index.db")
    LocalIndex.open(tmp_path / "index").restore(tmp_path / "snapshot")
    assert answers(tmp_path / "index") == before
    assert local.LocalIndex.open(tmp_path / "index").check().problems == ()


PIECES = ("index.json", "index/derived.bin", "derived", "pages", "audit", "roots.json")
SIGNS = {"index.json", "index/derived.bin", "derived", "pages"}
LOSSES: dict[str, Callable[[Path], object]] = {
    "emptied": lambda home: empty(home / "index" / "index.db"),
    "gone": lambda home: (home / "index" / "index.db").unlink(),
    "folder gone": lambda home: shutil.rmtree(home / "index"),
}


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index and all that lies beside it."""
    home = tmp_path_factory.mktemp("house")
    index = fill(home / "index")
    index.search(QUERIES, ALL, 20)
    index.close()
    for name in ("derived/owned-1/a", "pages/b/1.png", "audit/audit.jsonl", "roots.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("x")
    return home


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_database_is_damage_while_any_sign_of_it_is_left_and_else_the_home_is_fresh(
    house: Path, tmp_path: Path, loss: str
) -> None:
    kept_with_folder = {"index.json"} if loss == "folder gone" else SIGNS
    for number, away in enumerate(
        itertools.chain(*(itertools.combinations(PIECES, n) for n in range(len(PIECES) + 1)))
    ):
        home = tmp_path / str(number)
        shutil.copytree(house, home)
        LOSSES[loss](home)
        for name in away:
            remove(home / name)
        left = kept_with_folder - set(away)
        found = outcome(home / "index")
        assert isinstance(found, IndexCorrupt) == bool(left), away
        if left:
            assert all(f"HOME/{name}" in found.next_step for name in left)  # type: ignore[union-attr]
            assert "groundsight restore" in found.next_step  # type: ignore[union-attr]
            assert str(outcome(home / "index")) == str(found)
        shutil.rmtree(home)


def test_any_piece_but_the_database_may_be_missing(house: Path, tmp_path: Path) -> None:
    before = answers(house / "index")
    for name in PIECES:
        home = tmp_path / name.replace("/", "-")
        shutil.copytree(house, home)
        remove(home / name)
        assert answers(home / "index") == before
        assert (home / "index.json").exists()


def test_a_fresh_home_starts_empty_without_complaint(tmp_path: Path) -> None:
    assert [result.hits for result in answers(tmp_path / "index")] == [(), ()]  # type: ignore[attr-defined]
    assert LocalIndex.open(tmp_path / "index").check().problems == ()


def test_the_database_of_another_home_is_not_answered_from(house: Path, tmp_path: Path) -> None:
    fill(tmp_path / "other" / "index").close()
    shutil.copytree(house, tmp_path / "home")
    shutil.copy(tmp_path / "other" / "index" / "index.db", tmp_path / "home" / "index" / "index.db")
    for name in ("index.db-wal", "index.db-shm"):
        (tmp_path / "home" / "index" / name).unlink(missing_ok=True)
    found = outcome(tmp_path / "home" / "index")
    assert isinstance(found, IndexCorrupt)
    assert "not that of this home" in str(found)
    assert "not that of this home" in LocalIndex.open(tmp_path / "home" / "index").check().problems[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_snapshot_of_any_home_heals_a_lost_database(house: Path, tmp_path: Path, loss: str) -> None:
    shutil.copytree(house, tmp_path / "home")
    other = fill(tmp_path / "other" / "index")
    other.upsert([make_text_entry("more.txt", "alpha seven seven")])
    other.snapshot(tmp_path / "snapshot")
    LOSSES[loss](tmp_path / "home")
    LocalIndex.open(tmp_path / "home" / "index").restore(tmp_path / "snapshot")
    assert answers(tmp_path / "home" / "index") == other.search(QUERIES, ALL, 20)
    assert LocalIndex.open(tmp_path / "home" / "index").check().problems == ()


def test_a_database_without_its_log_is_not_taken_for_a_fresh_one(tmp_path: Path) -> None:
    index = LocalIndex.open(tmp_path / "index")
    index.upsert([make_text_entry("a.txt", "alpha")])
    (tmp_path / "copy" / "index").mkdir(parents=True)
    shutil.copy(tmp_path / "index.json", tmp_path / "copy" / "index.json")
    shutil.copy(tmp_path / "index" / "index.db", tmp_path / "copy" / "index" / "index.db")
    assert isinstance(outcome(tmp_path / "copy" / "index"), IndexCorrupt)
