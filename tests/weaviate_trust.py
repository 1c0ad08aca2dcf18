"""An OIDC issuer and certificates for tests, both made afresh and served on loopback."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET, SCOPE = "groundsight", "a-client-secret-that-must-stay-secret", "weaviate"


class Issuer:
    """Gives a token to whoever knows the secret: discovery, keys and the token endpoint over plain HTTP."""

    def __init__(self) -> None:
        self.given: list[str] = []
        # How long the next tokens live, and how long they are said to: seconds.
        self.lives: list[tuple[int, int]] = []
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        issuer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(200, issuer.page(self.path))

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                self.answer(*issuer.grant({name: values[0] for name, values in form.items()}))

            def answer(self, status: int, data: object) -> None:
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def server_settings(self) -> dict[str, str]:
        """What the Weaviate server is told of this issuer."""
        return {
            "AUTHENTICATION_OIDC_ENABLED": "true",
            "AUTHENTICATION_OIDC_ISSUER": self.address,
            "AUTHENTICATION_OIDC_CLIENT_ID": CLIENT,
            "AUTHENTICATION_OIDC_USERNAME_CLAIM": "sub",
            "AUTHENTICATION_OIDC_SCOPES": SCOPE,
        }

    def page(self, path: str) -> dict[str, object]:
        if path.startswith("/.well-known"):
            listed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {
                "issuer": self.address,
                **{name: f"{self.address}/{name}" for name in listed},
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        return {"keys": [self._key.as_dict(private=False)]}

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": SCOPE}
        if form != wanted:
            return 401, {"error": "invalid_client", "error_description": f"not the secret: {form['client_secret']}"}
        life, said = self.lives.pop(0) if self.lives else (3600, 3600)
        self.given.append(self.token(life))
        return 200, {"access_token": self.given[-1], "token_type": "Bearer", "expires_in": said}

    def token(self, seconds: int = 3600) -> str:
        """Sign a token for a user whom the server knows."""
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "service", "iat": now, "exp": now + seconds}
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)


@dataclass(frozen=True)
class Certificates:
    """An authority's file, and what a server needs that it vouches for."""

    authority: Path
    server: ssl.SSLContext


def certificates(folder: Path, host: str = "127.0.0.1") -> Certificates:
    """Make an authority and a certificate for a host."""
    own, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = _name("An authority for tests")
    authority = _certificate(name, name, own, own).add_extension(x509.BasicConstraints(True, None), critical=True)
    named = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    leaf = _certificate(_name(host), name, theirs, own).add_extension(
        x509.SubjectAlternativeName([named]), critical=False
    )
    folder.mkdir(exist_ok=True)
    ca_file, cert_file, key_file = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    ca_file.write_bytes(authority.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    cert_file.write_bytes(leaf.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        theirs.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return Certificates(ca_file, context)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signing: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
