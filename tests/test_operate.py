"""Snapshot, restore and tenants through the command line, on both back ends where that says something."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight.errors import ConfigError
from groundsight.index import ChannelQuery, open_index, snapshots
from groundsight.index.weaviate import WeaviateIndex, filters
from groundsight.index.weaviate.names import coded
from groundsight.index.weaviate.schema import meta_name
from groundsight.index.weaviate.tenants import Tenants
from groundsight.index.weaviate.uses import Use, Uses, today
from groundsight.index.weaviate.wire import Place, Wire
from groundsight.settings import Settings, WeaviateSettings, load_settings
from groundsight.types import Condition, Filter
from tests.build import WordEncoder, make_text_entry
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
BACK_ENDS = ("local", pytest.param("weaviate", marks=NEEDS_SERVER))


def use_back_end(backend: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> Settings:
    """Point the environment at a back end of the test's own and return the settings."""
    monkeypatch.setenv("GROUNDSIGHT_INDEX__BACKEND", backend)
    if backend == "weaviate":
        for name, value in settings_for(shared_node()).model_dump(exclude_unset=True).items():
            monkeypatch.setenv(f"GROUNDSIGHT_WEAVIATE__{name.upper()}", str(value))
    return load_settings(home)


@pytest.fixture(params=BACK_ENDS)
def filled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """An index of two documents on each back end."""
    settings = use_back_end(request.param, monkeypatch, tmp_path / "home")
    with closing(open_index(settings)) as index:
        index.claim({"text": WordEncoder.fingerprint})
        index.upsert([make_text_entry("a.txt", "a ferry", "a quay"), make_text_entry("b.txt", "a buoy")])
    return settings


def sources(settings: Settings) -> list[str]:
    with closing(open_index(settings)) as index:
        return [asset.source for asset in index.assets(Filter())]


def add(settings: Settings, source: str) -> None:
    with closing(open_index(settings)) as index:
        index.upsert([make_text_entry(source, "another ferry")])


def test_a_restored_snapshot_is_what_was_there(filled: Settings, run: Run, tmp_path: Path) -> None:
    code, done = run("snapshot", str(tmp_path / "copy"))
    assert (code, done["assets"], done["units"]) == (0, 2, 3)
    add(filled, "c.txt")
    code, refused = run("restore", str(tmp_path / "copy"))
    assert code == 2
    assert "--yes" in refused["error"]["next_step"]
    assert sources(filled) == ["a.txt", "b.txt", "c.txt"]
    code, done = run("restore", str(tmp_path / "copy"), "--yes")
    assert (code, done["assets"], done["units"]) == (0, 2, 3)
    assert sources(filled) == ["a.txt", "b.txt"]


def test_a_snapshot_is_tested_by_restoring_it_beside_the_index(filled: Settings, run: Run, tmp_path: Path) -> None:
    code, refused = run("snapshot", str(tmp_path / "home" / "copies"), "--keep", "3")
    assert (code, refused["error"]["code"]) == (2, "E_INVALID_ARG")
    code, done = run("snapshot", str(tmp_path / "copies"), "--keep", "3", "--test-restore")
    assert (code, done["restore_tested"], done["units"]) == (0, True, 3)
    assert done["restore_seconds"] > 0
    assert sources(filled) == ["a.txt", "b.txt"]
    assert [each.name for each in (tmp_path / "copies").iterdir() if each.name != ".lock"] == [
        Path(done["snapshot"]).name
    ]
    if filled.index.backend == "weaviate":
        with closing(Wire(filled.weaviate)) as wire:
            assert not [name for name in wire.collections() if "RestoreTest" in name]


def test_a_snapshot_that_can_t_be_restored_lets_no_older_one_go(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(use_back_end("local", monkeypatch, tmp_path / "home"), "a.txt")
    copies = tmp_path / "copies"
    assert run("snapshot", str(copies), "--keep", "1", "--test-restore")[0] == 0
    written = snapshots.write_snapshot

    def half(source: Any, folder: Path) -> Any:
        made = written(source, folder)
        with (folder / "index.db").open("r+b") as file:
            file.seek(4_096)
            file.write(b"rubbish" * 99)
        return made

    monkeypatch.setattr("groundsight.index.snapshots.write_snapshot", half)
    code, refused = run("snapshot", str(copies), "--keep", "1", "--test-restore")
    assert (code, refused["error"]["code"]) == (3, "E_INDEX_CORRUPT")
    assert len([each for each in copies.iterdir() if (each / "manifest.json").exists()]) == 2


def test_an_empty_index_takes_a_snapshot_without_asking(filled: Settings, run: Run, tmp_path: Path) -> None:
    run("snapshot", str(tmp_path / "copy"))
    with closing(open_index(filled)) as index:
        index.delete([asset.asset_id for asset in index.assets(Filter())], Filter())
    assert run("restore", str(tmp_path / "copy"))[0] == 0
    assert sources(filled) == ["a.txt", "b.txt"]


def test_a_snapshot_that_fails_leaves_nothing(
    filled: Settings, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    code, refused = run("snapshot", str(tmp_path / "backups" / "copy"))
    assert (code, refused["error"]["code"]) == (1, "E_STORAGE")
    assert list(tmp_path.glob("backups/*")) == []


def test_only_the_newest_snapshots_are_kept_and_nothing_else_is_touched(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(use_back_end("local", monkeypatch, tmp_path / "home"), "a.txt")
    backups = tmp_path / "backups"
    for name in ("20200101T000000Z", "20210101T000000Z", "my-own", "20220101T000000Z"):
        (backups / name).mkdir(parents=True)
        (backups / name / "manifest.json").write_text("{}")
    (backups / "20230101T000000Z").mkdir()
    (backups / ".20240101T000000Z.1.partial").mkdir()
    code, done = run("snapshot", str(backups), "--keep", "2")
    assert code == 0
    assert done["forgotten"] == ["20200101T000000Z", "20210101T000000Z"]
    new = Path(done["snapshot"]).name
    assert {each.name for each in backups.iterdir()} - {".lock"} == {
        "my-own", "20220101T000000Z", "20230101T000000Z", new,
    }  # fmt: skip


def test_wrong_folders_are_refused_by_name(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(use_back_end("local", monkeypatch, tmp_path / "home"), "a.txt")
    assert run("snapshot", str(tmp_path))[1]["error"]["code"] == "E_INVALID_ARG"
    assert run("snapshot", str(tmp_path / "new"), "--keep", "0")[0] == 2
    assert "no finished snapshot" in run("restore", str(tmp_path))[1]["error"]["what"]
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "manifest.json").write_text('{"format": "groundsight-weaviate-snapshot-1"}')
    assert "migrate --to local" in run("restore", str(tmp_path / "foreign"), "--yes")[1]["error"]["next_step"]


def test_tenants_without_weaviate_are_refused(run: Run) -> None:
    code, refused = run("tenants")
    assert (code, refused["error"]["code"]) == (1, "E_DISABLED")


class House:
    """An index with three tenants and hands on its meta collection."""

    def __init__(self, settings: WeaviateSettings) -> None:
        self.settings = settings
        self.index = WeaviateIndex.open(settings)
        self.index.upsert([make_text_entry("a.txt", "a ferry", tenant=name) for name in ("new", "old", "older")])
        self.uses = Uses(Wire(settings), settings.collection)

    def used(self, tenant: str, days_ago: int) -> None:
        self.uses.write(Use(tenant, str(today() - timedelta(days_ago))))

    def found(self, tenant: str) -> list[int]:
        where = Filter(conditions=(Condition(field="tenant", op="eq", value=tenant),))
        asked = [
            ChannelQuery("bm25_text", text="ferry"),
            ChannelQuery("text", vector=WordEncoder().encode(["ferry"])[0]),
        ]
        return [len(each.hits) for each in self.index.search(asked, where, 5)]

    def states(self) -> dict[str, tuple[str, int | None, str | None]]:
        with closing(Tenants.open(self.settings)) as tenants:
            return {each.name: (each.state, each.units, each.last_use) for each in tenants.all()}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    house = House(use_back_end("weaviate", monkeypatch, tmp_path / "home").weaviate)
    house.used("old", 100)
    house.used("older", 400)
    yield house
    house.index.close()
    house.uses._wire.close()


@NEEDS_SERVER
def test_unused_tenants_are_put_to_sleep_and_a_question_wakes_them(house: House, run: Run) -> None:
    _, planned = run("tenants", "--sleep-after", "--dry-run")
    assert [(each["tenant"], each["after"]) for each in planned["due"]] == [("old", "INACTIVE"), ("older", "INACTIVE")]
    assert {state for state, _, _ in house.states().values()} == {"ACTIVE"}
    code, done = run("tenants", "--sleep-after", "90d")
    assert code == 0
    assert [each["tenant"] for each in done["moved"]] == ["old", "older"]
    day = str(today() - timedelta(100))
    assert house.states()["old"] == ("INACTIVE", 1, day)
    assert house.states()["new"][0] == "ACTIVE"
    fresh = WeaviateIndex.open(house.settings)
    house.index.close()
    house.index = fresh
    assert house.found("old") == [1, 1]
    assert house.states()["old"] == ("ACTIVE", 1, str(today()))
    assert house.states()["older"][0] == "INACTIVE"


@NEEDS_SERVER
def test_a_server_without_object_storage_says_so(house: House, run: Run) -> None:
    code, refused = run("tenants", "--offload-after", "365")
    assert (code, refused["error"]["code"]) == (1, "E_DISABLED")
    assert "offload-s3" in refused["error"]["next_step"]
    assert house.found("older") == [1, 1]


@NEEDS_SERVER
def test_a_question_creates_neither_a_tenant_nor_a_note_of_one(house: House) -> None:
    assert house.found("nobody") == [0, 0]
    assert set(house.states()) == {"new", "old", "older"}
    assert "nobody" not in house.uses.all()


@NEEDS_SERVER
def test_a_tenant_of_which_no_use_is_known_counts_from_today(house: House, run: Run) -> None:
    meta = Place(meta_name(house.settings.collection))
    house.uses._wire.remove(
        meta, [filters.Test("kind", "equal", coded("use")), filters.Test("name", "equal", coded("older"))]
    )
    assert house.states()["older"] == ("ACTIVE", 1, None)
    _, done = run("tenants", "--sleep-after", "1000")
    assert done["moved"] == []
    assert house.states()["older"] == ("ACTIVE", 1, str(today()))


@NEEDS_SERVER
def test_a_use_is_noted_once_a_day_and_a_failure_to_note_is_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise ConfigError("the Weaviate server refuses these credentials")

    house.index._uses._noted.clear()
    monkeypatch.setattr(house.index._uses, "write", refused)
    assert house.found("old") == [1, 1]
    monkeypatch.undo()
    assert house.index._uses.due(("old",)) == ()
    assert house.found("old") == [1, 1]
    assert house.states()["old"][2] == str(today() - timedelta(100))


@NEEDS_SERVER
@pytest.mark.parametrize("words", [("--sleep-after", "soon"), ("--sleep-after", "0"), ("--offload-after", "-1d")])
def test_days_are_days(house: House, run: Run, words: tuple[str, str]) -> None:
    assert run("tenants", f"{words[0]}={words[1]}")[1]["error"]["code"] == "E_CONFIG"
