"""The settings of quality: targets with acts, and flags that choose settings for a share of callers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, ValidationError

from groundsight.errors import ConfigError
from groundsight.governance_settings import Ratio
from groundsight.limits import Positive, Section, misfit

if TYPE_CHECKING:
    from groundsight.settings import Settings

TargetName = Literal["latency_p95", "ratio", "refusals", "coverage", "cost"]
FlagName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
Value = str | float | int | bool
# What takes effect by the question; models and index are opened once for all callers.
BY_QUESTION = ("search.", "grounding.", "agent.", "governance.review_below")
NotBelow = Annotated[float, Field(ge=0.0)]


class Flag(Section):
    """``settings`` by their path that hold for a ``share`` of callers, always for the same ones."""

    share: Ratio
    settings: Annotated[Mapping[str, Value], Field(min_length=1)]


class Slo(Section):
    """Targets of the answers; None is no target.

    ``latency_p95`` in seconds, ``ratio`` the least mean grounding ratio, ``refusals`` the most questions without an
    answer, ``coverage`` the least share of values that is redacted, ``cost`` the most that an answer may cost. The
    latest ``recent`` answers count, at least ``least``. A target is missed when chance does not explain it, and met
    again when ``least`` answers after that are better than it by ``margin``. ``acts`` are settings by their path
    that hold for everybody while a target is missed.
    """

    latency_p95: NotBelow | None = None
    ratio: Ratio | None = None
    refusals: Ratio | None = None
    coverage: Ratio | None = None
    cost: NotBelow | None = None
    recent: Positive = 100
    least: Positive = 20
    margin: Ratio = 0.1
    acts: Mapping[TargetName, Mapping[str, Value]] = {"ratio": {"governance.review_below": 0.95}}

    @property
    def targets(self) -> dict[TargetName, float]:
        """The targets that are set."""
        told = self.model_dump(include={"latency_p95", "ratio", "refusals", "coverage", "cost"}, exclude_none=True)
        return cast("dict[TargetName, float]", told)


def changed_settings(settings: Settings, changes: Mapping[str, Value]) -> Settings:
    """Return settings with some by their path ("search.weights.text") set to other values.

    Raises:
        ConfigError: there is no such setting, it does not take effect by the question, or its value is wrong.
    """
    for path, value in changes.items():
        if not path.startswith(BY_QUESTION):
            step = (
                "choose one of search, grounding or agent; compare models by: groundsight eval --compare a.toml b.toml"
            )
            raise ConfigError("this setting holds for all questions alike", which=path, next_step=step)
        section, *names = path.split(".")
        made = _with_value(getattr(settings, section), names, value, path)
        settings = settings.model_copy(update={section: made})
    return settings


def require_changes(settings: Settings) -> Settings:
    """Return the settings where every change that a flag or an act names can be made.

    Raises:
        ConfigError: as ``changed_settings``, which names the path.
    """
    for changes in (*(flag.settings for flag in settings.flags.values()), *settings.slo.acts.values()):
        changed_settings(settings, changes)
    return settings


def _with_value(section: BaseModel, names: list[str], value: Value, path: str) -> BaseModel:
    told: dict[str, Any] = dict(section)
    name, *deeper = names
    if name not in told or (deeper and not isinstance(told[name], BaseModel)):
        raise ConfigError(f"there is no setting {path}", which="flags, slo.acts", next_step="correct what is named")
    told[name] = _with_value(told[name], deeper, value, path) if deeper else value
    try:
        return type(section).model_validate(told)
    except ValidationError as error:
        what = misfit(error, "setting")
        raise ConfigError(what, which=f"{path} in flags or slo.acts", next_step="correct its value") from None
