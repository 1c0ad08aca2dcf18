"""The one way to a user's file: below the folders that the caller holds, with one refusal for all that is not."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.access import tenant_of, visible_to
from groundsight.governance.events import note_denied
from groundsight.governance.sources import no_such_file
from groundsight.ingestion.frozen import Frozen, freeze, frozen_inside
from groundsight.ingestion.partition import partition
from groundsight.ingestion.sniff import size_limit
from groundsight.tracing import Watch
from groundsight.types import Asset, Condition, Filter, Place, Principal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts


UNIT_ID = re.compile(r"[0-9a-f]{8,64}-[0-9]{1,8}")


def folders_of(parts: Parts, who: Principal) -> Roots:
    """Return the folders of a caller: its own; without any named, all of them, for the settings' own tenant only."""
    if who.roots is None and who.tenant == parts.settings.governance.tenant:
        return parts.roots
    return parts.roots.only(who.roots or ())


def source_for(parts: Parts, who: Principal, name: str | Path) -> str:
    """Return the source of a file or folder that a caller may read.

    Raises:
        NotFound: it is absent, lies outside of the caller's folders, or is indexed for others only: all read alike.
    """
    source = folders_of(parts, who).source_of(name)
    if hidden_document(parts, who, "source", source):
        raise no_such_file()
    return source


def hidden_document(parts: Parts, who: Principal, field: Literal["source", "asset_id"], name: str) -> bool:
    """True where a document of this source or id is kept from a caller; that is written into the trail."""
    one = Condition(field=field, op="eq", value=name)
    if parts.index.assets(visible_to(who).also(one)):
        return False
    kept = parts.index.assets(tenant_of(who).also(one))
    note_denied(parts.settings, who, kept, field)
    return bool(kept)


def hidden_units(parts: Parts, who: Principal, unit_ids: Sequence[str]) -> None:
    """Write into the trail which of these units are kept from a caller; to the caller they are absent."""
    kept = {asset.asset_id: asset for _, asset in parts.index.get(list(unit_ids), tenant_of(who))}
    note_denied(parts.settings, who, kept.values(), "unit")


def document_for(parts: Parts, who: Principal, name: str | Path) -> Frozen:
    """Open and freeze a file that a caller may read; NotFound as in ``source_for``."""
    source = source_for(parts, who, name)
    return _frozen(parts, folders_of(parts, who), source)


def pictured(parts: Parts, who: Principal, name: str, page: int | None = None) -> tuple[Frozen, Place]:
    """Open what a caller calls a picture: a unit that it may see, or a file that it may read, and the place in it.

    Raises:
        NotFound: as in ``document_of`` or ``document_for``, or there is no such unit. InvalidArgument: the unit lies on
            another page.
    """
    if not UNIT_ID.fullmatch(name):
        return document_for(parts, who, name), Place(page=page or 1)
    rows = parts.index.get([name], visible_to(who))
    if not rows:
        hidden_units(parts, who, [name])
        raise no_such_unit(name)
    unit, asset = rows[0]
    if page not in (None, unit.place.page or 1):
        lies = f"it lies on page {unit.place.page}" if unit.place.page else "it has no pages"
        raise InvalidArgument(f"that is not on page {page}", which=name, limit=lies, next_step="leave the page out")
    return document_of(parts, asset), unit.place


def no_such_unit(unit_id: str) -> NotFound:
    """The one refusal of a unit, absent or another's."""
    return NotFound("there is no such unit", which=unit_id[:80], next_step="search again and use an id it returns")


def document_of(parts: Parts, asset: Asset) -> Frozen:
    """Open and freeze the file of an asset that the caller was found to see.

    Access was judged on the asset, so its file is opened in whoever's folder it lies; in return nothing but the
    very bytes that were indexed is given. What lies in another file is taken out of that one again.

    Raises:
        NotFound: the file is gone, or holds something else by now.
    """
    if asset.parent is not None:
        return _taken_out(parts, asset, holder_of(parts, asset))
    document = _frozen(parts, parts.roots.whole(), asset.source)
    if document.sha256 == asset.sha256:
        return document
    document.copy.close()
    raise _changed(asset)


def holder_of(parts: Parts, asset: Asset) -> Asset:
    """Return the file that this one lies in.

    Raises:
        NotFound: it is not indexed.
    """
    tenant = Condition(field="tenant", op="eq", value=asset.tenant)
    where = Filter(conditions=(tenant, Condition(field="source", op="eq", value=asset.parent or "")))
    found = parts.index.assets(where)
    if not found:
        raise no_such_file()
    return found[0]


def _taken_out(parts: Parts, asset: Asset, holder: Asset) -> Frozen:
    settings = parts.settings
    with document_of(parts, holder) as document, tempfile.TemporaryDirectory(prefix="groundsight-") as folder:
        scratch = Path(folder)
        for each in partition(document, settings, scratch, Watch(), parts.sandbox).inside:
            most, time = settings.limits.file_bytes, holder.mtime_ns or 0
            found = frozen_inside(scratch / each.file, asset.source, most, time)
            if found.sha256 == asset.sha256:
                return found
            found.copy.close()
    raise _changed(asset)


def _changed(asset: Asset) -> NotFound:
    return NotFound(
        "the file has changed since it was indexed", which=asset.asset_id, next_step="ingest it again, or read its text"
    )


def _frozen(parts: Parts, roots: Roots, source: str) -> Frozen:
    descriptor = roots.open_inside(source)
    try:
        return freeze(descriptor, source, getattr(parts.settings.limits, size_limit(source)))
    finally:
        os.close(descriptor)
