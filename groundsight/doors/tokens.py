"""The tokens of the doors over HTTP, and who calls with each of them."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from groundsight.types import Principal

if TYPE_CHECKING:
    from mcp.server.auth.provider import AccessToken
    from pydantic import SecretStr

    from groundsight.settings import Governance, Server


class TokenCheck:
    """Knows the tokens of the settings and who calls with each of them.

    ``server.token`` stands for the identity in ``governance``; each of ``server.callers`` for its own.
    """

    def __init__(self, server: Server, governance: Governance) -> None:
        self._known: list[tuple[bytes, Principal]] = []
        if server.token:
            local = governance.model_dump(include={"tenant", "user", "region", "labels"})
            self._known.append((_secret(server.token), Principal(**local, may_write=True)))
        for caller in server.callers:
            who = Principal.model_validate(caller.model_dump(exclude={"token"}))
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


def _secret(token: SecretStr) -> bytes:
    return token.get_secret_value().encode()
