"""What stands above other text: headings by size and weight, and the titles of tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from groundsight.ingestion.layout.order import Block
from groundsight.ingestion.readers.clean import one_line

_HEADING_CHARS = 160
_TITLE_CHARS = 120
_SENTENCE_CHARS = 40
_AMOUNTS = re.compile(r"[$€£]|(?<!\S)\d[\d.,]*(?!\S)")


def body_size(blocks: Sequence[Block]) -> float:
    """Return the line height of most of the characters, 0 without text."""
    counts: Counter[float] = Counter()
    for block in blocks:
        for line in block.lines:
            counts[round(line.size, 4)] += len(line.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def heading_level(block: Block, text: str, body: float) -> int:
    """Guess a heading level from size and weight; 0 for running text."""
    letters = sum(1 for char in text if char.isalpha())
    if len(text) > _HEADING_CHARS or len(block.lines) > 3 or letters < 3 or letters * 2 < len(text.replace(" ", "")):
        return 0
    if text.endswith(".") and len(text) > _SENTENCE_CHARS:
        return 0
    ratio = block.size / body if body else 1.0
    for level, least in ((1, 1.6), (2, 1.3), (3, 1.12)):
        if ratio >= least:
            return level
    short = block.bold and len(block.lines) == 1 and len(text) < 90
    return 4 if short and text[-1] not in ".,;:" and ratio >= 0.95 else 0


def titled(blocks: Sequence[Block], body: float) -> Iterator[Block]:
    """A short line of its own right above a table is its title; a heading stays one."""
    waiting: Block | None = None
    for block in blocks:
        if waiting is not None and _heads(waiting, block, body):
            title = one_line(f"{waiting.text} {block.element.text if block.element else ''}")
            yield Block(block.rect, (), block.element and block.element.model_copy(update={"text": title}))
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = block
    if waiting is not None:
        yield waiting


def _heads(line: Block, table: Block, body: float) -> bool:
    if table.element is None or table.element.kind != "table" or len(line.lines) != 1:
        return False
    near = 0 <= table.rect.y0 - line.rect.y1 < 2.5 * line.size
    short = len(line.text) <= _TITLE_CHARS and not line.text.endswith((".", "!", "?"))
    short = short and len(_AMOUNTS.findall(line.text)) < 2
    return near and short and not heading_level(line, line.text, body)
