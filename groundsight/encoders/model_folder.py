"""A folder of a transformers model: found, checked for what must not be run, and fingerprinted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from groundsight.encoders.torch_home import hub_access, import_beside_torch, loaded
from groundsight.encoders.weights import file_sha256
from groundsight.errors import ConfigError, ModelFailed

WANTED = ("*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*")
FORMATS = "save the model with safetensors"


@dataclass(frozen=True)
class ModelFolder:
    """A folder that holds safetensors and a config without code of its own."""

    path: Path
    config: dict[str, Any]
    fingerprint: str

    def setting(self, name: str) -> dict[str, Any]:
        """Return another JSON file of the folder, empty when it has none."""
        path = self.path / name
        return _read_json(path) if path.is_file() else {}

    def max_tokens(self, at_most: int = 512) -> int:
        """Return how many tokens the model reads, as its settings say."""
        limits = (
            self.setting("sentence_bert_config.json").get("max_seq_length"),
            self.config.get("max_position_embeddings"),
        )
        return min([at_most, *(limit for limit in limits if isinstance(limit, int) and limit > 0)])

    def load(self, automatic: str, **options: Any) -> Any:
        """Load with one of transformers' ``Auto`` classes: offline, safetensors, no code of the model's.

        Raises:
            Disabled: the extra is not installed.
            ModelFailed: the folder holds no such model.
        """
        transformers = import_beside_torch("transformers")
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        where = str(self.path)
        loader = loaded(where, lambda: getattr(transformers, automatic))
        safe = {"local_files_only": True, "trust_remote_code": False, **options}
        with hub_access(False):
            return loaded(where, lambda: loader.from_pretrained(where, **safe))

    def load_model(self, automatic: str) -> Any:
        """Load weights; a tensor that the folder lacks is an error, not a random number."""
        model, report = self.load(automatic, use_safetensors=True, output_loading_info=True)
        missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
        if missing or report["mismatched_keys"]:
            raise ModelFailed(
                "weights do not fit the model",
                which=str(self.path),
                limit=f"{len(missing)} tensors are missing, the first is {missing[0]}" if missing else "shapes differ",
                next_step="use a model that was trained for this task",
            )
        return model


def open_folder(where: str, *, allow_download: bool) -> ModelFolder:
    """Find a local folder, or a hub id where downloads are allowed, and check it.

    Raises:
        ConfigError: there is no such folder and downloads are off.
        ModelFailed: no config, no safetensors, or code inside (``auto_map``).
    """
    path = find_folder(where, allow_download=allow_download)
    config = _read_json(path / "config.json")
    weights = sorted(path.glob("*.safetensors"))
    if not weights:
        raise ModelFailed("the folder has no safetensors", which=str(path), next_step=FORMATS)
    for name in ("config.json", "tokenizer_config.json", "processor_config.json", "preprocessor_config.json"):
        if (path / name).is_file() and "auto_map" in _read_json(path / name):
            raise ModelFailed(
                "the model brings code of its own",
                which=f"{path / name}: auto_map",
                next_step="use a model that transformers knows",
            )
    return ModelFolder(path, config, _fingerprint(path, weights))


def find_folder(where: str, *, allow_download: bool) -> Path:
    """Return a local folder, or where a hub id was stored after its download.

    Raises:
        ConfigError: there is no such folder and downloads are off.
    """
    path = Path(where).expanduser()
    if path.is_dir():
        return path
    if not allow_download:
        raise ConfigError(
            "there is no such model folder",
            which=where,
            next_step="name a local folder, or set models.allow_download = true for a hub id",
        )
    hub = import_beside_torch("huggingface_hub")
    return Path(loaded(where, lambda: cast("str", hub.snapshot_download(where, allow_patterns=list(WANTED)))))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found: object = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFailed("a model's settings can't be read", which=str(path), next_step="download it again") from error
    if not isinstance(found, dict):
        raise ModelFailed("a model's settings are no object", which=str(path), next_step="download it again")
    return cast("dict[str, Any]", found)


def _fingerprint(path: Path, weights: list[Path]) -> str:
    files = [*weights, *(path / name for name in ("config.json", "tokenizer.json", "vocab.txt"))]
    digests = "".join(file_sha256(one) for one in files if one.is_file())
    return f"{path.name}@{sha256(digests.encode()).hexdigest()[:16]}"
