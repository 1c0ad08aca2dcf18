"""What hostile code would try inside the confined child; each job has the signature of a real one."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from groundsight.errors import LimitExceeded


def echo(document: Path, body: str) -> str:
    return f"{body}:{document.read_text()}"


def take_memory(document: Path, body: str) -> str:
    return str(len(bytearray(10 * 1024**3)))


def spin(document: Path, body: str) -> str:
    while True:
        pass


def sleep_with_children(document: Path, body: str) -> str:
    """Fork children that leave the session and outlive their parent if they can."""
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    time.sleep(600)
    return ""


def leave_children(document: Path, body: str) -> str:
    for _ in range(5):
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
    return "answered"


def connect(document: Path, body: str) -> str:
    try:
        socket.create_connection(("127.0.0.1", int(body)), timeout=2).close()
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "connected"


def open_file(document: Path, body: str) -> str:
    try:
        return Path(body).read_text()
    except OSError as error:
        return f"refused: {type(error).__name__}"


def write_file(document: Path, body: str) -> str:
    try:
        Path(body).write_text("written")
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "written"


def write_80_mb(document: Path, body: str) -> str:
    with Path(body).open("wb") as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    return "written"


def open_many(document: Path, body: str) -> str:
    return str(len([os.open("/dev/null", os.O_RDONLY) for _ in range(500)]))


def speak(document: Path, body: str) -> str:
    print("noise on stdout", flush=True)
    os.write(1, b"more noise\n")
    sys.stderr.write("the document says: secret\n")
    return "spoke"


def show_environment(document: Path, body: str) -> str:
    return " ".join(sorted(os.environ))


def break_a_limit(document: Path, body: str) -> str:
    raise LimitExceeded("too much", which="a.pdf", limit="3", next_step="less", code="E_LIMIT_PAGES")


def crash(document: Path, body: str) -> str:
    raise KeyError("a line of the document")


def import_absent(document: Path, body: str) -> str:
    import no_such_library  # pyright: ignore[reportMissingImports]

    return str(no_such_library)


def import_faulty(document: Path, body: str) -> str:
    """Import a library that finds no place for its cache, as a compiling one does."""
    (Path(body) / "faulty_library.py").write_text("raise RuntimeError('no locator for a line of the document')")
    sys.path.insert(0, body)
    import_module("faulty_library")
    return ""


def open_forbidden(document: Path, body: str) -> str:
    return Path("/etc/passwd").read_text()


def fill_the_disk(document: Path, body: str) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")


def write_at_home(document: Path, body: str) -> str:
    cache = Path.home() / ".cache"
    cache.mkdir()
    (cache / "index").write_text("kept")
    return str(cache)


def crash_hard(document: Path, body: str) -> str:
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    import ctypes

    ctypes.string_at(0)
    return ""


def flood(document: Path, body: str) -> str:
    return "x" * (80 << 20)


def plant(document: Path, body: str) -> str:
    """Leave behind whatever a process can, and tell what an earlier one left."""
    import groundsight.ingestion.jobs as jobs

    found = [name for name, there in _left(jobs).items() if there]
    jobs.planted = sys.planted = True  # type: ignore[attr-defined]
    os.environ["PLANTED"] = "1"
    os.umask(0o123)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    for place in (Path(os.environ["TMPDIR"]), Path("/dev/shm"), Path("/tmp")):
        with suppress(OSError):
            (place / "planted-by-a-test").write_text("1")
    with suppress(OSError):
        os.chdir(os.environ["TMPDIR"])
    with suppress(OSError):
        os.kill(os.getppid(), signal.SIGTERM)
    return ",".join(found)


def _left(jobs: object) -> dict[str, bool]:
    mask = os.umask(0)
    places = (Path(os.environ["TMPDIR"]), Path("/dev/shm"), Path("/tmp"))
    return {
        "module": hasattr(jobs, "planted") or hasattr(sys, "planted"),
        "variable": "PLANTED" in os.environ,
        "mask": mask == 0o123,
        "handler": signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN,
        "folder": Path.cwd() == places[0],
        "file": any((place / "planted-by-a-test").exists() for place in places),
    }
