"""Kills real Weaviate nodes while an index writes and searches, and counts what was lost or torn.

A writer stores pairs of assets, turn after turn, and notes each acknowledged turn; a reader searches and reads all.
Afterwards every acknowledged turn must be there (else ``lost``) and every asset must be whole (else ``torn``).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from groundsight.errors import BackendDown, GroundsightError
from groundsight.evals.weaviate_nodes import VARIABLE, Node, start, starter
from groundsight.governance.redaction import seal_entry
from groundsight.index import ChannelQuery, Entry
from groundsight.index.weaviate import WeaviateIndex
from groundsight.settings import WeaviateSettings
from groundsight.types import Asset, Condition, Filter, Unit

ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))
SOURCES, PARTS, DIMENSION = 20, 4, 32
# Long enough for the breaker to rest and a node to read its disk.
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    fault: str
    tries: int
    acknowledged: int
    lost: int
    torn: int
    empty_answers: int
    recovery_seconds: float


class Work:
    """A writer and a reader that go on through every failure until they are stopped."""

    def __init__(self, index: WeaviateIndex) -> None:
        self.index = index
        self.acknowledged: dict[str, int] = {}
        self.turns = self.torn = self.empty = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, turns: int) -> float:
        """Wait until further turns are acknowledged; return the seconds."""
        begun, wanted = time.monotonic(), self.turns + turns
        while self.turns < wanted:
            if time.monotonic() - begun > PATIENCE_SECONDS:
                raise SystemExit("the index did not recover")
            time.sleep(0.02)
        return time.monotonic() - begun

    def _write(self) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                self.index.upsert([_entry(side, turn) for side in ("left", "right")])
            except GroundsightError:
                self._stop.wait(0.1)
                continue
            self.acknowledged.update({f"{side}{turn % SOURCES}": turn for side in ("left", "right")})
            self.turns += 1

    def _read(self) -> None:
        query = ChannelQuery("bm25_text", text="common")
        while not self._stop.is_set():
            sure = self.turns > 0
            try:
                (found,) = self.index.search([query], ALL, 5)
                self.torn += torn_in(self.index)
            except GroundsightError:
                self._stop.wait(0.05)
                continue
            self.empty += sure and not found.hits


def torn_in(index: WeaviateIndex) -> int:
    """Count the assets of which not exactly all parts of one turn are shown."""
    shown: dict[str, list[str]] = {}
    for unit, asset in index.scan(ALL):
        shown.setdefault(asset.source, []).append(unit.text)
    return sum(sorted(texts) != _texts(_turn(texts[0])) for texts in shown.values())


def lost_in(index: WeaviateIndex, acknowledged: dict[str, int]) -> int:
    """Count the acknowledged assets that are gone or older than acknowledged."""
    turns = {asset.source: _turn(unit.text) for unit, asset in index.scan(ALL)}
    return sum(turns.get(source, 0) < turn for source, turn in acknowledged.items())


def one_node(program: Path, folder: Path, tries: int) -> Row:
    """Kill the only node and start it again."""
    (node,) = start(program, folder)
    nodes = [node]

    def fault() -> None:
        nodes[-1].kill()
        nodes.extend(start(program, folder, port=node.http_port))

    return _measure("kill -9 of the only node", tries, nodes, fault, replication=1)


def three_nodes(program: Path, folder: Path, tries: int) -> Row:
    """Kill the last of three nodes, go on without it, then start it again."""
    nodes = list(start(program, folder, "--nodes", "3"))
    first = nodes[0].http_port

    def fault() -> None:
        nodes[-1].kill()

    def back() -> None:
        nodes.extend(start(program, folder, "--nodes", "3", "--only", "3", port=first))

    return _measure("kill -9 of one of three nodes", tries, nodes, fault, back, replication=3)


def _measure(
    name: str, tries: int, nodes: list[Node], fault: Callable[[], None], back: Callable[[], None] | None = None,
    *, replication: int,
) -> Row:  # fmt: skip
    with ExitStack() as clean:
        clean.callback(lambda: [node.kill() for node in nodes])
        settings = WeaviateSettings(
            http_port=nodes[0].http_port, grpc_port=nodes[0].grpc_port, collection="Chaos", vector_index="flat",
            replication=replication,
        )  # fmt: skip
        index = WeaviateIndex.open(settings)
        clean.callback(index.close)
        work = Work(index)
        clean.callback(work.stop)
        recovery = [_one_try(work, fault, back) for _ in range(tries)]
        work.stop()
        lost, torn = _patiently(lambda: (lost_in(index, work.acknowledged), torn_in(index)))
        return Row(name, tries, work.turns, lost, torn + work.torn, work.empty, round(max(recovery), 1))


def _one_try(work: Work, fault: Callable[[], None], back: Callable[[], None] | None) -> float:
    work.wait_for(5)
    fault()
    recovery = work.wait_for(2)
    if back is not None:
        back()
        work.wait_for(5)
    return recovery


def _patiently(ask: Callable[[], tuple[int, int]]) -> tuple[int, int]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except BackendDown:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _entry(side: str, turn: int) -> Entry:
    source = f"{side}{turn % SOURCES}"
    asset_id = f"{source}-{turn:09d}"
    asset = Asset(
        asset_id=asset_id, source=source, media_type="text/plain", title=source, sha256=f"{turn:064d}", bytes=1
    )
    units = tuple(
        Unit(unit_id=f"{asset_id}-{part}", asset_id=asset_id, ordinal=part, kind="text", text=text)
        for part, text in enumerate(_texts(turn))
    )
    vectors = np.random.default_rng(turn).standard_normal((PARTS, DIMENSION)).astype(np.float32)
    proof = seal_entry(asset, units, ())
    return Entry(asset, units, proof, {"text": vectors}, {"text": tuple(range(PARTS))})


def _texts(turn: int) -> list[str]:
    return [f"common turn{turn} part{part}" for part in range(PARTS)]


def _turn(text: str) -> int:
    return int(text.split("turn")[1].split()[0])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, as JSON with ``--json``; return 1 when anything was lost, torn or wrongly empty."""
    parser = argparse.ArgumentParser(prog="chaos", description=main.__doc__)
    parser.add_argument("--tries", type=int, default=3, help="kills of each kind (default 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    program = starter()
    if program is None:
        print(f"chaos needs Weaviate: set {VARIABLE} to a program that starts it", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        rows = [
            one_node(program, Path(folder) / "one", options.tries),
            three_nodes(program, Path(folder) / "three", options.tries),
        ]
    _print(rows, as_json=options.json)
    return int(any(row.lost or row.torn or row.empty_answers for row in rows))


def _print(rows: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    names = list(asdict(rows[0]))
    print("| " + " | ".join(name.replace("_", " ") for name in names) + " |")
    print("|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(str(value) for value in asdict(row).values()) + " |")


if __name__ == "__main__":
    sys.exit(main())
