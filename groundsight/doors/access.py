"""What a verified token stands for: who calls, and the scopes read, ingest and admin."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mcp.server.auth.provider import AccessToken

from groundsight.server_settings import Scope
from groundsight.types import Principal


class Access(AccessToken):
    """A token that was checked, as the SDK passes it on beside a call."""

    principal: Principal

    @classmethod
    def of(cls, who: Principal, scopes: Sequence[Scope], *, token: str = "", issuer: str = "") -> Access:
        """Bind a principal and its scopes; ``admin`` stands for all."""
        held: list[Scope] = ["read", "ingest", "admin"] if "admin" in scopes else list(scopes)
        return cls(
            token=token,
            client_id="groundsight",
            scopes=[*held],
            subject=json.dumps([who.tenant, who.user]),
            claims={"iss": issuer} if issuer else None,
            principal=who.model_copy(
                update={"may_read": "read" in held, "may_write": "ingest" in held, "may_admin": "admin" in held}
            ),
        )

    def may(self, scope: Scope) -> bool:
        """True when the token holds a scope."""
        return scope in self.scopes

    @property
    def can_be_widened(self) -> bool:
        """True where an issuer can be asked for a token with more scopes."""
        return bool(self.claims)

    @property
    def caller(self) -> str:
        """The one whom limits count, whatever token it brings."""
        return f"{self.principal.tenant}\0{self.principal.user}"
