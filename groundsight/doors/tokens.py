"""The tokens of the doors over HTTP, and who calls with each of them."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from groundsight.types import Principal

if TYPE_CHECKING:
    from pathlib import Path

    from mcp.server.auth.provider import AccessToken
    from pydantic import SecretStr

    from groundsight.settings import Governance, Server


class TokenCheck:
    """Knows the tokens of the settings and who calls with each of them.

    ``server.token`` stands for the identity in ``governance`` and the folders ``roots`` of the settings; each of
    ``server.callers`` for its own. Where several tenants are served, nobody holds a folder that was not given to it.
    """

    def __init__(self, server: Server, governance: Governance, roots: tuple[Path, ...] = ()) -> None:
        self._known: list[tuple[bytes, Principal]] = []
        several = serves_several_tenants(server, governance)
        if server.token:
            local = governance.model_dump(include={"tenant", "user", "region", "labels"})
            held = roots if several else None
            self._known.append((_secret(server.token), Principal(**local, may_write=True, roots=held)))
        for caller in server.callers:
            held = () if several and caller.roots is None else caller.roots
            who = Principal.model_validate({**caller.model_dump(exclude={"token"}), "roots": held})
            self._known.append((_secret(caller.token), who))

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the access that a bearer token gives, None for an unknown one."""
        from mcp.server.auth.provider import AccessToken

        who = self.principal(token)
        if who is None:
            return None
        return AccessToken(
            token=token, client_id="groundsight", scopes=["groundsight"], subject=f"{who.tenant}/{who.user}"
        )

    def principal(self, token: str) -> Principal | None:
        """Return who calls with this token; every known token is compared, in constant time."""
        given = token.encode("utf-8", "replace")
        matching = [who for known, who in self._known if hmac.compare_digest(given, known)]
        return matching[0] if matching else None

    def present(self) -> Principal | None:
        """Return who makes the call that is being served."""
        from mcp.server.auth.middleware.auth_context import get_access_token

        access = get_access_token()
        return self.principal(access.token) if access else None


def serves_several_tenants(server: Server, governance: Governance) -> bool:
    """True when the callers and the local identity belong to more than one tenant."""
    return len({governance.tenant, *(caller.tenant for caller in server.callers)}) > 1


def without_folders(server: Server, governance: Governance) -> tuple[str, ...]:
    """Return the users who can name no file, since several tenants are served and they have no ``roots``."""
    several = serves_several_tenants(server, governance)
    return tuple(caller.user for caller in server.callers if several and caller.roots is None)


def _secret(token: SecretStr) -> bytes:
    return token.get_secret_value().encode()
