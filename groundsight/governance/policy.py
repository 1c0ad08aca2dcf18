"""The policy under which an answer was given, as one hash."""

from __future__ import annotations

import hashlib

from groundsight.settings import Settings


def policy_hash(settings: Settings) -> str:
    """Return the SHA-256 of the rules of ``governance``, as 64 hex digits, not of who the local caller is."""
    rules = settings.governance.model_dump_json(exclude={"tenant", "user", "region", "labels"})
    return hashlib.sha256(rules.encode()).hexdigest()
