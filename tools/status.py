"""The status tool."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from groundsight.governance.access import visible_to
from groundsight.governance.lookout import Standing, standing
from groundsight.ingestion.folder.orders import UNDER_WAY
from groundsight.ingestion.reach import folders_of
from groundsight.tools.bounds import one_line
from groundsight.tools.ingest import OrderLine, order_line
from groundsight.tools.results import Answering, Result, answering
from groundsight.types import Degraded, Nothing, Tier
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.ingestion.folder.orders import Order
    from groundsight.settings import Settings
    from groundsight.suite import Suite

MOST_ORDERS, NEWS_SECONDS = 5, 600
LANES = ("text", "visual", "ocr", "caption", "speech", "sound", "speakers", "rerank", "reader", "judge")


class Status(Result):
    """What is indexed for this caller, which folders are kept in step, what is being read, and which models answer.

    ``unread`` files failed, ``warned`` documents lack something, ``left_out`` counts entries of folders by rule.
    ``watched``: incidents and the coverage of the redaction, for those who may set rights.
    """

    assets: int
    units: int
    roots: tuple[str, ...]
    may_write: bool
    backend: str
    fingerprints: dict[str, str]
    tier: Answering
    degraded: tuple[Degraded, ...] = ()
    nothing: Nothing | None = None
    followed: tuple[str, ...] = ()
    orders: tuple[OrderLine, ...] = ()
    unread: int = 0
    warned: int = 0
    left_out: dict[str, int] = Field(default_factory=dict)
    watched: Standing | None = None

    def as_text(self) -> str:
        """Counts, folders, models and what is missing."""
        lanes = ", ".join(f"{lane}: {model}" for lane, model in self.tier.models.items())
        held = f"{number_of(self.assets, 'document')}, {number_of(self.units, 'unit')}"
        head = f"{held} under {', '.join(self.roots) or 'no folders yet'}"
        nothing = [f"{self.nothing.why}. Next: {self.nothing.remedy}"] if self.nothing else []
        step = [f"kept in step: {', '.join(self.followed)}"] if self.followed else []
        going = [_going(each) for each in self.orders]
        return "\n".join(
            [
                head,
                *nothing,
                *step,
                *going,
                *self._lacks(),
                f"tier {self.tier.name}: {lanes}",
                *(f"degraded: {lane.lane}: {lane.reason} ({lane.remedy})" for lane in self.degraded),
                str(self.watched or ""),
            ]
        ).strip()

    def _lacks(self) -> list[str]:
        """Say in counts what is not in the index; list and why tell more."""
        lacks = [f"{number_of(self.unread, 'file')} could not be read (list names them)"] if self.unread else []
        lacks += [f"{number_of(self.warned, 'document')} read in part (why FILE tells)"] if self.warned else []
        left = ", ".join(f"{number} ({why})" for why, number in self.left_out.items())
        return [*lacks, *([f"left out: {left}"] if left else [])]


def status(suite: Suite) -> Status:
    """When something seems missing: what is indexed, being read and not read, which lanes are off and why."""
    from groundsight.ingestion.folder.ledger import skipped_by, unread_by
    from groundsight.ingestion.folder.orders import as_worked, while_reading
    from groundsight.ingestion.folder.work import followed
    from groundsight.retrieval.emptiness import emptiness

    recent = [each for each in suite.orders()[-MOST_ORDERS:] if _is_news(each)]
    held, left = folders_of(suite.parts, suite.principal).names(), Counter[str]()
    for each in skipped_by(suite.parts, suite.principal):
        left[each.why] += each.count
    seen = suite.parts.index.assets(visible_to(suite.principal))
    counts = suite.parts.index.count(visible_to(suite.principal))
    fingerprints = suite.parts.index.fingerprints()
    return Status(
        assets=counts.assets,
        units=counts.units,
        roots=tuple(one_line(name, 100) for name in held),
        may_write=suite.principal.may_write,
        backend=suite.settings.index.backend,
        fingerprints={lane: one_line(print_, 200) for lane, print_ in fingerprints.items()},
        tier=answering(tier_of(suite.settings)),
        nothing=while_reading(suite.settings.home, suite.principal, emptiness(suite.parts, suite.principal)),
        degraded=suite.parts.degraded(),
        followed=tuple(one_line(name, 100) for name in followed(suite.settings.home) if name in held),
        orders=tuple(order_line(each) for each in as_worked(suite.settings.home, recent)),
        unread=len(unread_by(suite.parts, suite.principal)),
        warned=sum(any(one.startswith("not read: ") for one in each.warnings) for each in seen),
        left_out=dict(left.most_common()),
        watched=standing(suite.settings) if suite.principal.may_admin else None,
    )


def _is_news(order: Order) -> bool:
    return order.state in UNDER_WAY or time.time() - order.updated < NEWS_SECONDS


def _going(order: OrderLine) -> str:
    share = f"{order.done} of {number_of(order.total, 'file')}" if order.total else ", ".join(order.paths)
    return f"{order.state}: {share}{f': {order.message}' if order.message else ''} [{order.id}]"


def tier_of(settings: Settings) -> Tier:
    """Name the models that the settings choose, without loading any."""
    models = {lane: str(getattr(settings.models, lane)) for lane in LANES}
    models = {lane: model for lane, model in models.items() if model != "none"}
    if settings.agent.llm:
        return Tier(name="llm", models={**models, "llm": settings.agent.llm})
    return Tier.of(models.values(), models)
