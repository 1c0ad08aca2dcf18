"""Errors of the client and the server, mapped to ours; nothing that could be a secret is repeated."""

from __future__ import annotations

import re
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


_RIGHT = re.compile(r"insufficient permissions to (\w+)(?: \[+([^\]]*)\])?")


def _right(detail: str) -> ConfigError:
    """Name the right that the server says is missing; the credentials themselves are known to it."""
    found = _RIGHT.search(detail)
    return ConfigError(
        f"these credentials lack a right on the Weaviate server: {found[1] if found else 'it says forbidden'}",
        which=(found[2] or "") if found else "",
        next_step="give their role what docs/scaling.md lists under Rights",
    )


def _who(detail: str) -> ConfigError:
    expired = "expired" in detail.lower()
    return ConfigError(
        "the token for the Weaviate server has expired" if expired else "the Weaviate server refuses these credentials",
        which="weaviate.api_key, weaviate.oidc_token or weaviate.oidc_client_secret",
        next_step="set a new token, or weaviate.oidc_client_secret, which renews it" if expired
        else "set credentials that the server knows",
    )  # fmt: skip


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
        ("could not find class", "class not found", "not found in schema", "not present in schema"),
        lambda detail: IndexVersion(
            "a collection of the index is missing on the server",
            next_step="restore a snapshot, or ingest again into an empty server",
        ),
    ),
    (
        ("certificate verify failed", "certificate_verify_failed", "hostname verification", "peer certificate"),
        lambda detail: ConfigError(
            f"the certificate of the Weaviate server is not trusted: {short(detail)}",
            which="weaviate.ca_file, weaviate.host, weaviate.grpc_host",
            next_step="name the authority that signed it in weaviate.ca_file, and the host as the certificate names it",
        ),
    ),
    (("insufficient permissions", "permission_denied", "forbidden", "status code: 403"), _right),
    (("unauthenticated", "unauthorized", "status code: 401", "invalid api key", "anonymous access not enabled"), _who),
    (
        ("wrong_version_number", "wrong version number", "record layer failure", "to an https server",
         "unsupported protocol", "handshake failure"),
        lambda detail: ConfigError(
            "one side speaks TLS and the other does not, or they have no version of it in common",
            which="weaviate.secure, weaviate.http_port, weaviate.grpc_port",
            next_step="set weaviate.secure as the server is set, and the ports that it serves",
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
        ("read-only", "readonly", "no space left", "disk usage", "input/output error", ": permission denied"),
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
    # A connection that was never made is UNAVAILABLE, whatever the words about it: nothing was asked of the server.
    slow = any(sign in lowered for sign in ("deadline", "timed out", "timeout"))
    if slow and not lowered.startswith("unavailable"):
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
