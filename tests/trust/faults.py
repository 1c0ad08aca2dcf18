"""What a home is after its process was killed or its disk refused, at one write after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from groundsight.index.local import LocalIndex
from tests.index_workers import ALL, turns_of
from tests.trust.rows import Row
from tests.trust.store_faults import store_faults

ROOT = Path(__file__).resolve().parents[2]
TURNS = 6
WORK = f"""
import sys
from pathlib import Path
from groundsight.errors import StorageFailed
from groundsight.index.local import LocalIndex
from tests.index_workers import entries
try:
    index = LocalIndex.open(Path(sys.argv[1]), publish_after=2)
    for turn in range({TURNS}):
        index.upsert(entries(turn))
        print(turn, flush=True)
except StorageFailed as error:
    print(error.error_code, file=sys.stderr)
    sys.exit(3)
"""
KILL, FULL, READ_ONLY = "signal=KILL", "error=ENOSPC", "error=EROFS"


def faults(short: bool) -> Iterator[Row]:
    """Kill at the n-th write and sync; refuse each write from the n-th on."""
    reason = _why_not()
    step = 12 if short else 3
    for name, inject, calls in (
        ("killed at the n-th write", KILL, "pwrite64"),
        ("killed at the n-th sync", KILL, "fdatasync"),
        ("disk full from the n-th write on", FULL, "pwrite64"),
        ("disk read-only from the n-th write on", READ_ONLY, "pwrite64"),
    ):
        if reason:
            yield Row("faults", name, skipped=reason)
        else:
            yield _tried(name, inject, calls, range(1, 40 if calls == "pwrite64" else 14, step))
    yield from store_faults(short, reason)
    yield _full_disk(reason)
    yield corrupt()
    yield dead_back_end()
    yield clock_back()


def _why_not() -> str:
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this system lets nobody trace a process"


def _tried(name: str, inject: str, calls: str, places: range) -> Row:
    broken: list[str] = []
    for at in places:
        with tempfile.TemporaryDirectory(prefix="trust-") as folder:
            when = f"{at}" if inject == KILL else f"{at}+"
            traced = ["strace", "-f", "-o", "/dev/null", "-e", f"inject={calls}:{inject}:when={when}"]
            broken += [f"{name} {at}: {each}" for each in _after([*traced, *_worker()], Path(folder) / "index")]
    return Row("faults", name, len(places), len(broken), detail="\n".join(broken[:8]))


def _worker() -> list[str]:
    return [sys.executable, "-c", WORK]


def _after(command: list[str], folder: Path) -> list[str]:
    """Run the work, then open what it left: all that it acknowledged is there, whole, and can be written to."""
    done = subprocess.run([*command, str(folder)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
                          capture_output=True, check=False, timeout=120)  # fmt: skip
    acknowledged = [int(line) for line in done.stdout.split()]
    if done.returncode == 1:
        return [f"died without a named error: {done.stderr[-300:]}"]
    return _problems(folder, acknowledged[-1] if acknowledged else -1)


def _problems(folder: Path, last: int) -> list[str]:
    index = LocalIndex.open(folder)
    try:
        turns = turns_of(list(index.scan(ALL)))
        lost = [f"turn {turn} is lost" for turn in range(max(0, last - 4), last + 1)
                if turns.get(f"left{turn % 5}", -1) < turn]  # fmt: skip
        torn = [
            f"{side} is torn"
            for side in turns
            if turns[side] != turns.get(f"right{side.removeprefix('left')}", turns[side])
        ]
        return [*lost, *torn, *map(str, index.check().problems)]
    finally:
        index.close()


def _full_disk(reason: str) -> Row:
    """A real small disk: a tmpfs of two megabytes in a mount space of its own."""
    name = "a disk of 2 MB that fills up"
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        mount = f'mount -t tmpfs -o size=2m none {folder} && exec "$@"'
        tried = subprocess.run(["unshare", "-m", "sh", "-c", mount, "sh", "true"], capture_output=True, check=False)
        if tried.returncode:
            return Row("faults", name, skipped="mounting a small disk needs root")
        check = (
            "import sys, tests.trust.faults as f; from pathlib import Path; p = Path(sys.argv[1])\n"
            "f.TURNS; bad = f.fill(p); print(bad); sys.exit(len(bad))"
        )
        command = ["unshare", "-m", "sh", "-c", mount, "sh", sys.executable, "-c", check, f"{folder}/index"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)
        return Row("faults", name, 1, int(done.returncode != 0), detail=(done.stdout + done.stderr)[-400:])


def fill(folder: Path) -> list[str]:
    """Write until the disk is full: a named error, and all that was acknowledged is there."""
    from groundsight.errors import StorageFailed
    from tests.index_workers import entries

    last, index = -1, LocalIndex.open(folder, publish_after=2)
    try:
        for turn in range(100_000):
            index.upsert([*entries(turn), *_ballast(turn)])
            last = turn
    except StorageFailed:
        pass
    index.close()
    found = LocalIndex.open(folder)
    sources = {asset.source for asset in found.assets(ALL)}
    lost = [f"ballast{turn}" for turn in range(last + 1) if f"ballast{turn}" not in sources]
    found.close()
    return lost[:5] if last >= 0 else ["nothing could be written"]


def _ballast(turn: int) -> list[object]:
    from tests.build import make_text_entry

    return [make_text_entry(f"ballast{turn}", "word " * 4000, sha256=f"{turn:064x}")]


def corrupt() -> Row:
    """Bytes turned over at many places: a named error or the same content, and never something else."""
    from groundsight.errors import GroundsightError
    from tests.index_workers import entries

    broken: list[str] = []
    places = range(0, 90_000, 3_001)
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        made = Path(folder) / "made"
        index = LocalIndex.open(made)
        for turn in range(5):
            index.upsert(entries(turn))
        index.close()
        for at in places:
            copy = Path(folder) / f"copy{at}"
            shutil.copytree(made, copy)
            file = next(copy.glob("*.db"))
            data = bytearray(file.read_bytes())
            data[at % len(data)] ^= 0xFF
            file.write_bytes(data)
            try:
                damaged = LocalIndex.open(copy)
                list(damaged.scan(ALL))
                damaged.check()
                damaged.close()
            except GroundsightError:
                pass
            except Exception as error:  # noqa: BLE001 - which is the failure that is looked for
                broken.append(f"byte {at}: {type(error).__name__}: {error}")
    return Row("faults", "bytes of the database turned over", len(places), len(broken), detail="\n".join(broken[:8]))


def dead_back_end() -> Row:
    """A Weaviate that nobody serves: a named error in seconds, and no empty answer."""
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        told = {"GROUNDSIGHT_INDEX__BACKEND": "weaviate", "GROUNDSIGHT_WEAVIATE__HTTP_PORT": "1",
                "GROUNDSIGHT_WEAVIATE__GRPC_PORT": "2"}  # fmt: skip
        env = {**os.environ, **told, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "groundsight.cli", "search", "harbour", "--home", folder]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    said = done.stdout + done.stderr
    fine = done.returncode != 0 and "E_BACKEND" in said and "Traceback" not in said
    return Row("faults", "a dead back end", 1, int(not fine), detail=said[-400:])


def clock_back() -> Row:
    """The clock goes back a day between two calls: the trail still checks, the index still answers."""
    import time
    from unittest.mock import patch

    from groundsight.governance.audit import AuditLog, AuditRecord
    from groundsight.governance.audit_check import verify_chain

    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        log = AuditLog(Path(folder))
        record = AuditRecord(id="r1", tenant="default", user="x", door="engine", tool="search", request="")
        log.append(record)
        with patch("time.time", return_value=time.time() - 86_400):
            log.append(record.model_copy(update={"id": "r2"}))
        log.append(record.model_copy(update={"id": "r3"}))
        checked = verify_chain(Path(folder))
    return Row(
        "faults", "the clock goes back a day", 1, int(bool(getattr(checked, "problems", ()))), detail=str(checked)
    )
