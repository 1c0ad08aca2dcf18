"""The lanes that are off or weakened by settings, why, and what lifts each."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from groundsight.governance.redaction import unhidden
from groundsight.types import Degraded

if TYPE_CHECKING:
    from groundsight.encoders import PictureEncoder
    from groundsight.settings import Settings


def lanes_off(settings: Settings, opened: PictureEncoder | None) -> tuple[Degraded, ...]:
    """Name every lane that is off or weakened, with its remedy; ``opened`` is the picture encoder if it is open."""
    models = settings.models
    found: list[Degraded] = []
    if models.text == "none":
        found.append(Degraded(lane="text vectors", reason="switched off", remedy="set models.text = 'minilm'"))
    if models.visual == "none":
        found.append(Degraded(lane="visual", reason="switched off", remedy="set models.visual = 'conse'"))
    if models.visual == "conse" or (opened and opened.fingerprint.startswith("conse")):
        found.append(
            Degraded(
                lane="visual",
                reason="concept tags stand in for a picture encoder: nouns only, no people, relations or counts",
                remedy="pip install 'groundsight[models]', then set models.visual = 'open_clip:MODEL@PRETRAINED'",
            )
        )
    if models.caption == "none":
        found.append(
            Degraded(
                lane="caption",
                reason="no captioner: pictures are known by their tags and the words read from them",
                remedy="pip install 'groundsight[models]', then set models.caption = 'transformers:FOLDER'",
            )
        )
    if models.ocr == "none" or not settings.ingestion.ocr:
        found.append(Degraded(lane="ocr", reason="switched off", remedy="set models.ocr = 'rapidocr'"))
    if models.speech == "none":
        found.append(Degraded(lane="speech", reason="switched off", remedy="set models.speech = 'base'"))
    elif find_spec("faster_whisper") is None:
        reason = "no recording and no clip is read: the extra audio is not installed"
        found.append(Degraded(lane="speech", reason=reason, remedy="pip install 'groundsight[audio]'"))
    found += unhidden(settings)
    if models.reader == "none":
        found.append(Degraded(lane="reader", reason="switched off", remedy="set models.reader = 'packaged'"))
    elif models.text == "none":
        reason = "finds nothing without text vectors: without a language model only computations answer"
        found.append(Degraded(lane="reader", reason=reason, remedy="set models.text = 'minilm'"))
    return tuple(found)
