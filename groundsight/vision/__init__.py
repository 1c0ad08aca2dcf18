"""What is read from a picture: its words, its concepts, and a caption where a captioner is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from groundsight.errors import ConfigError
from groundsight.types import Tag, TextLine

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.settings import Ingestion, Models


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
