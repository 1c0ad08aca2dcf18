"""What leaves a tool: text without control characters, of bounded size, with a mark where it was cut."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

RESULT_BYTES = 100_000
ELLIPSIS = "…"

# Controls except tab and newline, bidirectional overrides and isolates, zero-width marks,
# tag characters, private controls and lone surrogates: invisible to a reader, visible to a model.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)

_STARTS = re.compile(r"\n+|(?<=[.!?;])\s+")

Item = TypeVar("Item", bound=BaseModel)


def clean(text: str) -> str:
    """Return the text without characters that a person would not see; line ends become newlines."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clip(text: str, most: int) -> str:
    """Return clean text of at most ``most`` characters; a cut one ends with an ellipsis."""
    shown = clean(text)
    return shown if len(shown) <= most else shown[: most - 1] + ELLIPSIS


def one_line(text: str, most: int) -> str:
    """Return clean text on one line."""
    return clip(" ".join(clean(text).split()), most)


def excerpt(text: str, words: Sequence[str], most: int) -> str:
    """Return at most ``most`` characters of a text on one line: from the line or sentence on that holds most words."""
    said = clean(text)
    if len(flat := " ".join(said.split())) <= most:
        return flat
    starts = [0, *(found.end() for found in _STARTS.finditer(said))]
    wanted = [word.casefold() for word in words]

    def held(start: int) -> int:
        part = said[start : start + most].casefold()
        return sum(word in part for word in wanted)

    start = max(starts, key=lambda each: (held(each), each if wanted and held(each) else -each))
    shown = " ".join(said[start:].split())
    before = ELLIPSIS if start else ""
    return before + (shown if len(before + shown) <= most else shown[: most - len(before) - 1].rstrip() + ELLIPSIS)


def fair_shares(sizes: Sequence[int], budget: int) -> list[int]:
    """Share a budget among items of these sizes: what a small one leaves goes to the larger ones."""
    shares, order = [0] * len(sizes), sorted(range(len(sizes)), key=sizes.__getitem__)
    for done, at in enumerate(order):
        shares[at] = min(sizes[at], budget // (len(sizes) - done))
        budget -= shares[at]
    return shares


def fitting(items: Sequence[Item], budget: int = RESULT_BYTES) -> tuple[Item, ...]:
    """Return the first items whose JSON together stays under ``budget`` bytes; always in order."""
    kept: list[Item] = []
    for item in items:
        budget -= len(item.model_dump_json().encode("utf-8", "replace"))
        if budget < 0:
            break
        kept.append(item)
    return tuple(kept)


def cleaned(value: Any) -> Any:
    """Return an argument with every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value
