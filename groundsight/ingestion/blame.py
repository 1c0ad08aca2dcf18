"""Whose fault it is that a reader stopped: the file's, or that of the machine and the installation it runs on."""

from __future__ import annotations

import errno
import traceback
from types import TracebackType

from groundsight.errors import Disabled, GroundsightError, Internal, OutOfResources

# The document is read from memory: whatever the system refuses, it refuses to the reader.
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_TOO_MANY = {errno.EMFILE, errno.ENFILE, errno.EAGAIN}


def machine_fault(error: BaseException, trace: TracebackType | None) -> GroundsightError | None:
    """Return what the machine or the installation lacks; None where the file itself stopped the reader.

    No word of the foreign error is kept, since it may quote the document; only its class and the library.
    """
    frames = [frame for frame, _ in traceback.walk_tb(trace)]
    importing = any(frame.f_code.co_name == "<module>" for frame in frames)
    library = str(frames[-1].f_globals.get("__name__", "")).partition(".")[0] if frames else ""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, MemoryError):
        return _too_little_memory(library) if importing else None
    if isinstance(error, ImportError):
        return Disabled(
            "a library of the reader is missing or broken",
            which=error.name or library,
            next_step="reinstall groundsight with the extra that brings it; see them with: groundsight doctor",
        )
    if number in _FULL:
        return OutOfResources("the folder for temporary files is full", next_step="free some disk space, or set TMPDIR")
    if number in _TOO_MANY or library == "threading":
        return OutOfResources("the reader needs more open files or threads than it is given", which=library)
    if importing or number in _REFUSED:
        return Internal(
            f"the reader's own library failed, not the file: {type(error).__name__} in {library}",
            limit=errno.errorcode.get(number or 0, ""),
            next_step="run groundsight doctor, and report this with its output",
        )
    return None


def _too_little_memory(library: str) -> OutOfResources:
    return OutOfResources(
        "the libraries of the reader do not fit into its memory",
        which=library,
        limit="limits.parse_memory_bytes",
        next_step="raise limits.parse_memory_bytes",
    )
