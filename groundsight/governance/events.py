"""Events in the audit trail beside calls: what was refused to whom, and what was changed by whom; never content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

from groundsight.governance.access import refusals
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.book_file import is_writable
from groundsight.governance.daybook import FILE, daybook, known, note_known
from groundsight.governance.policy import NO_POLICY, Policy, policy_of, policy_refusal
from groundsight.governance.receipts import new_receipt
from groundsight.types import Asset, Principal

if TYPE_CHECKING:
    from groundsight.settings import Settings


def note_event(
    settings: Settings,
    who: Principal,
    kind: Literal["denied", "change", "shown", "unsafe"],
    tool: str,
    outcome: str,
    *,
    what: str = "",
    door: str = "engine",
    pictured: Sequence[str] = (),
) -> None:
    """Write one event where there is a trail; ``what`` it was about is written as a keyed hash.

    Raises:
        StorageFailed, Locked: as for every record of the trail.
    """
    if not settings.governance.audit or not is_writable(settings.home):
        return
    trail = AuditLog(settings.home / "audit")
    told = {"kind": kind, "id": new_receipt(), "tenant": who.tenant, "user": who.user, "door": door, "tool": tool}
    request = trail.fingerprint(what) if what else ""
    trail.append(
        AuditRecord.model_validate({**told, "request": request, "outcome": outcome, "pictured": tuple(pictured)})
    )


def note_denied(settings: Settings, who: Principal, assets: Iterable[Asset], tool: str) -> None:
    """Write down which of these a principal asked for and may not see, each with the rules that keep it away.

    Nothing of this reaches the caller: its answer is that of something absent.
    """
    for asset in assets:
        rules = refusals(who, asset, date.today())
        if rules:
            note_event(settings, who, "denied", tool, ",".join(rules), what=f"{asset.tenant}\0{asset.source}")


def heed(settings: Settings, who: Principal, door: str) -> Policy:
    """Return the policy in force; where it is not the one that was in force last, that is recorded once.

    Raises:
        ConfigError: the policy can't be read. StorageFailed: the change can't be recorded.
        PolicyRefused: it demands a record of each call, and none can be written.
    """
    policy = policy_of(settings)
    if not is_writable(settings.home):
        if policy.record:
            step = "make the home writable, or take the line out of the policy"
            raise policy_refusal("record", "the policy demands a record of each call, and the home is read-only", step)
        return policy
    if policy.hash == NO_POLICY.hash and not (settings.home / FILE).exists():
        return policy
    if policy.hash != (known(settings.home, "policy") or NO_POLICY.hash):
        # In the transaction that takes note of it, so that of several processes one records it, and none is lost.
        with daybook(settings.home) as book:
            if note_known(book, "policy", policy.hash):
                note_event(settings, who, "change", "policy", policy.named, door=door)
    return policy
