"""Hands a file to the program that this machine has for it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from groundsight.errors import Disabled

# A program that stays in front runs on; one that gives up does so within this.
SECONDS = 5.0


def hand_over(file: Path, page: int | None = None, second: float | None = None) -> None:
    """Open a file, a PDF at a page and a recording at a second where its program heeds that.

    Raises:
        Disabled: nothing here opens files, or what does gave up.
    """
    target = f"{file.as_uri()}#page={page}" if page and file.suffix.lower() == ".pdf" else str(file)
    target = target if second is None else f"{file.as_uri()}#t={second:g}"
    if sys.platform == "win32":
        return os.startfile(file)
    opener = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if opener is None:
        raise _unopened(file, "xdg-open is not installed")
    nowhere = subprocess.DEVNULL
    started = subprocess.Popen([opener, target], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    with suppress(subprocess.TimeoutExpired):
        if started.wait(SECONDS):
            raise _unopened(file, f"{Path(opener).name} knows none for it")
    return None


def _unopened(file: Path, why: str) -> Disabled:
    step = f"open it yourself: {file}; or read its words: groundsight show {shlex.quote(file.name)}"
    return Disabled(f"no program of this machine opened the file: {why}", which=file.name, next_step=step)
