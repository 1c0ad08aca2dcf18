"""Passages of a public corpus as assets of an index: one asset and one unit a passage, encoded as files are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from groundsight.errors import InvalidArgument
from groundsight.evals.reading import Item, read_rows
from groundsight.governance.redaction import profile_of, seal_entry
from groundsight.index import Entry
from groundsight.ingestion import IngestReport
from groundsight.ingestion.derived import Derived
from groundsight.ingestion.encode import Assembled, encode
from groundsight.ingestion.links import with_links
from groundsight.settings import Governance, Settings
from groundsight.suite import Suite
from groundsight.types import Asset, Filter, Principal, Unit

BATCH = 200


class Passage(Item):
    """One passage of a corpus file."""

    id: str
    title: str = ""
    text: str


@dataclass(frozen=True)
class Shelf:
    """An index filled with passages: unit ids by passage id, and back."""

    unit_of: Mapping[str, str]
    passage_of: Mapping[str, str]
    text_of: Mapping[str, str]


def shelve(path: Path, suite: Suite, limit: int | None = None) -> Shelf:
    """Store every passage of a ``corpus.jsonl(.gz)`` that the index lacks; vectors are cached by content.

    Text is stored as published: nothing is redacted, so that gold answers stay readable.
    """
    passages = read_rows(path, Passage, limit)
    assets = [_asset(passage) for passage in passages]
    units = [_unit(passage, asset) for passage, asset in zip(passages, assets, strict=True)]
    known = {asset.asset_id for asset in suite.parts.index.assets(_everything(suite))}
    _forget(sorted(known - {asset.asset_id for asset in assets}), suite)
    new = [place for place, asset in enumerate(assets) if asset.asset_id not in known]
    for start in range(0, len(new), BATCH):
        places = new[start : start + BATCH]
        suite.watch.step(start, len(new), "encoding passages")
        suite.parts.index.upsert(_entries([assets[i] for i in places], [units[i] for i in places], suite))
    ids = {passage.id: unit.unit_id for passage, unit in zip(passages, units, strict=True)}
    texts = {passage.id: f"{passage.title}\n{passage.text}" for passage in passages}
    return Shelf(ids, {unit_id: passage_id for passage_id, unit_id in ids.items()}, texts)


def ingest_only(corpus: Path, suite: Suite) -> IngestReport:
    """Bring a folder into the index and take everything else out of it: a home may have held another corpus.

    Raises:
        InvalidArgument: nothing could be read.
    """
    report = suite.ingest([corpus], prune=True)
    if report.units == 0 and report.unchanged == 0:
        raise InvalidArgument("nothing could be read from the corpus", which=str(corpus), next_step="check --corpus")
    sources = {file.source for file in report.files}
    strangers = [asset.asset_id for asset in suite.parts.index.assets(_everything(suite)) if not _among(asset, sources)]
    _forget(strangers, suite)
    return report


def scoped(suite: Suite, name: str, folder: Path) -> Suite:
    """The same parts for a tenant of its own whose index holds this folder and nothing else."""
    scope = suite.acting_for(Principal(tenant=name, may_write=True))
    ingest_only(folder, scope)
    return scope


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Make the folder hold these texts by name and nothing else; what is there already keeps its time of change."""
    folder.mkdir(parents=True, exist_ok=True)
    for stranger in {path.name for path in folder.iterdir()} - files.keys():
        (folder / stranger).unlink()
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != content:
            path.write_text(content, "utf-8")


def _forget(asset_ids: Sequence[str], suite: Suite) -> None:
    """Delete only what there is: an empty deletion is a commit too, and would date the kept items."""
    if asset_ids:
        suite.parts.index.delete(asset_ids, _everything(suite))


def _among(asset: Asset, sources: Set[str]) -> bool:
    """True for a file of the report and for what lies inside one of them (an archive, a mail)."""
    return asset.source in sources or any(asset.source.startswith(f"{source}/") for source in sources)


def _entries(assets: Sequence[Asset], units: Sequence[Unit], suite: Suite) -> list[Entry]:
    """Encode a batch at once."""
    derived = Derived(suite.settings.home / "derived", profile_of(Settings(governance=Governance(redact=()))))
    suite.parts.index.claim(_fingerprints(suite))
    linked = [(asset, with_links(asset, (unit,))) for asset, unit in zip(assets, units, strict=True)]
    made = [Assembled(Entry(asset, own, seal_entry(asset, own, ())), derived) for asset, own in linked]
    return encode(made, suite.parts, suite.watch)


def _fingerprints(suite: Suite) -> dict[str, str]:
    encoders = {"text": suite.parts.text_encoder, "visual": suite.parts.picture_encoder}
    return {lane: encoder.fingerprint for lane, encoder in encoders.items() if encoder is not None}


def _asset(passage: Passage) -> Asset:
    sha = hashlib.sha256(f"{passage.title}\0{passage.text}".encode()).hexdigest()
    asset_id = hashlib.sha256(f"{passage.id}\0{sha}".encode()).hexdigest()[:16]
    return Asset(
        asset_id=asset_id,
        source=f"corpus/{passage.id}",
        media_type="text/plain",
        title=passage.title or passage.text[:60],
        sha256=sha,
        bytes=len(passage.text),
    )


def _unit(passage: Passage, asset: Asset) -> Unit:
    unit_id = f"{asset.asset_id}-0000"
    return Unit(
        unit_id=unit_id, asset_id=asset.asset_id, ordinal=0, kind="text", heading=passage.title, text=passage.text
    )


def _everything(suite: Suite) -> Filter:
    from groundsight.governance.access import tenant_of

    return tenant_of(suite.principal)
