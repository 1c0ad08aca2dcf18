"""What tools share to reach things: units by id, files under the roots, and the filters a model may choose."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.access import tenant_of, visible_to
from groundsight.types import Asset, Condition, Evidence, Filter, Hit, Place, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.suite import Suite

UNIT_ID = re.compile(r"[0-9a-f]{8,64}-[0-9]{1,8}")


def units_by_id(suite: Suite, unit_ids: Sequence[str]) -> tuple[tuple[Unit, Asset], ...]:
    """Return the units in the order asked.

    Raises:
        NotFound: one of them is absent or not visible to this principal.
    """
    wanted = tuple(dict.fromkeys(unit_ids))
    rows = suite.parts.index.get(wanted, visible_to(suite.principal))
    here = {unit.unit_id for unit, _ in rows}
    for unit_id in wanted:
        if unit_id not in here:
            raise NotFound(
                "there is no such unit", which=unit_id[:80], next_step="search again and use an id it returns"
            )
    return rows


def asset_by_id(suite: Suite, asset_id: str) -> Asset:
    """Return one visible asset, or raise NotFound."""
    one = Condition(field="asset_id", op="eq", value=asset_id)
    rows = suite.parts.index.assets(visible_to(suite.principal).also(one))
    if not rows:
        raise NotFound("there is no such document", which=asset_id[:80], next_step="list groundsight://assets")
    return rows[0]


def evidence_by_id(suite: Suite, unit_ids: Sequence[str]) -> tuple[Evidence, ...]:
    """Return units as evidence, in the order asked."""
    from groundsight.retrieval.evidence import evidence_of

    rows = units_by_id(suite, unit_ids)
    return tuple(evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=())) for unit, asset in rows)


def picture_place(suite: Suite, picture: str, page: int | None) -> tuple[Path, Place]:
    """Return the file and the place in it that ``picture`` names: a unit id, or a file under the roots."""
    if UNIT_ID.fullmatch(picture):
        unit, asset = units_by_id(suite, [picture])[0]
        return suite.parts.roots.resolve(asset.source), unit.place
    file = suite.parts.roots.resolve(picture)
    _refuse_hidden(suite, suite.parts.roots.source_of(file))
    return file, Place(page=page)


def picture_file(suite: Suite, picture: str) -> str:
    """Return the path of a picture to search by: a file under the roots, or that of an image unit."""
    file, place = picture_place(suite, picture, None)
    if place.box is not None or (place.page or 1) > 1:
        raise InvalidArgument(
            "only whole pictures can be searched by", which=picture[:80], next_step="give a picture file, or words"
        )
    return str(file)


def file_or_folder(suite: Suite, source: str) -> Path:
    """Return the real path of a file or folder under the roots, or raise NotFound."""
    try:
        return suite.parts.roots.resolve(source)
    except NotFound:
        return suite.parts.roots.resolve_folder(source)


def _refuse_hidden(suite: Suite, source: str) -> None:
    """A file that is indexed for others only must not be read through the file system instead."""
    one = Condition(field="source", op="eq", value=source)
    index, who = suite.parts.index, suite.principal
    if index.assets(visible_to(who).also(one)):
        return
    foreign = who.tenant != suite.settings.governance.tenant
    if foreign or index.assets(tenant_of(who).also(one)):
        raise NotFound("there is no such file", next_step="use a source that search or status returns")


def chosen_filter(
    kinds: Sequence[str] | None, source: str | None, created_from: str | None, created_to: str | None
) -> Filter:
    """Compile the filters that a model may choose; access is added by the engine."""
    conditions: list[Condition] = []
    if kinds:
        conditions.append(Condition(field="kind", op="in", value=tuple(kinds)))
    if source:
        conditions.append(Condition(field="source", op="prefix", value=source))
    if created_from:
        conditions.append(Condition(field="created", op="ge", value=_day("created_from", created_from)))
    if created_to:
        conditions.append(Condition(field="created", op="le", value=_day("created_to", created_to)))
    return Filter(conditions=tuple(conditions))


def _day(name: str, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise InvalidArgument(
            f"argument {name!r} is not a date", next_step="write it as YYYY-MM-DD, for example 2026-03-31"
        ) from error
