"""Errors of the client and the server, mapped to ours; nothing that could be a secret is repeated."""

from __future__ import annotations

from collections.abc import Callable

from groundsight.errors import (
    BackendDown,
    ConfigError,
    Disabled,
    GroundsightError,
    IndexVersion,
    ModelFailed,
    NotFound,
    StorageFailed,
)


class Unreachable(Exception):
    """The server did not take the call; carries the status name."""


class TenantMissing(NotFound):
    """The server has no such tenant: nothing was ever written for it."""


class TooSlow(BackendDown):
    """The server may or may not have done what was asked."""


SIGNS: tuple[tuple[tuple[str, ...], Callable[[str], GroundsightError]], ...] = (
    (
        ("can't offload", "offload module"),
        lambda detail: Disabled(
            "the Weaviate server has no object storage to offload tenants to",
            which="--offload-after",
            next_step="enable its module offload-s3 (ENABLE_MODULES, OFFLOAD_S3_BUCKET), or only let tenants sleep",
        ),
    ),
    (
        ("tenant not found", "tenant does not exist"),
        lambda detail: TenantMissing("nothing was written for this tenant yet", next_step="ingest something first"),
    ),
    (
        ("could not find class", "class not found", "not found in schema"),
        lambda detail: IndexVersion(
            "a collection of the index is missing on the server",
            next_step="restore a snapshot, or ingest again into an empty server",
        ),
    ),
    (
        ("unauthenticated", "unauthorized", "permission_denied", "forbidden", "permission denied", "401", "403",
         "authentication", "invalid api key", "anonymous access not enabled"),
        lambda detail: ConfigError(
            "the Weaviate server refuses these credentials",
            which="weaviate.api_key or weaviate.oidc_token",
            next_step="set a key with the rights named in docs/scaling.md",
        ),
    ),
    (
        ("is not supported. please use",),
        lambda detail: IndexVersion(
            "the Weaviate server is too old", limit="1.27 or newer", next_step="upgrade the server"
        ),
    ),
    (
        ("vector lengths don't match", "vector dimensions do not match"),
        lambda detail: ModelFailed(
            "a vector has another length than those in the index",
            next_step="use the encoder that the index was made with",
        ),
    ),
    (
        ("read-only", "readonly", "no space left", "disk usage", "input/output error"),
        lambda detail: StorageFailed(
            "the disk of the Weaviate server refuses writes", next_step="free or repair its disk, then try again"
        ),
    ),
)  # fmt: skip


def as_ours(detail: str, seconds: float) -> GroundsightError:
    """Choose our error for what the client or the server says."""
    lowered = detail.lower()
    for signs, make in SIGNS:
        if any(sign in lowered for sign in signs):
            return make(detail)
    if "deadline" in lowered or "timed out" in lowered or "timeout" in lowered:
        return TooSlow(
            "the Weaviate server answered too slowly",
            limit=f"{seconds:g} s",
            next_step="try again, or raise weaviate.call_seconds",
        )
    return BackendDown(
        f"the Weaviate server can't be used: {short(detail)}",
        next_step="see that the server runs and that both its ports are open, then try again",
    )


def short(detail: str) -> str:
    """Return the first line of a message, without the client's wrapping."""
    line = detail.strip().splitlines()[0] if detail.strip() else "no reason given"
    return line.rsplit("failed with message ", 1)[-1][:160].rstrip(".")
