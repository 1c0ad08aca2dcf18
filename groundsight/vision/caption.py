"""Captions from any image-to-text model of transformers (BLIP, SmolVLM, Florence class), from a local folder."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from groundsight.encoders.model_folder import ModelFolder, open_folder
from groundsight.encoders.torch_home import inference, on_device
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    from PIL.Image import Image

NEW_TOKENS = 40
PROMPT = "Describe this picture in one sentence."


class TransformersCaptioner:
    """Writes one sentence about a picture; greedy, so equal pictures give equal captions."""

    def __init__(self, folder: ModelFolder, model: Any, processor: Any, device: str, prompt: str) -> None:
        self._model, self._processor, self._device, self._prompt = model, processor, device, prompt
        self._fingerprint = versioned(folder.fingerprint, prompt, NEW_TOKENS)

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool, prompt: str = "") -> TransformersCaptioner:
        """Load a folder, or a hub id where downloads are allowed; ``prompt`` is what such a model is told to do.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: no such folder or device.
            ModelFailed: the folder is not a whole, code-free safetensors model.
        """
        folder = open_folder(where, allow_download=allow_download)
        model = on_device(folder.load_model("AutoModelForImageTextToText"), device)
        return cls(folder, model, folder.load("AutoProcessor"), device, prompt)

    @property
    def fingerprint(self) -> str:
        """Folder name and hash of the weights, with the prompt and the settings."""
        return self._fingerprint

    def caption(self, picture: Image) -> str:
        """Return the caption, empty when the model writes none."""
        with inference(self._fingerprint):
            inputs = self._processor(images=on_white(picture), return_tensors="pt", **self._told()).to(self._device)
            tokens = self._model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)
            given = inputs["input_ids"] if "input_ids" in inputs else tokens[:, :0]
            # Models that write on behind their prompt repeat it; the others begin with the caption.
            repeats = bool((tokens[:, : given.shape[1]] == given).all()) if given.shape[1] <= tokens.shape[1] else False
            fresh = tokens[:, given.shape[1] :] if repeats else tokens
        return str(self._processor.batch_decode(fresh, skip_special_tokens=True)[0]).strip()

    def _told(self) -> dict[str, str]:
        """The prompt as this model wants it: as a turn of a chat where it has a template, else as it is."""
        if not getattr(self._processor, "chat_template", None):
            return {"text": self._prompt} if self._prompt else {}
        asked = [{"type": "image"}, {"type": "text", "text": self._prompt or PROMPT}]
        turn = [{"role": "user", "content": asked}]
        return {"text": str(self._processor.apply_chat_template(turn, add_generation_prompt=True))}


def versioned(model: str, prompt: str, tokens: int) -> str:
    """Return what a caption depends on beside its picture: the model, its prompt, its settings."""
    return f"{model}+{sha256(f'{prompt}{tokens}'.encode()).hexdigest()[:8]}"
