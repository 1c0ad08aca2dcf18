"""What can be seen to be wrong with the settings before anything is served, without loading a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from groundsight.errors import ConfigError, Disabled
from groundsight.lanes import naming
from groundsight.settings import Models, Settings
from groundsight.tracing import Watch

LANES = ("text", "visual", "caption", "sound", "speakers", "rerank", "judge")
LIBRARIES = {"transformers": "transformers", "nli": "transformers", "open_clip": "open_clip"}


def settings_faults(settings: Settings) -> Iterator[ConfigError]:
    """Yield each setting that names a folder of files or of a model, an extra or a language model that is not there."""
    models, partitioner = settings.models, settings.ingestion.partitioner
    looks: list[tuple[str, str, Callable[[], object]]] = [
        (f"models.{lane}", str(getattr(models, lane)), lambda lane=lane: _model(models, lane)) for lane in LANES
    ]
    looks.append(("ingestion.partitioner", partitioner, lambda: _partitioner(partitioner)))
    looks.append(("agent.llm", str(settings.agent.llm), lambda: _language_model(settings)))
    looks += [("roots", str(root), lambda root=root: _root(root)) for root in settings.roots]
    for setting, value, look in looks:
        try:
            with naming(setting, value):
                look()
        except ConfigError as fault:
            yield fault


def _root(folder: Path) -> None:
    if not folder.exists():
        raise ConfigError("there is no such folder", next_step="check its name; all else is served without it")


def _model(models: Models, lane: str) -> None:
    kind, _, where = str(getattr(models, lane)).partition(":")
    library = LIBRARIES.get(kind)
    if library and find_spec(library) is None:
        raise Disabled("a library is missing", which=library, next_step="pip install 'groundsight[models]'")
    if kind in ("transformers", "nli") and not models.allow_download:
        from groundsight.encoders.model_folder import find_folder

        find_folder(where, allow_download=False)


def _partitioner(name: str) -> None:
    if name == "unstructured" and find_spec(name) is None:
        raise Disabled(
            "unstructured is not installed",
            next_step="pip install 'groundsight[documents]', or set ingestion.partitioner = 'builtin'",
        )


def _language_model(settings: Settings) -> None:
    if settings.agent.llm:
        from groundsight.agent.provider import open_chat

        open_chat(settings.agent, Watch())
