"""Both back ends and the bare Weaviate client on the same data in one run: speed, cost on both sides, recall.

What the ratios compare is said in ``index_bare``. They are taken in turn, one call of ours and one of the bare
client's, so that a busy machine slows both: searches by the median CPU of a call, storing by the sums. Each quantiser
gets servers of its own. Before searching, the run waits until the servers have no vectors in a queue and have written
their memory tables to disk. ``sq`` trains on 100,000 units of a tenant, so below that it changes nothing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from groundsight.atomic import write_whole
from groundsight.bench.index_bare import BareClient
from groundsight.bench.index_corpus import GROUP_ASSETS, NEAREST, UNITS_PER_ASSET, Corpus
from groundsight.bench.weaviate_nodes import VARIABLE, Node, Program, start, starter
from groundsight.doors.usage import Parser
from groundsight.index import ChannelQuery, Index
from groundsight.index.local import LocalIndex
from groundsight.index.tokens import Tokeniser
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.searcher import SPARE
from groundsight.index.weaviate.wire import Wire
from groundsight.settings import WeaviateSettings
from groundsight.types import Condition, Filter

ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))
RATIO_LIMIT, COMPARED_UNITS, SETTLE_SECONDS = 1.15, 10_000, 300.0
FLUSH = {"PERSISTENCE_MEMTABLES_FLUSH_DIRTY_AFTER_SECONDS": "1", "ASYNC_INDEXING": "false", "DISABLE_TELEMETRY": "true"}
# The server goes on with smaller logs instead of writing a segment.
KEPT_LOG_BYTES = 4_096


@dataclass
class Meter:
    """Seconds and CPU seconds of each call of one kind."""

    wall: list[float] = field(default_factory=lambda: [])
    cpu: list[float] = field(default_factory=lambda: [])

    def run(self, call: Callable[[], object]) -> None:
        """Make one call and note what it cost."""
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)

    def search(self) -> dict[str, float]:
        """Return latencies and the median CPU of a call in milliseconds."""
        ordered = sorted(self.wall)
        return {
            "p50_ms": 1000 * median(ordered),
            "p95_ms": 1000 * ordered[int(0.95 * len(ordered))],
            "client_cpu_ms": 1000 * median(self.cpu),
        }

    def store(self) -> dict[str, float]:
        """Return the sums in seconds."""
        return {"store_s": sum(self.wall), "store_cpu_s": sum(self.cpu)}


@dataclass
class Bench:
    """One run: what was found so far is written after every step."""

    program: Program
    folder: Path
    corpus: Corpus
    nodes: int
    keep: Path | None
    found: dict[str, Any] = field(default_factory=lambda: {"runs": {}, "ratios": {}})

    def local(self) -> None:
        """Measure the embedded index."""
        with closing(LocalIndex.open(self.folder / "local")) as index:
            stored = self._store("embedded", index)
            (search,) = self._in_turn([lambda at: index.search(self._asked(at), ALL, NEAREST)])
            self._note("embedded", {**stored, **search.search(), "recall": self._recall(index)})

    def weaviate(self, quantizer: str, *, compare: bool) -> None:
        """Measure servers with one quantiser; the first is compared with the bare client."""
        name = f"weaviate {quantizer}"
        with ExitStack() as clean:
            options = ("--nodes", str(self.nodes)) if self.nodes > 1 else ()
            nodes = start(self.program, self.folder / quantizer, *options, environment=FLUSH)
            for node in nodes:
                clean.callback(node.kill)
            if compare:
                self._compare_storing(nodes[0])
            settings = self._settings(nodes[0], "Bench", quantizer)
            before = _servers(nodes)
            index = clean.enter_context(closing(WeaviateIndex.open(settings)))
            stored = self._store(name, index)
            wire = clean.enter_context(closing(Wire(settings)))
            self._wait(name, wire, nodes)
            after = _servers(nodes)
            bare = clean.enter_context(closing(BareClient(wire, settings, index.names(), "n-default", NEAREST + SPARE)))
            searches = self._searches(index, bare)
            cpu = {"server_store_cpu_s": after["server_cpu_s"] - before["server_cpu_s"]}
            sizes = {"server_mb": after["server_mb"], "disk_mb": after["disk_mb"]}
            self._note(name, {**stored, **searches["ours"], **cpu, **sizes, "recall": self._recall(index)})
            if compare:
                self._ratio_of_searches(searches)

    def _searches(self, index: Index, bare: BareClient) -> dict[str, dict[str, float]]:
        """Ask every query of ours and of the bare client in turn, all of them three times; the first warms up."""
        terms = Tokeniser()
        plain = [(" ".join(terms.terms(text)), vector.tolist()) for text, vector in self.corpus.queries]
        calls: list[Callable[[int], object]] = [
            lambda at: index.search(self._asked(at), ALL, NEAREST),
            lambda at: bare.ask(*plain[at]),
            lambda at: bare.ask_as_we_do(*plain[at]),
        ]
        self._in_turn(calls)
        meters = self._in_turn(calls, turns=2)
        names = ("ours", "bare client, two channels", "bare client, all calls that ours may make")
        return {name: meter.search() for name, meter in zip(names, meters, strict=True)}

    def _ratio_of_searches(self, found: dict[str, dict[str, float]]) -> None:
        ours, plain, same = found.values()
        for name in list(found)[1:]:
            self._note(name, found[name])
        ratios = self.found["ratios"]
        ratios["search_cpu"] = ours["client_cpu_ms"] / plain["client_cpu_ms"]
        ratios["search_p50"] = ours["p50_ms"] / plain["p50_ms"]
        ratios["search_cpu_same_calls"] = ours["client_cpu_ms"] / same["client_cpu_ms"]
        self._save()

    def _compare_storing(self, node: Node) -> None:
        """Store the same groups with ours and with the bare client in turn."""
        ours, alone, compared = Meter(), Meter(), min(COMPARED_UNITS, max(4_000, self.corpus.units))
        settings = self._settings(node, "Compared", "none")
        with closing(WeaviateIndex.open(settings)) as index, closing(Wire(settings)) as wire:
            first, *groups = Corpus(compared + GROUP_ASSETS * UNITS_PER_ASSET).groups()
            index.upsert(first)
            index.make_tenant("bare")
            with closing(BareClient(wire, settings, index.names(), "n-bare", NEAREST)) as bare:
                bare.store(first)
                for group in groups:
                    ours.run(lambda some=group: index.upsert(some))
                    alone.run(lambda some=group: bare.store(some))
            for name in (index.names().units, index.names().pointers, index.names().meta):
                wire.drop(name)
        mine, its = ours.store(), alone.store()
        self._note(f"bare client, storing {compared}", its)
        self._note(f"ours, storing {compared}", mine)
        self.found["ratios"] |= {"store_cpu": mine["store_cpu_s"] / its["store_cpu_s"],
                                 "store_wall": mine["store_s"] / its["store_s"]}  # fmt: skip

    def _settings(self, node: Node, collection: str, quantizer: str) -> WeaviateSettings:
        return WeaviateSettings.model_validate(
            {"http_port": node.http_port, "grpc_port": node.grpc_port, "collection": collection,
             "quantizer": quantizer, "replication": self.nodes, "fresh_seconds": 1, "call_seconds": 60}
        )  # fmt: skip

    def _store(self, name: str, index: Index) -> dict[str, float]:
        meter, done = Meter(), 0
        for group in self.corpus.groups():
            meter.run(lambda some=group: index.upsert(some))
            done += sum(len(entry.units) for entry in group)
            if done % 5_000 == 0:
                _say(f"{name}: {done:,} of {self.corpus.units:,} units stored in {sum(meter.wall):.0f} s")
        return meter.store()

    def _in_turn(self, calls: Sequence[Callable[[int], object]], turns: int = 1) -> list[Meter]:
        meters = [Meter() for _ in calls]
        for at in list(range(len(self.corpus.queries))) * turns:
            for meter, call in zip(meters, calls, strict=True):
                meter.run(lambda one=call, number=at: one(number))
        return meters

    def _asked(self, at: int) -> list[ChannelQuery]:
        text, vector = self.corpus.queries[at]
        return [ChannelQuery("bm25_text", text=text), ChannelQuery("text", vector=vector)]

    def _recall(self, index: Index) -> float:
        """Return the share of the ten truly nearest that the text vectors find."""
        found = 0
        for (_, vector), truth in zip(self.corpus.queries, self.corpus.nearest, strict=True):
            (result,) = index.search([ChannelQuery("text", vector=vector)], ALL, NEAREST)
            found += len(truth & {unit_id for unit_id, _ in result.hits})
        return found / (NEAREST * len(self.corpus.queries))

    def _wait(self, name: str, wire: Wire, nodes: Sequence[Node]) -> None:
        """Wait until nothing is queued for the vector index and what was written lies in segments."""
        began = time.monotonic()
        while waiting := _unfinished(wire, nodes):
            if time.monotonic() - began > SETTLE_SECONDS:
                raise TimeoutError(f"{name}: after {SETTLE_SECONDS:.0f} s still {waiting}")
            time.sleep(0.5)
        _say(f"{name}: settled after {time.monotonic() - began:.0f} s")

    def _note(self, name: str, figures: dict[str, float]) -> None:
        self.found["runs"][name] = figures
        self._save()

    def _save(self) -> None:
        if self.keep is not None:
            write_whole(self.keep, json.dumps(self.found, indent=2))


def _unfinished(wire: Wire, nodes: Sequence[Node]) -> str:
    for told in wire.client.cluster.nodes(output="verbose"):
        queued = sum(shard.vector_queue_length or 0 for shard in told.shards or ())
        if queued:
            return f"{queued} vectors queued on {told.name}"
    logs = [log for node in nodes for log in node.data.rglob("lsm/*/*.wal") if _size(log) > KEPT_LOG_BYTES]
    return f"{len(logs)} memory tables not written" if logs else ""


def _servers(nodes: Sequence[Node]) -> dict[str, float]:
    """Return memory, CPU seconds and disk of all nodes together; only on Linux."""
    memory = ticks = disk = 0
    for node in nodes:
        status = Path(f"/proc/{node.pid}/status").read_text()
        times = Path(f"/proc/{node.pid}/stat").read_text().rsplit(")", 1)[1].split()
        memory += int(status.split("VmRSS:")[1].split()[0])
        ticks += int(times[11]) + int(times[12])
        disk += sum(_size(file) for file in node.data.rglob("*"))
    return {"server_mb": memory / 1024, "server_cpu_s": ticks / os.sysconf("SC_CLK_TCK"), "disk_mb": disk / 1e6}


def _size(path: Path) -> int:
    """Return the size of a file, 0 when the server has just deleted it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


COLUMNS = {"p50_ms": "p50 ms", "p95_ms": "p95 ms", "client_cpu_ms": "client CPU ms", "store_s": "store s",
           "store_cpu_s": "store, client CPU s", "server_store_cpu_s": "store, server CPU s", "server_mb": "memory MB",
           "disk_mb": "disk MB", "recall": "recall@10"}  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """Return the figures as a markdown table, and the ratios below."""
    lines = [f"| {found['units']:,} units, {found['nodes']} nodes | {' | '.join(COLUMNS.values())} |"]
    lines.append("|---" * (len(COLUMNS) + 1) + "|")
    for name, figures in found["runs"].items():
        lines.append(f"| {name} | {' | '.join(_cell(figures.get(key)) for key in COLUMNS)} |")
    return "\n".join([*lines, "", *(f"{name}: {ratio:.2f}" for name, ratio in found["ratios"].items())])


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table; return 1 when ours costs over 1.15 times the bare client, in CPU or in storing time."""
    parser = Parser(prog="index_bench", description=main.__doc__)
    parser.add_argument("--units", type=int, default=2_000, help="units to store (default 2000)")
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1, help="servers; three hold three replicas")
    parser.add_argument("--quantizer", action="append", choices=("none", "rq", "sq", "bq"), help="repeatable")
    parser.add_argument("--json", type=Path, help="write the figures here, after every step")
    options = parser.parse_args(argv)
    program = starter()
    if program is None:
        print(f"index_bench needs Weaviate: set {VARIABLE} to a program that starts it, or run docker", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bench = Bench(program, Path(folder), Corpus(options.units), options.nodes, options.json)
        bench.found |= {"units": options.units, "nodes": options.nodes}
        bench.local()
        for number, quantizer in enumerate(options.quantizer or ["none"]):
            bench.weaviate(quantizer, compare=number == 0)
    print(table(bench.found))
    ratios = bench.found["ratios"]
    return int(any(ratios[name] > RATIO_LIMIT for name in ("search_cpu", "store_cpu", "store_wall")))


if __name__ == "__main__":
    sys.exit(main())
