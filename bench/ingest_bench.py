"""CPU of reading files into an index, by stage, beside other readers of the same files in the same run (Linux).

``python -m groundsight.bench.ingest_bench FOLDER... [--peer markitdown=PYTHON] [--peer unstructured=PYTHON]``, each
PYTHON the interpreter of an environment that has the peer. Prints JSON, one folder a line, ours with vectors and
without. Ours does more than the others: it redacts, cuts, encodes and stores, and reads in a confined child; what
compares is ``read``. CPU seconds are those of this process and all that it started; wall times say nothing on a busy
machine. ``recall`` is the share of the words of the bare reader, with their counts, that the output holds too; who
finds more than the bare one does not lose by it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from groundsight.doors.usage import Parser
from groundsight.governance.access import tenant_of
from groundsight.ingestion import assemble, pipeline
from groundsight.ingestion.ahead import intake
from groundsight.ingestion.chunking import Cutter
from groundsight.ingestion.document import Cleaner
from groundsight.suite import open_suite
from groundsight.types import Unit

# What is timed as which stage. Models run on threads of their own, so theirs is the time of the whole process.
STAGES: tuple[tuple[object, str, str, Callable[[], float]], ...] = (
    (intake.Intake, "read", "read", time.thread_time),
    (Cleaner, "clean", "redact", time.thread_time),
    (assemble, "redact_unit", "redact", time.thread_time),
    (assemble, "with_clean_links", "redact", time.thread_time),
    (assemble, "seal_entry", "redact", time.thread_time),
    (Cutter, "cut", "chunk", time.thread_time),
    (assemble, "see_all", "pictures", time.process_time),
    (assemble, "encode_pictures", "encode", time.process_time),
    (pipeline, "encode", "encode", time.process_time),
    (pipeline.Commits, "_store", "commit", time.thread_time),
)
_WORD = re.compile(r"\w+")


class Clock:
    """CPU seconds by stage, of all threads."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._one_at_a_time = threading.Lock()

    def timed(self, stage: str, now: Callable[[], float], call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose calls count for a stage."""

        def run(*given: Any, **named: Any) -> Any:
            start = now()
            try:
                return call(*given, **named)
            finally:
                with self._one_at_a_time:
                    self.seconds[stage] += now() - start

        return run

    @contextmanager
    def running(self) -> Generator[None]:
        """Time the stages of every ingest in here."""
        with ExitStack() as stack:
            for home, name, stage, now in STAGES:
                stack.enter_context(patch.object(home, name, self.timed(stage, now, getattr(home, name))))
            # What is encoded beside other work can't be told from it by the time of the process.
            stack.enter_context(patch.object(pipeline.Commits, "_hand_on", pipeline.Commits.flush))
            yield


def descendants_cpu() -> float:
    """Return the CPU seconds of the living processes below this one, with their ended children."""
    below: dict[int, list[tuple[int, float]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        below.setdefault(int(fields[1]), []).append((int(folder.name), ticks))

    def count(process: int) -> float:
        return sum(used + count(child) for child, used in below.get(process, []))

    return count(os.getpid())


def ours(folder: Path, *, vectors: bool) -> tuple[dict[str, object], dict[str, str]]:
    """Ingest a folder into a fresh home; return what it cost, and the text of each file by its path in the folder."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as home, clock.running():
        if not vectors:
            Path(home, "groundsight.toml").write_text('[models]\ntext = "none"\nvisual = "none"\n')
        start, wall = time.process_time(), time.perf_counter()
        with open_suite(home=home) as suite:
            report = suite.ingest([folder])
            readers = descendants_cpu()
            total, wall = time.process_time() - start + readers, time.perf_counter() - wall
            texts = _texts(suite.parts.index.scan(tenant_of(suite.principal)))
    clock.seconds["read"] += readers
    clock.seconds["rest"] = total - sum(clock.seconds.values())
    cost: dict[str, object] = {"files": len(report.files), "failed": report.failed, "units": report.units}
    return cost | {"cpu": total, "wall": wall, "stages": dict(clock.seconds)}, texts


def _texts(units: Iterable[tuple[Unit, Any]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for unit, asset in units:
        cells = (cell for row in unit.cells for cell in row)
        text = (unit.heading, unit.text, unit.ocr, *(cells if not unit.text else ()))
        found.setdefault(asset.source.partition("/")[2], []).extend(text)
    return {source: "\n".join(texts) for source, texts in found.items()}


def peer(name: str, python: str, files: Sequence[Path]) -> tuple[dict[str, object], list[str]]:
    """Read files with another reader; return what it cost beside opening it, and the texts."""
    script = Path(__file__).with_name("ingest_peers.py")
    with tempfile.TemporaryDirectory() as out:
        command = [python, str(script), name, out, *map(str, files)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        texts = [Path(out, f"{number}.txt").read_text("utf-8", "replace") for number in range(len(files))]
    opened, *lines = [json.loads(line) for line in told.splitlines() if line.startswith('{"file"')]
    failed = [f"{Path(line['file']).name}: {line['error']}" for line in lines if line["error"]]
    return {"cpu": sum(line["cpu"] for line in lines), "open": opened["cpu"], "failed": failed}, texts


def recall(reference: Sequence[str], texts: Sequence[str]) -> dict[str, object]:
    """Return how many characters came out, and the share of the reference's words in them, all files together."""
    wanted = [Counter(_WORD.findall(text.casefold())) for text in reference]
    held = [Counter(_WORD.findall(text.casefold())) for text in texts]
    both = sum((one & other).total() for one, other in zip(wanted, held, strict=True))
    return {"chars": sum(map(len, texts)), "recall": both / max(1, sum(each.total() for each in wanted))}


def compared(folder: Path, peers: Sequence[str]) -> dict[str, object]:
    """Read one folder with everybody."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    bare, reference = peer("bare", sys.executable, files)
    told: dict[str, object] = {"folder": folder.name, "bare": bare | recall(reference, reference)}
    for name, python in (each.split("=", 1) for each in peers):
        cost, texts = peer(name, python, files)
        told[name] = cost | recall(reference, texts)
    for name, vectors in (("without vectors", False), ("with vectors", True)):
        cost, by_file = ours(folder, vectors=vectors)
        told[name] = cost | recall(reference, [by_file.get(str(each.relative_to(folder)), "") for each in files])
    return told | {"load": os.getloadavg()[0]}


def main(argv: Sequence[str] | None = None) -> None:
    """Compare folder by folder."""
    parser = Parser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    options = parser.parse_args(argv)
    for folder in options.folders:
        told = compared(folder.resolve(), options.peer)
        print(json.dumps(_rounded(told)), flush=True)


def _rounded(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _rounded(value) for key, value in told.items()}  # pyright: ignore[reportUnknownVariableType]
    return round(told, 3) if isinstance(told, float) else told


if __name__ == "__main__":
    main()
