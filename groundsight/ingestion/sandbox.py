"""Jobs in killable children with memory, CPU, wall, file and network limits; no child outlives its job."""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

from groundsight.errors import GroundsightError, Internal, LimitExceeded, TimedOut
from groundsight.ingestion.outcome import Confines, outcome
from groundsight.limits import MIB
from groundsight.tracing import Watch

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from groundsight.ingestion.warden import serve; serve(int(sys.argv[1]), tuple(json.loads(sys.argv[3])))"
)
# Their imports were half of what a small text cost. Those for PDF are as big as the others: they come with a PDF.
_HERE = Path(__file__).parent / "readers"
_READERS = sorted(each for each in _HERE.rglob("[!_]*.py") if each.parent.name != "pdf")
_PRELOAD = (
    "groundsight.ingestion.jobs",
    *(f"groundsight.ingestion.readers.{'.'.join(each.relative_to(_HERE).with_suffix('').parts)}" for each in _READERS),
)
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_RESULT_BYTES = 64 * MIB
_BREATH = 0.05


class Sandbox:
    """Starts confined children. Use it as a context manager; several threads may share one.

    The first job starts the warden process (about 0.3 s of imports) and a cell; each further job costs a fork of a cell
    that waits, or of another one while all are at work.
    """

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._warden: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._waiting: list[socket.socket] = []
        self.isolation: tuple[str, ...] = ()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        job: str,
        body: str,
        *,
        document: int,
        confines: Confines,
        watch: Watch,
        which: str = "",
        scratch: str = "",
        libraries: Sequence[str] = (),
        program: str = "",
    ) -> str:
        """Call ``module:function`` with a document's path and a body in a child; return its text.

        Besides the document the child opens only the program's own files and the folder ``scratch``, and it may
        run what lies in the folder ``program``. ``libraries`` are imported before the child is forked, and stay for
        later jobs.

        Raises:
            TimedOut, OutOfResources: a limit was hit. Cancelled: by the watch. ParseFailed: the reader
            crashed. Any error of the house that the job raised is raised here again.
        """
        asked = {"job": job, "body": body, "scratch": scratch, "libraries": libraries, "program": program}
        watch.check()
        order = json.dumps(asked | asdict(confines)).encode()
        answer, report = self._done(order, document, confines, watch, which)
        if not report:
            # A cell may end while it waits, as when its warden was killed.
            answer, report = self._done(order, document, confines, watch, which)
        self.isolation = tuple(report.get("apart", ()))
        return outcome(answer, report, confines, which)

    def _done(
        self, order: bytes, document: int, confines: Confines, watch: Watch, which: str
    ) -> tuple[bytes, dict[str, Any]]:
        """Have one cell do a job; the report is empty when the cell itself has ended."""
        read_end, write_end = os.pipe()
        with open(read_end, "rb", buffering=0) as result:
            try:
                cell = self._hand_over(order, [write_end, document])
            finally:
                os.close(write_end)
            answer, report = _collect(cell, result, confines, watch, which)
        self._give_back(cell, sound=report.get("status") == 0)
        return answer, report

    def close(self) -> None:
        """Stop the warden and what waits; a job under way ends when its own call ends."""
        with self._starting:
            control, warden, self._control, self._warden = self._control, self._warden, None, None
            waiting, self._waiting = self._waiting, []
        for cell in waiting:
            _end(cell)
        if control is not None:
            control.close()
        if warden is not None:
            warden.wait()

    def _hand_over(self, order: bytes, descriptors: list[int]) -> socket.socket:
        """Give a job to a cell that waits, else to a new one; one that has ended meanwhile is left."""
        while True:
            with self._starting:
                fresh = not self._waiting
                cell = self._new_cell() if fresh else self._waiting.pop()
            if _sent(cell, order, descriptors):
                return cell
            cell.close()
            if fresh:
                raise Internal("the process that starts readers ended", next_step="call again")

    def _give_back(self, cell: socket.socket, *, sound: bool) -> None:
        """Keep a cell whose job ended by itself, unless all was closed meanwhile."""
        with self._starting:
            if sound and self._control is not None:
                self._waiting.append(cell)
                return
        _end(cell)

    def _new_cell(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            for _ in range(2):
                control = self._control or self._start()
                try:
                    socket.send_fds(control, [b"j"], [theirs.fileno()])
                    return ours
                except (BrokenPipeError, ConnectionResetError):
                    self._forget(control)
        ours.close()
        raise Internal("the process that starts readers does not answer", next_step="restart the program")

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        path = [str(Path(entry).absolute()) for entry in sys.path]
        command = [sys.executable, "-I", "-c", _BOOT, str(theirs.fileno()), json.dumps(path), json.dumps(_PRELOAD)]
        with theirs:
            self._warden = subprocess.Popen(
                command,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
            )
        self._control = ours
        return ours

    def _forget(self, control: socket.socket) -> None:
        control.close()
        if self._warden is not None:
            self._warden.wait()
        self._control = self._warden = None


def _environment() -> dict[str, str]:
    """Give the child no secret of ours, no telemetry, no hub, one thread."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    silent = ("DO_NOT_TRACK", "ORT_DISABLE_TELEMETRY", "UNSTRUCTURED_DISABLE_NOTICE")
    alone = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    return {**kept, **dict.fromkeys((*silent, *alone), "1"), "SCARF_NO_ANALYTICS": "true", "HOME": "/nonexistent"}


def _sent(cell: socket.socket, order: bytes, descriptors: list[int]) -> bool:
    """Send an order, unless the cell has ended while it waited: then there is an end to be read."""
    if select.select([cell], [], [], 0)[0]:
        return False
    try:
        socket.send_fds(cell, [struct.pack(">Q", len(order))], descriptors)
        cell.sendall(order)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _collect(
    cell: socket.socket, result: IO[bytes], confines: Confines, watch: Watch, which: str
) -> tuple[bytes, dict[str, Any]]:
    """Read the answer and the cell's report; on a limit or a cancellation end the cell with its job first."""
    deadline = time.monotonic() + confines.seconds
    answer, report, open_ends = bytearray(), bytearray(), {cell.fileno(), result.fileno()}
    try:
        while cell.fileno() in open_ends and not _is_whole(report):
            watch.check()
            _check(deadline, confines, len(answer), which)
            for end in select.select(list(open_ends), [], [], _BREATH)[0]:
                piece = _piece(end)
                (report if end == cell.fileno() else answer).extend(piece)
                open_ends -= set() if piece else {end}
        if result.fileno() in open_ends:
            answer.extend(_drain(result))
    except GroundsightError:
        _end(cell)
        raise
    return bytes(answer), cast("dict[str, Any]", json.loads(report[8:]) if _is_whole(report) else {})


def _piece(end: int) -> bytes:
    try:
        return os.read(end, 1 << 16)
    except ConnectionResetError:
        return b""


def _is_whole(report: bytearray) -> bool:
    return len(report) >= 8 and len(report) == 8 + struct.unpack(">Q", report[:8])[0]


def _check(deadline: float, confines: Confines, size: int, which: str) -> None:
    if time.monotonic() > deadline:
        raise TimedOut(
            "parse: reading the file took too long",
            which=which,
            limit=f"{confines.seconds:g} s",
            next_step="raise limits.parse_seconds or split the file",
        )
    if size > _RESULT_BYTES:
        raise LimitExceeded(
            "the file holds too much text", which=which, limit=f"{_RESULT_BYTES} bytes", code="E_LIMIT_TEXT"
        )


def _drain(result: IO[bytes]) -> bytes:
    """Read what is left once every writer is gone."""
    os.set_blocking(result.fileno(), False)
    rest = bytearray()
    while piece := result.read(1 << 16):
        rest += piece
    return bytes(rest)


def _end(cell: socket.socket) -> None:
    """Ask a cell to kill its worker and wait until its supervisor has gone, too."""
    with cell, suppress(OSError):
        cell.shutdown(socket.SHUT_WR)
        cell.settimeout(10)
        while cell.recv(1 << 12):
            continue
