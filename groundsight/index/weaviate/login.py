"""Who this program is to a Weaviate server: nobody, a key, a token, or a client of the server's OIDC issuer."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from pydantic import SecretStr

from groundsight.errors import BackendDown, ConfigError
from groundsight.index.weaviate.faults import as_ours
from groundsight.settings import WeaviateSettings

Grant = tuple[str, float]
# A token is renewed this long before it ends, or after half of its life if that is shorter.
MARGIN_SECONDS = 60.0
SHORTEST_SECONDS = 1.0
UNSAID_SECONDS = 300.0
OAUTH_WORDS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope",
               "unsupported_grant_type")  # fmt: skip


class Login:
    """The token of now, for any number of threads; fetched at first use and again before it ends."""

    def __init__(self, fetch: Callable[[], Grant], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def header(self) -> str:
        """Return the value of the authorization header."""
        with self._lock:
            if not self._token or self._clock() >= self._until:
                asked = self._clock()
                self._token, seconds = self._fetch()
                self._until = asked + seconds - min(MARGIN_SECONDS, seconds / 2)
            return f"Bearer {self._token}"

    def forget(self, header: str) -> None:
        """Fetch another token at the next call, because the server refuses this one."""
        with self._lock:
            if header == f"Bearer {self._token}":
                self._token = ""


def fixed_key(settings: WeaviateSettings) -> str | None:
    """Return the key or token that stays the same, None without one.

    Raises:
        ConfigError: two credentials are set, or one can't be sent.
    """
    names = ("api_key", "oidc_token", "oidc_client_secret")
    given = [name for name in names if getattr(settings, name)]
    if len(given) > 1:
        raise ConfigError(
            "more than one credential is set",
            which=", ".join(f"weaviate.{name}" for name in given),
            next_step="keep one of them",
        )
    if not given or given == ["oidc_client_secret"]:
        return None
    return _sendable(getattr(settings, given[0]), f"weaviate.{given[0]}")


def login_for(settings: WeaviateSettings, trusted: ssl.SSLContext | bool) -> Login | None:
    """Return the login of a service that holds a client secret, None when the settings name none."""
    secret = settings.oidc_client_secret
    return Login(lambda: _grant(settings, secret, trusted)) if secret else None


def _grant(settings: WeaviateSettings, secret: SecretStr, trusted: ssl.SSLContext | bool) -> Grant:
    """Ask the server for its issuer, the issuer for its token endpoint, and that for a token."""
    import httpx

    server = f"{'https' if settings.secure else 'http'}://{settings.host}:{settings.http_port}"
    with httpx.Client(verify=trusted, trust_env=False, timeout=settings.call_seconds) as web:
        try:
            known = _read(web.get(f"{server}/v1/.well-known/openid-configuration"), "the Weaviate server")
            issuer = _read(web.get(_confidential(known.get("href"), settings)), "the OIDC issuer")
            endpoint = _confidential(issuer.get("token_endpoint"), settings)
            answer = web.post(endpoint, data=_form(known, secret, settings))
        except httpx.HTTPError as error:
            ours = as_ours(str(error) or type(error).__name__, settings.call_seconds)
            ours.which = f"fetching a token, at {error.request.url.host}:{error.request.url.port}"
            raise ours from None
    return _granted(answer)


def _form(known: dict[str, Any], secret: SecretStr, settings: WeaviateSettings) -> dict[str, str]:
    listed: Sequence[object] = known.get("scopes") or ()
    scopes = [*map(str, listed), *(settings.oidc_scope or "").split()]
    form = {
        "grant_type": "client_credentials",
        "client_id": str(known.get("clientId", "")),
        "client_secret": secret.get_secret_value(),
    }
    return {**form, "scope": " ".join(scopes)} if scopes else form


def _granted(answer: Any) -> Grant:
    """Return token and life in seconds; of a refusal only the word that the standard defines is repeated."""
    if answer.status_code in (400, 401, 403):
        body = _json(answer)
        word = next((each for each in OAUTH_WORDS if each == body.get("error")), str(answer.status_code))
        raise ConfigError(
            f"the OIDC issuer refuses this client: {word}",
            which="weaviate.oidc_client_secret, weaviate.oidc_scope",
            next_step="set the secret of the client that the Weaviate server names, and a scope that it may ask for",
        )
    body = _read(answer, "the OIDC issuer")
    token = SecretStr(str(body.get("access_token", "")))
    return _sendable(token, "the token of the OIDC issuer"), _seconds(body.get("expires_in"))


def _seconds(said: object) -> float:
    try:
        return max(SHORTEST_SECONDS, float(str(said)))
    except ValueError:
        return UNSAID_SECONDS


def _read(answer: Any, whose: str) -> dict[str, Any]:
    if answer.status_code == 404 and whose == "the Weaviate server":
        raise ConfigError(
            "the Weaviate server has no OIDC",
            which="weaviate.oidc_client_secret",
            next_step="set weaviate.api_key instead, or switch OIDC on at the server",
        )
    body = _json(answer)
    if answer.status_code != 200 or not body:
        raise BackendDown(
            f"{whose} answers a login with status {answer.status_code}",
            next_step="try again; if that does not help, see its log",
        )
    return body


def _json(answer: Any) -> dict[str, Any]:
    try:
        body: object = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _confidential(address: object, settings: WeaviateSettings) -> str:
    """Return an address to which a secret may go: never in plain text when the settings ask for TLS."""
    if isinstance(address, str) and address.startswith("https://" if settings.secure else ("https://", "http://")):
        return address
    raise ConfigError(
        "the OIDC issuer has no address that can be asked" + (" over TLS" if settings.secure else ""),
        which="AUTHENTICATION_OIDC_ISSUER of the Weaviate server",
        next_step="give the issuer an https address",
    )


def _sendable(secret: SecretStr, which: str) -> str:
    """Return what fits into a header; the libraries quote in their errors what does not."""
    text = secret.get_secret_value()
    if not text or any(not "!" <= letter <= "~" for letter in text):
        raise ConfigError(
            "the secret is empty, or holds a space, a line break or a letter outside ASCII",
            which=which,
            next_step="copy it again without blanks around it",
        )
    return text
