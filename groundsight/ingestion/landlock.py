"""Landlock: from now on this process opens the program's own files and one scratch folder, and nothing else.

Source: https://docs.kernel.org/userspace-api/landlock.html (Linux 5.13 and newer, for every user).
Files that are open already, and the anonymous copy of the document, stay readable.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import cast

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# What each version of the kernel's interface can refuse, files first, then TCP ports, then reaching other processes.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS, _PORTS_SINCE = 0b11, 4
_SCOPES, _SCOPES_SINCE = 0b11, 6
_MOUNTS, _BIND, _REMOUNT, _RECURSIVE, _PRIVATE, _READ_ONLY = 1 << 17, 1 << 12, 1 << 5, 1 << 14, 1 << 18, 1
# What a mount may not lose in a namespace of its own: nosuid, nodev, noexec, noatime.
_LOCKED = 2 | 4 | 8 | 1024
_SHARED = ("/tmp", "/var/tmp")
# Fonts, time zones, linked libraries and what numeric libraries ask of the machine.
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/fonts", "/etc/libreoffice", "/var/lib/libreoffice",
           "/var/spool/libreoffice", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/dev/urandom",
           "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu")  # fmt: skip


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Return the version of the kernel's interface, 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _kernel()(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)))


def ruleset_for(scratch: str, program: str = "") -> int | None:
    """Return a ruleset for a process that may open the program's files, and read and write below ``scratch``, if any.

    ``program`` is a folder whose programs may run as well.

    Built before the process is forked: a fresh fork pays for every page that it touches (1.7 of its 7 ms a small text).
    Close it; None where the kernel has no Landlock.
    """
    here = version()
    if not here:
        return None
    files = _FILE_RIGHTS[max(since for since in _FILE_RIGHTS if since <= here)]
    rules = _Ruleset(files, _PORTS if here >= _PORTS_SINCE else 0, _SCOPES if here >= _SCOPES_SINCE else 0)
    ruleset = _kernel()(_CREATE, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), ctypes.c_uint32(0))
    _allow(ruleset, (*_program(), *([program] if program else [])), _READ)
    _allow(ruleset, ["/dev/null"], _READ_FILE | _WRITE_FILE)
    _allow(ruleset, [scratch] if scratch else [], files & ~_EXECUTE)
    return ruleset


def restrict(ruleset: int | None) -> None:
    """Keep this process and its children to a ruleset, as far as this kernel can; it can't be undone.

    Raises:
        OSError: the kernel has Landlock and refuses it.
    """
    if ruleset is None:
        return
    if _kernel()(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)) != 0:
        raise OSError(ctypes.get_errno(), "the reader can't be kept to its files")
    os.close(ruleset)


def close_shared_folders(scratch: str) -> None:
    """Show this process the folders for temporary files as a read-only disk, all but ``scratch``, where it can.

    A program that asks first whether it may write there, as LibreOffice does for its socket, then looks elsewhere.
    """
    library = ctypes.CDLL(None)
    if library.unshare(_MOUNTS) != 0:
        return
    _mount(None, "/", _RECURSIVE | _PRIVATE)
    _mount(scratch, scratch, _BIND)
    for place in _SHARED:
        _mount(place, place, _BIND | _RECURSIVE)
        _mount(None, place, _BIND | _REMOUNT | _READ_ONLY | (os.statvfs(place).f_flag & _LOCKED))


def _mount(what: str | None, where: str, flags: int) -> None:
    given = what.encode() if what else None
    ctypes.CDLL(None).mount(given, where.encode(), None, ctypes.c_ulong(flags), None)


@lru_cache(maxsize=1)
def _kernel() -> Callable[..., int]:
    return cast("Callable[..., int]", ctypes.CDLL(None, use_errno=True).syscall)


@lru_cache(maxsize=1)
def _program() -> tuple[str, ...]:
    """Return where the interpreter, its packages and this package lie; never the folder that a user started from."""
    packages = (entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages"))
    here = str(Path(__file__).resolve().parent.parent)
    return (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *_SYSTEM, *packages, here)


def _allow(ruleset: int, places: Iterable[str], rights: int) -> None:
    call = _kernel()
    for place in dict.fromkeys(places):
        try:
            folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = rights if Path(place).is_dir() else rights & (_EXECUTE | _READ_FILE | _WRITE_FILE)
        rule = _Beneath(allowed, folder)
        call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
        os.close(folder)
