"""Containment: a file, a folder or a tenant is shut at every door at once, and can be opened again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import NotFound
from groundsight.governance.access import tenant_of
from groundsight.governance.incidents import Contained, IncidentBook, hashed
from groundsight.governance.policy import policy_refusal
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.ingestion.folder.notebook import forget_questions
from groundsight.limits import Incidents
from groundsight.types import Asset, Filter, Principal

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.parts import Parts
    from groundsight.settings import Settings


def is_shut(places: Sequence[Contained], asset: Asset) -> bool:
    """True for a document that lies in one of the contained places."""
    return any(place.holds(asset.tenant, asset.source) for place in places)


def place_to_contain(parts: Parts, tenant: str, source: str, shut: Sequence[Contained]) -> Contained:
    """Return a place with what was not free there before any containment; ``shut`` is what is contained now.

    Raises:
        NotFound: nothing that is indexed lies there.
    """
    place = Contained(tenant=tenant, place=source.rstrip("/"))
    inside = _inside(parts, place)
    if not inside:
        step = "name a source as list shows it, or --everything"
        raise NotFound("nothing that is indexed lies there", which=source or f"tenant {tenant}", next_step=step)
    kept = {
        hashed(asset.source): [each for each in shut if each.holds(tenant, asset.source)]
        for asset in inside
        if asset.usage_rights != "approved"
    }
    before = [name for name, held in kept.items() if not held or any(name in each.before for each in held)]
    return place.model_copy(update={"before": tuple(sorted(before))})


def contain(parts: Parts, place: Contained) -> int:
    """Shut what lies in a place, and return how many documents that is.

    Raises:
        StorageFailed, Locked: the index can't be written; the same call again does the rest.
    """
    inside = _inside(parts, place)
    free = [asset for asset in inside if asset.usage_rights == "approved"]
    _protect(parts, [asset.model_copy(update={"usage_rights": "restricted"}) for asset in free])
    forget_questions(parts.settings.home, [place.tenant])
    return len(inside)


def open_again(parts: Parts, place: Contained, others: Sequence[Contained]) -> int:
    """Give what a containment shut its stated rights again, but for what ``others`` hold or what was shut before.

    Returns how many documents that is.
    """
    stated = RightsLedger(parts.settings.home).book()
    free = [
        asset
        for asset in _inside(parts, place)
        if hashed(asset.source) not in place.before and not is_shut(others, asset)
    ]
    held = [(asset, stated.holding(asset.tenant, asset.source, asset.mtime_ns).values) for asset in free]
    _protect(parts, [asset.model_copy(update={"usage_rights": now["usage_rights"]}) for asset, now in held])
    return len(free)


def shut_again(home: Path, index: Index, stored: Sequence[Asset] | None = None) -> None:
    """Shut what is contained and is open all the same: a process died between the two, a snapshot came back, or it was
    being read meanwhile. It costs a look at the incidents where none of what was just ``stored`` is concerned.
    """
    shut = IncidentBook(home, Incidents()).shut()
    if not shut or (stored is not None and not any(is_shut(shut, one) for one in stored)):
        return
    inside = [one for one in index.assets(Filter()) if one.usage_rights == "approved" and is_shut(shut, one)]
    if inside:
        index.protect([one.model_copy(update={"usage_rights": "restricted"}) for one in inside])


def refuse_contained(settings: Settings, asset: Asset) -> None:
    """Let nothing new into a place that is shut.

    Raises:
        PolicyRefused: the document lies in one.
    """
    if is_shut(IncidentBook(settings.home, settings.governance.incidents).shut(), asset):
        step = "close the incident and lift it: groundsight incidents list"
        raise policy_refusal("contained", f"{asset.source} is contained by an incident", step)


def _inside(parts: Parts, place: Contained) -> list[Asset]:
    every = parts.index.assets(tenant_of(Principal(tenant=place.tenant)))
    return [asset for asset in every if place.holds(asset.tenant, asset.source)]


def _protect(parts: Parts, assets: Sequence[Asset]) -> None:
    parts.index.protect(assets)
    parts.searches.clear()
