"""One parsed file becomes one sealed entry: redact, cut, look at pictures, link."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from groundsight import __version__
from groundsight.errors import ParseFailed
from groundsight.governance.pii import PLACEHOLDER, Memory, redact
from groundsight.governance.redaction import redact_unit, seal_entry, with_clean_links
from groundsight.index import Entry
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.apart import HOSTILE, apart, remarks, unseen_counts, with_marks
from groundsight.ingestion.chunking import Chunk, Cutter
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.document import CleanDocument, Cleaner
from groundsight.ingestion.encode import Vector, encode_pictures, encode_sounds
from groundsight.ingestion.enrich import ReadBefore, Seen, see_all, told_by
from groundsight.ingestion.folder.catalogue import kind_of
from groundsight.ingestion.listen import heard, track_of
from groundsight.ingestion.names.reader import memory_of
from groundsight.ingestion.partition import rest_of
from groundsight.ingestion.picture_tables import lines_on_page, with_tables
from groundsight.ingestion.portions import portions
from groundsight.ingestion.unit_file import UnitFile
from groundsight.language.addressed import speaks_to_a_model
from groundsight.language.identify import language_of, script_of
from groundsight.tracing import Watch, span
from groundsight.types import Asset, LeftOut, Lineage, Link, Unit, VectorName
from groundsight.vision import SENSITIVE

if TYPE_CHECKING:
    from groundsight.audio.track import Track
    from groundsight.parts import Parts

# What the packaged OCR was trained on; the empty one is a document without letters.
OCR_SCRIPTS = ("LATIN", "CJK", "")
# The language of a longer document is that of its beginning.
_TELLING_CHARS = 400_000
Linker = Callable[[Asset, tuple[Unit, ...]], tuple[Unit, ...]]


def assemble(
    parsed: Parsed, asset: Asset, scratch: Path, parts: Parts, derived: Derived, linker: Linker, watch: Watch
) -> Entry:
    """Build the sealed entry of one file, part by part: no more than one part of a long one is in memory at a time.

    Its pictures are encoded, its texts wait until the entry is stored.

    Raises:
        ParseFailed: the file gives no unit with any content (E_EMPTY).
        RedactionFailed: a text does not come to rest under redaction.
    """
    known, of_speech = ReadBefore(), memory_of(parts, (), watch)
    track = track_of(parsed, scratch)
    parsed = heard(parsed, asset.source, scratch, parts, derived, of_speech, watch)
    asset = _with_speech(asset, parts)
    memory = _memory(parsed, asset, scratch, parts, watch, known)
    memory.numbers.update(of_speech.numbers)
    memory.counts.update(of_speech.counts)
    made = _Assembly(parts, derived, linker, asset, memory, known, track)
    total, done = len(parsed.elements) + (parsed.rest.count if parsed.rest else 0), 0
    for part in portions(chain(parsed.elements, rest_of(parsed, scratch, asset.source))):
        first = {} if done == 0 else {"title": "", "warnings": (), "links": ()}
        made.take(parsed.model_copy(update={"elements": part, **first}), scratch, _share(watch, done, len(part), total))
        done += len(part)
        if made.is_full:
            break
    return made.entry(parsed.left_out)


def _with_speech(asset: Asset, parts: Parts) -> Asset:
    """Tell of a recording what wrote it down."""
    if not asset.media_type.startswith(("audio/", "video/")):
        return asset
    by = {"transcribe": parts.transcriber, "tell voices apart": parts.voice_encoder}
    steps = (
        Lineage(field="transcript", operation=verb, source_sha256=asset.sha256, model=model.fingerprint,
                version=__version__)
        for verb, model in by.items()
        if model
    )  # fmt: skip
    return asset.model_copy(update={"lineage": (*asset.lineage, *steps)})


def _memory(parsed: Parsed, asset: Asset, scratch: Path, parts: Parts, watch: Watch, known: ReadBefore) -> Memory:
    """Know the names of the whole file first: one that is found on its last page is hidden on the first, too."""
    elements = chain(parsed.elements, rest_of(parsed, scratch, asset.source))
    told = chain((parsed.title, *parsed.warnings), told_by(elements, scratch, parts, known))
    return memory_of(parts, told, watch)


class _Assembly:
    """One file on its way into the index: its units so far, and what its parts have in common."""

    def __init__(
        self, parts: Parts, derived: Derived, linker: Linker, asset: Asset, memory: Memory, known: ReadBefore,
        track: Track,
    ) -> None:  # fmt: skip
        # Another one may be promoted on the way: all pictures of a file are of the one that was in use first.
        self._known, self._track, self._looks = known, track, parts.picture_encoder
        self._parts, self._derived, self._linker, self._asset = parts, derived, linker, asset
        self._kinds = parts.settings.governance.redact
        self._cleaner = Cleaner(asset.media_type, self._kinds, memory)
        self._cutter = Cutter(parts.settings, self._cleaner.memory)
        self._units: tuple[Unit, ...] | UnitFile = ()
        self._vectors: dict[VectorName, dict[int, Vector]] = {"visual": {}, "sound": {}}
        self._number, self._begin, self._hashes, self._is_named = 0, "", list[str](), False
        self._withheld, self._unseen = Counter[str](), Counter[str]()

    @property
    def is_full(self) -> bool:
        """True when what follows is over the limit of a document."""
        return self._cutter.is_full

    def take(self, part: Parsed, scratch: Path, watch: Watch) -> None:
        """Redact, cut, look at pictures and link one part."""
        parts, memory = self._parts, self._cleaner.memory
        with span("ingest.redact"):
            document = self._cleaner.clean(_with_orders_apart(part))
        if not self._is_named:
            self._name(document)
        chunks = self._cutter.cut(document.elements).chunks
        with span("ingest.pictures", pictures=sum(piece.picture is not None for piece in chunks)):
            seen = see_all(chunks, scratch, parts, self._derived, memory, watch, self._known)
        chunks, seen = with_tables(chunks, seen, parts.settings, memory)
        numbered = {self._number + place: one for place, one in seen.items()}
        made = (_unit(self._asset, at, piece, numbered.get(at)) for at, piece in enumerate(chunks, self._number))
        units = tuple(map(apart, made))
        self._number += len(chunks)
        units = tuple(redact_unit(unit, self._kinds, memory) for unit in _with_content(units, numbered))
        linked = tuple(
            with_clean_links(unit, self._kinds, memory) for unit in _tied(self._linker(self._asset, units), part.links)
        )
        self._hashes += [one.phash for one in seen.values()]
        self._withheld.update(kind for one in seen.values() for kind in one.withheld)
        seen = {unit.ordinal: numbered[unit.ordinal] for unit in linked if unit.ordinal in numbered}
        shown = {at: one for at, one in seen.items() if not one.withheld}
        self._vectors["visual"] |= encode_pictures(shown, self._looks, self._derived, watch)
        self._vectors["sound"] |= encode_sounds(linked, self._track, parts, self._derived, watch)
        self._unseen.update(unseen_counts(linked))
        self._keep(linked)

    def entry(self, left_out: tuple[LeftOut, ...]) -> Entry:
        """Seal what was taken."""
        units = self._units
        if not units:
            raise _empty(self._asset)
        if self.is_full:
            over = f"over limits.document_units = {self._parts.settings.limits.document_units}"
            left_out = (*left_out, LeftOut(kind="rest of the file", why=over))
        if self._hashes and script_of(self._begin) not in OCR_SCRIPTS:
            unread = "the OCR does not know the script of this document"
            left_out = (*left_out, LeftOut(kind="text in a picture", why=unread, count=len(self._hashes)))
        told = (LeftOut(kind="picture", why=f"withheld: {kind}", count=count) for kind, count in self._withheld.items())
        left_out = (*left_out, *told)
        # A picture may have tables beside it, and hidden words of its file; one of several units is none by itself.
        alone = sum(unit.kind != "table" and not (unit.kind == "text" and unit.mark) for unit in units)
        known = {
            "redactions": dict(self._cleaner.memory.counts),
            "phash": self._hashes[0] if len(self._hashes) == 1 and alone == 1 else None,
            "language": language_of(self._begin),
            "left_out": left_out,
            "unseen": dict(self._unseen),
            "warnings": (*self._asset.warnings, *map(str, left_out), *remarks(self._unseen)),
        }
        asset = self._asset.model_copy(update=known)
        proof = seal_entry(asset, units, self._kinds, self._cleaner.memory)
        made: dict[VectorName, dict[int, Vector]] = {name: found for name, found in self._vectors.items() if found}
        vectors: dict[VectorName, Vector] = {name: np.stack([*found.values()]) for name, found in made.items()}
        rows: dict[VectorName, tuple[int, ...]] = {name: tuple(found) for name, found in made.items()}
        by = {"visual": self._looks.fingerprint} if self._looks and "visual" in vectors else {}
        return Entry(asset, units, proof, vectors, rows, by)

    def _name(self, document: CleanDocument) -> None:
        title = redact(document.title or self._asset.title, self._kinds, document.memory).text
        self._asset, self._is_named = (
            self._asset.model_copy(update={"title": title, "warnings": document.warnings}),
            True,
        )

    def _keep(self, units: tuple[Unit, ...]) -> None:
        """Hold the units of one part in memory, those of several on disk."""
        if len(self._begin) < _TELLING_CHARS:
            self._begin += "\n".join(unit.text or unit.transcript or unit.ocr for unit in units if not unit.mark)
        if not self._units:
            self._units = units
        elif units:
            if not isinstance(self._units, UnitFile):
                first, self._units = self._units, UnitFile()
                self._units.put(first)
            self._units.put(units)


def _with_orders_apart(part: Parsed) -> Parsed:
    """Mark what speaks to a language model; a title that does so is a passage of its own and no title."""
    title, elements = part.title, with_marks(part.elements)
    if speaks_to_a_model(title):
        title, elements = "", (Element(kind="text", text=title, mark=HOSTILE), *elements)
    return part.model_copy(update={"title": title, "elements": elements})


def _share(watch: Watch, done: int, size: int, total: int) -> Watch:
    """Return a watch whose steps move the whole file by the share of one part."""
    if size == total:
        return watch

    def told(at: float, of: float | None, detail: str) -> None:
        watch.step(int(done + size * min(1.0, at / of if of else 0.0)), total, detail)

    return Watch(told, client=watch.client, within=(watch,))


def _tied(units: tuple[Unit, ...], links: tuple[Link, ...]) -> tuple[Unit, ...]:
    """What ties the whole document to others stands at its first unit."""
    if not units or not links:
        return units
    first, *rest = units
    return (first.model_copy(update={"links": (*links, *first.links)}), *rest)


def _unit(asset: Asset, number: int, piece: Chunk, seen: Seen | None) -> Unit:
    said = piece.text if piece.kind in ("audio", "video") else ""
    return Unit(
        unit_id=f"{asset.asset_id}-{number:04d}",
        asset_id=asset.asset_id,
        ordinal=number,
        kind=piece.kind,
        place=piece.place,
        heading=piece.heading,
        text="" if said else piece.text,
        transcript=said,
        seconds=piece.seconds,
        cells=piece.cells,
        boxes=piece.boxes,
        mark=SENSITIVE if seen and seen.withheld else piece.mark,
        meta=_meta(asset, piece),
        caption=seen.caption if seen else "",
        ocr=seen.ocr if seen else "",
        lines=lines_on_page(seen.lines, piece.place.box) if seen else (),
        tags=seen.tags if seen else (),
        lineage=seen.lineage if seen else (),
    )


def _meta(asset: Asset, piece: Chunk) -> str:
    """Words about the unit: file name, kind, title, heading path, date, link targets; a placeholder is no word."""
    name = " ".join(re.split(r"[\W_]+", PLACEHOLDER.sub(" ", PurePosixPath(asset.source).name))).strip()
    day = asset.created.isoformat() if asset.created else ""
    title = "" if asset.title == PurePosixPath(asset.source).name else asset.title
    return " · ".join(
        part for part in (name, kind_of(asset), title, piece.place.section or "", day, piece.meta) if part
    )


def _with_content(units: Sequence[Unit], seen: Mapping[int, Seen]) -> tuple[Unit, ...]:
    """Drop blank pages; a picture stays, since it can be seen."""
    return tuple(
        unit
        for unit in units
        if unit.text
        or unit.transcript
        or unit.ocr
        or unit.unseen
        or unit.mark == SENSITIVE
        or unit.kind == "audio"
        or (unit.ordinal in seen and unit.kind != "page")
    )


def _empty(asset: Asset) -> ParseFailed:
    return ParseFailed(
        "nothing could be read from this file",
        which=asset.source,
        next_step="check that it holds text or pictures and that OCR is on",
        code="E_EMPTY",
    )
