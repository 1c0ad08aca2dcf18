"""Gates: bounds by task and metric, and which of them a run breaks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from groundsight.errors import ConfigError
from groundsight.evals.metrics import Estimate

GATES = Path(__file__).resolve().parent / "gates.toml"


class Bound(BaseModel):
    """A floor, a ceiling, or a ceiling for the lower bound of the interval (a gap that is not chance)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: float | None = None
    at_most: float | None = None
    low_at_most: float | None = None

    def shown(self) -> float | None:
        """The number to draw beside a figure."""
        return next((b for b in (self.at_least, self.at_most, self.low_at_most) if b is not None), None)

    def words(self) -> str:
        """Say the bound in a few characters."""
        told = {"≥": self.at_least, "≤": self.at_most, "lower bound ≤": self.low_at_most}
        return ", ".join(f"{sign} {number:g}" for sign, number in told.items() if number is not None)


def load_gates(path: Path = GATES) -> dict[str, dict[str, Bound]]:
    """Read bounds by task and metric.

    Raises:
        ConfigError: the file is missing, no TOML, or a bound is malformed.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return {task: {name: Bound.model_validate(b) for name, b in bounds.items()} for task, bounds in data.items()}
    except (OSError, tomllib.TOMLDecodeError, ValidationError, AttributeError) as error:
        raise ConfigError("the gates can't be read", which=str(path), next_step=str(error).splitlines()[0]) from error


def broken(task: str, metrics: Mapping[str, Estimate], gates: Mapping[str, Mapping[str, Bound]]) -> list[str]:
    """Name every bound of the task that a metric misses; a gated metric that is absent is a miss too."""
    return [line for name, bound in gates.get(task, {}).items() if (line := miss(name, metrics.get(name), bound))]


def miss(name: str, estimate: Estimate | None, bound: Bound) -> str:
    """Say which bound is missed and by what value; empty when all hold."""
    if estimate is None:
        return f"{name} was not measured"
    value = estimate.value
    if bound.low_at_most is not None and estimate.low > bound.low_at_most:
        return f"{name} = {value:.4g}, surely above {estimate.low:.4g}, at most {bound.low_at_most:g} is allowed"
    if bound.at_least is not None and value < bound.at_least:
        return f"{name} = {value:.4g}, at least {bound.at_least:g} is needed"
    if bound.at_most is not None and value > bound.at_most:
        return f"{name} = {value:.4g}, at most {bound.at_most:g} is allowed"
    return ""
