"""From the lists of a home into its index: rights move the documents that they name, and what is shut or opted out is
kept away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.governance.incidents import IncidentBook, Shut
from groundsight.governance.optout import opted_out_among
from groundsight.governance.rights import FIELDS, Act, Book, moved
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.governance.sources import inside
from groundsight.ingestion.contain import shut_again
from groundsight.ingestion.folder.notebook import forget_questions
from groundsight.types import Asset, Condition, Filter

if TYPE_CHECKING:
    from groundsight.index import Index


def hold_again(
    home: Path,
    index: Index,
    since: int | None = None,
    stored: Sequence[Asset] | None = None,
    remove: Callable[[Sequence[Asset]], object] | None = None,
) -> None:
    """Let rights, containment and opt-outs hold of what may have come into an index past them: all, or what was just
    ``stored``.

    A process died in between, a snapshot came back, or they were stated while a file was read. Acts of the ledger are
    applied behind the first ``since``, None: those that never were. ``remove`` is given what is opted out.

    Raises:
        StorageFailed: a list is damaged. Locked: another process sets rights for too long.
    """
    _apply_since(home, index, since)
    shut_again(home, index, stored)
    out = opted_out_among(home, index.assets(Filter()) if stored is None else stored) if remove else []
    if remove and out:
        remove(out)


def _apply_since(home: Path, index: Index, since: int | None) -> None:
    ledger = RightsLedger(home)
    if not ledger.is_used or len(ledger.acts()) == (ledger.applied if since is None else since):
        return
    with ledger.held():
        if since is not None:
            ledger.note_applied(min(since, ledger.applied))
        # Over the whole ledger nobody knows whether a default was stated before or after what shut a document.
        apply_acts(ledger, home, index, anew=since != 0)


def apply_acts(ledger: RightsLedger, home: Path, index: Index, *, anew: bool = True) -> int:
    """Move all documents in one step and return how many changed; the caller holds the ledger.

    What a person states ``anew`` of a very document holds, also where nothing else was ever stated of it.
    """
    acts, done, shut = ledger.acts(), ledger.applied, IncidentBook(home).shut()
    old, new, changed = Book(acts[:done]), Book(acts), 0
    for tenant in dict.fromkeys(act.tenant for act in acts[done:]):
        newer = _moved(index, tenant, acts[done:], old, new, shut, anew=anew)
        if newer:
            index.protect(newer)
            forget_questions(home, [tenant])
            changed += len(newer)
    ledger.note_applied(len(acts))
    return changed


def _moved(
    index: Index, tenant: str, acts: Sequence[Act], old: Book, new: Book, shut: Shut, *, anew: bool
) -> list[Asset]:
    own = [act for act in acts if act.tenant == tenant]
    names = {change.name for act in own for change in act.changes}
    stated = [change for act in own if anew and act.by == "person" for change in act.changes]
    known = index.assets(Filter(conditions=(Condition(field="tenant", op="eq", value=tenant),)))
    found: list[Asset] = []
    for asset in (each for each in known if any(inside(each.source, name) for name in names)):
        was, now = (book.holding(tenant, asset.source, asset.mtime_ns) for book in (old, new))
        again = {FIELDS[name] for change in stated if change.name == asset.source for name in change.set.said}
        changed = moved(asset, was, now, again)
        # What an incident contains is opened by lifting that alone.
        contained = changed.usage_rights == "approved" and shut.by(tenant, asset.source)
        found.append(changed.model_copy(update={"usage_rights": "restricted"}) if contained else changed)
    before = {each.asset_id: each for each in known}
    return [each for each in found if each != before[each.asset_id]]
