"""What the system says of changes in folders."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

log = logging.getLogger("groundsight.watch")
TURN_MS = 250


def notices(folders: Sequence[Path], stop: threading.Event) -> Generator[set[Path]]:
    """Yield the paths that changed, about four times a second, an empty set where nothing did.

    Where the system can watch no more (its limit of watches, or a file system without notices), the folders are
    looked through instead, which is slower.
    """
    try:
        yield from _watched(folders, stop, polling=None)
    except OSError as error:
        log.warning("the system can't watch these folders (%s): they are looked through instead", error.strerror)
        yield from _watched(folders, stop, polling=True)


def _watched(folders: Sequence[Path], stop: threading.Event, *, polling: bool | None) -> Generator[set[Path]]:
    from watchfiles import watch

    changes = watch(
        *folders,
        watch_filter=None,
        debounce=TURN_MS,
        rust_timeout=TURN_MS,
        yield_on_timeout=True,
        stop_event=stop,
        force_polling=polling,
        poll_delay_ms=2_000,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )
    for found in changes:
        yield {Path(path) for _, path in found}
