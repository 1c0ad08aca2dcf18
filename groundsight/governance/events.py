"""Events in the audit trail beside calls: what was refused to whom, and what was changed by whom; never content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Literal

from groundsight.governance.access import refusals
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.receipts import new_receipt
from groundsight.types import Asset, Principal

if TYPE_CHECKING:
    from groundsight.settings import Settings


def note_event(
    settings: Settings, who: Principal, kind: Literal["denied", "change"], tool: str, what: str, outcome: str
) -> str:
    """Write one event and return its id, nothing without a trail; ``what`` is written as a keyed hash.

    Raises:
        StorageFailed, Locked: as for every record of the trail.
    """
    if not settings.governance.audit:
        return ""
    trail, receipt = AuditLog(settings.home / "audit"), new_receipt()
    record = AuditRecord(
        kind=kind,
        id=receipt,
        tenant=who.tenant,
        user=who.user,
        door="engine",
        tool=tool,
        request=trail.fingerprint(what),
        outcome=outcome,
    )
    trail.append(record)
    return receipt


def note_denied(settings: Settings, who: Principal, assets: Iterable[Asset], tool: str) -> None:
    """Write down which of these a principal asked for and may not see, each with the rules that keep it away.

    Nothing of this reaches the caller: its answer is that of something absent.
    """
    for asset in assets:
        rules = refusals(who, asset, date.today())
        if rules:
            note_event(settings, who, "denied", tool, f"{asset.tenant}\0{asset.source}", ",".join(rules))
