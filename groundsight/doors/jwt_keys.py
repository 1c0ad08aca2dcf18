"""The public keys of an OAuth issuer (JWKS), from a file or an https address: limited, kept, and looked at again."""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
import jwt

from groundsight.errors import BackendDown, ConfigError

log = logging.getLogger("groundsight.jwt")
MOST_BYTES, MOST_KEYS, LEAST_RSA_BITS = 256 * 1024, 100, 2048
FETCH_SECONDS, AGAIN_SECONDS, LAST_SECONDS = 5.0, 60.0, 86_400.0
# What each algorithm is signed with: the type of key and its curve.
FITS: dict[str, tuple[str, str | None]] = {
    **{f"{family}{bits}": ("RSA", None) for family in ("RS", "PS") for bits in (256, 384, 512)},
    "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521"), "EdDSA": ("OKP", "Ed25519"),
}  # fmt: skip
PUBLIC = ("kty", "kid", "alg", "crv", "x", "y", "n", "e")
Read = Callable[[], Awaitable[bytes]]


class KeysAway(BackendDown):
    """The keys of the issuer can't be had now, so none of its tokens can be checked."""


@dataclass(frozen=True)
class Key:
    """A public key and the algorithms of ``jwt`` that it may check."""

    public: Any
    algorithms: Sequence[str]


class Keys:
    """The keys of one issuer. They are read when they are first needed; ``clock`` gives monotonic seconds.

    Read again after ``seconds``, and for a key that is not known, at most once a minute either way. Where that fails
    the last ones count for a day.
    """

    def __init__(
        self, read: Read, algorithms: Sequence[str], seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._algorithms, self._seconds, self._clock = read, algorithms, seconds, clock
        self._keys: Mapping[str, Key] = {}
        self._tried = self._had = float("-inf")
        self._reading = anyio.Lock()

    async def find(self, kid: str) -> Key | None:
        """Return the key of this name, None where the issuer has none.

        Raises:
            KeysAway: no keys are known, or none that are young enough, and the issuer does not answer.
        """
        if self._due(kid) or (kid not in self._keys and self._reading.locked()):
            async with self._reading:
                if self._due(kid):
                    await self._look()
        if self._clock() - self._had > LAST_SECONDS:
            raise KeysAway("the keys of the issuer can't be had now", which="server.jwt.keys", next_step="try again")
        return self._keys.get(kid)

    def _due(self, kid: str) -> bool:
        now = self._clock()
        wanted = kid not in self._keys or now - self._had >= self._seconds
        return wanted and now - self._tried >= AGAIN_SECONDS

    async def _look(self) -> None:
        import httpx2

        self._tried = self._clock()
        try:
            with anyio.fail_after(FETCH_SECONDS):
                self._keys = public_keys(await self._read(), self._algorithms)
            self._had = self._clock()
        except (OSError, ValueError, httpx2.HTTPError) as error:
            log.warning("the keys of the issuer can't be read: %s", type(error).__name__)


def reader_of(where: str, ca_file: Path | None = None) -> Read:
    """Return what reads the JWKS of a file or an https address; http only from this machine.

    Raises:
        ConfigError: it is neither, or ``ca_file`` holds no certificates.
    """
    from groundsight.doors.http import is_loopback

    address = urlsplit(where)
    if address.scheme == "https" or (address.scheme == "http" and is_loopback(address.hostname or "")):
        trusted = _trusted(ca_file)
        return lambda: _fetched(where, trusted)
    file = Path(where).expanduser()
    if address.scheme in ("http", "ftp") or not file.is_file():
        raise ConfigError(
            "server.jwt.keys is neither a file nor an https address",
            which=where,
            next_step="name a JWKS file, or the address that the issuer's metadata call jwks_uri",
        )
    return lambda: _filed(file)


async def _filed(file: Path) -> bytes:
    async with await anyio.open_file(file, "rb") as opened:
        return _within(await opened.read(MOST_BYTES + 1))


def _trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    try:
        return ssl.create_default_context(cafile=ca_file.expanduser()) if ca_file else True
    except OSError as error:
        raise ConfigError(
            "the certificates of the issuer can't be read", which="server.jwt.ca_file", next_step="name a PEM file"
        ) from error


async def _fetched(where: str, trusted: ssl.SSLContext | bool) -> bytes:
    """Fetch without following anything: a redirect could lead to whoever wants to be the issuer."""
    import httpx2

    found = b""
    wire = httpx2.AsyncClient(verify=trusted, trust_env=False, follow_redirects=False, timeout=FETCH_SECONDS)
    async with wire, wire.stream("GET", where, headers={"accept-encoding": "identity"}) as answer:
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        async for piece in answer.aiter_raw():
            found = _within(found + piece)
    return found


def _within(found: bytes) -> bytes:
    if len(found) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    return found


def public_keys(data: bytes, allowed: Sequence[str]) -> Mapping[str, Key]:
    """Return the keys of a JWKS by name, without those that check no allowed signature: secrets, weak and unknown ones.

    Raises:
        ValueError: this is no JWKS, or too large a one.
    """
    try:
        told: object = json.loads(data)
    except RecursionError:
        raise ValueError("too deep") from None
    listed: object = cast("dict[str, object]", told).get("keys") if isinstance(told, dict) else None
    if not isinstance(listed, list) or len(cast("list[object]", listed)) > MOST_KEYS:
        raise ValueError("no list of at most 100 keys")
    entries = [cast("dict[str, Any]", each) for each in cast("list[object]", listed) if isinstance(each, dict)]
    read = ((each.get("kid"), _key(each, allowed)) for each in entries)
    return {kid: key for kid, key in read if isinstance(kid, str) and key}


def _key(entry: Mapping[str, Any], allowed: Sequence[str]) -> Key | None:
    own = entry.get("alg")
    fitting = [
        name
        for name in allowed
        if FITS[name][0] == entry.get("kty") and FITS[name][1] in (None, entry.get("crv")) and own in (None, name)
    ]
    if not fitting or entry.get("use", "sig") != "sig":
        return None
    try:
        public = jwt.PyJWK({name: entry[name] for name in PUBLIC if name in entry}, algorithm=fitting[0]).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return Key(public, fitting) if getattr(public, "key_size", LEAST_RSA_BITS) >= _least(entry) else None


def _least(entry: Mapping[str, Any]) -> int:
    return LEAST_RSA_BITS if entry.get("kty") == "RSA" else 0
