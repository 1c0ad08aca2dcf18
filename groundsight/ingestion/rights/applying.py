"""From the ledger into the index: acts that are not applied yet move the documents that they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.governance.incidents import IncidentBook, Shut
from groundsight.governance.rights import Act, Book, moved
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.governance.sources import inside
from groundsight.ingestion.folder.notebook import forget_questions
from groundsight.types import Asset, Condition, Filter

if TYPE_CHECKING:
    from groundsight.index import Index


def finish(home: Path, index: Index) -> None:
    """Apply what stands in the ledger and not in the index: a process died between the two, or a snapshot came back.

    Raises:
        StorageFailed: the ledger is damaged. Locked: another process sets rights for too long.
    """
    ledger = RightsLedger(home)
    if ledger.is_used and ledger.applied != len(ledger.acts()):
        with ledger.held():
            apply_acts(ledger, home, index)


def reapply(home: Path, index: Index) -> None:
    """Apply the whole ledger: an index that was put back is protected as it was then."""
    if RightsLedger(home).is_used:
        with RightsLedger(home).held():
            RightsLedger(home).note_applied(0)
            apply_acts(RightsLedger(home), home, index)


def catch_up(home: Path, index: Index, since: int) -> None:
    """Apply what was stated after the first ``since`` acts once more: what was read meanwhile knew nothing of it."""
    ledger = RightsLedger(home)
    if ledger.is_used and len(ledger.acts()) > since:
        with ledger.held():
            ledger.note_applied(min(since, ledger.applied))
            apply_acts(ledger, home, index)


def apply_acts(ledger: RightsLedger, home: Path, index: Index) -> int:
    """Move all documents in one step and return how many changed; the caller holds the ledger."""
    acts, done, shut = ledger.acts(), ledger.applied, IncidentBook(home).shut()
    old, new, changed = Book(acts[:done]), Book(acts), 0
    for tenant in dict.fromkeys(act.tenant for act in acts[done:]):
        newer = _moved(index, tenant, acts[done:], old, new, shut)
        if newer:
            index.protect(newer)
            forget_questions(home, [tenant])
            changed += len(newer)
    ledger.note_applied(len(acts))
    return changed


def _moved(index: Index, tenant: str, acts: Sequence[Act], old: Book, new: Book, shut: Shut) -> list[Asset]:
    names = {change.name for act in acts if act.tenant == tenant for change in act.changes}
    known = index.assets(Filter(conditions=(Condition(field="tenant", op="eq", value=tenant),)))
    found: list[Asset] = []
    for asset in (each for each in known if any(inside(each.source, name) for name in names)):
        was, now = (book.holding(tenant, asset.source, asset.mtime_ns) for book in (old, new))
        changed = moved(asset, was, now)
        # What an incident contains is opened by lifting that alone.
        contained = changed.usage_rights == "approved" and shut.by(tenant, asset.source)
        found.append(changed.model_copy(update={"usage_rights": "restricted"}) if contained else changed)
    before = {each.asset_id: each for each in known}
    return [each for each in found if each != before[each.asset_id]]
