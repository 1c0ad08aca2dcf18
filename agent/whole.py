"""Whole tables of which a search found some rows: their other blocks, read within what the asker may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.retrieval.evidence import evidence_of
from groundsight.types import Asset, Evidence, Hit, Unit

if TYPE_CHECKING:
    from groundsight.suite import Suite

FILES_AT_MOST = 6
OPENINGS_AT_MOST = 12


def whole_tables(suite: Suite, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return every block of the tables in the best files that evidence holds rows of."""
    held = sorted((one for one in evidence if len(one.cells) > 1), key=lambda one: -one.score)
    if not held:
        return []
    scope = visible_to(suite.principal)
    index = suite.parts.index
    placed = {unit.unit_id: asset for unit, asset in index.get([one.evidence_id for one in held], scope)}
    assets = {placed[one.evidence_id].asset_id: placed[one.evidence_id] for one in held if one.evidence_id in placed}
    blocks = (
        (unit, asset) for asset in [*assets.values()][:FILES_AT_MOST] for unit in index.units(asset.asset_id, scope)
    )
    return [_shown(unit, asset) for unit, asset in blocks if len(unit.cells) > 1]


def openings(suite: Suite, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return how the best files of some evidence begin, where the search itself did not bring it."""
    best = sorted(evidence, key=lambda one: -one.score)
    firsts = dict.fromkeys(first for one in best if (first := first_of(one.evidence_id)))
    known = {one.evidence_id for one in evidence}
    wanted = [first for first in list(firsts)[:OPENINGS_AT_MOST] if first not in known]
    found = suite.parts.index.get(wanted, visible_to(suite.principal)) if wanted else ()
    return [one for unit, asset in found if (one := _shown(unit, asset)).text]


def _shown(unit: Unit, asset: Asset) -> Evidence:
    return evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=()))


def first_of(unit_id: str) -> str:
    """Return the id of the first unit of the same file, empty for an id that counts no units."""
    asset, dash, number = unit_id.rpartition("-")
    return f"{asset}{dash}{'0' * len(number)}" if dash and number.isdigit() else ""
