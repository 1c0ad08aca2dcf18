"""The single choke point: units are redacted, then sealed; the index takes only what is sealed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from groundsight.errors import RedactionFailed
from groundsight.governance.pii import Memory, apply, find, loud
from groundsight.governance.pii_entities import PACKAGES, asks_for_names, names_model
from groundsight.governance.pii_tables import clean_cells
from groundsight.governance.pseudonyms import pseudonym_key
from groundsight.settings import PiiKind, Settings
from groundsight.types import TEXT_FIELDS, Asset, Degraded, Link, Tag, Unit

PROFILE = "structured-v6"
_SEAL_KEY = secrets.token_bytes(32)


@runtime_checkable
class AsBytes(Protocol):
    """Units that lie somewhere as bytes."""

    def as_bytes(self) -> Iterator[bytes]:
        """Yield each unit as ``bytes_of`` gives it."""
        ...


def bytes_of(unit: Unit) -> bytes:
    """Return a unit as bytes, what is as it is by default left out."""
    return unit.model_dump_json(exclude_defaults=True).encode("utf-8", "surrogatepass")


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


def profile_of(settings: Settings) -> str:
    """Name what is redacted and by which rules: whatever is derived from a file is kept under this name."""
    kinds = settings.governance.redact
    names = f":{names_model() or 'no names'}" if asks_for_names(kinds) else ""
    asked = settings.pictures
    masks = f":{asked.model_dump_json()}" if asked.mask or asked.withhold else ""
    key = pseudonym_key(settings)
    stable = f":{hashlib.sha256(key).hexdigest()[:16]}" if key else ""
    return f"{PROFILE}:{','.join(sorted(kinds))}{names}{stable}{masks}"


def unhidden(settings: Settings) -> list[Degraded]:
    """Name what these settings would hide and this installation does not, or less well."""
    found: list[Degraded] = []
    model, asked = names_model(), settings.governance
    if asks_for_names(asked.redact) and not model.startswith(PACKAGES[0]):
        reason = f"{model} finds fewer than {PACKAGES[0]}" if model else "no model: persons, places, organisations stay"
        remedy = "pip install 'groundsight[names]'" + (" with Python 3.12 or newer" if model else "")
        found.append(Degraded(lane="names", reason=reason, remedy=remedy))
    if asked.profile == "strict" and not settings.pictures.mask:
        reason = "faces in pictures are not looked for"
        found.append(Degraded(lane="masks", reason=reason, remedy="set pictures.mask = ['faces'] (extra masks)"))
    return found


def redact_unit(unit: Unit, kinds: Sequence[PiiKind], memory: Memory) -> Unit:
    """Redact every field of a unit on its own, cells with heads; links and tags that would need it are dropped."""

    def clean(text: str) -> str:
        spans = find(text, kinds, memory)
        return apply(text, 0, len(text), spans) if spans else text

    place = unit.place.model_copy(update={"section": clean(unit.place.section)}) if unit.place.section else unit.place
    fields: dict[str, object] = {name: clean(unit.field(name)) for name in TEXT_FIELDS}
    fields["heading"], fields["unseen"] = clean(unit.heading), clean(unit.unseen)
    fields["place"] = place
    fields["cells"] = clean_cells(unit.cells, kinds, memory) if unit.cells else ()
    fields["lines"] = tuple(line.model_copy(update={"text": clean(line.text)}) for line in unit.lines)
    fields["tags"] = tuple(tag for tag in unit.tags if _is_clean(tag, kinds, memory))
    return with_clean_links(unit.model_copy(update=fields), kinds, memory)


def with_clean_links(unit: Unit, kinds: Sequence[PiiKind], memory: Memory) -> Unit:
    """Drop links that would have to be redacted."""
    held = loud((text for link in unit.links for text in (link.shown, link.key)), memory)
    if not held:
        return unit
    kept = tuple(link for link in unit.links if _is_clean(link, kinds, memory))
    return unit if kept == unit.links else unit.model_copy(update={"links": kept})


def seal_entry(
    asset: Asset, units: Sequence[Unit], kinds: tuple[PiiKind, ...], known: Memory | None = None
) -> RedactionProof:
    """Prove that these texts hold nothing that the redactor would still replace.

    What ``known`` has seen to be quiet, word for word, is not looked at again.

    Raises:
        RedactionFailed: something is left in a field; nothing may be stored.
    """
    chars, memory = 0, (known or Memory()).aside()

    def look(texts: Iterable[tuple[str, str]]) -> None:
        nonlocal chars
        told = list(texts)
        chars += sum(len(text) for _, text in told)
        held = loud((text for _, text in told), memory)
        for where, text in told:
            left = find(text, kinds, memory) if text in held else ()
            if left:
                raise _left(f"a value of kind {left[0].kind} is left in {where}", asset)

    look(_texts(asset))
    for unit in units:
        look(_texts_of(unit))
        chars += sum(len(cell) for row in unit.cells for cell in row)
        if unit.cells and clean_cells(unit.cells, kinds, memory) != unit.cells:
            raise _left("a value is left in the cells of a table", asset)
    return RedactionProof(PROFILE, kinds, chars, dict(asset.redactions), _seal(asset, units, kinds))


def _left(what: str, asset: Asset) -> RedactionFailed:
    return RedactionFailed(what, which=asset.asset_id, next_step="nothing was stored; ingest the file again")


def require_proof(asset: Asset, units: Iterable[Unit], proof: RedactionProof) -> None:
    """Raise RedactionFailed unless the proof was made for exactly these texts."""
    if not hmac.compare_digest(_seal(asset, units, proof.kinds), proof.seal):
        raise RedactionFailed(
            "the proof of redaction does not cover this content", which=asset.source, next_step="ingest the file again"
        )


def _texts(asset: Asset) -> Iterator[tuple[str, str]]:
    """Yield the name and the content of every field that is stored as text."""
    yield "the title", asset.title
    yield from (("the source", part) for part in asset.source.split("/"))
    yield from (("a warning", warning) for warning in asset.warnings)


def _texts_of(unit: Unit) -> Iterator[tuple[str, str]]:
    yield from ((name, unit.field(name)) for name in TEXT_FIELDS)
    yield "heading", unit.heading
    yield "unseen", unit.unseen
    yield "section", unit.place.section or ""
    yield from (("lines", line.text) for line in unit.lines)
    yield from (("tags", tag.name) for tag in unit.tags)
    yield from (("links", text) for link in unit.links for text in (link.shown, link.key))


def _is_clean(word: Tag | Link, kinds: Sequence[PiiKind], memory: Memory) -> bool:
    texts = (word.name,) if isinstance(word, Tag) else (word.shown, word.key)
    return not any(find(text, kinds, memory.aside()) for text in texts)


def _seal(asset: Asset, units: Iterable[Unit], kinds: tuple[str, ...]) -> str:
    about = repr((asset.asset_id, asset.source, asset.title, asset.warnings, kinds))
    digest = hmac.new(_SEAL_KEY, about.encode("utf-8", "surrogatepass"), hashlib.sha256)
    for data in units.as_bytes() if isinstance(units, AsBytes) else map(bytes_of, units):
        digest.update(data)
    return digest.hexdigest()
