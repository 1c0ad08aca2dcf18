"""The process that starts confined children: it forks one supervisor a job, which forks the worker.

The warden is a fresh, single-threaded interpreter, so forking is safe whatever threads the caller runs,
and the caller's main module is never imported. A supervisor ends its job when the caller's socket closes.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import struct
import sys
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, cast

from groundsight.errors import GroundsightError
from groundsight.ingestion.blame import machine_fault
from groundsight.ingestion.landlock import restrict, version

OUT_OF_MEMORY = 101
_USER, _PID, _NET = 0x10000000, 0x20000000, 0x40000000
_SPACES = ((_USER | _NET | _PID), (_NET | _PID), (_USER | _NET), _NET, _USER)
_SPACE_NAMES = {_USER: "user", _PID: "pid", _NET: "net"}
_NO_NEW_PRIVILEGES, _DEATH_SIGNAL, _SUBREAPER = 38, 1, 36


def serve(control: int, preload: tuple[str, ...]) -> None:
    """Fork a supervisor for every job that arrives on the control socket, until it closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in preload:
        import_module(name)
    with socket.socket(fileno=control) as requests:
        while True:
            _, descriptors, _, _ = socket.recv_fds(requests, 1, 3)
            if len(descriptors) < 3:
                return
            if os.fork() == 0:
                requests.close()
                _supervise(*descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def _supervise(job_descriptor: int, result: int, document: int) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    job = socket.socket(fileno=job_descriptor)
    order = _receive(job)
    _prctl(_DEATH_SIGNAL, signal.SIGKILL)
    _prctl(_SUBREAPER, 1)
    apart = [*_leave_namespaces(), *(["files"] if version() else [])]
    worker = os.fork()
    if worker == 0:
        job.close()
        _work(order, result, document)
    os.close(result)
    os.close(document)
    status, peak = _wait(worker, job)
    _end_the_rest()
    report = {"status": status, "peak_bytes": peak, "apart": apart}
    _send_quietly(job, json.dumps(report).encode())
    os._exit(0)


def _receive(job: socket.socket) -> dict[str, Any]:
    size = struct.unpack(">Q", _exactly(job, 8))[0]
    return cast("dict[str, Any]", json.loads(_exactly(job, size)))


def _exactly(job: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = job.recv(min(size - len(data), 1 << 20))
        if not piece:
            os._exit(1)
        data += piece
    return bytes(data)


def _leave_namespaces() -> list[str]:
    """Leave network and process namespaces, as far as this kernel lets this user."""
    if sys.platform != "linux":
        return []
    library = ctypes.CDLL(None, use_errno=True)
    taken = next((wanted for wanted in _SPACES if library.unshare(wanted) == 0), 0)
    return [name for flag, name in _SPACE_NAMES.items() if taken & flag]


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wait(worker: int, job: socket.socket) -> tuple[int, int]:
    """Wait for the worker; anything on the socket, or its end, means kill. Returns wait status, peak bytes."""
    handle = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else None
    watched = [job] if handle is None else [job, handle]
    while True:
        ready, _, _ = select.select(watched, [], [], None if handle is not None else 0.02)
        if job in ready:
            _kill(worker)
        done, status, usage = os.wait4(worker, 0 if ready else os.WNOHANG)
        if done:
            _kill_group(worker)
            return status, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _kill(worker: int) -> None:
    _kill_group(worker)
    try:
        os.kill(worker, signal.SIGKILL)
    except ProcessLookupError:
        return


def _kill_group(worker: int) -> None:
    try:
        os.killpg(worker, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _end_the_rest() -> None:
    """Kill and reap what the worker left behind; as subreaper this process inherits all of it."""
    while True:
        for child in _children():
            _kill(child)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    listing = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(number) for number in listing.read_text().split()]
    except OSError:
        return []


def _send_quietly(job: socket.socket, data: bytes) -> None:
    try:
        job.sendall(data)
    except OSError:
        return


def _work(order: dict[str, Any], result: int, document: int) -> NoReturn:
    with _Ending(result):
        os.setsid()
        _silence()
        _prctl(_NO_NEW_PRIVILEGES, 1)
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        _limit(order)
        module, _, name = str(order["job"]).partition(":")
        job = getattr(import_module(module), name)
        # Libraries that keep a cache look for it under these two, and some fail without one (numba, matplotlib).
        os.environ.update(dict.fromkeys(("TMPDIR", "HOME"), str(order["scratch"] or "/nonexistent")))
        restrict(str(order["scratch"]))
        answer = job(_as_path(document), str(order["body"]))
        _write(result, b"R" + cast(str, answer).encode())
    os._exit(0)


def _as_path(document: int) -> Path:
    return Path(f"/proc/self/fd/{document}" if sys.platform == "linux" else f"/dev/fd/{document}")


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _limit(order: dict[str, Any]) -> None:
    import resource

    limits = (
        (resource.RLIMIT_AS, order["memory_bytes"]),
        (resource.RLIMIT_CPU, order["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, order["file_bytes"]),
        (resource.RLIMIT_NOFILE, order["open_files"]),
        (resource.RLIMIT_NPROC, order["processes"]),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in limits:
        _, hard = resource.getrlimit(kind)
        allowed = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(kind, (allowed, allowed))


class _Ending:
    """Turns every end of a job into one frame on the result pipe and an exit; nothing goes up the stack."""

    def __init__(self, result: int) -> None:
        self._result = result

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            os._exit(0)
        known = error if isinstance(error, GroundsightError) else machine_fault(error, trace)
        if known is not None:
            facts = {key: value for key, value in known.as_data().items() if key != "retryable"}
            self._report(b"E", {"class": type(known).__name__, **facts})
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.EFBIG):
            os._exit(OUT_OF_MEMORY)
        # The message of a foreign error may quote the document, so only its class leaves the child.
        self._report(b"C", {"class": type(error).__name__})

    def _report(self, frame: bytes, facts: dict[str, str]) -> NoReturn:
        try:
            _write(self._result, frame + json.dumps(facts).encode())
        finally:
            os._exit(0)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
