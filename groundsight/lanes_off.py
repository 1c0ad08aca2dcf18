"""The lanes that are off or weakened by settings, why, and what lifts each."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from groundsight.governance.book_file import is_writable
from groundsight.governance.redaction import unhidden
from groundsight.types import Degraded

if TYPE_CHECKING:
    from groundsight.encoders import PictureEncoder
    from groundsight.settings import Settings


CONCEPTS = "concept tags stand in for a picture encoder: nouns only, no people, relations or counts"
OFF, EXTRA = "switched off", "pip install 'groundsight[models]', then set"


def lanes_off(settings: Settings, opened: PictureEncoder | None) -> tuple[Degraded, ...]:
    """Name every lane that is off or weakened, with its remedy; ``opened`` is the picture encoder if it is open."""
    models, found = settings.models, list[tuple[str, str, str]]()
    if not is_writable(settings.home):
        found.append(("record", "the home is read-only: nothing was booked, no trail, no receipt, no figures",
                      "make the home writable"))  # fmt: skip
    if models.text == "none":
        found.append(("text vectors", OFF, "set models.text = 'minilm'"))
    if models.visual == "none":
        found.append(("visual", OFF, "set models.visual = 'conse'"))
    if models.visual == "conse" or (opened and opened.fingerprint.startswith("conse")):
        found.append(("visual", CONCEPTS, f"{EXTRA} models.visual = 'open_clip:MODEL@PRETRAINED'"))  # fmt: skip
    if models.caption == "none":
        found.append(("caption", "no captioner: pictures are known by their tags and the words read from them",
                      f"{EXTRA} models.caption = 'transformers:FOLDER'"))  # fmt: skip
    if models.ocr == "none" or not settings.ingestion.ocr:
        found.append(("ocr", OFF, "set models.ocr = 'rapidocr'"))
    if models.speech == "none":
        found.append(("speech", OFF, "set models.speech = 'base'"))
    elif find_spec("faster_whisper") is None:
        found.append(("speech", "no recording and no clip is read: the extra audio is not installed",
                      "pip install 'groundsight[audio]'"))  # fmt: skip
    if models.reader == "none":
        found.append(("reader", OFF, "set models.reader = 'packaged'"))
    elif models.text == "none":
        found.append(("reader", "finds nothing without text vectors: without a language model only computations answer",
                      "set models.text = 'minilm'"))  # fmt: skip
    named = tuple(Degraded(lane=lane, reason=reason, remedy=remedy) for lane, reason, remedy in found)
    return (*named, *unhidden(settings))
