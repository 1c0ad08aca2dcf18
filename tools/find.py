"""What tools share to reach things: units by id, files under the roots, and the filters a model may choose."""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import TYPE_CHECKING

from groundsight.errors import Disabled, InvalidArgument, NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.sources import ending_so
from groundsight.ingestion.reach import UNIT_ID, hidden_document, hidden_units, no_such_unit, source_for
from groundsight.sessions import LABEL, Labels
from groundsight.tools import kinds_made
from groundsight.types import Asset, Condition, Evidence, Filter, Hit, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.suite import Suite


_ASSET_ID = re.compile(r"[0-9a-f]{8,64}")


def units_by_id(suite: Suite, unit_ids: Sequence[str]) -> tuple[tuple[Unit, Asset], ...]:
    """Return the units in the order asked.

    Raises:
        NotFound: one of them is absent or not visible to this principal.
    """
    wanted = tuple(dict.fromkeys(unit_ids))
    rows = suite.parts.index.get(wanted, visible_to(suite.principal))
    here = {unit.unit_id for unit, _ in rows}
    if absent := [unit_id for unit_id in wanted if unit_id not in here]:
        hidden_units(suite.parts, suite.principal, absent)
        raise no_such_unit(absent[0])
    return rows


def asset_by_id(suite: Suite, asset_id: str) -> Asset:
    """Return one visible asset, or raise NotFound."""
    one = Condition(field="asset_id", op="eq", value=asset_id)
    rows = suite.parts.index.assets(visible_to(suite.principal).also(one))
    if not rows:
        hidden_document(suite.parts, suite.principal, "asset_id", asset_id)
        raise NotFound("there is no such document", which=asset_id[:80], next_step="list groundsight://assets")
    return rows[0]


def meant(suite: Suite, name: str) -> str:
    """Return the id of the unit, or the source, that a name means: a label, the id of a unit or document, a source.

    Raises:
        NotFound: a label that is not held, or what is absent or not visible to this principal; named as it was given.
    """
    if LABEL.fullmatch(name):
        unit_id = Labels(suite.settings.home, suite.principal).unit(name)
        if not suite.parts.index.get([unit_id], visible_to(suite.principal)):
            hidden_units(suite.parts, suite.principal, [unit_id])
            raise no_such_unit(name)
        return unit_id
    return asset_by_id(suite, name).source if _ASSET_ID.fullmatch(name) else name


def picture_meant(suite: Suite, name: str) -> str:
    """Return what ``meant`` does; an indexed file may also be named by the end of its source, where one ends so."""
    found = meant(suite, name)
    if UNIT_ID.fullmatch(found):
        return found
    sources = [each.source for each in suite.parts.index.assets(visible_to(suite.principal))]
    return found if found in sources else ending_so(found, sources) or found


def asset_named(suite: Suite, name: str) -> Asset:
    """Return one visible document by its source, or by the end of it where only one ends so.

    Raises:
        NotFound: none. InvalidArgument: several.
    """
    seen = {each.source: each for each in suite.parts.index.assets(visible_to(suite.principal))}
    if found := name if name in seen else ending_so(name, seen):
        return seen[found]
    hidden_document(suite.parts, suite.principal, "source", name)
    near = difflib.get_close_matches(name, list(seen), n=3, cutoff=0.4)
    step = f"did you mean {', '.join(near)}? " if near else ""
    raise NotFound(
        "there is no such document",
        which=name[:80],
        next_step=f"{step}give a label, an id, or a source that list shows",
    )


def evidence_named(suite: Suite, names: Sequence[str]) -> tuple[Evidence, ...]:
    """Return what names mean as evidence to check by, in the order asked, each unit once: of a document all units."""
    ids: dict[str, None] = {}
    for name in names:
        found = meant(suite, name)
        if UNIT_ID.fullmatch(found):
            ids[found] = None
        else:
            asset = asset_named(suite, found)
            units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
            ids.update(dict.fromkeys(unit.unit_id for unit in units))
    return evidence_by_id(suite, tuple(ids), guesses=True)


def evidence_by_id(suite: Suite, unit_ids: Sequence[str], *, guesses: bool = False) -> tuple[Evidence, ...]:
    """Return units as evidence, in the order asked; ``guesses`` adds what a classifier sees in pictures."""
    from groundsight.retrieval.evidence import evidence_of, with_guesses

    rows = units_by_id(suite, unit_ids)
    hits = (Hit(unit=unit, asset=asset, score=0.0, channels=()) for unit, asset in rows)
    return tuple(with_guesses(evidence_of(hit), hit.unit.tags if guesses else ()) for hit in hits)


def picture_named(suite: Suite, picture: str) -> str:
    """Return the name of a picture to search by: a file that may be read, or an image unit; see ``picture_meant``.

    Raises:
        InvalidArgument: the unit is a part of a picture or a page after the first. NotFound: there is nothing such.
    """
    picture = picture_meant(suite, picture)
    if not UNIT_ID.fullmatch(picture):
        return source_for(suite.parts, suite.principal, picture)
    place = units_by_id(suite, [picture])[0][0].place
    if place.box is not None or (place.page or 1) > 1:
        raise InvalidArgument(
            "only whole pictures can be searched by", which=picture[:80], next_step="give a picture file, or words"
        )
    return picture


def chosen_filter(
    suite: Suite, kinds: Sequence[str] | None, source: str | None, created_from: str | None, created_to: str | None
) -> Filter:
    """Compile the filters that a model may choose; access is added by the engine.

    Raises:
        Disabled: none of a kind can be read here, and none is indexed. InvalidArgument: a day is no date.
    """
    conditions: list[Condition] = []
    if kinds:
        _require_kinds(suite, kinds)
        conditions.append(Condition(field="kind", op="in", value=tuple(kinds)))
    if source:
        conditions.append(Condition(field="source", op="prefix", value=source))
    if (first := day("created_from", created_from)) is not None:
        conditions.append(Condition(field="created", op="ge", value=first.isoformat()))
    if (last := day("created_to", created_to)) is not None:
        conditions.append(Condition(field="created", op="le", value=last.isoformat()))
    return Filter(conditions=tuple(conditions))


def _require_kinds(suite: Suite, kinds: Sequence[str]) -> None:
    for kind in set(kinds).difference(kinds_made()):
        there = visible_to(suite.principal).also(Condition(field="kind", op="eq", value=kind))
        if not suite.parts.index.count(there).units:
            raise Disabled(
                f"there can be nothing of the kind {kind} here: recordings and clips need the extra audio",
                which="kinds",
                limit=f"kinds are {', '.join(kinds_made())}",
                next_step="pip install 'groundsight[audio]', or leave this kind out",
            )


def day(name: str, value: str | None) -> date | None:
    """Read the date of an argument, None where it is not given.

    Raises:
        InvalidArgument: it is no date.
    """
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise InvalidArgument(
            f"argument {name!r} is not a date", next_step="write it as YYYY-MM-DD, for example 2026-03-31"
        ) from error
