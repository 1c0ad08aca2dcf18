"""A terminal to run commands in: it says how it draws pictures, shows what came, and is typed into at each prompt."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

from tests.test_server_stdio import ROOT, environment
from tests.view_house import LIGHT, fill

KITTY, SIXEL, PLAIN = b"\x1b_Gi=1;OK\x1b\\\x1b[?62;c", b"\x1b[?62;4;22c", b"\x1b[?62;22c"
QUESTION, PROMPT = b"\x1b[c", b"> "
SIZE = struct.pack("HHHH", 40, 100, 1000, 800)


def filled(place: Path) -> tuple[Path, Path]:
    """Make a home without models and a folder of documents; return both."""
    (place / "home").mkdir()
    (place / "home/groundsight.toml").write_text(LIGHT)
    fill(place / "docs")
    return place / "home", place / "docs"


def run(*command: str, home: Path, typed: bytes = b"", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with pipes on all sides."""
    words = [sys.executable, "-m", "groundsight.cli", *command, "--home", str(home)]
    return subprocess.run(
        words, cwd=ROOT, env=environment() | variables, input=typed.decode(), capture_output=True, text=True
    )


def run_in_terminal(
    *command: str, home: Path, says: bytes = PLAIN, typed: Sequence[tuple[bytes, bytes]] = (), program: str = ""
) -> tuple[int, str]:
    """Run a command in a terminal; return its exit code and all that was shown.

    ``says`` is what the terminal answers when it is asked how it draws. Of ``typed`` each pair is what has to be shown,
    behind what was shown before, and what is typed then.
    """
    start = ["-c", program] if program else ["-m", "groundsight.cli"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, SIZE)
    child = subprocess.Popen(
        [sys.executable, *start, *command, "--home", str(home)],
        cwd=ROOT,
        env=environment() | {"TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=_own_terminal,
    )
    os.close(theirs)
    shown = _conversed(ours, [(QUESTION, says)] if says and command[0] == "show" else list(typed))
    os.close(ours)
    return child.wait(), shown.decode("utf-8", "replace").replace("\r\n", "\n")


def _own_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _conversed(ours: int, waiting: list[tuple[bytes, bytes]]) -> bytes:
    shown, seen = b"", 0
    while part := _read(ours):
        shown += part
        while waiting and (at := shown.find(waiting[0][0], seen)) >= 0:
            seen = at + len(waiting[0][0])
            os.write(ours, waiting.pop(0)[1])
    return shown


def _read(ours: int) -> bytes:
    try:
        return os.read(ours, 65536)
    except OSError:  # the other side is closed
        return b""
