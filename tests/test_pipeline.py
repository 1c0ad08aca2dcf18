"""Files are read ahead and committed in groups, and still each is whole, one bad one is one line, and a run resumes."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from groundsight.bench.ingest_bench import STAGES
from groundsight.errors import Cancelled, InvalidArgument, StorageFailed
from groundsight.governance.access import tenant_of
from groundsight.index import Entry
from groundsight.ingestion import Parsed
from groundsight.ingestion.encode import Assembled
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.ingest import ingest
from groundsight.parts import Parts
from groundsight.settings import Settings
from groundsight.suite import local_principal
from groundsight.tracing import Watch
from groundsight.types import Asset
from tests.test_ingest import read
from tests.test_parts_sandbox import parts_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    for number in range(6):
        (files / f"{number}.txt").write_text(f"The lock of gate {number} opens at {number + 5}.")
    return files


def run(parts: Parts, folder: Path, **more: object) -> dict[str, str]:
    parts.roots.admit(folder)
    given = {"watch": Watch(), "reader": read, "linker": lambda asset, units: units, **more}
    report = ingest(parts, [folder], local_principal(parts.settings), **given)  # type: ignore[arg-type]
    return {each.source: each.problem.code if each.problem else each.status for each in report.files}


def stored(parts: Parts) -> list[str]:
    return sorted(each.source for each in parts.index.assets(tenant_of(local_principal(parts.settings))))


def test_the_next_file_is_read_while_the_present_one_is_stored(tmp_path: Path, folder: Path) -> None:
    parts, second = parts_of(tmp_path), threading.Event()

    def reader(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        if document.name == "1.txt":
            second.set()
        return read(document, settings, scratch, watch)

    def linker(asset: object, units: tuple[object, ...]) -> tuple[object, ...]:
        assert second.wait(60)
        return units

    assert set(run(parts, folder, reader=reader, linker=linker).values()) == {"added"}


def test_two_files_are_read_at_once(tmp_path: Path, folder: Path) -> None:
    both = threading.Barrier(2)

    def reader(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        if document.name in ("0.txt", "1.txt"):
            both.wait(60)
        return read(document, settings, scratch, watch)

    assert set(run(parts_of(tmp_path), folder, reader=reader).values()) == {"added"}


def test_files_are_encoded_beside_the_work_on_the_next(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, later = parts_of(tmp_path), threading.Event()

    def slowly(waiting: Sequence[Assembled], *given: object) -> list[Entry]:
        assert later.wait(60)
        return [each.entry for each in waiting]

    def linker(asset: Asset, units: tuple[object, ...]) -> tuple[object, ...]:
        if asset.source == "files/3.txt":
            later.set()
        return units

    monkeypatch.setattr("groundsight.ingestion.pipeline._MOST_FILES", 2)
    monkeypatch.setattr("groundsight.ingestion.pipeline.encode", slowly)
    assert set(run(parts, folder, linker=linker).values()) == {"added"}
    assert len(stored(parts)) == 6


def test_small_files_share_a_transaction(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, groups = parts_of(tmp_path), list[int]()
    upsert = parts.index.upsert
    monkeypatch.setattr(parts.index, "upsert", lambda entries: (groups.append(len(entries)), upsert(entries))[1])
    monkeypatch.setattr("groundsight.ingestion.pipeline._MOST_SECONDS", 600.0)
    run(parts, folder)
    assert groups == [6]


def test_a_file_that_the_index_refuses_is_one_line(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of(tmp_path)
    upsert = parts.index.upsert

    def refuse(entries: Sequence[Entry]) -> None:
        if any(each.asset.source.endswith("3.txt") for each in entries):
            raise InvalidArgument("this one is refused")
        upsert(entries)

    monkeypatch.setattr(parts.index, "upsert", refuse)
    told = run(parts, folder)
    assert told["files/3.txt"] == InvalidArgument("x").error_code
    assert sorted(told.values()).count("added") == 5
    assert stored(parts) == [f"files/{number}.txt" for number in (0, 1, 2, 4, 5)]


def test_what_was_finished_is_kept_when_a_run_is_cancelled(tmp_path: Path, folder: Path) -> None:
    parts = parts_of(tmp_path)
    watch = Watch(lambda done, total, message: watch.cancel() if message == "files/4.txt" else None)
    with pytest.raises(Cancelled):
        run(parts, folder, watch=watch)
    assert stored(parts) == [f"files/{number}.txt" for number in range(4)]
    assert list(run(parts, folder).values()) == ["unchanged"] * 4 + ["added"] * 2


def test_a_full_disk_ends_the_run(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parts_of(tmp_path)

    def full(entries: Sequence[Entry]) -> None:
        raise StorageFailed("the disk is full")

    monkeypatch.setattr(parts.index, "upsert", full)
    with pytest.raises(StorageFailed):
        run(parts, folder)


def test_progress_grows_by_bytes_to_the_whole(tmp_path: Path, folder: Path) -> None:
    (folder / "5.txt").write_text("A long log of the lock. " * 400)
    parts, seen = parts_of(tmp_path), list[tuple[float, float | None]]()
    run(parts, folder, watch=Watch(lambda done, total, message: seen.append((done, total))))
    done = [each for each, _ in seen]
    assert done == sorted(done)
    assert {total for _, total in seen} == {6}
    sizes = [1_000 + each.stat().st_size for each in sorted(folder.iterdir())]
    assert done[-1] == pytest.approx(6 * sum(sizes[:-1]) / sum(sizes))


# Each would leave something behind, if anything could be left: references, notes, heads, fences, styles, marks.
ODD = {
    "a.md": b"---\ntitle: Planted\n---\n# Head\n\n[there]: https://planted.example\n[^1]: Planted note.\n\n```\n",
    "b.md": b"See [there] and the note[^1].\n\n<!-- planted: hidden words -->\n\n<div style='display:none'>Unseen.",
    "c.csv": b"Planted;Price\nbolt;1,50\nnut;0,75\n",
    "d.csv": b"2024-05-01,7\n2024-05-02,9\n",
    "e.txt": "\ufeffPLANTED HEAD\n\nThe gate opens at seven.".encode(),
    "f.txt": b"And at nine.",
    "g.txt": "Der Zaun ist gr\u00fcn.".encode("latin-1"),
    "h.txt": b"",
    "i.txt": b"%PDF-1.4 planted",
    "j.txt": b"<html><body><p>Planted page.</p></body></html>",
    "k.txt": b"BEGIN:VCARD\nFN:Planted\nEND:VCARD\n",
    "l.tsv": b"name\tsize\nbolt\t4\n",
    "m.txt": b"The last gate.",
}


def told_of(parts: Parts, folder: Path) -> dict[str, object]:
    """Ingest a folder with the real readers; return the units of each file, or its problem."""
    parts.roots.admit(folder)
    report = ingest(parts, [folder], local_principal(parts.settings), Watch())
    units: dict[str, list[tuple[object, ...]]] = {}
    for unit, asset in parts.index.scan(tenant_of(local_principal(parts.settings))):
        seen = (unit.kind, unit.heading, unit.text, unit.cells, unit.unseen, asset.title, asset.warnings)
        units.setdefault(asset.source, []).append(seen)
    return {each.source: each.problem or units[each.source] for each in report.files}


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="a child reads several only where copies need no name")
@pytest.mark.parametrize("names", [list(ODD), list(ODD)[::-1]])
def test_files_that_one_child_reads_leave_nothing_to_each_other(
    tmp_path: Path, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "files").mkdir()
    for at, name in enumerate(names):
        (tmp_path / "files" / f"{at:02d} {name}").write_bytes(ODD[name])
    with closing(parts_of(tmp_path / "together")) as parts:
        jobs, run_one = list[str](), parts.sandbox.run
        monkeypatch.setattr(parts.sandbox, "run", lambda job, *a, **b: (jobs.append(job), run_one(job, *a, **b))[1])
        together = told_of(parts, tmp_path / "files")
    alone = sorted(job.rpartition("_")[2] for job in jobs)
    assert alone == ["document"] * 5 + ["together"], "what is no plain text, or fails, is read by itself"
    monkeypatch.setattr("groundsight.ingestion.ahead.together._TOGETHER", ())
    with closing(parts_of(tmp_path / "alone")) as parts:
        assert told_of(parts, tmp_path / "files") == together


def test_a_text_that_ends_its_child_costs_the_others_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundsight.ingestion.ahead.together._JOB", "tests.hostile_jobs:take_memory")
    with closing(parts_of(tmp_path)) as parts:
        told = told_of(parts, folder)
    assert [units[0][2] for units in told.values()] == [each.read_text() for each in sorted(folder.iterdir())]  # type: ignore[index]


def test_what_the_bench_of_reading_times_is_there() -> None:
    assert [name for home, name, *_ in STAGES if not callable(getattr(home, name, None))] == []
