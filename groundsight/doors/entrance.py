"""The entrance of a door over HTTP: strangers are slowed, tokens checked, and who comes without one is told how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from groundsight.doors.access import Access
from groundsight.doors.jwt_check import TokenRefused
from groundsight.doors.jwt_keys import KeysAway
from groundsight.doors.strangers import Strangers

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.requests import Request
    from starlette.types import Scope as Asgi

    from groundsight.doors.tokens import TokenCheck
    from groundsight.server_settings import Scope

ACCESS, NEEDED = "groundsight.access", "a token is needed"


class Entrance:
    """Lets those in who have a token, and everybody to the paths in ``public``; without ``tokens``, everybody.

    ``metadata`` is the address of the protected-resource metadata (RFC 9728), empty where there is none.
    """

    def __init__(
        self, tokens: TokenCheck | None, metrics: CollectorRegistry, *, metadata: str = "", public: Sequence[str] = ()
    ) -> None:
        self._tokens, self._metadata, self._public = tokens, metadata, frozenset(public)
        self._strangers = Strangers(metrics)

    async def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that may not go on, else None: who it is stands in its scope then."""
        if self._tokens is None:
            return None
        if slowed := self._strangers.slowed(request):
            return slowed
        if request.url.path in self._public:
            return None
        given = request.headers.getlist("authorization")
        if len(given) > 1:
            return self._unknown(request, 400, "invalid_request", "more than one Authorization header")
        try:
            access = await self._tokens.access(_bearer(given))
        except TokenRefused as refused:
            return self._unknown(request, 401, "invalid_token", refused.what)
        except KeysAway as away:
            return JSONResponse({"error": away.what}, status_code=503, headers={"retry-after": "60"})
        if access is None:
            error = ("invalid_token", "the token is not known here") if given else ("", NEEDED)
            return self._unknown(request, 401, *error)
        request.scope[ACCESS] = access
        return None

    def lacking(self, request: Request, scope: Scope) -> Response | None:
        """Return the answer to a caller whose token lacks a scope, None where it has it or nobody needs a token."""
        access = access_of(request.scope)
        if self._tokens is None or (access and access.may(scope)):
            return None
        if access is None:
            return self._unknown(request, 401, "", NEEDED)
        # A client that asks for a new token asks for what is named here, so what it has already is named as well.
        wanted = " ".join(self._tokens.named([*access.scopes, scope]))
        text = f"this needs a token with the scope {scope}"
        return challenge(403, "insufficient_scope", text, scope=wanted, metadata=self._metadata)

    def _unknown(self, request: Request, status: int, error: str, text: str) -> Response:
        self._strangers.count(request)
        # A client that is told no scope asks for all there are.
        scope = " ".join(self._tokens.named(["read"])) if self._tokens and self._metadata else ""
        return challenge(status, error, text, scope=scope, metadata=self._metadata)


def access_of(scope: Asgi) -> Access | None:
    """Return who sent a request, None where nobody needs a token."""
    found = scope.get(ACCESS)
    return found if isinstance(found, Access) else None


def _bearer(given: Sequence[str]) -> str:
    scheme, _, token = (given[0] if given else "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def challenge(status: int, error: str, text: str, *, scope: str = "", metadata: str = "") -> Response:
    """Answer with what is wrong, as data and in WWW-Authenticate (RFC 6750, RFC 9728)."""
    told = {"error": error, "error_description": text if error else "", "scope": scope, "resource_metadata": metadata}
    said = ", ".join(f'{name}="{value}"' for name, value in told.items() if value)
    body = {"error": error or text} | ({"error_description": text} if error else {})
    return JSONResponse(body, status_code=status, headers={"www-authenticate": f"Bearer {said}".strip()})
