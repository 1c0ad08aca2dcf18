"""The embedded index under kill -9, cut logs and many processes: nothing acknowledged is lost, nothing is torn."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType

import pytest

from groundsight.index import ChannelQuery
from groundsight.index.local import LocalIndex
from tests.index_workers import ALL, SOURCES, WORDS, entries, read_until, turns_of, write_forever, write_some

KILLS = 50
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
PROCESSES = multiprocessing.get_context(METHOD)
if METHOD == "forkserver":
    PROCESSES.set_forkserver_preload(["tests.index_workers", "apsw", "filelock", "snowballstemmer"])


@pytest.fixture(autouse=True)
def children_do_not_import_the_test_runner(monkeypatch: pytest.MonkeyPatch):
    """A child imports its parent's main module; the test runner costs each a second."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


def kill_a_writer(
    folder: Path, first: int, chance: random.Random, work: Callable[[Path, int, Connection], None] = write_forever
) -> int:
    """Let a writer do some turns, kill it at a random moment, return the last turn it acknowledged."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    writer = PROCESSES.Process(target=work, args=(folder, first, theirs), daemon=True)
    writer.start()
    theirs.close()
    for _ in range(chance.randrange(1, 6)):
        last = ours.recv()
    writer.join(chance.random() * 0.02)
    writer.kill()
    writer.join()
    last = max([last, *drain(ours)])
    ours.close()
    return last


def drain(pipe: Connection) -> list[int]:
    found: list[int] = []
    try:
        while pipe.poll():
            found.append(pipe.recv())
    except EOFError:
        pass
    return found


def test_a_killed_writer_loses_nothing_acknowledged_and_tears_nothing(tmp_path: Path):
    chance = random.Random(20)
    first = 0
    for _ in range(KILLS):
        acknowledged = kill_a_writer(tmp_path, first, chance)
        index = LocalIndex.open(tmp_path)
        turns = turns_of(list(index.scan(ALL)))
        for turn in range(max(0, acknowledged - SOURCES + 1), acknowledged + 1):
            assert turns[f"left{turn % SOURCES}"] in (turn, turn + SOURCES)
        assert all(
            turns[f"left{number}"] == turns[f"right{number}"] for number in range(min(SOURCES, acknowledged + 1))
        )
        assert max(turns.values()) <= acknowledged + 1
        assert index.check().problems == ()
        index.close()
        first = acknowledged + 1


def test_answers_are_the_same_after_a_kill_as_after_a_clean_run(tmp_path: Path):
    last = kill_a_writer(tmp_path / "killed", 0, random.Random(1))
    clean = LocalIndex.open(tmp_path / "clean")
    for turn in range(last + 1):
        clean.upsert(entries(turn))
    killed = LocalIndex.open(tmp_path / "killed")
    killed.upsert(entries(last))
    if max(turns_of(list(killed.scan(ALL))).values()) > last:
        clean.upsert(entries(last + 1))
    queries = [ChannelQuery("bm25_text", text="common part1"), ChannelQuery("text", vector=WORDS.encode(["part1"])[0])]
    assert killed.search(queries, ALL, 40) == clean.search(queries, ALL, 40)


@pytest.mark.parametrize("seed", range(10))
def test_a_cut_log_opens_and_loses_only_its_tail(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    index = LocalIndex.open(tmp_path / "whole", publish_after=1)
    for turn in range(12):
        index.upsert(entries(turn))
    query = [ChannelQuery("text", vector=WORDS.encode(["common turn11"])[0])]
    index.search(query, ALL, 5)
    (tmp_path / "cut").mkdir()
    for name in ("index.db", "index.db-wal", "derived.bin"):
        shutil.copy(tmp_path / "whole" / name, tmp_path / "cut" / name)
    log = tmp_path / "cut" / "index.db-wal"
    log.write_bytes(log.read_bytes()[: chance.randrange(log.stat().st_size)])
    index.close()

    cut = LocalIndex.open(tmp_path / "cut")
    turns = turns_of(list(cut.scan(ALL)))
    assert all(turns[f"left{source[-1]}"] == turns[f"right{source[-1]}"] for source in turns)
    last = max(turns.values(), default=-1)
    cut.upsert(entries(last + 1))
    clean = LocalIndex.open(tmp_path / "clean")
    for turn in range(last + 2):
        clean.upsert(entries(turn))
    assert cut.search(query, ALL, 40) == clean.search(query, ALL, 40)
    assert cut.check().problems == ()


def test_two_writers_and_three_readers_agree_at_every_moment(tmp_path: Path):
    turns, names = 25, ("wolf", "lynx")
    done = {name: PROCESSES.Value("i", 0) for name in names}
    stop = PROCESSES.Event()
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(3)]
    readers = [PROCESSES.Process(target=read_until, args=(tmp_path, done, stop, pipe[1])) for pipe in pipes]
    writers = [PROCESSES.Process(target=write_some, args=(tmp_path, name, turns, done[name])) for name in names]
    for process in (*readers, *writers):
        process.start()
    for writer in writers:
        writer.join()
    stop.set()
    for process in readers:
        process.join()
    assert [process.exitcode for process in (*writers, *readers)] == [0] * 5
    assert all(pipe[0].recv() > 0 for pipe in pipes)
    index = LocalIndex.open(tmp_path)
    assert index.count(ALL).assets == 2 + 2 * SOURCES
    assert index.check().problems == ()
