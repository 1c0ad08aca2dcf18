"""Captions: what the configured captioner writes, against reference captions.

Rows: ``{"id", "image", "caption"}``, or ``captions`` with several references: CIDEr is their mean, the other figures
are of the best one. Without a captioner the task is refused: tags are no caption.
"""

from __future__ import annotations

import time
from functools import partial

from groundsight.errors import Disabled
from groundsight.evals.metrics import bleu, bootstrap, caption_blend, cider, rouge_l, scene_graph_f1
from groundsight.evals.metrics.wording import words
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, made, means
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.pictures import load_picture
from groundsight.vision import Captioner, open_captioner


class Captioned(Item):
    """A picture with its reference captions."""

    id: str
    image: str
    caption: str = ""
    captions: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        """What people wrote, at least one text."""
        return self.captions or (self.caption,)


def run(context: Context) -> TaskResult:
    """Caption every picture and compare.

    Raises:
        Disabled: no captioner is configured.
    """
    captioner = open_captioner(context.settings.models)
    if captioner is None:
        raise Disabled(
            "no captioner, so nothing to measure: tags are not captions",
            which="models.caption = none",
            next_step="pip install 'groundsight[models]', then set models.caption = 'transformers:FOLDER'",
        )
    rows = read_rows(first_file(context.folder, "items.jsonl"), Captioned, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    said = _captions(rows, captioner, context)
    items = _items(rows, said)
    whole = bleu([*map(_flat, said)], [[*map(_flat, row.references)] for row in rows])
    return TaskResult(
        task="caption",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {"bleu": exact(whole)},
        items=items,
        tier={"caption": captioner.fingerprint},
        degraded=("SPICE needs Java and a parser; scene_graph_f1 is a parser-free stand-in",),
        fingerprint=captioner.fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
        controls={"empty_caption_rouge_l": bootstrap([0.0] * len(rows))},
    )


def _captions(rows: list[Captioned], captioner: Captioner, context: Context) -> list[str]:
    jobs = [(row.id, partial(_said, row, captioner, context)) for row in rows]
    return [item.detail["said"] for item in made(jobs, context, captioner.fingerprint)]


def _said(row: Captioned, captioner: Captioner, context: Context) -> ItemResult:
    with frozen_by_name(context.folder / row.image, context.settings.limits.file_bytes) as document:
        picture = load_picture(document, context.settings, context.watch)
    return ItemResult(row.id, {}, detail={"said": captioner.caption(picture)})


def _items(rows: list[Captioned], said: list[str]) -> list[ItemResult]:
    agreement = cider([*map(_flat, said)], [[*map(_flat, row.references)] for row in rows])
    items: list[ItemResult] = []
    for row, text, value in zip(rows, said, agreement, strict=True):
        best = {
            name: max(measure(text, reference) for reference in row.references)
            for name, measure in (("scene_graph_f1", scene_graph_f1), ("rouge_l", rouge_l))
        }
        grounded = _grounded(text, " ".join(row.references))
        blend = caption_blend(value / 10, best["scene_graph_f1"], best["rouge_l"], grounded)
        scores = {"cider": value, **best, "blend": blend}
        items.append(ItemResult(row.id, scores, detail={"question": " / ".join(row.references), "said": text}))
    return items


def _grounded(text: str, reference: str) -> float:
    """Share of the caption's words that the reference holds: what it says beyond the picture lowers it."""
    said, known = words(text), set(words(reference))
    return sum(word in known for word in said) / len(said) if said else 0.0


def _flat(text: str) -> str:
    return " ".join(words(text))
