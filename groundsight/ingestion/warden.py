"""The process that starts confined children: it forks supervisors, whose cells fork one worker a job.

The warden is a fresh, single-threaded interpreter, so forking is safe whatever threads the caller runs, and the
caller's main module is never imported. A cell is kept for many jobs: it left the namespaces and imported the libraries
once, and never touches a document. Every job runs in a fork of its own that ends with it, so nothing of one file
reaches the next. A cell ends with the caller's socket.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, cast

from groundsight.errors import GroundsightError
from groundsight.ingestion.blame import machine_fault
from groundsight.ingestion.landlock import close_shared_folders, restrict, ruleset_for, version

OUT_OF_MEMORY = 101
_USER, _PID, _NET = 0x10000000, 0x20000000, 0x40000000
_SPACES = ((_USER | _NET | _PID), (_NET | _PID), (_USER | _NET), _NET, _USER)
_SPACE_NAMES = {_USER: "user", _PID: "pid", _NET: "net"}
_NO_NEW_PRIVILEGES, _DEATH_SIGNAL, _SUBREAPER, _DUMPABLE = 38, 1, 36, 4
_CAPABILITIES_3 = 0x20080522


def serve(control: int, preload: tuple[str, ...]) -> None:
    """Fork a supervisor with its cell for every socket that arrives on the control socket, until it closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in preload:
        import_module(name)
    gc.freeze()
    with socket.socket(fileno=control) as requests:
        while True:
            _, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
            if not descriptors:
                return
            if os.fork() == 0:
                requests.close()
                _supervise(socket.socket(fileno=descriptors[0]))
            os.close(descriptors[0])


def _supervise(jobs: socket.socket) -> NoReturn:
    """Leave the namespaces, fork the cell, which is the first process of its own, and outlive it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _prctl(_DEATH_SIGNAL, signal.SIGKILL)
    _prctl(_SUBREAPER, 1)
    apart = [*_leave_namespaces(), *(["files"] if version() else [])]
    cell = os.fork()
    if cell == 0:
        _keep_cell(jobs, apart)
    os.waitpid(cell, 0)
    _end_the_rest()
    os._exit(0)


def _keep_cell(jobs: socket.socket, apart: list[str]) -> NoReturn:
    """Do jobs one after the other, each in a fork; a worker may not look into this process."""
    _silence()
    for option, value in ((_DEATH_SIGNAL, signal.SIGKILL), (_SUBREAPER, 1), (_DUMPABLE, 0)):
        _prctl(option, value)
    while True:
        order, result, document = _receive(jobs)
        _warm(order["libraries"])
        rules = ruleset_for(str(order["scratch"]), str(order["program"]))
        worker = os.fork()
        if worker == 0:
            jobs.close()
            _work(order, result, document, rules, "user" in apart)
        for each in (result, document, *([] if rules is None else [rules])):
            os.close(each)
        status, peak = _wait(worker, jobs)
        _end_the_rest()
        _send_quietly(jobs, json.dumps({"status": status, "peak_bytes": peak, "apart": apart}).encode())


def _receive(jobs: socket.socket) -> tuple[dict[str, Any], int, int]:
    head, descriptors, _, _ = socket.recv_fds(jobs, 8, 2)
    if len(descriptors) < 2:
        os._exit(0)
    size = struct.unpack(">Q", head + _exactly(jobs, 8 - len(head)))[0]
    return cast("dict[str, Any]", json.loads(_exactly(jobs, size))), descriptors[0], descriptors[1]


def _warm(libraries: list[str]) -> None:
    """Import once, before the fork, what takes longest; one that is not there is the worker's to tell."""
    for name in libraries:
        if name not in sys.modules:
            with suppress(ImportError):
                import_module(name)
            gc.freeze()


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
    taken = next((wanted for wanted in _SPACES if _libc().unshare(wanted) == 0), 0)
    return [name for flag, name in _SPACE_NAMES.items() if taken & flag]


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        _libc().prctl(option, value, 0, 0, 0)


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _wait(worker: int, job: socket.socket) -> tuple[int, int]:
    """Wait for the worker; anything on the socket, or its end, means kill. Returns wait status, peak bytes."""
    handle = os.pidfd_open(worker) if hasattr(os, "pidfd_open") else None
    watched = [job] if handle is None else [job, handle]
    try:
        while True:
            ready, _, _ = select.select(watched, [], [], None if handle is not None else 0.02)
            if job in ready:
                _kill(worker)
            done, status, usage = os.wait4(worker, 0 if ready else os.WNOHANG)
            if done:
                _kill_group(worker)
                return status, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    finally:
        # One left open a job, and after 57 no file could be opened: the limit of the next worker is met by its number.
        if handle is not None:
            os.close(handle)


def _kill(worker: int) -> None:
    if worker > 0:
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
    """Kill and reap what the worker left behind; as subreaper this process inherits all of it.

    The first process of a namespace kills whatever else is in it.
    """
    while True:
        for child in [-1] if os.getpid() == 1 else _children():
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


def _send_quietly(jobs: socket.socket, data: bytes) -> None:
    try:
        jobs.sendall(struct.pack(">Q", len(data)) + data)
    except OSError:
        return


def _work(order: dict[str, Any], result: int, document: int, rules: int | None, in_user_space: bool) -> NoReturn:
    with _Ending(result):
        os.setsid()
        if in_user_space:
            if order["program"]:
                close_shared_folders(str(order["scratch"]))
            _drop_capabilities()
        _prctl(_NO_NEW_PRIVILEGES, 1)
        # The document is opened through /proc/self, which belongs to this user only when it may be looked at.
        _prctl(_DUMPABLE, 1)
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        _limit(order)
        module, _, name = str(order["job"]).partition(":")
        job = getattr(import_module(module), name)
        # Libraries that keep a cache look for it under these two, and some fail without one (numba, matplotlib).
        os.environ.update(dict.fromkeys(("TMPDIR", "HOME"), str(order["scratch"] or "/nonexistent")))
        restrict(rules)
        answer = job(_as_path(document), str(order["body"]))
        _write(result, b"R" + cast(str, answer).encode())
    os._exit(0)


def _as_path(document: int) -> Path:
    return Path(f"/proc/self/fd/{document}" if sys.platform == "linux" else f"/dev/fd/{document}")


def _drop_capabilities() -> None:
    """In a namespace of its own every process is mighty, and could change the network that later jobs find."""
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)()
    _libc().capset(header, none)


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
