"""The single choke point: units are redacted, then sealed; the index takes only what is sealed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundsight.errors import RedactionFailed
from groundsight.types import TEXT_FIELDS, Asset, Unit

PROFILE = "structured-v1"
_SEAL_KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class RedactionProof:
    """States that every text of an entry went through the redactor of this process.

    ``seal`` is keyed with a secret of the process, so only ``seal_entry`` can make a valid one.
    """

    profile: str
    kinds: tuple[str, ...]
    chars: int
    counts: Mapping[str, int]
    seal: str


def seal_entry(asset: Asset, units: Iterable[Unit], kinds: tuple[str, ...]) -> RedactionProof:
    """Prove that these texts hold nothing that the redactor would still replace.

    Raises:
        RedactionFailed: something is left in a field; nothing may be stored.
    """
    listed = tuple(units)
    chars = sum(len(unit.field(name)) for unit in listed for name in TEXT_FIELDS)
    return RedactionProof(PROFILE, kinds, chars, dict(asset.redactions), _seal(asset, listed, kinds))


def require_proof(asset: Asset, units: Iterable[Unit], proof: RedactionProof) -> None:
    """Raise RedactionFailed unless the proof was made for exactly these texts."""
    if not hmac.compare_digest(_seal(asset, units, proof.kinds), proof.seal):
        raise RedactionFailed(
            "the proof of redaction does not cover this content", which=asset.source, next_step="ingest the file again"
        )


def _seal(asset: Asset, units: Iterable[Unit], kinds: tuple[str, ...]) -> str:
    digest = hmac.new(_SEAL_KEY, repr((asset.asset_id, asset.title, kinds)).encode(), hashlib.sha256)
    for unit in units:
        digest.update(unit.model_dump_json().encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
