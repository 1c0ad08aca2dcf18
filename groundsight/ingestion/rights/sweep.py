"""Retention: what is to be kept no longer is forgotten, with all that was made from it or asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from groundsight.governance.access import expired
from groundsight.governance.events import note_event
from groundsight.governance.policy import policy_of
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.ingestion.folder.ledger import erased
from groundsight.ingestion.folder.notebook import let_go_of_questions
from groundsight.ingestion.forget import erase
from groundsight.operation.let_go import let_go
from groundsight.types import Asset, Condition, Filter, Principal

if TYPE_CHECKING:
    from groundsight.parts import Parts
    from groundsight.tracing import Watch


def sweep(parts: Parts, watch: Watch, tenant: str | None = None) -> tuple[str, ...]:
    """Forget all documents whose retention has ended, of one tenant or of all, and return their sources; beside them
    goes what of questions is past its time.

    Raises:
        Locked: they are gone, but a long reader keeps the log of the index. StorageFailed: the disk refused.
    """
    let_go(parts.settings)
    let_go_of_questions(parts.settings.home)
    kept_for_ever = policy_of(parts.settings).retention_days is None
    if kept_for_ever and not RightsLedger(parts.settings.home).is_used:
        return ()
    own = () if tenant is None else (Condition(field="tenant", op="eq", value=tenant),)
    over = [each for each in parts.index.assets(expired().also(*own)) if is_to_go(each)]
    if over:
        _forget(parts, over, watch)
    return tuple(each.source for each in over)


def is_to_go(asset: Asset) -> bool:
    """True when the last day on which an asset is kept is past."""
    return asset.retain_until is not None and asset.retain_until < date.today()


def _forget(parts: Parts, over: Sequence[Asset], watch: Watch) -> None:
    erase(parts, over, Filter(), watch)
    for tenant in dict.fromkeys(each.tenant for each in over):
        theirs = [each.source for each in over if each.tenant == tenant]
        who = Principal(tenant=tenant, user="retention")
        erased(parts, who, theirs)
        note_event(parts.settings, who, "change", "forget", "retention", what="\0".join(theirs))
