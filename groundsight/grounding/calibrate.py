"""Whether free wording is accepted: the probability of support by shared words, slots and a packaged net."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from groundsight.evidence.passage_index import PassageIndex
from groundsight.grounding.bind import FEATURES, Bound
from groundsight.grounding.judged import Shift, kept_shift

if TYPE_CHECKING:
    from groundsight.encoders.reader import Reader

__all__ = ["FEATURES", "PLAIN", "READ_FEATURES", "Arbiter", "Calibration", "open_arbiter", "packaged_at"]
READ_FEATURES = (*FEATURES, "reads")
DATA = Path(__file__).resolve().parent / "data"
# Logits of a net lie within six on either side.
LOGIT = 6.0
# The reader knows English: of 113 German, French and Spanish claims (evals/notations/open.jsonl) it tells true from
# false with AUROC .60, shared words and figures with .75.
READ_IN = ("", "en")
# Their words meet less often by their stems than the English ones that the coefficients are fitted on: 81 of the 99
# true ones are given and 5 of the 14 false ones, without it 71 and 4.
OTHERS = 0.4
# The coefficients fitted without a net, and those fitted with one.
PLAIN = "calibration"
# A changed word is a synonym as often as not: the reader has to be sure of the claim (seven to one), else it is a lie.
UNSURE, SURE = 0.3, 2.0 / LOGIT


class Calibration(BaseModel):
    """A logistic model: coefficients by feature name, the threshold of support, and where they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    origin: str
    threshold: float
    intercept: float
    weights: dict[str, float]

    def of_features(self, features: Mapping[str, float], more: float = 0.0) -> float:
        """Return the probability of support for these features, ``more`` logits added; unknown names are refused."""
        score = self.intercept + more + sum(self.weights[name] * value for name, value in features.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


@dataclass(frozen=True)
class Arbiter:
    """Decides where no check of a slot does: coefficients, and what a packaged net says where there is one."""

    calibration: Calibration
    reader: Reader | None = None
    shift: Shift | None = None

    @property
    def method(self) -> str:
        """What decided, for reports."""
        judged = f"+judged@{self.shift.threshold:.4f}" if self.shift else ""
        return ("lexical" if self.reader is None else f"lexical+{self.reader.name}") + judged

    @property
    def threshold(self) -> float:
        """The least probability of support: the packaged one, or what persons judged of this index says."""
        return self.shift.threshold if self.shift else self.calibration.threshold

    def probability(self, bound: Bound, index: PassageIndex) -> float:
        """Return the probability of support; what a check refuses is not read and counts as denied by the reader."""
        read = bound.claim.language in READ_IN
        if self.reader is None or not read:
            plain = packaged_at(PLAIN) if self.reader else self.calibration
            likely = plain.of_features(bound.features, 0.0 if read else OTHERS)
            return min(likely, UNSURE) if bound.is_changed_copy else likely
        refused = bool(bound.open or bound.conflicts)
        reads = -1.0 if refused else reads_of(bound, index, self.reader)
        likely = self.calibration.of_features({**bound.features, "reads": reads})
        return min(likely, UNSURE) if reads < SURE and bound.is_changed_copy else likely


def reads_of(bound: Bound, index: PassageIndex, reader: Reader) -> float:
    """Return how surely the reader finds a claim said by the sentences that say most of it, -1 to 1.

    Rounding, units and the ways to write a date are settled before: it reads them as the evidence writes them.
    """
    claim = bound.as_written
    logit = reader.support([(claim, index.lines.selected(claim))])[0]
    return max(-LOGIT, min(LOGIT, logit)) / LOGIT


def open_arbiter(reader: Reader | None, home: Path | None = None) -> Arbiter:
    """Return the packaged arbiter, fitted with this net or none, with what persons judged of the index in ``home``.

    Raises:
        StorageFailed: that can't be read.
    """
    packaged = packaged_at(PLAIN if reader is None else f"{PLAIN}_{reader.name}")
    return Arbiter(packaged, reader, kept_shift(home, packaged.version) if home else None)


@lru_cache(maxsize=3)
def packaged_at(name: str) -> Calibration:
    """Read packaged coefficients once."""
    return Calibration.model_validate(json.loads((DATA / f"{name}.json").read_text("utf-8")))
