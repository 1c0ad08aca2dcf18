"""Judges for the uncertain claims: none by default, or a local inference model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from groundsight.errors import ConfigError, ModelFailed
from groundsight.evidence.passage_index import PassageIndex
from groundsight.grounding import Judge, Judgement
from groundsight.language.facts import read_facts

if TYPE_CHECKING:
    from groundsight.settings import Models
    from groundsight.types import Evidence

_PREMISES = 5


class Entailment(Protocol):
    """What a three-way inference model offers: probabilities of entailment, neutral and contradiction."""

    @property
    def fingerprint(self) -> str: ...

    def score(self, premise: str, hypothesis: str) -> tuple[float, float, float]: ...


class NliJudge:
    """Asks an inference model about the passages closest to a claim and keeps the strongest answers."""

    def __init__(self, model: Entailment) -> None:
        self._model = model

    @property
    def fingerprint(self) -> str:
        """The model's fingerprint."""
        return f"nli:{self._model.fingerprint}"

    def score(self, claim: str, evidence: tuple[Evidence, ...]) -> Judgement:
        """Return the highest entailment and the highest contradiction over the closest passages."""
        scores = [self._model.score(premise, claim) for premise in closest(claim, evidence)]
        if not scores:
            return Judgement(supported=0.0)
        supported, contradicted = max(one[0] for one in scores), max(one[2] for one in scores)
        if not (0.0 <= supported <= 1.0 and 0.0 <= contradicted <= 1.0):
            raise ModelFailed(
                "the judge gave no probability", which=self.fingerprint, next_step="check the model folder"
            )
        return Judgement(supported=supported, contradicted=contradicted)


def open_judge(models: Models) -> Judge | None:
    """Open the judge that the settings name; None for ``lexical``.

    Raises:
        ConfigError: the name is unknown.
    """
    match models.judge.partition(":"):
        case ("lexical", _, ""):
            return None
        case ("nli", _, where) if where:
            from groundsight.encoders.nli import NliModel

            return NliJudge(NliModel.open(where, device=models.device, allow_download=models.allow_download))
        case _:
            raise ConfigError("unknown judge", which=models.judge, next_step="use lexical or nli:FOLDER")


def closest(claim: str, evidence: tuple[Evidence, ...]) -> list[str]:
    """Return the texts of the passages that share most of the claim's words, best first."""
    found = PassageIndex(evidence).closest(read_facts(claim), _PREMISES)
    return [passage.quote().text for passage in found]
