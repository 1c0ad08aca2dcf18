"""The settings of the doors over HTTP: where they listen, and who may call. They are part of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from groundsight.limits import Positive, Section

Scope = Literal["read", "ingest", "admin"]
# Asymmetric only: whoever can check a token of a shared secret can make one.
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
Address = Annotated[str, Field(pattern=r"^https?://[^\s?#\"\\]+$")]
Name = Annotated[str, Field(min_length=1)]


class Caller(Section):
    """A person or program that calls over HTTP with its own token: who it is and what it may do.

    ``scopes`` are as those of a JWT; ``may_write`` adds ``ingest``. ``roots`` are its own folders, the only ones in
    which it may name files. Without any it may name files in all folders where one tenant is served, in none where
    there are several.
    """

    token: SecretStr
    user: str
    tenant: str = "default"
    region: str = "global"
    labels: tuple[str, ...] = ()
    purpose: str = ""
    may_write: bool = False
    scopes: tuple[Scope, ...] = ("read",)
    roots: tuple[Path, ...] | None = None


class Jwt(Section):
    """Callers over HTTP who bring a JWT of an OAuth issuer.

    ``keys`` is the JWKS of the issuer: a file or an https address, looked at again after ``keys_minutes`` and, at most
    once a minute, for a key that is not known; with ``ca_file`` (PEM) only its certificates are trusted there. A token
    has to be made for one of ``audience``, which is ``server.url`` where nothing is named. ``user_claim`` and, where
    they are named, ``tenant_claim``, ``region_claim``, ``labels_claim`` and ``purpose_claim`` say who calls and what
    for; a token without a claim that is named here is refused. A dot leads into a claim. ``tenants`` are the only ones
    that a claim may name; empty: any. ``scope_claim`` holds ``read``, ``ingest`` or ``admin``, each behind
    ``scope_prefix``. ``roots`` are the folders of each tenant, as those of ``server.callers``.
    """

    issuer: Name
    keys: Name
    ca_file: Path | None = None
    audience: tuple[Name, ...] = ()
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("RS256", "PS256", "ES256", "EdDSA")
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    keys_minutes: Positive = 60
    user_claim: Name = "sub"
    tenant: Name = "default"
    tenant_claim: str = ""
    tenants: tuple[str, ...] = ()
    region: Name = "global"
    region_claim: str = ""
    labels: tuple[str, ...] = ()
    labels_claim: str = ""
    purpose: str = ""
    purpose_claim: str = ""
    scope_claim: Name = "scope"
    scope_prefix: str = ""
    roots: Mapping[str, tuple[Path, ...]] = {}


class Server(Section):
    """The doors over HTTP: MCP and the encoder service. stdio needs none of this.

    ``url`` is the address of ``/mcp`` as clients write it. ``allow_write`` lets clients write, over MCP and through the
    graphs of a LangGraph server. ``requests_at_once`` is how many requests of one caller are served at a time;
    ``access_log`` writes a line for each request. ``request_seconds`` is how long a connection may wait for its client.
    ``proxies`` are addresses that are believed where a request comes from; by that address callers without a known
    token are slowed. ``warm`` loads all models before ``/ready`` says so. ``metrics_port`` opens a second port without
    a token that answers nothing but ``/metrics`` and the probes. ``workers`` are processes that serve one address.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    url: Address | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    token: SecretStr | None = None
    callers: tuple[Caller, ...] = ()
    jwt: Jwt | None = None
    allow_write: bool = False
    # Fewer than the 16 threads that serve calls, so that one caller never holds them all.
    requests_at_once: Positive = 12
    access_log: bool = True
    request_seconds: Positive = 10
    proxies: tuple[str, ...] = ()
    warm: bool = False
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    workers: Annotated[int, Field(ge=1, le=64)] = 1
