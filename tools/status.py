"""The status tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.ingestion.reach import folders_of
from groundsight.tools.bounds import one_line
from groundsight.tools.results import Answering, Result, answering, degraded_text
from groundsight.types import Degraded, Nothing, Tier

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.suite import Suite

LANES = ("text", "visual", "ocr", "caption", "rerank", "reader", "judge")


class Status(Result):
    """What is indexed for this caller, and which models answer."""

    assets: int
    units: int
    roots: tuple[str, ...]
    may_write: bool
    backend: str
    fingerprints: dict[str, str]
    tier: Answering
    degraded: tuple[Degraded, ...] = ()
    nothing: Nothing | None = None

    def as_text(self) -> str:
        """Counts, folders, models and what is missing."""
        lanes = ", ".join(f"{lane}: {model}" for lane, model in self.tier.models.items())
        head = f"{self.assets} documents, {self.units} units under {', '.join(self.roots) or 'no folders yet'}"
        nothing = [f"{self.nothing.why}. Next: {self.nothing.remedy}"] if self.nothing else []
        return "\n".join([head, *nothing, f"tier {self.tier.name}: {lanes}", degraded_text(self.degraded)]).strip()


def status(suite: Suite) -> Status:
    """Say how much is indexed, in which folders, which models answer, and which lanes are off."""
    from groundsight.retrieval.emptiness import emptiness

    counts = suite.parts.index.count(visible_to(suite.principal))
    fingerprints = suite.parts.index.fingerprints()
    return Status(
        assets=counts.assets,
        units=counts.units,
        roots=tuple(one_line(name, 100) for name in folders_of(suite.parts, suite.principal).names()),
        may_write=suite.principal.may_write,
        backend=suite.settings.index.backend,
        fingerprints={lane: one_line(print_, 200) for lane, print_ in fingerprints.items()},
        tier=answering(tier_of(suite.settings)),
        nothing=emptiness(suite.parts, suite.principal),
        degraded=suite.parts.degraded(),
    )


def tier_of(settings: Settings) -> Tier:
    """Name the models that the settings choose, without loading any."""
    models = {lane: str(getattr(settings.models, lane)) for lane in LANES}
    models = {lane: model for lane, model in models.items() if model != "none"}
    if settings.agent.llm:
        return Tier(name="llm", models={**models, "llm": settings.agent.llm})
    local = any(":" in model for model in models.values())
    return Tier(name="local-models" if local else "embedded", models=models)
