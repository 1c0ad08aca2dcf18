"""Receipts: the short name under which a call stands in the audit trail."""

from __future__ import annotations

import secrets
import time


def new_receipt() -> str:
    """Return a fresh id whose first part sorts by time: ``r`` + 11 hex digits of milliseconds + 10 random."""
    return f"r{int(time.time() * 1000):011x}{secrets.token_hex(5)}"
