"""``groundsight cache``: how often an answer was given again, and forgetting those that would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.cli_show import say, say_json
from groundsight.operation.answer_cache import AnswerCache

if TYPE_CHECKING:
    import argparse

    from groundsight.settings import Settings


def run_cache(settings: Settings, options: argparse.Namespace) -> int:
    """Print the counts of the cache, or clear it.

    Raises:
        StorageFailed, Locked: the file of the cache can't be used.
    """
    minutes = settings.operation.cache_minutes
    cache = AnswerCache(settings.home, minutes)
    if options.deed == "clear":
        told: dict[str, object] = {"cleared": cache.clear(counts=True)}
    else:
        told = {**cache.stats().model_dump(), "cache_minutes": minutes}
    say_json(told) if options.json else say("\n".join(f"{name}: {value}" for name, value in told.items()))
    return 0
