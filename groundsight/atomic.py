"""A file that is written whole or not at all: a draft beside it takes its place when all is there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, mode: int = 0o600, durable: bool = True) -> Generator[BinaryIO]:
    """Give a draft to write into; when the block ends well it becomes ``path``, else ``path`` stays as it was.

    Whoever reads at the same time sees the old content or the new. ``durable`` waits for the disk, so that a loss of
    power leaves one of both as well; what is checked when it is read, and made again, needs no waiting.

    Raises:
        OSError: the disk refused.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(draft, "xb", opener=partial(os.open, mode=mode)) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(draft, path)
        if durable:
            sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o600, durable: bool = True) -> None:
    """Write a file in one piece, as ``whole_file`` does; text as UTF-8."""
    with whole_file(path, mode=mode, durable=durable) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def sync(path: Path) -> None:
    """Wait until the disk holds a file, or the names in a folder; Windows opens no folder for that."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
