"""Office files from before 2007: LibreOffice saves them in the present format, where the settings name it."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from groundsight.errors import Disabled, ParseFailed, TimedOut, UnsupportedType
from groundsight.ingestion.sniff import DOC, DOCX, PPT, PPTX, XLS, XLSX

PRESENT = {DOC: ("docx", DOCX), XLS: ("xlsx", XLSX), PPT: ("pptx", PPTX)}
_KINDS = {DOC: "an old Word document (doc)", XLS: "an old Excel workbook (xls)", PPT: "an old PowerPoint file (ppt)"}
# With an empty profile it ends by asking to be started again.
_AGAIN, _STARTS = 81, 2
# Of the time for the whole file; reading what was saved takes the rest.
_SHARE = 0.8
_QUIET = ("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard")


def in_present_format(
    document: Path, media_type: str, name: str, scratch: Path, program: str, seconds: float
) -> tuple[Path, str]:
    """Have ``program`` save a doc, xls or ppt anew below ``scratch``; return the new file and its media type.

    It starts with an empty profile of its own, so no macro of the user's runs and no other LibreOffice is asked.

    Raises:
        UnsupportedType: no program is set. Disabled: it is not there, or may not run. TimedOut, ParseFailed: it failed.
    """
    ending, present = PRESENT[media_type]
    if not program:
        raise UnsupportedType(
            f"{_KINDS[media_type]} is not read",
            which=name,
            next_step=f"save it as {ending}, or name the program of LibreOffice in ingestion.soffice",
        )
    old = scratch / f"old.{ending[:-1]}"
    shutil.copyfile(document, old)
    # Its socket would else lie in /tmp, which the child may not write; its whole path may have 107 characters.
    own = (f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "-env:OSL_SOCKET_PATH=.")
    place = ("--convert-to", ending, "--outdir", str(scratch / "new"), str(old))
    _run([_found(program), *_QUIET, *own, *place], scratch, name, seconds)
    new = scratch / "new" / f"old.{ending}"
    if not new.is_file():
        raise ParseFailed(
            "malformed: LibreOffice can't read it", which=name, next_step=f"open it and save it as {ending}"
        )
    return new, present


def _found(program: str) -> str:
    """Return the program that does the work: the script around it refuses to start where /tmp is closed."""
    found = shutil.which(program)
    if found is None:
        raise Disabled(
            "LibreOffice is not installed", which=program, next_step="install it, or correct ingestion.soffice"
        )
    inner = Path(found).resolve().with_name("soffice.bin")
    return str(inner) if inner.is_file() else found


def _run(command: list[str], scratch: Path, name: str, seconds: float) -> None:
    silent, until = subprocess.DEVNULL, time.monotonic() + seconds * _SHARE
    try:
        for _ in range(_STARTS):
            left = until - time.monotonic()
            done = subprocess.run(
                command, cwd=scratch, stdin=silent, stdout=silent, stderr=silent, timeout=left, check=False
            )
            if done.returncode != _AGAIN:
                return
    except subprocess.TimeoutExpired as error:
        raise TimedOut(
            "parse: LibreOffice took too long",
            which=name,
            limit=f"{seconds * _SHARE:g} s",
            next_step="raise limits.parse_seconds, or save the file in the present format",
        ) from error
    except OSError as error:
        raise Disabled(
            "LibreOffice can't be started", which=command[0], limit=str(error.errno), next_step="check the program"
        ) from error
