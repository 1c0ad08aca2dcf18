"""Both back ends and the bare Weaviate client on the same data in one run: speed, cost on both sides, recall."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from groundsight.evals.weaviate_nodes import VARIABLE, Node, start, starter
from groundsight.governance.redaction import seal_entry
from groundsight.index import ChannelQuery, Entry, Index
from groundsight.index.local import LocalIndex
from groundsight.index.prepared import prepare_all
from groundsight.index.tokens import Tokeniser
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.client import insert
from groundsight.index.weaviate.names import coded
from groundsight.index.weaviate.wire import Place, Wire
from groundsight.index.weaviate.writer import unit_rows
from groundsight.settings import WeaviateSettings
from groundsight.types import Asset, Condition, Filter, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))
DIMENSION, UNITS_PER_ASSET, WORDS_PER_UNIT, VOCABULARY, CLUSTERS = 384, 20, 60, 20_000, 200
QUERIES, NEAREST = 100, 10
RATIO_LIMIT = 1.15
# Measured as it is some time after a write: the server has written its memory tables to disk.
SETTLE_SECONDS = 5.0
FLUSH = {"PERSISTENCE_MEMTABLES_FLUSH_DIRTY_AFTER_SECONDS": "1"}


@dataclass(frozen=True)
class Data:
    """Entries to store and queries to ask, the same for every run."""

    entries: tuple[Entry, ...]
    queries: tuple[tuple[str, NDArray[np.float32]], ...]

    @property
    def units(self) -> int:
        """Return how many units there are."""
        return sum(len(entry.units) for entry in self.entries)


def make_data(units: int) -> Data:
    """Make Zipf-distributed words and clustered vectors from a fixed seed."""
    random = np.random.default_rng(11)
    centres = random.standard_normal((CLUSTERS, DIMENSION))
    entries = tuple(_entry(random, centres, number) for number in range(max(1, units // UNITS_PER_ASSET)))
    queries = tuple((_words(random, 4), _vectors(random, centres, 1)[0]) for _ in range(QUERIES))
    return Data(entries, queries)


def measure(index: Index, data: Data, settle: float = 0.0) -> dict[str, float]:
    """Store everything, then ask every query on two channels."""
    began, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(data.entries), 50):
        index.upsert(data.entries[at : at + 50])
    stored = {"store_s": time.perf_counter() - began, "store_cpu_s": time.process_time() - cpu}
    words = [ChannelQuery("bm25_text", text=text) for text, _ in data.queries]
    asked = [[word, ChannelQuery("text", vector=vector)] for word, (_, vector) in zip(words, data.queries, strict=True)]
    time.sleep(settle)
    index.search(asked[0], ALL, NEAREST)
    return {**stored, **_timed([lambda each=each: index.search(each, ALL, NEAREST) for each in asked])}


def recall(index: Index, data: Data) -> float:
    """Return the share of the true ten nearest that the text vectors find."""
    matrix = np.concatenate([entry.vectors["text"] for entry in data.entries])
    ids = [unit.unit_id for entry in data.entries for unit in entry.units]
    found = 0
    for _, vector in data.queries:
        truth: set[str] = {ids[row] for row in np.argsort(-(matrix @ vector))[:NEAREST]}
        (result,) = index.search([ChannelQuery("text", vector=vector)], ALL, NEAREST)
        found += len(truth & {unit_id for unit_id, _ in result.hits})
    return found / (NEAREST * len(data.queries))


def bare(wire: Wire, index: WeaviateIndex, data: Data) -> dict[str, float]:
    """Make with the bare client the calls that a search of ours makes: two channels, state, pointers."""
    names, terms = index.names(), Tokeniser()
    units, pointers = wire.opened(Place(names.units, "n-default")), wire.opened(Place(names.pointers, "n-default"))
    meta = wire.opened(Place(names.meta))
    query = wire.library.classes.query
    state = query.Filter.by_property("kind").contains_any([coded(kind) for kind in ("config", "token", "intent")])
    score, distance = query.MetadataQuery(score=True), query.MetadataQuery(distance=True)
    fields = ["unit_id", "generation"]

    def ask(text: str, vector: list[float], workers: ThreadPoolExecutor) -> None:
        now = workers.submit(meta.query.fetch_objects, filters=state, limit=500, return_properties=["kind", "data"])
        words = workers.submit(
            units.query.bm25, text, query_properties=["bm25_text"], limit=NEAREST + 5, return_properties=fields,
            return_metadata=score,
        )  # fmt: skip
        near = workers.submit(
            units.query.near_vector, vector, target_vector="text", limit=NEAREST + 5, return_properties=fields,
            return_metadata=distance,
        )  # fmt: skip
        hits = {each.properties["generation"] for each in (*words.result().objects, *near.result().objects)}
        for some in _slices(sorted(hits), 200):
            live = query.Filter.by_property("generation").contains_any(some)
            pointers.query.fetch_objects(filters=live, limit=2 * len(some), return_properties=["generation"])
        now.result()

    asked = [(" ".join(terms.terms(text)), vector.tolist()) for text, vector in data.queries]
    with ThreadPoolExecutor(4) as workers:
        return _timed([lambda each=each: ask(*each, workers) for each in asked])


def bare_batches(wire: Wire, index: WeaviateIndex, data: Data) -> dict[str, float]:
    """Store with the bare client the same objects in batches of the same size, prepared beforehand."""
    prepared, _ = prepare_all(data.entries, Tokeniser())
    rows = [row for each in prepared for row in unit_rows("bare", each, "bare")]
    index.make_tenant("bare")
    at = wire.opened(Place(index.names().units, "n-bare"))
    began, cpu = time.perf_counter(), time.process_time()
    for some in _slices(rows, 200):
        insert(at, some)
    return {"store_s": time.perf_counter() - began, "store_cpu_s": time.process_time() - cpu}


def _timed(calls: Sequence[Callable[[], object]]) -> dict[str, float]:
    seconds: list[float] = []
    cpu = time.process_time()
    for call in calls:
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    spent = time.process_time() - cpu
    return {
        "p50_ms": 1000 * median(seconds),
        "p95_ms": 1000 * sorted(seconds)[int(0.95 * len(seconds))],
        "client_cpu_ms": 1000 * spent / len(calls),
    }


def _server(node: Node) -> dict[str, float]:
    """Return memory, CPU seconds and disk of a node; only on Linux."""
    status = Path(f"/proc/{node.pid}/status").read_text()
    times = Path(f"/proc/{node.pid}/stat").read_text().rsplit(")", 1)[1].split()
    disk = sum(file.stat().st_size for file in node.data.rglob("*") if file.is_file())
    memory = int(status.split("VmRSS:")[1].split()[0]) / 1024
    ticks = os.sysconf("SC_CLK_TCK")
    return {"server_mb": memory, "server_cpu_s": (int(times[11]) + int(times[12])) / ticks, "disk_mb": disk / 1e6}


def run(program: Path, folder: Path, units: int, quantizers: Sequence[str]) -> dict[str, Any]:
    """Measure everything; return figures by name."""
    data, found = make_data(units), dict[str, Any]()
    with closing(LocalIndex.open(folder / "local")) as local:
        found["local"] = {**measure(local, data), "recall": recall(local, data)}
    (node,) = start(program, folder / "weaviate", environment=FLUSH)
    try:
        for quantizer in quantizers:
            found[f"weaviate {quantizer}"] = _on_weaviate(node, data, quantizer, found)
        found["server"] = _server(node)
    finally:
        node.kill()
    ours, alone = found[f"weaviate {quantizers[0]}"], found["bare client"]
    found["ratio"] = {name: ours[name] / alone[name] for name in ("p50_ms", "client_cpu_ms", "store_s")}
    return {"units": data.units, **found}


def _on_weaviate(node: Node, data: Data, quantizer: str, found: dict[str, Any]) -> dict[str, float]:
    settings = WeaviateSettings.model_validate(
        {"http_port": node.http_port, "grpc_port": node.grpc_port, "collection": f"Bench{quantizer}",
         "quantizer": quantizer, "fresh_seconds": 3}
    )  # fmt: skip
    with closing(WeaviateIndex.open(settings)) as index:
        figures = measure(index, data, SETTLE_SECONDS)
        if "bare client" not in found:
            with closing(Wire(settings)) as wire:
                found["bare client"] = {**bare(wire, index, data), **bare_batches(wire, index, data)}
        return {**figures, "recall": recall(index, data)}


def _entry(random: np.random.Generator, centres: NDArray[np.float64], number: int) -> Entry:
    source = f"{number}.txt"
    asset = Asset(
        asset_id=f"{number:016x}",
        source=source,
        media_type="text/plain",
        title=source,
        sha256=f"{number:064x}",
        bytes=1,
    )
    units = tuple(
        Unit(
            unit_id=f"{asset.asset_id}-{at:04d}", asset_id=asset.asset_id, ordinal=at, kind="text",
            text=_words(random, WORDS_PER_UNIT),
        )
        for at in range(UNITS_PER_ASSET)
    )  # fmt: skip
    vectors = _vectors(random, centres, UNITS_PER_ASSET)
    return Entry(asset, units, seal_entry(asset, units, ()), {"text": vectors}, {"text": tuple(range(UNITS_PER_ASSET))})


def _words(random: np.random.Generator, count: int) -> str:
    return " ".join(f"w{rank % VOCABULARY}" for rank in random.zipf(1.3, count))


def _vectors(random: np.random.Generator, centres: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    rows = centres[random.integers(0, CLUSTERS, count)] + 0.7 * random.standard_normal((count, DIMENSION))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _slices(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from (values[at : at + size] for at in range(0, len(values), size))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures as JSON; return 1 when our client costs over 1.15 times the bare one."""
    parser = argparse.ArgumentParser(prog="index_bench", description=main.__doc__)
    parser.add_argument("--units", type=int, default=2_000, help="units to store (default 2000)")
    parser.add_argument("--quantizer", action="append", choices=("none", "rq", "sq", "bq"), help="repeatable")
    options = parser.parse_args(argv)
    program = starter()
    if program is None:
        print(f"index_bench needs Weaviate: set {VARIABLE} to a program that starts it", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = run(program, Path(folder), options.units, options.quantizer or ["none"])
    print(json.dumps(found, indent=2))
    return int(found["ratio"]["client_cpu_ms"] > RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
