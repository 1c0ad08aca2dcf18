"""Processes that write to an index or a trail and read from it, for the crash and concurrency tests."""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.index import ChannelQuery
from groundsight.index.local import LocalIndex
from groundsight.types import Condition, Filter
from tests.build import WordEncoder, make_text_entry

SOURCES, PARTS = 5, 3
WORDS = WordEncoder()
ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))


def entries(turn: int) -> list:
    """Two assets that must change together, each of three parts that name the turn."""
    return [
        make_text_entry(f"{side}{turn % SOURCES}", *texts(turn), sha256=f"{turn:064d}") for side in ("left", "right")
    ]


def texts(turn: int) -> list[str]:
    return [f"common turn{turn} part{part}" for part in range(PARTS)]


def turns_of(pairs: Sequence[tuple]) -> dict[str, int]:
    """Return the turn of every source; fails when an asset is torn, doubled or incomplete."""
    found: dict[str, list[str]] = {}
    for unit, asset in pairs:
        found.setdefault(asset.source, []).append(unit.text)
    turns = {source: int(listed[0].split("turn")[1].split()[0]) for source, listed in found.items()}
    assert all(sorted(listed) == texts(turns[source]) for source, listed in found.items()), found
    return turns


def write_forever(folder: Path, first: int, acknowledge: Connection) -> None:
    """Store turn after turn and say so after each, until killed."""
    index = LocalIndex.open(folder, publish_after=10)
    for turn in itertools.count(first):
        index.upsert(entries(turn))
        acknowledge.send(turn)
        if turn % 4 == 3:
            index.search([ChannelQuery("text", vector=WORDS.encode(["common"])[0])], ALL, 5)


def audit_forever(folder: Path, first: int, acknowledge: Connection) -> None:
    """Record call after call and say so after each, until killed."""
    log, name = AuditLog(folder), secrets.token_hex(4)
    for turn in itertools.count(first):
        call = AuditRecord(id=f"{name}-{turn}", tenant="t", user="u", door="mcp", tool="search", request="x")
        log.append(call.model_copy(update={"kind": "begin"}))
        log.append(call)
        acknowledge.send(turn)


def forget_and_die(home: Path, name: str, moment: int | str) -> None:
    """Forget, and be killed at the n-th removal of a file, or at a step of the index."""
    from groundsight.index import database, view
    from groundsight.index.store import Store
    from groundsight.settings import load_settings
    from groundsight.suite import open_suite

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    removed = itertools.count(1)
    match moment:
        case "committed":
            Store.erase_traces = die  # type: ignore[method-assign]
        case "rewritten":
            view.save = die
        case "emptied":
            plain = database.one
            database.one = lambda *words: (plain(*words), "checkpoint" in words[1] and die())[0]  # type: ignore[index]
        case _:
            sys.addaudithook(lambda event, _: die() if event == "os.remove" and next(removed) == moment else None)
    with open_suite(load_settings(home)) as suite:
        suite.forget([name])


def write_some(folder: Path, name: str, turns: int, done: Synchronized) -> None:
    """Store turns under a name of its own and, against all others, under shared names."""
    index = LocalIndex.open(folder, publish_after=10)
    for turn in range(1, turns + 1):
        index.upsert([make_text_entry(name, f"{name} turn{turn} end"), *entries(turn)])
        done.value = turn
    index.close()


def read_until(folder: Path, writers: dict[str, Synchronized], stop: Event, answer: Connection) -> None:
    """Query on and on; every acknowledged turn must be seen, and every answer must be whole."""
    index = LocalIndex.open(folder)
    queries = 0
    while not stop.is_set() or queries == 0:
        for name, done in writers.items():
            at_least = done.value
            turn = newest(index, name)
            assert turn >= at_least, (name, turn, at_least)
        turns_of([pair for pair in index.scan(ALL) if pair[1].source not in writers])
        queries += 1
    answer.send(queries)


def newest(index: LocalIndex, name: str) -> int:
    """Ask both channels for the unit of a name and return its turn; 0 when there is none yet."""
    lexical, dense = index.search(
        [ChannelQuery("bm25_text", text=name), ChannelQuery("text", vector=WORDS.encode([f"{name} end"])[0])], ALL, 3
    )
    assert len(lexical.hits) <= 1, "an asset is there twice"
    pairs = index.get([hit[0] for hit in lexical.hits], ALL)
    if not pairs:
        return 0 if not lexical.hits else newest(index, name)
    assert dense.hits[0][0] == lexical.hits[0][0]
    return int(pairs[0][0].text.split("turn")[1].split()[0])
