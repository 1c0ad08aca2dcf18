"""Encoders turn text and pictures into unit vectors; each carries a fingerprint of its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from groundsight.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.encoders.reader import Reader
    from groundsight.settings import Models


class TextEncoder(Protocol):
    """``encode`` returns float32 of shape (len(texts), dimension), rows of length 1."""

    @property
    def fingerprint(self) -> str:
        """Name, version and weight hash; equal fingerprints give equal vectors."""
        ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"]) -> NDArray[np.float32]: ...


class PictureEncoder(Protocol):
    """Pictures and words in one space; a row of zeros means that the encoder abstains."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_pictures(self, pictures: Sequence[Image]) -> NDArray[np.float32]: ...

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def open_text_encoder(models: Models) -> TextEncoder | None:
    """Open the text encoder that the settings name, None for ``none``."""
    match models.text.partition(":"):
        case ("none", _, _):
            return None
        case ("minilm", _, ""):
            from groundsight.encoders.minilm import MiniLm

            return MiniLm.open(threads=models.threads)
        case ("transformers", _, where) if where:
            from groundsight.encoders.transformer import TransformerEncoder

            return TransformerEncoder.open(where, device=models.device, allow_download=models.allow_download)
        case ("service", _, where) if where:
            from groundsight.encoders.service import ServiceTexts

            return ServiceTexts.open(where, models)
        case _:
            raise ConfigError(
                "unknown text encoder",
                which=models.text,
                next_step="use minilm, none, transformers:FOLDER or service:URL",
            )


def is_multilingual(encoder: TextEncoder) -> bool:
    """True for an encoder that is known to read many languages; of the others nothing is known but English."""
    return bool(getattr(encoder, "multilingual", False))


def open_reader(models: Models) -> Reader | None:
    """Open the net that finds answers, None for ``none``."""
    match models.reader:
        case "none":
            return None
        case "packaged":
            from groundsight.encoders.reader import Reader

            return Reader(threads=models.threads).loaded()
        case _:
            raise ConfigError("unknown reader", which=models.reader, next_step="use packaged or none")


def open_verifier(models: Models, reader: Callable[[], Reader | None]) -> Reader | None:
    """Open the large net that verifies free wording, or for ``reader`` the one that finds answers."""
    match models.verifier:
        case "reader":
            return reader()
        case "packaged":
            from groundsight.encoders.reader import VERIFIER, Reader

            return Reader(VERIFIER, threads=models.threads)
        case _:
            raise ConfigError("unknown verifier", which=models.verifier, next_step="use packaged or reader")


def open_picture_encoder(models: Models, text: TextEncoder | None) -> PictureEncoder | None:
    """Open the picture encoder that the settings name, None for ``none``."""
    match models.visual.partition(":"):
        case ("none", _, _):
            return None
        case ("conse", _, ""):
            from groundsight.encoders.conse import ConSe

            return None if text is None else ConSe.open(text, threads=models.threads)
        case ("open_clip", _, where) if where:
            from groundsight.encoders.clip import OpenClip

            return OpenClip.open(where, device=models.device, allow_download=models.allow_download)
        case ("service", _, where) if where:
            from groundsight.encoders.service import ServicePictures

            return ServicePictures.open(where, models)
        case _:
            raise ConfigError(
                "unknown picture encoder",
                which=models.visual,
                next_step="use conse, none, open_clip:MODEL@PRETRAINED or service:URL",
            )
