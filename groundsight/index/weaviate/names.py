"""How values, tenants, objects and writes are named on the server."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from hashlib import sha256

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:groundsight:weaviate")
_PLAIN_TENANT = re.compile(r"[a-z0-9_-]{1,60}")


def coded(text: str) -> str:
    """Spell a filter value as ``x`` and the hexadecimal UTF-8 of it.

    The server trims and compares bytes and reads wildcards; hexadecimal keeps equality, order by code
    point and prefixes, and has nothing to trim or to escape.
    """
    return "x" + text.encode("utf-8", "surrogatepass").hex()


def decoded(value: str) -> str:
    """Undo ``coded``."""
    return bytes.fromhex(value[1:]).decode("utf-8", "surrogatepass")


def coded_list(values: tuple[str, ...]) -> str:
    """Spell a list so that texts compare as Python compares the lists: ``!`` sorts before every digit."""
    return "x" + "".join(f"{coded(value)[1:]}!" for value in values)


def tenant_name(tenant: str) -> str:
    """Return the server's name of a tenant: letters, digits, ``-`` and ``_``, at most 64 of them."""
    if _PLAIN_TENANT.fullmatch(tenant):
        return f"n-{tenant}"
    return f"h-{sha256(tenant.encode('utf-8', 'surrogatepass')).hexdigest()[:60]}"


def object_id(*parts: str) -> str:
    """Return the UUID5 that follows from the parts."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(coded(part) for part in parts)))


def new_generation() -> str:
    """Name one write of one asset: the time in milliseconds, then chance. Names sort by time."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(6)}"


def generation_since(seconds: float) -> str:
    """Return what sorts before every generation of the last seconds."""
    return f"{max(0, int((time.time() - seconds) * 1000)):012x}"


def age_seconds(generation: str) -> float:
    """Return how long ago a generation was named, by this machine's clock."""
    return time.time() - int(generation[:12], 16) / 1000
