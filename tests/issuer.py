"""An OAuth issuer for the tests: keys, a JWKS in a file or behind a real address, and tokens of any shape."""

from __future__ import annotations

import base64
import json
import ssl
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.serving import serving

ISSUER, URL = "https://login.example.org/home", "https://search.example.org/mcp"
Answer = Callable[[BaseHTTPRequestHandler], None]


@cache
def private_key(kid: str) -> Any:
    """A key for this name; its first letters say which kind: rsa, weak, ec or ed."""
    match kid.rstrip("0123456789"):
        case "ec":
            return ec.generate_private_key(ec.SECP256R1())
        case "ed":
            return ed25519.Ed25519PrivateKey.generate()
        case "weak":
            return rsa.generate_private_key(65_537, 1_024)
        case _:
            return rsa.generate_private_key(65_537, 2_048)


def public_jwk(kid: str, **more: Any) -> dict[str, Any]:
    """The entry of a key in a JWKS."""
    key = private_key(kid).public_key()
    kinds = ((rsa.RSAPublicKey, RSAAlgorithm), (ec.EllipticCurvePublicKey, ECAlgorithm))
    writer = next((writer for kind, writer in kinds if isinstance(key, kind)), OKPAlgorithm)
    return {**json.loads(writer.to_jwk(key)), "kid": kid, **more}


def jwks(*kids: str) -> bytes:
    return json.dumps({"keys": [public_jwk(kid) for kid in kids]}).encode()


def public_pem(kid: str) -> bytes:
    return private_key(kid).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def token(kid: str = "rsa1", algorithm: str = "RS256", header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token that is good but for what is said, for longer than a suite runs; a claim of None is left out."""
    now = int(time.time())
    good = {"iss": ISSUER, "aud": URL, "sub": "ann", "exp": now + 86_400, "nbf": now - 10, "scope": "read"}
    told = {name: value for name, value in {**good, **claims}.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
        return jwt.encode(told, private_key(kid), algorithm=algorithm, headers={"kid": kid, **(header or {})})


def forged(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, signature: bytes = b"") -> str:
    """Three parts as they are given."""
    parts = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))


def filed(folder: Path, *kids: str) -> Path:
    """Write the JWKS of these keys into a folder."""
    file = folder / "jwks.json"
    file.write_bytes(jwks(*kids))
    return file


@contextmanager
def answering(answer: Answer, trusted: ssl.SSLContext | None = None) -> Generator[tuple[str, list[str]]]:
    """Serve a JWKS on loopback, with a certificate over TLS; give its address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            return

    with serving(Handler, trusted) as address:
        yield f"{address}/certs", asked


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer
