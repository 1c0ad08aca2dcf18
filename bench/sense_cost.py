"""What it costs to see and to hear: CPU seconds of each lane a picture, and of a file a minute.

``python -m groundsight.bench.sense_cost FILE...``: pictures, recordings and clips. Prints JSON. Models are loaded by a
first picture that does not count; a recording is read into an empty home, its confined child counted in.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from groundsight.audio.decode import open_media
from groundsight.doors.python import OpenSuite
from groundsight.ingestion.sniff import CLIPS, SOUNDS, sniff
from groundsight.settings import load_settings

Costs = dict[str, float]


def picture_costs(suite: OpenSuite, file: Path) -> Costs:
    """Return the CPU seconds of words, tags and look of a picture."""
    parts = suite.suite.parts
    lanes: dict[str, Callable[[Image.Image], object]] = {}
    if parts.ocr:
        lanes["ocr"] = parts.ocr.read
    if parts.tagger:
        lanes["tags"] = parts.tagger.tags
    if encoder := parts.picture_encoder:
        lanes["look"] = lambda picture: encoder.encode_pictures([picture])
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    return {name: _spent(lambda lane=lane: lane(picture)) for name, lane in lanes.items()}


def recording_costs(file: Path, demuxer: str) -> Costs:
    """Return the CPU seconds of reading a recording or a clip, as a whole and for each of its minutes."""
    with open_media(file, demuxer) as media:
        minutes = media.seconds / 60
    with tempfile.TemporaryDirectory() as home, OpenSuite(load_settings(Path(home))) as suite:
        spent = _spent(lambda: suite.ingest(file))
    return {"seconds": minutes * 60, "cpu": spent, "cpu_a_minute": spent / minutes}


def _spent(work: Callable[[], object]) -> float:
    before = _cpu()
    work()
    return _cpu() - before


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def main(files: Sequence[str]) -> None:
    """Measure each file and print what it cost."""
    told: dict[str, Costs] = {}
    with tempfile.TemporaryDirectory() as home, OpenSuite(load_settings(Path(home))) as suite:
        for name in files:
            file = Path(name)
            kind = sniff(file, name).media_type
            if demuxer := (SOUNDS | CLIPS).get(kind):
                told[name] = recording_costs(file, demuxer)
                continue
            if not any("ocr" in costs for costs in told.values()):
                picture_costs(suite, file)
            told[name] = picture_costs(suite, file)
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
