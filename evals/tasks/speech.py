"""Speech: what the configured transcriber hears in recordings, against what was said.

Rows: ``{"audio", "transcript"}``, compared word by word without case and punctuation.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from groundsight.audio import RATE, Transcriber, open_transcriber
from groundsight.audio.cuts import cut
from groundsight.audio.decode import open_media
from groundsight.errors import Disabled
from groundsight.evals.metrics import word_error_rate
from groundsight.evals.metrics.wording import words
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, made, means, of_set
from groundsight.evals.timing import Clock
from groundsight.ingestion.sniff import CLIPS, SOUNDS, sniff


class Recording(Item):
    """A recording or clip and what is said in it."""

    audio: str
    transcript: str


def run(context: Context) -> TaskResult:
    """Hear every recording, cut as it is when files are read.

    Raises:
        Disabled: no transcriber is configured, or the extra is not installed.
    """
    transcriber = open_transcriber(context.settings.models)
    if transcriber is None:
        raise Disabled("recordings are not heard", which="models.speech = none", next_step="set models.speech = 'base'")
    rows = read_rows(first_file(context.folder, "items.jsonl"), Recording, context.limit)
    wall = time.perf_counter()
    items = made(
        [(row.audio, partial(_item, row, transcriber, context)) for row in rows], context, transcriber.fingerprint
    )
    return TaskResult(
        task="speech",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {"wer": of_set(items, _of_all_words, context.seed)},
        items=items,
        tier={"speech": transcriber.fingerprint},
        degraded=(),
        fingerprint=transcriber.fingerprint,
        cpu_s=sum(item.cpu_ms["hear"] for item in items) / 1000,
        wall_s=time.perf_counter() - wall,
    )


def _of_all_words(items: Sequence[ItemResult]) -> float:
    counts = [len(item.detail["gold"].split()) for item in items]
    return sum(item.scores["wer"] * count for item, count in zip(items, counts, strict=True)) / sum(counts)


def _item(row: Recording, transcriber: Transcriber, context: Context) -> ItemResult:
    path, clock, seconds = context.folder / row.audio, Clock(), 0.0
    said, language = list[str](), ""
    with open_media(path, (SOUNDS | CLIPS)[sniff(path, path.name).media_type]) as media, clock.stage("hear"):
        for piece in cut(media.sound()):
            heard = transcriber.transcribe(piece, language)
            language = heard.language or language
            said += [word.text for word in heard.words]
            seconds += len(piece) / RATE
    text, gold = (" ".join(words(each)) for each in ("".join(said), row.transcript))
    scores = {"wer": word_error_rate(text, gold), "cpu_s_per_second": clock.cpu_ms["hear"] / 1000 / seconds}
    detail = {"said": text, "gold": gold, "seconds": seconds}
    return ItemResult(row.audio, scores, wall_ms=clock.wall_ms, cpu_ms=clock.cpu_ms, detail=detail)
