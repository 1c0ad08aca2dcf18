"""Breaks real Weaviate nodes and the way to them while an index writes and searches, and counts what was lost or torn.

A writer stores pairs of assets, turn after turn, and notes each acknowledged turn; a reader searches and reads all.
Afterwards every acknowledged turn must be there (else ``lost``), every asset must be whole (else ``torn``), each node
must show the same by itself, and a fixed set of searches must find what it found before the fault.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from groundsight.bench.chaos_work import ALL, Work, lost_in, torn_in, vectors, written
from groundsight.bench.weaviate_nodes import VARIABLE, Node, Program, start, starter
from groundsight.bench.weaviate_proxy import Fault, Proxy
from groundsight.doors.usage import Parser
from groundsight.errors import BackendDown, IndexCorrupt
from groundsight.index import ChannelQuery, ChannelResult
from groundsight.index.weaviate import WeaviateIndex
from groundsight.settings import WeaviateSettings

T = TypeVar("T")
# Long enough for the breaker to rest and a node to read its disk.
PATIENCE_SECONDS = 90.0
# What no writer touches: turns that it never reaches.
KEPT = range(100_000, 100_020)


@dataclass(frozen=True)
class Row:
    """One line of the table. ``changed`` counts searches that found something else after the fault."""

    fault: str
    tries: int
    acknowledged: int
    lost: int
    torn: int
    empty_answers: int
    changed: int
    recovery_seconds: float

    @property
    def failed(self) -> bool:
        """True when a promise was broken."""
        return bool(self.lost or self.torn or self.empty_answers or self.changed)


@dataclass
class Cluster:
    """Nodes in one folder; each may be killed and started again on its ports."""

    program: Program
    folder: Path
    count: int = 1
    nodes: list[Node] = field(default_factory=lambda: [])

    def __enter__(self) -> Cluster:
        self.nodes = list(start(self.program, self.folder, "--nodes", str(self.count)))
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.kill()

    def kill(self, number: int) -> None:
        """End a node as a power cut would."""
        self.nodes[number].kill()

    def back(self, number: int) -> None:
        """Start a killed node again."""
        options = ("--nodes", str(self.count), "--only", str(number + 1))
        (self.nodes[number],) = start(self.program, self.folder, *options, port=self.nodes[0].http_port)

    def settings(self, number: int = 0, **values: Any) -> WeaviateSettings:
        """Settings that lead to one of the nodes."""
        node = self.nodes[number]
        known = {"http_port": node.http_port, "grpc_port": node.grpc_port, "vector_index": "flat"}
        return WeaviateSettings.model_validate(
            {**known, "collection": "Chaos", "replication": self.count, "call_seconds": 5, **values}
        )


def one_node(program: Program, folder: Path, tries: int) -> Row:
    """Kill the only node and start it again."""

    def fault(work: Work) -> float:
        cluster.kill(0)
        cluster.back(0)
        return work.wait_for(2)

    with Cluster(program, folder) as cluster:
        return _measure("kill -9 of the only node", cluster, cluster.settings(), tries, fault)


def last_of_three(program: Program, folder: Path, tries: int) -> Row:
    """Kill a node that the client does not talk to, go on without it, then start it again."""

    def fault(work: Work) -> float:
        cluster.kill(2)
        recovery = work.wait_for(2)
        cluster.back(2)
        work.wait_for(2)
        return recovery

    with Cluster(program, folder, 3) as cluster:
        return _measure("kill -9 of one of three nodes", cluster, cluster.settings(), tries, fault)


def addressed_of_three(program: Program, folder: Path, tries: int) -> Row:
    """Kill the node that the client talks to; a balancer before the cluster leads to another."""
    with ExitStack() as clean:
        cluster = clean.enter_context(Cluster(program, folder, 3))
        http = clean.enter_context(Proxy(cluster.nodes[0].http_port))
        grpc = clean.enter_context(Proxy(cluster.nodes[0].grpc_port))

        def lead_to(number: int) -> None:
            http.target, grpc.target = cluster.nodes[number].http_port, cluster.nodes[number].grpc_port

        def fault(work: Work) -> float:
            cluster.kill(0)
            lead_to(1)
            recovery = work.wait_for(2)
            cluster.back(0)
            lead_to(0)
            work.wait_for(2)
            return recovery

        settings = cluster.settings(http_port=http.port, grpc_port=grpc.port)
        return _measure("kill -9 of the addressed node of three", cluster, settings, tries, fault)


def network(program: Program, folder: Path, tries: int, kind: Fault) -> Row:
    """Hold or cut the answers of a server for a moment."""
    names = {"hold": "answers held back", "cut": "answers cut in the middle"}
    with ExitStack() as clean:
        cluster = clean.enter_context(Cluster(program, folder))
        http = clean.enter_context(Proxy(cluster.nodes[0].http_port))
        grpc = clean.enter_context(Proxy(cluster.nodes[0].grpc_port))

        def fault(work: Work) -> float:
            http.fault = grpc.fault = kind
            work.wait_for_failures(3)
            http.fault = grpc.fault = "none"
            return work.wait_for(2)

        settings = cluster.settings(http_port=http.port, grpc_port=grpc.port, call_seconds=2)
        return _measure(names[kind], cluster, settings, tries, fault)


def _measure(
    name: str, cluster: Cluster, settings: WeaviateSettings, tries: int, fault: Callable[[Work], float]
) -> Row:
    with ExitStack() as clean:
        index = WeaviateIndex.open(settings)
        clean.callback(index.close)
        index.upsert([written(f"kept{turn}", turn) for turn in KEPT])
        before = _asked(index)
        work = Work(index)
        clean.callback(work.stop)
        recovery = 0.0
        for _ in range(tries):
            work.wait_for(5)
            recovery = max(recovery, fault(work))
        work.stop()
        lost, torn, changed = patiently(
            lambda: (lost_in(index, work.acknowledged), torn_in(index), _changed(before, _asked(index)))
        )
        for number in range(cluster.count):
            lost, torn = _alone(cluster, number, work, lost, torn)
        return Row(name, tries, work.turns, lost, torn + work.torn, work.empty, changed, round(recovery, 1))


def _alone(cluster: Cluster, number: int, work: Work, lost: int, torn: int) -> tuple[int, int]:
    """Look at what one node shows by itself once repairs had time to reach it."""
    index = patiently(lambda: WeaviateIndex.open(cluster.settings(number, consistency="ONE")))

    def look() -> tuple[int, int]:
        found = lost_in(index, work.acknowledged), torn_in(index)
        if any(found) and time.monotonic() < deadline:
            raise BackendDown("a node has not caught up yet")
        return found

    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        shown = patiently(look)
    finally:
        index.close()
    return max(lost, shown[0]), max(torn, shown[1])


def _asked(index: WeaviateIndex) -> list[tuple[ChannelResult, ...]]:
    """Ask for what no writer touches, by words and by vector."""
    return [
        index.search(
            [ChannelQuery("bm25_text", text=f"kept{turn}"), ChannelQuery("text", vector=vectors(turn)[0])],
            ALL,
            1,
        )
        for turn in KEPT
    ]


def _changed(before: list[tuple[ChannelResult, ...]], after: list[tuple[ChannelResult, ...]]) -> int:
    return sum(
        [hit for hit, _ in one.hits] != [hit for hit, _ in other.hits]
        for old, new in zip(before, after, strict=True)
        for one, other in zip(old, new, strict=True)
    )


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while the server is away or still repairing, for a while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except (BackendDown, IndexCorrupt):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, as JSON with ``--json``; return 1 when anything was lost, torn, wrongly empty or changed."""
    parser = Parser(prog="chaos", description=main.__doc__)
    parser.add_argument("--tries", type=int, default=3, help="faults of each kind (default 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    program = starter()
    if program is None:
        print(f"chaos needs Weaviate: set {VARIABLE} to a program that starts it, or run docker", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        rows = [row(program, Path(folder), options.tries) for row in ROWS]
    _print(rows, as_json=options.json)
    return int(any(row.failed for row in rows))


ROWS: tuple[Callable[[Program, Path, int], Row], ...] = (
    lambda program, folder, tries: one_node(program, folder / "one", tries),
    lambda program, folder, tries: network(program, folder / "hold", tries, "hold"),
    lambda program, folder, tries: network(program, folder / "cut", tries, "cut"),
    lambda program, folder, tries: last_of_three(program, folder / "last", tries),
    lambda program, folder, tries: addressed_of_three(program, folder / "first", tries),
)


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
