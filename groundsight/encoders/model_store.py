"""Models put in place under the home: copied from a folder, or from a hub when that is asked for, with every hash."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.encoders.clip import CONFIG, WEIGHTS
from groundsight.encoders.model_folder import find_folder, open_folder
from groundsight.encoders.weights import file_sha256
from groundsight.errors import ConfigError, NotFound, StorageFailed
from groundsight.types import Word

FOLDER, MANIFEST = "models", "manifest.json"
# A copy of the index while it is encoded anew, and trainings that were cut off: what is forgotten must not stay there.
BESIDE_HOME, CHECKPOINTS = ".beside", f"{FOLDER}/.training"
Trained = Literal["fuser", "reranker", "projection", "adapter", "picture_adapter", "encoder"]
Lane = Literal["text", "visual", "caption", "sound", "speakers", "rerank", "judge"]
KEPT = ("*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*", "README.md", "LICENSE*")
_NAME = re.compile(r"[\w.-]{1,80}")
_LICENCE = re.compile(r"^license:\s*(\S+)", re.MULTILINE)
# What transformers calls the models of a lane; the first that fits.
_LANES: tuple[tuple[str, Lane], ...] = (
    (r"ConditionalGeneration|ImageTextToText|Vision2Seq|CausalLM", "caption"),
    (r"SequenceClassification", "judge"),
    (r"ClapModel", "sound"),
    (r"XVector", "speakers"),
)


class KeptFile(Word):
    """A file of a model: its path inside, bytes, SHA-256."""

    path: str
    bytes: int
    sha256: str


class StoredModel(Word):
    """A model in place: which lane it lifts, the setting that uses it, its licence, its files."""

    name: str
    lane: Lane
    setting: str
    licence: str
    source: str
    files: tuple[KeptFile, ...]

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(one.bytes for one in self.files)


def add_model(home: Path, source: str, *, hub: bool) -> StoredModel:
    """Copy a model from a folder, or with ``hub`` from a hub, and keep its hashes; one of its name is replaced.

    Raises:
        ConfigError: there is no such folder. ModelFailed: it is no code-free safetensors model. StorageFailed: the
            disk refuses.
    """
    if not source:
        raise ConfigError("no model is named", which="models add", next_step="name its folder, or its id with --hub")
    found = find_folder(source, allow_download=hub)
    name = (source.rstrip("/").rsplit("/", 1)[-1] if hub else found.resolve().name) or "model"
    if not _NAME.fullmatch(name) or name.startswith(".") or name in get_args(Trained):
        raise ConfigError("this is no name for a model", which=name, next_step="rename the folder")
    lane = _lane(found)
    place = home / FOLDER / name
    if place.resolve() == found.resolve():
        raise ConfigError("this model is in place already", which=name, next_step="groundsight models verify")
    files = _copied(found, place)
    kind = "open_clip" if lane == "visual" else "transformers"
    setting = f"models.{lane} = '{kind}:{place}'"
    model = StoredModel(
        name=name, lane=lane, setting=setting, licence=_licence(found), source=source if hub else str(found.resolve()),
        files=files,
    )  # fmt: skip
    write_whole(place / MANIFEST, model.model_dump_json(indent=1).encode())
    return model


def stored_models(home: Path) -> tuple[StoredModel, ...]:
    """Return the models in place, by name."""
    return tuple(_read(place) for place in sorted((home / FOLDER).glob(f"*/{MANIFEST}")))


def changed_files(home: Path, model: StoredModel) -> tuple[str, ...]:
    """Return the files of a model that are gone or not what was added, and those that were not there then."""
    place = home / FOLDER / model.name
    kept = {one.path: one.sha256 for one in model.files}
    here = {
        one.relative_to(place).as_posix(): one for one in place.rglob("*") if one.is_file() and one.name != MANIFEST
    }
    wrong = [path for path, sha in kept.items() if path not in here or file_sha256(here[path]) != sha]
    return tuple(sorted({*wrong, *(here.keys() - kept.keys())}))


def _lane(folder: Path) -> Lane:
    if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
        return "visual"
    architectures = " ".join(open_folder(str(folder), allow_download=False).config.get("architectures") or ())
    for sign, lane in _LANES:
        if re.search(sign, architectures):
            return lane
    return "text"


def _copied(found: Path, place: Path) -> tuple[KeptFile, ...]:
    wanted = sorted({file for pattern in KEPT for file in found.glob(pattern) if file.is_file()})
    shutil.rmtree(place, ignore_errors=True)
    kept: list[KeptFile] = []
    try:
        for file in wanted:
            path = file.relative_to(found)
            (place / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(file, place / path)
            kept.append(KeptFile(path=path.as_posix(), bytes=file.stat().st_size, sha256=file_sha256(place / path)))
    except OSError as error:
        raise StorageFailed("a model can't be put in place", which=str(place), next_step="free some disk") from error
    return tuple(kept)


def _licence(folder: Path) -> str:
    card = folder / "README.md"
    told = _LICENCE.search(card.read_text("utf-8", "replace")) if card.is_file() else None
    if told:
        return told[1]
    return "see its LICENSE" if any(folder.glob("LICENSE*")) else "not told"


def _read(manifest: Path) -> StoredModel:
    try:
        return StoredModel.model_validate_json(manifest.read_bytes())
    except (OSError, ValidationError) as error:
        raise NotFound(
            "what is known of a model can't be read", which=str(manifest), next_step="add the model again"
        ) from error
