"""Callers without a known token: each address is counted, logged and slowed before its request is looked at."""

from __future__ import annotations

import ipaddress
import logging
import math
from contextlib import suppress
from typing import TYPE_CHECKING

from prometheus_client import Counter
from starlette.responses import JSONResponse, Response

from groundsight.errors import RateLimited
from groundsight.governance.limits import RateLimiter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from starlette.requests import Request

log = logging.getLogger("groundsight.strangers")
# A person with a wrong token and a client that looks around first need a handful; guessing needs millions.
A_SECOND, AT_ONCE = 1, 20
SAME_NETWORK = 64


class Strangers:
    """Lets an address send twenty requests without a known token, then one a second; remembers 10,000 addresses."""

    def __init__(self, metrics: CollectorRegistry, limiter: RateLimiter | None = None) -> None:
        self._limiter = limiter or RateLimiter(A_SECOND, AT_ONCE)
        told = "Requests without a known token by outcome."
        self._counted = Counter("groundsight_strangers", told, ("outcome",), registry=metrics)

    def slowed(self, request: Request) -> Response | None:
        """Return the answer to an address that has to wait, None for one whose token may be looked at."""
        wait = self._limiter.wait(_address(request))
        if not wait:
            return None
        self._counted.labels("slowed").inc()
        return come_again("without a known token", wait)

    def count(self, request: Request) -> None:
        """Count and log a request whose token is not known."""
        with suppress(RateLimited):  # others of this address may have taken the last one meanwhile
            self._limiter.admit(_address(request))
        outcome = "wrong token" if "authorization" in request.headers else "no token"
        self._counted.labels(outcome.replace(" ", "_")).inc()
        log.warning("a request with %s from %s", outcome, _address(request))


def _address(request: Request) -> str:
    return _network(request.client.host if request.client else "")


def _network(host: str) -> str:
    """Return the address, of IPv6 its network: whoever has one address there has all of them."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((int(address), SAME_NETWORK), strict=False))


def come_again(whose: str, wait: float) -> Response:
    """Ask to come again after so many seconds."""
    headers = {"retry-after": str(math.ceil(wait))}
    return JSONResponse({"error": f"too many requests {whose}"}, status_code=429, headers=headers)
