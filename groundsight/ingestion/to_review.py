"""What of a picture a person should look at: a caption or tag that is not sure, or that may tell of somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.governance.review import Reviewed, ReviewedSource, in_sample, queue
from groundsight.language.content import content_words
from groundsight.language.stems import lexicon_rows
from groundsight.types import Asset, Unit
from groundsight.vision.tags import unconfirmed

if TYPE_CHECKING:
    from groundsight.settings import Settings


def queue_pictures(settings: Settings, asset: Asset, units: Iterable[Unit]) -> None:
    """Queue what a person should look at of a document that was just stored, each once.

    Raises:
        StorageFailed: the disk refused.
    """
    found = [each for unit in units if unit.caption or unit.tags for each in _of_unit(settings, asset.source, unit)]
    queue(settings.home, asset.tenant, found)


def inferred(caption: str) -> tuple[str, ...]:
    """Return what a caption may tell of somebody that is theirs to tell: health, religion, origin and the like."""
    return tuple(kind for kind, words in _inferences() if words.search(caption))


def _of_unit(settings: Settings, source: str, unit: Unit) -> Iterator[Reviewed]:
    here, rules = (ReviewedSource(unit_id=unit.unit_id, source=source, page=unit.place.page),), settings.governance
    if unit.caption and (why := _doubt_of_caption(unit, rules.review_captions)):
        yield Reviewed(kind="caption", why=why, text=unit.caption, sources=here)
    best = max((tag.probability for tag in unit.tags), default=1.0)
    if best < rules.review_tags:
        tags = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in unit.tags)
        yield Reviewed(kind="detection", why=f"the likeliest tag is {best:.2f} sure", text=tags, sources=here)


def _doubt_of_caption(unit: Unit, one_of: int) -> str:
    """Say why a person should look at a caption: what it infers, what nothing bears out, or that it was drawn."""
    if kinds := inferred(unit.caption):
        return f"it may tell of somebody: {', '.join(kinds)}"
    doubts = unconfirmed(unit.caption, unit.tags, [unit.ocr])
    # A caption has few words, so one that nothing bears out is no sign yet.
    if 2 * len(doubts) > len([*content_words(unit.caption)]):
        return f"nothing else bears out: {', '.join(doubts)}"
    return "drawn by sample" if in_sample(unit.unit_id, one_of) else ""


@lru_cache(maxsize=1)
def _inferences() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = [(kind, "|".join(map(re.escape, words.split(", ")))) for kind, words in lexicon_rows("inferences.tsv")]
    return tuple((kind, re.compile(rf"\b(?:{words})(?:e?s)?\b", re.IGNORECASE)) for kind, words in rows)
