"""``groundsight report index``: what of the index others made than would make it now, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from groundsight import __version__
from groundsight.doors.govern.policy_desk import columns
from groundsight.governance.access import visible_to
from groundsight.governance.redaction import profile_of
from groundsight.ingestion.described import new_asset_id
from groundsight.ingestion.enrich import VERSION
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types import Word

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import Lineage

AGAIN, ANEW = "groundsight ingest FOLDER", "groundsight ingest FOLDER --home NEW_FOLDER"
PROMOTE = "groundsight models promote ENCODER --from JUDGED, or " + ANEW
NAMED = 3
Maker = Callable[[str, str], str]


class MadeBefore(Word):
    """Something that others made: what, by which model, rules or version, and now by which; documents, and the mending.

    ``documents`` 0: the whole index.
    """

    what: str
    by: str
    now: str
    documents: int = 0
    sources: tuple[str, ...] = ()
    mend: str


class IndexShown(Result):
    """Everything of the index that the caller may see and that would be made otherwise now."""

    documents: int
    older: tuple[MadeBefore, ...]

    def as_text(self) -> str:
        """A line for each, or one that says that there is none."""
        if not self.older:
            return f"{self.documents} documents, all made by what would make them now"
        rows = [(one.what, str(one.documents or "all"), f"{one.by} -> {one.now}", one.mend) for one in self.older]
        named = [f"{one.what}: {', '.join(one.sources)}" for one in self.older if one.sources]
        return "\n".join([*columns([("made before", "documents", "by -> now", "mend with"), *rows]), *named])


def report_index(suite: Suite) -> IndexShown:
    """Hold the encoders of the index, and the lineage of each document and passage, against what is in use now."""
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    current, maker = dict[str, bool](), _maker_of(suite)
    for unit, asset in suite.parts.index.scan(visible_to(suite.principal)):
        if asset.asset_id not in current:
            wanted = new_asset_id(asset.tenant, asset.source, asset.sha256, suite.settings)
            current[asset.asset_id] = asset.asset_id == wanted
        for key in _older((*asset.lineage, *unit.lineage), maker, is_current=current[asset.asset_id]):
            found.setdefault(key, {})[asset.source] = None
    rows = [
        MadeBefore(what=what, by=by, now=now, documents=len(of), sources=tuple([*of][:NAMED]), mend=mend)
        for (what, by, now, mend), of in sorted(found.items())
    ]
    return IndexShown(documents=len(current), older=(*_encoders(suite), *rows))


INDEX = ToolSpec(report_index, "What was made before")


def _encoders(suite: Suite) -> Iterator[MadeBefore]:
    lanes = {"text": suite.parts.text_encoder, "visual": suite.parts.picture_encoder}
    for lane, stored in suite.parts.index.fingerprints().items():
        encoder = lanes.get(lane)
        if encoder is not None and encoder.fingerprint != stored:
            yield MadeBefore(what=f"{lane} vectors", by=stored, now=encoder.fingerprint, mend=PROMOTE)


def _older(steps: Sequence[Lineage], maker: Maker, *, is_current: bool) -> Iterator[tuple[str, str, str, str]]:
    """Yield what others made, by whom, by whom now, and the mending: ``ingest`` sees other settings by itself."""
    others = [(one, now) for one in steps if (now := maker(one.field, one.operation)) not in ("", one.model)]
    for one, now in others:
        yield f"{one.field}: {one.operation}", one.model, now, ANEW if is_current else AGAIN
    if not is_current and not others:
        yield "document", "other settings", "those of now", AGAIN
    for one in steps if is_current else ():
        if one.version != (version := VERSION if one.field in ("ocr", "tags", "caption") else __version__):
            yield f"{one.field}: {one.operation}", f"version {one.version}", f"version {version}", ANEW


def _maker_of(suite: Suite) -> Maker:
    """Return what tells which model or rules would do a step now, empty where none would; each is opened once."""
    parts = suite.parts

    @cache
    def maker(field: str, operation: str) -> str:
        match field, operation:
            case "text", "redact":
                return profile_of(suite.settings)
            case "ocr", _:
                model = parts.ocr
            case "tags", _:
                model = parts.tagger
            case "caption", _:
                model = parts.captioner
            case "transcript", "transcribe":
                model = parts.transcriber
            case "transcript", _:
                model = parts.voice_encoder
            case _:
                model = None
        return model.fingerprint if model else ""

    return maker
