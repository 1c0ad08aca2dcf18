"""What recording and sending traces costs: ``python -m groundsight.bench.tracing_cost``; prints JSON, CPU ms a call.

200 small files of 10 sentences are searched and asked about; the same recorded steps are then sent to a collector in a
process of its own, and so counted apart from the work.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from groundsight.doors.python import OpenSuite
from groundsight.operation.telemetry import Exporter
from groundsight.settings import load_settings
from groundsight.tracing import Timing, span

FILES, SENTENCES, SEARCHES, QUESTIONS = 200, 10, 60, 12


class _Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


def _collect(told: Connection) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Collector)
    told.send(server.server_port)
    server.serve_forever()


def written(folder: Path) -> Path:
    """Write the files."""
    for file in range(FILES):
        lines = (f"The keeper of hall {file * SENTENCES + at} is person {at} of row {file}." for at in range(SENTENCES))
        (folder / f"{file}.txt").write_text("\n".join(lines))
    return folder


def measured(
    work: Callable[[int], object], times: int, record: list[Sequence[Timing]], to: Exporter
) -> dict[str, float]:
    """Return the CPU ms of a call, of recording and sending it, and the share of that."""
    record.clear()
    start = time.process_time()
    for number in range(times):
        work(number)
    call = (time.process_time() - start) / times
    start = time.process_time()
    for steps in record:
        to.export(steps)
    to.flush()
    sent = (time.process_time() - start) / times
    steps = sum(map(len, record)) / times
    start = time.process_time()
    for _ in range(2_000):
        with span("step"):
            pass
    recorded = (time.process_time() - start) / 2_000 * steps
    cost = recorded + sent
    return {
        "call_ms": call * 1e3,
        "steps": steps,
        "recorded_ms": recorded * 1e3,
        "sent_ms": sent * 1e3,
        "share": cost / call,
    }


def main() -> None:
    """Measure a search and a question."""
    here, there = multiprocessing.Pipe()
    collector = multiprocessing.Process(target=_collect, args=(there,), daemon=True)
    collector.start()
    exporter, record = Exporter.open(f"http://127.0.0.1:{here.recv()}/v1/traces"), list[Sequence[Timing]]()
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as files:
        suite = OpenSuite(load_settings(home))
        suite.ingest(written(Path(files)))
        suite.suite.parts.calls.listeners.append(record.append)
        suite.ask("Who is the keeper of hall 7?")
        shown = {
            "search": measured(lambda n: suite.search(f"keeper of hall {n}"), SEARCHES, record, exporter),
            "ask": measured(lambda n: suite.ask(f"Who is the keeper of hall {n * 11}?"), QUESTIONS, record, exporter),
        }
    collector.terminate()
    sys.stdout.write(json.dumps(shown, indent=1) + "\n")


if __name__ == "__main__":
    main()
