"""Changes of the rules themselves: each is one record in the audit trail, whoever notices it first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.daybook import FILE, daybook
from groundsight.governance.policy import NO_POLICY, Policy, policy_of
from groundsight.governance.receipts import new_receipt

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.types import Principal


def heed(settings: Settings, who: Principal, door: str) -> Policy:
    """Return the policy in force; where it is not the one that was in force last, that is recorded once.

    Raises:
        ConfigError: the policy can't be read. StorageFailed: the change can't be recorded.
    """
    policy = policy_of(settings)
    if policy.hash == NO_POLICY.hash and not (settings.home / FILE).exists():
        return policy
    with daybook(settings.home, reading=True) as book:
        known = book.execute("SELECT value FROM known WHERE name = 'policy'").fetchone()
    if policy.hash != (known[0] if known else NO_POLICY.hash):
        _note(settings, policy, who, door)
    return policy


def write_change(settings: Settings, who: Principal, door: str, what: str, to: str) -> str:
    """Write who changed what to what into the trail, and return the id of the record; nothing without a trail.

    Raises:
        StorageFailed: the trail can't be written.
    """
    if not settings.governance.audit:
        return ""
    log = AuditLog(Path(settings.home) / "audit")
    record = AuditRecord(
        kind="change", id=new_receipt(), tenant=who.tenant, user=who.user, door=door, tool=what, request="", outcome=to
    )
    log.append(record)
    return record.id


def _note(settings: Settings, policy: Policy, who: Principal, door: str) -> None:
    """Record the change in the transaction that takes note of it, so that of several processes one does."""
    with daybook(settings.home) as book:
        book.execute("BEGIN IMMEDIATE")
        before = book.execute("SELECT value FROM known WHERE name = 'policy'").fetchone()
        if policy.hash == (before[0] if before else NO_POLICY.hash):
            return
        book.execute("INSERT OR REPLACE INTO known VALUES ('policy', ?)", (policy.hash,))
        write_change(settings, who, door, "policy", f"{policy.version or 'unversioned'} {policy.hash}")
