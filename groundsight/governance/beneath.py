"""Opening below a folder: the kernel keeps the walk inside and follows no link on the way."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import lru_cache
from pathlib import Path, PurePosixPath

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
LOOK = getattr(os, "O_PATH", READ) | os.O_CLOEXEC
_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
# Too old a kernel, arguments that it does not know, and containers that forbid the call.
_NO_OPENAT2 = (errno.ENOSYS, errno.EINVAL, errno.EPERM)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root: Path, inside: PurePosixPath, flags: int) -> int:
    """Open what lies at ``inside`` below a folder; the caller closes the descriptor.

    Swapping a folder or file for a link at any moment leads to an error, never elsewhere.

    Raises:
        OSError, ValueError: it is not there, a part of the way is a link, or the system refuses.
    """
    if inside.is_absolute() or ".." in inside.parts:
        raise ValueError("this leads out of the folder")
    return _openat2(root, inside, flags) if sys.platform == "linux" else open_checked(root, inside, flags)


def _openat2(root: Path, inside: PurePosixPath, flags: int) -> int:
    """Open through openat2(2), Linux 5.6; older kernels take the checked way."""
    library = _kernel()
    how = _OpenHow(flags, 0, _BENEATH | _NO_MAGICLINKS | _NO_SYMLINKS)
    name = os.fsencode(str(inside))
    base = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = int(library.syscall(_OPENAT2, base, name, ctypes.byref(how), ctypes.sizeof(how)))
        problem = ctypes.get_errno()
    finally:
        os.close(base)
    if found >= 0:
        return found
    if problem in _NO_OPENAT2:
        return open_checked(root, inside, flags)
    raise OSError(problem, os.strerror(problem))


@lru_cache(maxsize=1)
def _kernel() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def open_checked(root: Path, inside: PurePosixPath, flags: int) -> int:
    """Walk down folder by folder, following no link, where the kernel has no call for the whole way."""
    step = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for number, part in enumerate(inside.parts, start=1):
        last = number == len(inside.parts)
        try:
            below = os.open(part, (flags if last else LIST) | os.O_NOFOLLOW, dir_fd=step)
        finally:
            os.close(step)
        step = below
    return step
