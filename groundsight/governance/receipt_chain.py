"""The chain of the receipts: what is hashed, what is signed, and how a part goes without breaking it.

A receipt is a head and its parts, each one canonical line of JSON. The head holds the SHA-256 of every part and of the
head before it, and is signed with Ed25519. A part holds a salt, so that its hash gives nothing away once it is emptied:
then a signed mark stands in its place, which says when and for which document.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FIRST = "0" * 64
Json = dict[str, Any]


class Signer:
    """Signs with a key of 32 secret bytes; ``public`` is its public half, 32 bytes in base64."""

    def __init__(self, seed: bytes) -> None:
        self._key = _private(seed)
        self.public = b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, text: str) -> str:
        """Return the signature of a text in base64."""
        return b64encode(self._key.sign(text.encode())).decode()


def signed_by(public: str, text: str, signature: str) -> bool:
    """True when the holder of the key signed exactly this text."""
    from cryptography.exceptions import InvalidSignature

    try:
        raw = b64decode(signature, validate=True)
        _public(public).verify(raw, text.encode())
    except (InvalidSignature, ValueError):
        return False
    # Base64 spells the same bytes in several ways: only one is what was written.
    return b64encode(raw).decode() == signature


def canonical(body: Mapping[str, Any]) -> str:
    """Return the one spelling of an object."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read(text: str) -> Json:
    """Return the object in a line, empty unless it is spelt as ``canonical`` does."""
    try:
        found = json.loads(text)
        return cast("Json", found) if isinstance(found, dict) and canonical(found) == text else {}  # pyright: ignore[reportUnknownArgumentType]
    except (ValueError, RecursionError):
        return {}


def hash_of(text: str) -> str:
    """Return the SHA-256 of a line, as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def salted(part: Mapping[str, Any]) -> str:
    """Spell a part with a salt of its own."""
    return canonical({**part, "salt": secrets.token_hex(8)})


def emptied(part_hash: str, document: str, signer: Signer) -> str:
    """Return the mark that stands for a part which quoted a forgotten document, known by its id."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"emptied": part_hash, "document": document, "time": time}
    return canonical({**said, "signature": signer.sign(canonical(said))})


def is_mark(text: str) -> bool:
    """True for what stands in the place of a part that was emptied."""
    return "emptied" in read(text)


def fits(text: str, part_hash: str, public: str) -> bool:
    """True when this is the part of that hash, or the mark with which the holder of the key emptied it."""
    if hash_of(text) == part_hash:
        return True
    found = read(text)
    signature = str(found.pop("signature", ""))
    return found.get("emptied") == part_hash and signed_by(public, canonical(found), signature)


def head_of(facts: Mapping[str, Any], parts: Sequence[str], *, number: int, before: str, public: str) -> str:
    """Spell the head of a receipt: its facts, its place in the chain, and the hash of every part."""
    place = {"n": number, "prev": before, "key": public, "parts": [hash_of(part) for part in parts]}
    return canonical({**facts, **place})


@lru_cache(maxsize=8)
def _private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=8)
def _public(key: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(b64decode(key, validate=True))
