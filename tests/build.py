"""Small, deterministic builders and model doubles for tests. No model, no clock."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry
from groundsight.settings import ALL_PII
from groundsight.types import Asset, Evidence, TextLine, Unit, VectorName

DIMENSION = 64


class WordEncoder:
    """A text encoder whose vectors are hashed word counts: equal words, high cosine."""

    fingerprint = "test-words@1"
    dimension = DIMENSION

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"] = "passage") -> NDArray[np.float32]:
        return np.stack([_hashed(text) for text in texts]) if texts else np.zeros((0, DIMENSION), np.float32)

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode(texts)


class ScriptedReader:
    """An OCR reader that returns the lines it was given, in turn."""

    fingerprint = "test-ocr@1"

    def __init__(self, *pages: tuple[TextLine, ...]) -> None:
        self.pages = list(pages)
        self.calls = 0

    def read(self, picture: object) -> tuple[TextLine, ...]:
        self.calls += 1
        return self.pages.pop(0) if self.pages else ()


def make_asset(source: str = "folder/report.txt", **fields: object) -> Asset:
    """An asset whose id follows from tenant, source and content hash."""
    sha = str(fields.pop("sha256", hashlib.sha256(source.encode()).hexdigest()))
    tenant = str(fields.get("tenant", "default"))
    asset_id = hashlib.sha256(f"{tenant}\0{source}\0{sha}".encode()).hexdigest()[:16]
    known = {"media_type": "text/plain", "title": source.rsplit("/", 1)[-1], "bytes": 1}
    return Asset.model_validate({"asset_id": asset_id, "source": source, "sha256": sha, **known, **fields})


def make_unit(asset: Asset, ordinal: int = 0, text: str = "", **fields: object) -> Unit:
    """A unit of an asset; its id is the asset's id and its ordinal."""
    base = {"unit_id": f"{asset.asset_id}-{ordinal:04d}", "asset_id": asset.asset_id, "ordinal": ordinal}
    return Unit.model_validate({**base, "kind": "text", "text": text, **fields})


def make_entry(asset: Asset, *units: Unit, encoder: WordEncoder | None = None) -> Entry:
    """A sealed entry; with an encoder every non-empty text channel gets its vectors."""
    vectors: dict[VectorName, NDArray[np.float32]] = {}
    rows: dict[VectorName, tuple[int, ...]] = {}
    names: tuple[Literal["text", "caption", "ocr", "meta"], ...] = ("text", "caption", "ocr", "meta")
    for name in names if encoder else ():
        filled = [unit for unit in units if unit.field(name)]
        if filled and encoder:
            vectors[name] = encoder.encode([unit.field(name) for unit in filled])
            rows[name] = tuple(unit.ordinal for unit in filled)
    return Entry(asset, units, seal_entry(asset, units, ALL_PII), vectors, rows)


def make_text_entry(source: str, *texts: str, encoder: WordEncoder | None = None, **fields: object) -> Entry:
    """An entry with one text unit for each text."""
    asset = make_asset(source, **fields)
    units = [make_unit(asset, number, text) for number, text in enumerate(texts)]
    return make_entry(asset, *units, encoder=encoder or WordEncoder())


def _hashed(text: str) -> NDArray[np.float32]:
    row = np.zeros(DIMENSION, np.float32)
    for word in re.findall(r"\w+", text.lower()):
        row[int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big") % DIMENSION] += 1.0
    length = float(np.linalg.norm(row))
    return row / length if length else row


def every(evidence: Sequence[Evidence] | Mapping[str, Sequence[Evidence]]) -> Sequence[Evidence]:
    """Evidence for a whole answer, or that of all its sentences."""
    return [one for found in evidence.values() for one in found] if isinstance(evidence, Mapping) else evidence


@contextmanager
def read_only(home: Path) -> Generator[None]:
    """Mount a folder read-only until the block ends; a test that may not mount is left out."""
    mount = ("mount", "--bind", str(home), str(home)), ("mount", "-o", "remount,bind,ro", str(home))
    if any(subprocess.run(each, capture_output=True, check=False).returncode for each in mount):
        subprocess.run(("umount", str(home)), capture_output=True, check=False)
        pytest.skip("nothing may be mounted here")
    try:
        yield
    finally:
        subprocess.run(("umount", str(home)), check=True)
