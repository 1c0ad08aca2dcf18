"""OCR: word F1 (order-free), character error rate, and how many labelled fields can be read.

Rows: ``{"id", "image", "lines": [{"text", "box"}], "fields": {"total": "..."}}``, compared without case. Where every
line has a box (its corners in pixels: x, y, x, y, ...), the error rate is told of the lines in rows, as they are read.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pydantic import Field

from groundsight.errors import Disabled
from groundsight.evals.metrics import bootstrap, character_error_rate
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, made, means
from groundsight.evals.timing import Clock
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.pictures import load_picture
from groundsight.types import Box, TextLine
from groundsight.vision import OcrReader, open_ocr
from groundsight.vision.ocr import in_rows


class Line(Item):
    """A labelled line."""

    text: str
    box: tuple[float, ...] = ()


class Page(Item):
    """A picture with its labelled lines and fields."""

    id: str
    image: str
    lines: list[Line]
    fields: dict[str, str] = Field(default_factory=dict)


def run(context: Context) -> TaskResult:
    """Read every picture and compare with its labels."""
    reader = open_ocr(context.settings.models)
    if reader is None:
        raise Disabled("no OCR reader", which="models.ocr", next_step="set models.ocr = 'rapidocr'")
    pages = read_rows(first_file(context.folder, "labels.jsonl", "items.jsonl"), Page, context.limit)
    wall = time.perf_counter()
    items = made([(page.id, partial(_score, page, reader, context)) for page in pages], context, reader.fingerprint)
    spent = sum(item.cpu_ms["read"] for item in items) / 1000
    return TaskResult(
        task="ocr",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {"cpu_s_per_page": bootstrap([i.cpu_ms["read"] / 1000 for i in items])},
        items=items,
        tier={"ocr": reader.fingerprint},
        degraded=(),
        fingerprint=reader.fingerprint,
        cpu_s=spent,
        wall_s=time.perf_counter() - wall,
    )


def _score(page: Page, reader: OcrReader, context: Context) -> ItemResult:
    with frozen_by_name(Path(context.folder / page.image), context.settings.limits.file_bytes) as document:
        picture = load_picture(document, context.settings, context.watch)
    clock = Clock()
    with clock.stage("read"):
        said = [line.text for line in reader.read(picture)]
    gold = [line.text for line in _as_read(page.lines, picture.size)]
    scores = {"word_f1": word_f1(said, gold), "cer": character_error_rate(_flat(said), _flat(gold))}
    read = {name: _squeezed(value) in _squeezed("".join(said)) for name, value in page.fields.items()}
    scores |= {f"field_{name}": float(found) for name, found in read.items()}
    missed = [name for name, found in read.items() if not found]
    file = str(context.folder / page.image)
    detail = {"image": page.image, "said": said, "gold": gold, "missed_fields": missed, "picture_file": file}
    return ItemResult(page.id, scores, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail)


def _as_read(lines: Sequence[Line], size: tuple[int, int]) -> Sequence[Line | TextLine]:
    if not all(line.box for line in lines):
        return lines
    return in_rows(TextLine(text=line.text, box=_box(line.box, size), confidence=1.0) for line in lines)


def _box(corners: Sequence[float], size: tuple[int, int]) -> Box:
    across, down = ([min(1.0, max(0.0, at / side)) for at in corners[n::2]] for n, side in enumerate(size))
    return Box(x0=min(across), y0=min(down), x1=max(across), y1=max(down))


def word_f1(said: list[str], gold: list[str]) -> float:
    """F1 of the bags of words, exact match without case."""
    left, right = Counter(_flat(said).split()), Counter(_flat(gold).split())
    shared = sum((left & right).values())
    return 2 * shared / max(1, sum(left.values()) + sum(right.values()))


def _flat(lines: list[str]) -> str:
    return " ".join(lines).upper()


def _squeezed(text: str) -> str:
    return "".join(text.upper().split())
