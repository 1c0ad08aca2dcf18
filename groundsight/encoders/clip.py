"""CLIP models through open_clip: pictures and words in one trained space."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundsight.encoders.torch_home import as_rows, hub_access, import_beside_torch, import_torch, inference, loaded
from groundsight.encoders.torch_home import on_device as to_device
from groundsight.encoders.weights import file_sha256, finite, unit_rows
from groundsight.errors import ConfigError, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

BATCH = 16
CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"


class OpenClip:
    """A model of open_clip with trained weights; it never runs on random ones."""

    def __init__(self, model: Any, prepare: Any, tokenizer: Any, name: str, device: str) -> None:
        self.model, self._prepare, self._tokenizer = model, prepare, tokenizer
        self._name, self.device = name, device
        self._dimension = len(self._words(["a"])[0])

    @classmethod
    def open(cls, where: str, *, device: str, allow_download: bool) -> OpenClip:
        """Load ``MODEL@TAG``, ``MODEL@FILE.safetensors``, or a folder with open_clip's two files.

        Without ``allow_download`` a tag is served from the hub's cache on this machine only.

        Raises:
            Disabled: the extra is not installed.
            ConfigError: unknown model, tag, folder or device, or no weights named.
            ModelFailed: the weights can't be loaded.
        """
        with hub_access(allow_download):
            name, weights = _found(where)
            library = import_beside_torch("open_clip")
            options = {} if name.startswith("local-dir:") else {"pretrained": str(weights)}
            model, _, prepare = loaded(
                where, lambda: library.create_model_and_transforms(name, require_pretrained=True, **options)
            )
            tokenizer = loaded(where, lambda: library.get_tokenizer(name))
        return cls(to_device(model, device), prepare, tokenizer, _fingerprint(name, weights), device)

    @property
    def fingerprint(self) -> str:
        """Model, source of the weights and their hash."""
        return self._name

    @property
    def dimension(self) -> int:
        """Width of the common space."""
        return self._dimension

    @property
    def scale(self) -> float:
        """What the model multiplies a cosine by, as it was trained."""
        return float(self.model.logit_scale.detach().exp())

    def encode_pictures(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return float32 of shape (len(pictures), dimension), rows of length 1."""
        from groundsight.vision.lite import on_white

        return self._in_batches([on_white(picture) for picture in pictures], self._seen)

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension), rows of length 1; long texts are cut."""
        return self._in_batches(list(texts), self._words)

    def _in_batches(self, things: list[Any], encode: Any) -> NDArray[np.float32]:
        import numpy as np

        rows = np.zeros((len(things), self._dimension), np.float32)
        for start in range(0, len(things), BATCH):
            rows[start : start + BATCH] = encode(things[start : start + BATCH])
        return unit_rows(finite(rows, self._name))

    def _seen(self, pictures: list[Image]) -> NDArray[np.float32]:
        with inference(self._name), self._halved():
            batch = import_torch().stack([self._prepare(picture) for picture in pictures]).to(self.device)
            return as_rows(self.model.encode_image(batch))

    def _words(self, texts: list[str]) -> NDArray[np.float32]:
        with inference(self._name), self._halved():
            return as_rows(self.spoken(texts))

    def _halved(self) -> Any:
        """On a GPU the towers compute in bfloat16; vectors are float32 everywhere."""
        torch = import_torch()
        return torch.autocast("cuda", dtype=torch.bfloat16, enabled=self.device.startswith("cuda"))

    def spoken(self, texts: list[str]) -> Any:
        """Return a tensor of shape (len(texts), dimension) with its gradients: what an adapter is trained on."""
        return self.model.encode_text(self._tokenizer(texts).to(self.device))

    def rename(self, fingerprint: str) -> None:
        """Give the encoder another fingerprint, as its weights were changed."""
        self._name = fingerprint


def _found(where: str) -> tuple[str, Path]:
    """Return open_clip's name of the model and the file of its weights."""
    folder = Path(where).expanduser()
    if folder.is_dir():
        return _in_folder(folder)
    name, _, source = where.partition("@")
    library = import_beside_torch("open_clip")
    if name not in library.list_models():
        raise ConfigError("unknown open_clip model", which=name or where, next_step="see open_clip.list_models()")
    if not source:
        raise ConfigError(
            "no trained weights are named",
            which=where,
            next_step=f"write {name}@TAG or {name}@FILE.safetensors; random weights are never used",
        )
    path = Path(source).expanduser()
    if path.suffix == ".safetensors" and path.is_file():
        return name, path
    return name, _of_tag(library, name, source)


def _in_folder(folder: Path) -> tuple[str, Path]:
    weights, config = folder / WEIGHTS, folder / CONFIG
    for file in (config, weights):
        if not file.is_file():
            raise ModelFailed("the folder is no open_clip model", which=str(file), next_step=f"it needs {file.name}")
    settings = loaded(str(config), lambda: cast("dict[str, Any]", json.loads(config.read_text("utf-8"))))
    if "model_cfg" not in settings:
        raise ModelFailed("the config names no model", which=str(config), next_step="save it with open_clip again")
    return f"local-dir:{folder.resolve()}", weights


def _fingerprint(name: str, weights: Path) -> str:
    """Hash the weights, and the folder's config: it decides how pictures are prepared."""
    config = weights.with_name(CONFIG) if name.startswith("local-dir:") else None
    digests = file_sha256(weights) + (file_sha256(config) if config else "")
    return f"open_clip:{name.rpartition('/')[2]}@{sha256(digests.encode()).hexdigest()[:16]}"


def _of_tag(library: Any, name: str, tag: str) -> Path:
    """Return the safetensors of a published tag, from the hub's cache or, where allowed, the hub."""
    if tag not in library.list_pretrained_tags_by_model(name):
        raise ConfigError("unknown weights", which=f"{name}@{tag}", next_step="use a tag of this model or a file")
    repository = str(library.get_pretrained_cfg(name, tag).get("hf_hub", "")).strip("/")
    if not repository or repository.count("/") != 1:
        raise ConfigError("these weights are not on the hub", which=tag, next_step="name a safetensors file instead")
    hub = import_beside_torch("huggingface_hub")
    try:
        return Path(hub.hf_hub_download(repository, WEIGHTS))
    except (OSError, ValueError) as error:
        raise ConfigError(
            "the weights are not on this machine",
            which=f"{name}@{tag}",
            next_step="set models.allow_download = true once, or name a safetensors file",
        ) from error
