"""A JWT is checked: signature, issuer, audience, times, and what its claims say about who calls."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast, get_args

import jwt

from groundsight.doors.access import Access
from groundsight.doors.jwt_keys import Key, Keys, reader_of
from groundsight.errors import ConfigError, PolicyRefused
from groundsight.server_settings import Scope
from groundsight.types import Principal

if TYPE_CHECKING:
    from groundsight.server_settings import Jwt, Server

log = logging.getLogger("groundsight.jwt")
MOST_CHARS, MOST_CLAIM_CHARS, MOST_LABELS = 8_192, 200, 200
EXPIRED, INVALID = "the token has expired", "the token is not valid here"
# What the library lets through of a hostile header: too deep, or a number beyond all numbers.
BROKEN = (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError)


class TokenRefused(PolicyRefused):
    """A token that is not accepted; the text may be shown to whoever sent it."""


class JwtCheck:
    """Checks tokens of the issuer in ``server.jwt``. ``several``: more than one tenant is served."""

    def __init__(self, server: Server, rules: Jwt, *, several: bool, keys: Keys | None = None) -> None:
        self._rules, self._several = rules, several
        self._audience = rules.audience or ((server.url,) if server.url else ())
        if not self._audience:
            raise ConfigError(
                "it is not said for whom tokens have to be made",
                which="server.jwt.audience",
                next_step="set server.url to the address of /mcp that clients use, or server.jwt.audience",
            )
        self._keys = keys or Keys(reader_of(rules.keys, rules.ca_file), rules.algorithms, 60.0 * rules.keys_minutes)

    async def access(self, token: str) -> Access:
        """Return who calls with a token, and what it may.

        Raises:
            TokenRefused: it is not valid here. KeysAway: that can't be told now.
        """
        try:
            key = await self._keys.find(_name_of_key(token))
            claims = self._claims(token, key)
            return self._access(token, claims)
        except jwt.ExpiredSignatureError:
            raise TokenRefused(EXPIRED, next_step="get a new one") from None
        except BROKEN as error:
            log.warning("a token was refused: %s", type(error).__name__)
            raise TokenRefused(INVALID, next_step="get one of this issuer for this server") from None

    def _claims(self, token: str, key: Key | None) -> Mapping[str, Any]:
        if key is None:
            raise jwt.InvalidKeyError
        return jwt.decode(
            token,
            key.public,
            algorithms=key.algorithms,
            issuer=self._rules.issuer,
            audience=self._audience,
            leeway=self._rules.leeway_seconds,
            options={"require": ["exp", "iss", "aud"]},
        )

    def _access(self, token: str, claims: Mapping[str, Any]) -> Access:
        rules = self._rules
        scopes = _scopes(_claim(claims, rules.scope_claim), rules.scope_prefix)
        tenant = _word(claims, rules.tenant_claim) if rules.tenant_claim else rules.tenant
        if rules.tenants and tenant not in rules.tenants:
            raise jwt.InvalidTokenError
        who = Principal(
            tenant=tenant,
            user=_word(claims, rules.user_claim),
            region=_word(claims, rules.region_claim) if rules.region_claim else rules.region,
            labels=_words(_claim(claims, rules.labels_claim)) if rules.labels_claim else rules.labels,
            purpose=_word(claims, rules.purpose_claim) if rules.purpose_claim else rules.purpose,
            roots=rules.roots.get(tenant, () if self._several else None),
        )
        return Access.of(who, scopes, token=token, issuer=rules.issuer)


def _name_of_key(token: str) -> str:
    if len(token) > MOST_CHARS:
        raise jwt.InvalidTokenError
    kid: object = jwt.get_unverified_header(token).get("kid")
    if not isinstance(kid, str):
        raise jwt.InvalidKeyError
    return kid


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its whole name, else by its way through the claims inside, parted by dots."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = cast("dict[str, object]", found).get(part) if isinstance(found, dict) else None
    return found


def _word(claims: Mapping[str, Any], name: str) -> str:
    return _checked(_claim(claims, name))


def _checked(said: object) -> str:
    if not isinstance(said, str) or not 0 < len(said) <= MOST_CLAIM_CHARS or not said.isprintable():
        raise jwt.InvalidTokenError
    return said


def _words(said: object) -> tuple[str, ...]:
    """Return the words of a claim, which is one text or a list of texts."""
    words = said.split() if isinstance(said, str) else said
    if not isinstance(words, list) or len(cast("list[object]", words)) > MOST_LABELS:
        raise jwt.InvalidTokenError
    return tuple(map(_checked, cast("list[object]", words)))


def _scopes(said: object, prefix: str) -> tuple[Scope, ...]:
    held = {word.removeprefix(prefix) for word in _words([] if said is None else said) if word.startswith(prefix)}
    return tuple(scope for scope in get_args(Scope) if scope in held)
