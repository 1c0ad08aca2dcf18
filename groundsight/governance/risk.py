"""The risk register: one row a modality, four inputs each with its definition, its number and where it comes from.

risk = 0.4 exposure + 0.3 bias + 0.2 grounding deficit + 0.1 latency volatility, each from 0 to 1. An input without data
is none of these: the risk is then given as what it would be at best and at worst.
"""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

from groundsight.governance.answer_figures import Given
from groundsight.governance.gaps import parity_gap
from groundsight.governance.rescan import Exposure, Rescanned
from groundsight.types import Word

Modality = Literal["text", "table", "image", "page", "audio", "video"]
MODALITIES: tuple[Modality, ...] = ("text", "table", "image", "page", "audio", "video")
# A figure is a picture that lies in a document.
KINDS_OF = {"image": ("image", "figure")}
FEWEST_TIMES = 5


class RiskInput(Word):
    """One input of the formula: its weight, what it is, and where its figure comes from (``risk_inputs.toml``)."""

    weight: float
    definition: str
    source: str


class RiskFigure(RiskInput):
    """An input with its value in 0 to 1, or None for no data, of how many (``n``)."""

    name: str
    value: float | None
    n: int


_DATA = files("groundsight.governance").joinpath("risk_inputs.toml").read_text("utf-8")
INPUTS = {name: RiskInput.model_validate(each) for name, each in tomllib.loads(_DATA).items()}


class RiskRow(Word):
    """The risk of one modality: ``low`` and ``high`` are equal where every input has data, None where none has."""

    modality: Modality
    low: float | None
    high: float | None
    inputs: tuple[RiskFigure, ...]

    @property
    def shown(self) -> str:
        """The risk in words: a figure, a span, or that there is no data."""
        if self.low is None or self.high is None:
            return "no data"
        return f"{self.low:.2f}" if self.low == self.high else f"{self.low:.2f} to {self.high:.2f}"


def risk_register(coverage: Rescanned, given: Sequence[Given], least: int) -> tuple[RiskRow, ...]:
    """Return a row for every modality, with or without data."""
    return tuple(_row(modality, coverage, given, least) for modality in MODALITIES)


def _row(modality: Modality, coverage: Rescanned, given: Sequence[Given], least: int) -> RiskRow:
    kinds = KINDS_OF.get(modality, (modality,))
    cited = [one for one in given if one.door == "ask" and set(kinds) & set(one.kinds)]
    found = {
        "exposure": _exposure([coverage.kinds[kind] for kind in kinds if kind in coverage.kinds]),
        "bias": _bias(kinds, given, least),
        "grounding deficit": _deficit(cited),
        "latency volatility": _volatility(cited),
    }
    inputs = tuple(
        RiskFigure.model_validate({**INPUTS[name].model_dump(), "name": name, "value": value, "n": n})
        for name, (value, n) in found.items()
    )
    known = sum(each.weight * each.value for each in inputs if each.value is not None)
    unknown = sum(each.weight for each in inputs if each.value is None)
    if all(each.value is None for each in inputs):
        return RiskRow(modality=modality, low=None, high=None, inputs=inputs)
    return RiskRow(modality=modality, low=round(known, 4), high=round(known + unknown, 4), inputs=inputs)


def _exposure(found: Sequence[Exposure]) -> tuple[float | None, int]:
    units = sum(each.units for each in found)
    return (sum(each.open for each in found) / units if units else None), units


def _bias(kinds: Sequence[str], given: Sequence[Given], least: int) -> tuple[float | None, int]:
    """Questions that cite another kind are not about this one; those that cite nothing may be about any."""
    about = [one for one in given if not one.kinds or set(kinds) & set(one.kinds)]
    gap = parity_gap(about, least) if any(one.kinds for one in about) else None
    return (gap.low, gap.n) if gap else (None, len(about) if any(one.kinds for one in about) else 0)


def _deficit(cited: Sequence[Given]) -> tuple[float | None, int]:
    ratios = [one.ratio for one in cited if one.ratio is not None]
    return (1.0 - statistics.fmean(ratios) if ratios else None), len(ratios)


def _volatility(cited: Sequence[Given]) -> tuple[float | None, int]:
    seconds = [one.seconds for one in cited if one.seconds > 0]
    if len(seconds) < FEWEST_TIMES:
        return None, len(seconds)
    return min(1.0, statistics.stdev(seconds) / statistics.fmean(seconds)), len(seconds)
