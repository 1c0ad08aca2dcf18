"""Containment: a file, a folder or a tenant is shut at every door at once, and can be opened again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import NotFound
from groundsight.governance.access import tenant_of
from groundsight.governance.incidents import Contained, IncidentBook, Shut
from groundsight.governance.policy import policy_refusal
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.ingestion.folder.notebook import forget_questions
from groundsight.types import Asset, Filter, Principal

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.parts import Parts


def place_to_contain(parts: Parts, tenant: str, source: str, shut: Shut) -> Contained:
    """Return a place with what was not free there before any containment; ``shut`` is what is contained now.

    Raises:
        NotFound: nothing that is indexed lies there.
    """
    place = Contained(tenant=tenant, place=source.rstrip("/"))
    inside = _inside(parts, place, shut)
    if not inside:
        step = "name a source as list shows it, or --everything"
        raise NotFound("nothing that is indexed lies there", which=source or f"tenant {tenant}", next_step=step)
    closed = [asset for asset in inside if asset.usage_rights != "approved"]
    kept = {shut.hashed(tenant, asset.source): shut.by(tenant, asset.source) for asset in closed}
    before = [name for name, held in kept.items() if not held or any(name in each.before for each in held)]
    return place.model_copy(update={"before": tuple(sorted(before))})


def contain(parts: Parts, place: Contained) -> int:
    """Shut what lies in a place, and return how many documents that is.

    Raises:
        StorageFailed, Locked: the index can't be written; the same call again does the rest.
    """
    inside = _inside(parts, place, IncidentBook(parts.settings.home).shut())
    free = [asset for asset in inside if asset.usage_rights == "approved"]
    _protect(parts, [asset.model_copy(update={"usage_rights": "restricted"}) for asset in free])
    forget_questions(parts.settings.home, [place.tenant])
    return len(inside)


def open_again(parts: Parts, place: Contained, others: Shut) -> int:
    """Give what a containment shut its stated rights again, but for what ``others`` hold or what was shut before.

    Returns how many documents that is.
    """
    stated = RightsLedger(parts.settings.home).book()
    free = [
        asset
        for asset in _inside(parts, place, others)
        if not others.by(asset.tenant, asset.source) and others.hashed(asset.tenant, asset.source) not in place.before
    ]
    held = [(asset, stated.holding(asset.tenant, asset.source, asset.mtime_ns).values) for asset in free]
    _protect(parts, [asset.model_copy(update={"usage_rights": now["usage_rights"]}) for asset, now in held])
    return len(free)


def shut_again(home: Path, index: Index, stored: Sequence[Asset] | None = None) -> None:
    """Shut what is contained and is open all the same: a process died between the two, a snapshot came back, or it was
    being read meanwhile. It costs a look at the incidents where none of what was just ``stored`` is concerned.
    """
    shut = IncidentBook(home).shut()
    if not shut.places or (stored is not None and not any(shut.by(one.tenant, one.source) for one in stored)):
        return
    free = (one for one in index.assets(Filter()) if one.usage_rights == "approved")
    inside = [one for one in free if shut.by(one.tenant, one.source)]
    if inside:
        index.protect([one.model_copy(update={"usage_rights": "restricted"}) for one in inside])


def refuse_contained(shut: Shut, asset: Asset) -> None:
    """Let nothing new into a place that is shut.

    Raises:
        PolicyRefused: the document lies in one.
    """
    if shut.by(asset.tenant, asset.source):
        step = "close the incident and lift it: groundsight incidents list"
        raise policy_refusal("contained", f"{asset.source} is contained by an incident", step)


def _inside(parts: Parts, place: Contained, shut: Shut) -> list[Asset]:
    every = parts.index.assets(tenant_of(Principal(tenant=place.tenant)))
    return [asset for asset in every if shut.holds(place, asset.tenant, asset.source)]


def _protect(parts: Parts, assets: Sequence[Asset]) -> None:
    parts.index.protect(assets)
    parts.searches.clear()
