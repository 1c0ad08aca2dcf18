"""The lanes of a suite: parts that a setting chooses and the policy may forbid."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar

from groundsight.errors import ConfigError, Disabled, ModelFailed
from groundsight.governance.policy import require_setting
from groundsight.models.store import Kind, in_use

T = TypeVar("T")
LANES = {
    "index": "index.backend",
    "text_encoder": "models.text",
    "picture_encoder": "models.visual",
    "ocr": "models.ocr",
    "transcriber": "models.speech",
    "audio_encoder": "models.sound",
    "voice_encoder": "models.speakers",
    "captioner": "models.caption",
    "judge": "models.judge",
    "reader": "models.reader",
    "verifier": "models.verifier",
    "reranker": "models.rerank",
}
LEARNT: Mapping[str, tuple[Kind, ...]] = {
    "text_encoder": ("encoder", "adapter"),
    "picture_encoder": ("picture_adapter", "projection"),
    "reranker": ("reranker",),
}


class lane(cached_property[T]):
    """A part that is opened once, and given only while the policy allows its setting.

    What learns is opened again when another version of it was promoted meanwhile, so no server has to be restarted.
    """

    def __get__(self, parts: Any, owner: type[Any] | None = None) -> Any:
        if parts is not None:
            name = self.attrname or ""
            require_setting(parts.settings, LANES[name])
            if name in LEARNT:
                now, opened = in_use(parts.settings.home, *LEARNT[name]), parts.__dict__
                if opened.setdefault(f"{name} of", now) != now:
                    opened.pop(name, None)
                    opened[f"{name} of"] = now
        return super().__get__(parts, owner)

    def __set__(self, parts: Any, value: T) -> None:
        parts.__dict__[self.attrname] = value


@contextmanager
def naming(setting: str, value: object) -> Generator[None]:
    """Tell what keeps a part from opening as a fault of the setting that asks for the part.

    Raises:
        ConfigError: the setting can't be met here. ModelFailed: the service that it names may be back later.
    """
    try:
        yield
    except (ConfigError, Disabled, ModelFailed) as error:
        named = error.which.startswith(("models.", "ingestion.", "index.", "weaviate."))
        if named and isinstance(error, ConfigError):
            raise
        away = isinstance(error, ModelFailed) and str(value).startswith("service:")
        where = "" if named or not error.which or error.which in str(value) else f": {error.which}"
        raise (ModelFailed if away else ConfigError)(
            f"{error.what}{where}",
            which=error.which if named else f"{setting} = {value}",
            limit=error.limit,
            next_step=error.next_step,
        ) from error
