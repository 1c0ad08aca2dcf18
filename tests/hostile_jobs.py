"""What hostile code would try inside the confined child; each job has the signature of a real one."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
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
