"""Captions from any image-to-text model of transformers, such as BLIP, loaded from a local folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import inference, on_device
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    from PIL.Image import Image

NEW_TOKENS = 40


class TransformersCaptioner:
    """Writes one sentence about a picture; greedy, so equal pictures give equal captions."""

    def __init__(self, folder: ModelFolder, model: Any, processor: Any, device: str) -> None:
        self._model, self._processor, self._device = model, processor, device
        self._fingerprint = folder.fingerprint

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> TransformersCaptioner:
        """Load a folder, or a hub id where downloads are allowed.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: no such folder or device.
            ModelFailed: the folder is not a whole, code-free safetensors model.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("AutoModelForImageTextToText"), device)
        return cls(folder, model, folder.load("AutoProcessor"), device)

    @property
    def fingerprint(self) -> str:
        """Folder name and hash of the weights."""
        return self._fingerprint

    def caption(self, picture: Image) -> str:
        """Return the caption, empty when the model writes none."""
        with inference(self._fingerprint):
            inputs = self._processor(images=on_white(picture), return_tensors="pt").to(self._device)
            tokens = self._model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
        return str(self._processor.batch_decode(tokens, skip_special_tokens=True)[0]).strip()
