"""One parsed file becomes one sealed entry: redact, cut, look at pictures, link, encode."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from groundsight.errors import ParseFailed
from groundsight.governance.access import PROTECTIVE
from groundsight.governance.pii import PLACEHOLDER, Memory, redact
from groundsight.governance.redaction import profile_of, redact_unit, seal_entry, with_clean_links
from groundsight.index import Entry
from groundsight.ingestion import Parsed
from groundsight.ingestion.chunking import Chunk, chunk
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.document import clean_document
from groundsight.ingestion.encode import encode
from groundsight.ingestion.enrich import Seen, see
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.picture_tables import lines_on_page, with_tables
from groundsight.language.identify import language_of, script_of
from groundsight.settings import Settings
from groundsight.tracing import Watch
from groundsight.types import Asset, LeftOut, Link, Principal, Unit

if TYPE_CHECKING:
    from groundsight.parts import Parts

# What the packaged OCR was trained on; the empty one is a document without letters.
OCR_SCRIPTS = ("LATIN", "CJK", "")
Linker = Callable[[Asset, tuple[Unit, ...]], tuple[Unit, ...]]


def new_asset_id(tenant: str, source: str, sha256: str, settings: Settings) -> str:
    """Derive the id from tenant, source, content and every setting that shapes units."""
    models = settings.models
    recipe = (settings.ingestion.model_dump_json(), models.text, models.visual, models.ocr, models.caption)
    named = "\0".join((tenant, source, sha256, *recipe, profile_of(settings.governance.redact)))
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def assemble(
    parsed: Parsed, asset: Asset, scratch: Path, parts: Parts, derived: Derived, linker: Linker, watch: Watch
) -> Entry:
    """Build the sealed entry of one file.

    Raises:
        ParseFailed: the file gives no unit with any content (E_EMPTY).
        RedactionFailed: a text does not come to rest under redaction.
    """
    kinds = parts.settings.governance.redact
    document = clean_document(parsed, kinds)
    title = redact(document.title or asset.title, kinds, document.memory).text
    warnings = (*document.warnings, *map(str, parsed.left_out))
    asset = asset.model_copy(update={"title": title, "left_out": parsed.left_out, "warnings": warnings})
    chunks = chunk(document.elements, parts.settings, document.memory).chunks
    seen = _seen(chunks, scratch, parts, derived, document.memory, watch)
    chunks, seen = with_tables(chunks, seen, parts.settings, document.memory)
    units = tuple(_unit(asset, number, piece, seen.get(number)) for number, piece in enumerate(chunks))
    units = tuple(redact_unit(unit, kinds, document.memory) for unit in _with_content(units, seen, asset))
    tied = _tied(linker(asset, units), parsed.links)
    linked = tuple(with_clean_links(unit, kinds, document.memory) for unit in tied)
    hashes = [one.phash for one in seen.values()]
    only = hashes[0] if len(hashes) == 1 and len(units) == 1 else None
    asset = asset.model_copy(update={"redactions": dict(document.memory.counts), "phash": only})
    asset = _in_its_language(asset, linked, seen)
    kept = {unit.ordinal for unit in linked}
    shown = {number: one for number, one in seen.items() if number in kept}
    vectors, rows = encode(linked, shown, parts, derived, watch)
    return Entry(asset, linked, seal_entry(asset, linked, kinds, document.memory), vectors, rows)


def make_asset(
    parsed: Parsed,
    document: Frozen,
    who: Principal,
    settings: Settings,
    guard: Asset | None = None,
    holder: Asset | None = None,
) -> Asset:
    """Describe the file; the tenant comes from the principal, and so does the region of what was not there before.

    What protects a document (region, labels, usage rights, consent) is not the writer's to change: it is taken from
    ``guard``, the document as it was before, or a protected one of the same content. A file that lies in another one,
    the ``holder``, is protected as that is, too.
    """
    described = Asset(
        asset_id=new_asset_id(who.tenant, document.source, document.sha256, settings),
        source=document.source,
        media_type=parsed.media_type,
        title=parsed.title or document.name,
        sha256=document.sha256,
        bytes=document.bytes,
        mtime_ns=document.mtime_ns,
        created=parsed.created,
        tenant=who.tenant,
        region=who.region,
        pages=parsed.pages,
        parent=holder.source if holder else None,
    )
    return _protected(_protected(described, guard), holder)


def _in_its_language(asset: Asset, units: Sequence[Unit], seen: Mapping[int, Seen]) -> Asset:
    """Tell the language, and say when pictures lie in a document whose script the OCR does not know."""
    text = "\n".join(unit.text or unit.ocr for unit in units if not unit.mark)
    asset = asset.model_copy(update={"language": language_of(text)})
    if not seen or script_of(text) in OCR_SCRIPTS:
        return asset
    unread = LeftOut(kind="text in a picture", why="the OCR does not know the script of this document", count=len(seen))
    return asset.model_copy(update={"left_out": (*asset.left_out, unread), "warnings": (*asset.warnings, str(unread))})


def _tied(units: tuple[Unit, ...], links: tuple[Link, ...]) -> tuple[Unit, ...]:
    """What ties the whole document to others stands at its first unit."""
    first, *rest = units
    return (first.model_copy(update={"links": (*links, *first.links)}), *rest)


def is_guarded(asset: Asset) -> bool:
    """True when not everybody of its tenant and region may read it for ever: a file that was moved keeps that."""
    return bool(asset.labels) or asset.usage_rights != "approved" or asset.consent_until is not None


def is_kept_as(asset: Asset, holder: Asset) -> bool:
    """True when a file is known to lie in this one and is no less protected."""
    return asset.parent == holder.source and _protected(asset, holder) == asset


def _protected(asset: Asset, guard: Asset | None) -> Asset:
    """Protect an asset as ``guard`` is; of two limits to use or consent the stricter one holds."""
    if guard is None:
        return asset
    update = {name: getattr(guard, name) for name in PROTECTIVE if name == "region" or getattr(guard, name)}
    if asset.usage_rights == "restricted":
        update["usage_rights"] = asset.usage_rights
    if asset.consent_until and guard.consent_until:
        update["consent_until"] = min(asset.consent_until, guard.consent_until)
    return asset.model_copy(update=update)


def _seen(
    chunks: Sequence[Chunk], scratch: Path, parts: Parts, derived: Derived, memory: Memory, watch: Watch
) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for number, piece in enumerate(chunks):
        if piece.picture is not None:
            watch.step(number, len(chunks), "reading pictures")
            found[number] = see(scratch / piece.picture, parts, derived, parts.settings.governance.redact, memory)
    return found


def _unit(asset: Asset, number: int, piece: Chunk, seen: Seen | None) -> Unit:
    return Unit(
        unit_id=f"{asset.asset_id}-{number:04d}",
        asset_id=asset.asset_id,
        ordinal=number,
        kind=piece.kind,
        place=piece.place,
        heading=piece.heading,
        text=piece.text,
        cells=piece.cells,
        boxes=piece.boxes,
        mark=piece.mark,
        meta=_meta(asset, piece),
        caption=seen.caption if seen else "",
        ocr=seen.ocr if seen else "",
        lines=lines_on_page(seen.lines, piece.place.box) if seen else (),
        tags=seen.tags if seen else (),
        lineage=seen.lineage if seen else (),
    )


def _meta(asset: Asset, piece: Chunk) -> str:
    """Words about the unit: file name, title, heading path, date, link targets; a placeholder is no word."""
    name = " ".join(re.split(r"[\W_]+", PLACEHOLDER.sub(" ", PurePosixPath(asset.source).name))).strip()
    day = asset.created.isoformat() if asset.created else ""
    title = "" if asset.title == PurePosixPath(asset.source).name else asset.title
    return " · ".join(part for part in (name, title, piece.place.section or "", day, piece.meta) if part)


def _with_content(units: Sequence[Unit], seen: dict[int, Seen], asset: Asset) -> tuple[Unit, ...]:
    """Drop blank pages; a picture stays, since it can be seen."""
    kept = tuple(unit for unit in units if unit.text or unit.ocr or (unit.ordinal in seen and unit.kind != "page"))
    if not kept:
        raise ParseFailed(
            "nothing could be read from this file",
            which=asset.source,
            next_step="check that it holds text or pictures and that OCR is on",
            code="E_EMPTY",
        )
    return kept
