"""Callers without a known token: each address is counted, logged and slowed before its request is looked at."""

from __future__ import annotations

import ipaddress
import logging
import math
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from groundsight.governance.limits import RateLimiter

if TYPE_CHECKING:
    from starlette.requests import Request

    from groundsight.doors.metrics import Registry
    from groundsight.doors.tokens import TokenCheck

log = logging.getLogger("groundsight.strangers")
# A person with a wrong token and a client that looks around first need a handful; guessing needs millions.
A_SECOND, AT_ONCE = 1, 20
SAME_NETWORK = 64


class Strangers:
    """Lets an address send twenty requests without a known token, then one a second; remembers 10,000 addresses."""

    def __init__(self, tokens: TokenCheck | None, metrics: Registry, limiter: RateLimiter | None = None) -> None:
        self._tokens, self._limiter = tokens, limiter or RateLimiter(A_SECOND, AT_ONCE)
        self._counted = metrics.counter("groundsight_strangers_total", "Requests without a known token by outcome.")

    def refusal(self, request: Request) -> Response | None:
        """Return the answer to an address that has to wait, None for one that may go on to the check of its token."""
        if self._tokens is None:
            return None
        address = _network(request.client.host if request.client else "")
        if wait := self._limiter.wait(address):
            self._counted.add(outcome="slowed")
            return _slowed(wait)
        if not bearer_known(self._tokens, request):
            self._limiter.admit(address)
            outcome = "wrong token" if "authorization" in request.headers else "no token"
            self._counted.add(outcome=outcome.replace(" ", "_"))
            log.warning("a request with %s from %s", outcome, address)
        return None


def bearer_known(tokens: TokenCheck | None, request: Request) -> bool:
    """True when the caller has a token, or none is needed."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return tokens is None or (scheme.lower() == "bearer" and tokens.principal(token) is not None)


def _network(host: str) -> str:
    """Return the address, of IPv6 its network: whoever has one address there has all of them."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((int(address), SAME_NETWORK), strict=False))


def _slowed(wait: float) -> Response:
    headers = {"retry-after": str(math.ceil(wait))}
    return JSONResponse({"error": "too many requests without a known token"}, status_code=429, headers=headers)
