"""What is read from a picture: its words, its concepts, and a caption where a captioner is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from groundsight.errors import ConfigError
from groundsight.types import Box, Tag, TextLine

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.limits import MaskKind, Pictures, SensitiveKind
    from groundsight.settings import Ingestion, Models


# The mark of a unit whose picture is withheld.
SENSITIVE = "sensitive"


class OcrReader(Protocol):
    """Reads lines in reading order; boxes are fractions of the picture."""

    @property
    def fingerprint(self) -> str: ...

    def read(self, picture: Image) -> tuple[TextLine, ...]: ...


class Tagger(Protocol):
    """Names concepts in a picture, most probable first; empty when it abstains."""

    @property
    def fingerprint(self) -> str: ...

    def tags(self, picture: Image) -> tuple[Tag, ...]: ...


class Captioner(Protocol):
    """Writes one sentence about a picture."""

    @property
    def fingerprint(self) -> str: ...

    def caption(self, picture: Image) -> str: ...


class Detector(Protocol):
    """Finds what is to be filled in a picture: boxes as fractions of it."""

    @property
    def fingerprint(self) -> str: ...

    def find(self, picture: Image) -> tuple[Box, ...]: ...


class SensitiveClassifier(Protocol):
    """Tells that a picture is of a kind that is withheld, by its pixels or by the words read from it."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def needs_words(self) -> bool: ...

    def is_sensitive(self, picture: Image, words: str) -> bool: ...


def open_detector(kind: MaskKind, pictures: Pictures, models: Models) -> Detector:
    """Open what finds a kind: the user's own model where one is named, else the packaged one.

    Raises:
        ConfigError: there is no packaged model of this kind. Disabled, ModelFailed: it can't be loaded.
    """
    if kind in pictures.detectors:
        from groundsight.vision.detector_file import FileDetector

        return FileDetector.open(pictures.detectors[kind], threads=models.threads)
    if kind == "faces":
        from groundsight.vision.faces import CenterFace

        return CenterFace.open(threads=models.threads)
    raise ConfigError(
        f"no model that finds {kind} lies in a package",
        which=f"pictures.mask = {kind}",
        next_step=f'name one: pictures.detectors.{kind} = "FILE.onnx@SHA256"',
    )


def open_classifier(kind: SensitiveKind, models: Models) -> SensitiveClassifier:
    """Open what tells that a picture is of a kind.

    Raises:
        Disabled, ModelFailed: its model can't be loaded.
    """
    if kind == "nudity":
        from groundsight.vision.nudity import OpenNsfw

        return OpenNsfw.open(threads=models.threads)
    from groundsight.vision.papers import WordRule

    return WordRule(kind)


def open_ocr(models: Models) -> OcrReader | None:
    """Open the OCR reader that the settings name, None for ``none``."""
    match models.ocr:
        case "none":
            return None
        case "rapidocr":
            from groundsight.vision.ocr import RapidReader

            return RapidReader.open(threads=models.threads)
        case _:
            raise ConfigError("unknown OCR reader", which=models.ocr, next_step="use rapidocr or none")


def open_tagger(ingestion: Ingestion, models: Models) -> Tagger | None:
    """Open the packaged classifier, None when tags are switched off."""
    if not ingestion.tags:
        return None
    from groundsight.vision.tags import LiteTagger

    return LiteTagger.open(threads=models.threads)


def open_captioner(models: Models) -> Captioner | None:
    """Open the captioner that the settings name, None for ``none``."""
    match models.caption.partition(":"):
        case ("none" | "client", _, _):  # the client's own model is asked by the describe tool
            return None
        case ("transformers", _, where) if where:
            from groundsight.vision.caption import TransformersCaptioner

            device, download, prompt = models.device, models.allow_download, models.caption_prompt
            return TransformersCaptioner.open(where, device=device, allow_download=download, prompt=prompt)
        case _:
            raise ConfigError(
                "unknown captioner", which=models.caption, next_step="use none, llm, client or transformers:FOLDER"
            )
