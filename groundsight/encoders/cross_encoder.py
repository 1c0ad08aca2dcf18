"""Cross-encoders score how well a text, or a picture, answers a query, reading both together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import as_rows, inference, on_device
from groundsight.encoders.weights import finite
from groundsight.errors import ModelFailed

if TYPE_CHECKING:
    from PIL.Image import Image

BATCH = 16


class CrossEncoder:
    """A sequence classifier with one output, such as the ms-marco cross-encoders."""

    def __init__(self, folder: ModelFolder, model: Any, tokenizer: Any, device: str) -> None:
        self.fingerprint = folder.fingerprint
        self._max_tokens = folder.max_tokens()
        self._model, self._tokenizer, self._device = model, tokenizer, device

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> CrossEncoder:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: no such folder or device.
            ModelFailed: the folder is no whole, code-free model with exactly one output.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = folder.load_model("AutoModelForSequenceClassification")
        if model.config.num_labels != 1:
            raise ModelFailed(
                "a reranker needs one output",
                which=where,
                limit=f"this model has {model.config.num_labels}",
                next_step="use a cross-encoder that was trained to rank",
            )
        return cls(folder, on_device(model, device), folder.load("AutoTokenizer"), device)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Return one score a text, higher is better; scores compare within one query only."""
        scores: list[float] = []
        for start in range(0, len(texts), BATCH):
            scores += self._scored(query, list(texts[start : start + BATCH]))
        return scores

    def _scored(self, query: str, texts: list[str]) -> list[float]:
        with inference(self.fingerprint):
            tokens = self._tokenizer(
                [query] * len(texts),
                texts,
                padding=True,
                truncation="longest_first",
                max_length=self._max_tokens,
                return_tensors="pt",
            ).to(self._device)
            logits = as_rows(self._model(**tokens).logits)
        return [float(score) for score in finite(logits, self.fingerprint)[:, 0]]


class PictureCrossEncoder:
    """A matcher of words and pictures that reads both together: BLIP for retrieval, with its matching head."""

    def __init__(self, folder: ModelFolder, model: Any, processor: Any, device: str) -> None:
        self.fingerprint = folder.fingerprint
        self._model, self._processor, self._device = model, processor, device

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> PictureCrossEncoder:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed. ConfigError: no such folder or device.
            ModelFailed: the folder is no whole, code-free model of this kind.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("BlipForImageTextRetrieval"), device)
        return cls(folder, model, folder.load("AutoProcessor"), device)

    def match(self, query: str, picture: Image) -> float:
        """Return the probability, 0 to 1, that the words are about the picture."""
        from groundsight.vision.lite import on_white

        with inference(self.fingerprint):
            given = self._processor(images=on_white(picture), text=query, return_tensors="pt", truncation=True)
            logits = self._model(**given.to(self._device), use_itm_head=True).itm_score
            return float(finite(as_rows(logits.softmax(-1)), self.fingerprint)[0, 1])
