"""What is kept of questions for a time goes when that is over: answers to give again, receipts, figures, clicks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError
from groundsight.governance import daybook, receipts
from groundsight.governance.answer_figures import let_go_of_figures
from groundsight.governance.policy import policy_of
from groundsight.operation import answer_cache

if TYPE_CHECKING:
    from groundsight.settings import Settings


def let_go(settings: Settings) -> None:
    """Remove what is past its time; what another process writes, or a disk refuses, is left for the next time."""
    home, days = settings.home, settings.governance.receipts_days
    cache = answer_cache.AnswerCache(home, settings.operation.cache_minutes)
    kept = (
        (home / answer_cache.FOLDER / answer_cache.FILE, cache.stats),
        (home / daybook.FILE, lambda: let_go_of_figures(home, policy_of(settings).retention_days, days or None)),
        (home / receipts.FOLDER / receipts.FILE, receipts.Receipts(home, days).let_go if days else tuple),
    )
    for file, go in kept:
        with suppress(GroundsightError):
            if file.exists():
                go()
