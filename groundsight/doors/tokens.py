"""The tokens of the doors over HTTP, and who calls with each of them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.doors.access import Access
from groundsight.errors import BackendDown, PolicyRefused
from groundsight.types import Principal

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from groundsight.server_settings import Caller, Server
    from groundsight.settings import Governance

JWT_DOTS = 2


class TokenCheck:
    """Knows the tokens of the settings and who calls with each of them, and checks those of an issuer.

    ``server.token`` stands for the identity in ``governance`` and the folders ``roots`` of the settings; each of
    ``server.callers`` for its own. Where several tenants are served, nobody holds a folder that was not given to it.
    """

    def __init__(self, server: Server, governance: Governance, roots: tuple[Path, ...] = ()) -> None:
        from groundsight.doors.jwt_check import JwtCheck

        self._known: list[tuple[bytes, Access]] = []
        several = serves_several_tenants(server, governance)
        self._prefix = server.jwt.scope_prefix if server.jwt else ""
        self._jwt = JwtCheck(server, server.jwt, several=several) if server.jwt else None
        if server.token:
            local = governance.model_dump(include={"tenant", "user", "region", "labels", "purpose"})
            self._add(server.token, Access.of(Principal(**local, roots=roots if several else None), ["admin"]))
        for caller in server.callers:
            self._add(caller.token, _access_of(caller, several=several))

    @classmethod
    def open(cls, server: Server, governance: Governance, roots: tuple[Path, ...] = ()) -> TokenCheck | None:
        """Return the check of the settings, None where nobody needs a token.

        Raises:
            ConfigError: the tokens of ``server.jwt`` can't be checked with what is set.
        """
        return cls(server, governance, roots) if server.token or server.callers or server.jwt else None

    async def verify_token(self, token: str) -> Access | None:
        """Return the access that a bearer token gives, None for one that gives none."""
        try:
            return await self.access(token)
        except (PolicyRefused, BackendDown):
            return None

    async def access(self, token: str) -> Access | None:
        """Return the access that a bearer token gives, None for an unknown one.

        Raises:
            TokenRefused: it is a JWT that is not valid here. KeysAway: that can't be told now.
        """
        known = self._static(token)
        if known is not None:
            return known.model_copy(update={"token": token})
        return await self._jwt.access(token) if self._jwt and token.count(".") == JWT_DOTS else None

    def named(self, scopes: Sequence[str]) -> tuple[str, ...]:
        """Return scopes as the issuer calls them."""
        return tuple(f"{self._prefix}{scope}" for scope in scopes)

    def principal(self, token: str) -> Principal | None:
        """Return who calls with this token of the settings."""
        known = self._static(token)
        return known.principal if known else None

    def present(self) -> Principal | None:
        """Return who makes the call that is being served."""
        from mcp.server.auth.middleware.auth_context import get_access_token

        access = get_access_token()
        return access.principal if isinstance(access, Access) else None

    def _static(self, token: str) -> Access | None:
        """Every known token is compared, in constant time."""
        given = token.encode("utf-8", "replace")
        matching = [access for known, access in self._known if hmac.compare_digest(given, known)]
        return matching[0] if matching else None

    def _add(self, token: SecretStr, access: Access) -> None:
        self._known.append((token.get_secret_value().encode(), access))


def _access_of(caller: Caller, *, several: bool) -> Access:
    held = () if several and caller.roots is None else caller.roots
    who = Principal(**caller.model_dump(include={"tenant", "user", "region", "labels", "purpose"}), roots=held)
    return Access.of(who, [*caller.scopes, "ingest"] if caller.may_write else caller.scopes)


def serves_several_tenants(server: Server, governance: Governance) -> bool:
    """True when the callers and the local identity belong to more than one tenant, or their tokens name it."""
    by_jwt = {server.jwt.tenant} if server.jwt else set[str]()
    named = bool(server.jwt and server.jwt.tenant_claim)
    return named or len({governance.tenant, *by_jwt, *(caller.tenant for caller in server.callers)}) > 1


def without_folders(server: Server, governance: Governance) -> tuple[str, ...]:
    """Return the users who can name no file, since several tenants are served and they have no ``roots``."""
    several = serves_several_tenants(server, governance)
    return tuple(caller.user for caller in server.callers if several and caller.roots is None)
