"""What is filled in a picture before anybody sees it, and which pictures nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from groundsight.errors import ModelFailed, RedactionFailed
from groundsight.governance.events import note_event
from groundsight.governance.incident_rules import FAILED
from groundsight.types import Box, Principal
from groundsight.vision import Detector, OcrReader, SensitiveClassifier, open_classifier, open_detector

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.settings import Settings


class Masks:
    """The detectors and classifiers that the settings ask for. One that fails lets no picture through."""

    def __init__(
        self,
        detectors: Mapping[str, Detector],
        classifiers: Mapping[str, SensitiveClassifier] | None = None,
        reader: OcrReader | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._detectors, self._classifiers, self._reader = detectors, classifiers or {}, reader
        self._settings = settings

    @classmethod
    def open(cls, settings: Settings, reader: OcrReader | None) -> Masks | None:
        """Open all that ``pictures`` names, None where it names nothing.

        Raises:
            ConfigError, Disabled, ModelFailed: one of them can't be used.
        """
        asked, models = settings.pictures, settings.models
        if not asked.mask and not asked.withhold:
            return None
        detectors = {kind: open_detector(kind, asked, models) for kind in asked.mask}
        return cls(detectors, {kind: open_classifier(kind, models) for kind in asked.withhold}, reader, settings)

    def boxes(self, picture: Image) -> tuple[Box, ...]:
        """Return what is to be filled.

        Raises:
            RedactionFailed: a detector failed, so the picture may not be used.
        """
        found: list[Box] = []
        for kind, detector in self._detectors.items():
            try:
                found += detector.find(picture)
            except ModelFailed as error:
                raise self._blocked(kind, "the picture can't be searched for", error) from error
        return tuple(found)

    def kinds(self, picture: Image, words: str | None = None) -> tuple[str, ...]:
        """Return for what a picture is withheld; its ``words`` are read here where they are not given.

        Raises:
            RedactionFailed: a classifier failed, so the picture may not be used.
        """
        found: list[str] = []
        if words is None and self._reader and any(each.needs_words for each in self._classifiers.values()):
            words = "\n".join(line.text for line in self._reader.read(picture))
        for kind, classifier in self._classifiers.items():
            try:
                found += [kind] if classifier.is_sensitive(picture, words or "") else []
            except ModelFailed as error:
                raise self._blocked(kind, "the picture can't be judged for", error) from error
        return tuple(found)

    def _blocked(self, kind: str, what: str, error: ModelFailed) -> RedactionFailed:
        """Note in the trail what failed to look, and return the refusal of the picture."""
        if self._settings is not None:
            who = Principal(tenant=self._settings.governance.tenant, user="pictures")
            note_event(self._settings, who, "unsafe", "pictures", f"{FAILED}{kind}")
        step = error.next_step or "see pictures.mask in the settings"
        return RedactionFailed(f"{what} {kind}", which=error.which, next_step=step)


def filled(picture: Image, boxes: Iterable[Box]) -> Image:
    """Fill places with black: a blur could be undone."""
    from PIL import ImageDraw

    boxes = tuple(boxes)
    if not boxes:
        return picture
    covered = picture.copy()
    brush = ImageDraw.Draw(covered)
    width, height = covered.size
    for box in boxes:
        brush.rectangle((box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height), fill=(0, 0, 0))
    return covered
