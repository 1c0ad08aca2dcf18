"""The consent ledger as a table: written out whole, and read back with a line of report for each document."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, cast

from groundsight.errors import GroundsightError, InvalidArgument
from groundsight.governance.access import tenant_of
from groundsight.governance.policy import policy_of, require_stated
from groundsight.governance.rights import FIELDS, Rights, as_rights
from groundsight.ingestion.rights import ConsentReport
from groundsight.ingestion.rights.setting import require_admin, require_future, state
from groundsight.types import Asset, Principal

if TYPE_CHECKING:
    from groundsight.parts import Parts

Form = Literal["csv", "json"]
COLUMNS = ("owner", "usage", "consent_until", "purposes", "labels", "region", "retain_until")
LISTS = ("purposes", "labels")
NONE = "none"


def consent_table(parts: Parts, who: Principal, form: Form) -> str:
    """Return what holds of every document of the tenant as CSV or JSON, by source.

    Raises:
        PolicyRefused: the principal may not set rights.
    """
    require_admin(who)
    rows = [_row(each) for each in parts.index.assets(tenant_of(who))]
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("source", *COLUMNS))
    writer.writerows([_cell(each[name]) for name in ("source", *COLUMNS)] for each in rows)
    return text.getvalue()


def consent_from(parts: Parts, who: Principal, text: str, form: Form) -> ConsentReport:
    """State what a table says of documents, in one act: a line that can't be used means that nothing is set.

    An empty cell, or a missing key, states nothing; ``none`` (JSON: null, or an empty list) is no limit.

    Raises:
        PolicyRefused: the principal may not set rights. InvalidArgument: this is no such table.
    """
    require_admin(who)
    known = parts.index.assets(tenant_of(who))
    held = {each.source: each for each in known}
    given, unknown, refused = dict[str, Rights](), list[str](), list[tuple[int, str]]()
    for number, row in _rows(text, form):
        try:
            source, rights = _read(row, given, held)
            if source not in held:
                unknown.append(source)
                continue
            if not _is_so(held[source], rights):
                require_future(rights, "consent_until")
                require_stated(policy_of(parts.settings), rights.said)
            given[source] = rights
        except GroundsightError as error:
            refused.append((number, str(error)))
    new = {source: rights for source, rights in given.items() if not _is_so(held[source], rights)}
    same = tuple(source for source in given if source not in new)
    if refused:
        return ConsentReport(same=same, unknown=tuple(unknown), refused=tuple(refused))
    if new:
        state(parts, who, new, known)
    return ConsentReport(set=tuple(new), same=same, unknown=tuple(unknown))


def _row(asset: Asset) -> dict[str, Any]:
    told = asset.model_dump(mode="json", include=set(FIELDS.values()))
    return {"source": asset.source} | {name: told[FIELDS.get(name, name)] for name in COLUMNS}


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = "; ".join(cast("list[str]", value))
    return value or NONE


def _rows(text: str, form: Form) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the lines of a table with their numbers: of a CSV as an editor counts them, of JSON from 1."""
    if form == "csv":
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True, restkey="")
        try:
            yield from ((reader.line_num, _without_empty(row)) for row in reader)
        except csv.Error as error:
            raise InvalidArgument("this is no CSV", which=f"line {reader.line_num}", next_step=str(error)) from error
        return
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument("this is no JSON", next_step="give what consent export writes") from error
    if not isinstance(rows, list):
        raise InvalidArgument("this is no list of documents", next_step="give what consent export writes")
    yield from enumerate(cast("Iterable[Mapping[str, Any]]", rows), start=1)


def _without_empty(row: Mapping[str, str | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in row.items():
        text = cell.strip() if isinstance(cell, str) else cell
        if not text:
            continue
        words = [each.strip() for each in str(text).split(";")]
        empty: Any = [] if name in LISTS else "" if name == "owner" else None
        found[name] = empty if text == NONE else words if name in LISTS else text
    return found


def _read(row: object, before: Mapping[str, Rights], held: Mapping[str, Asset]) -> tuple[str, Rights]:
    told = dict(cast("Mapping[str, Any]", row)) if isinstance(row, Mapping) else {}
    source = told.pop("source", None)
    if not isinstance(source, str) or not source:
        raise InvalidArgument("the line names no source")
    if source in before:
        raise InvalidArgument("the document stands here a second time", which=source[:80])
    for name in told:
        if name not in COLUMNS:
            raise InvalidArgument(f"there is no column {str(name)[:60]!r}", next_step=f"they are {', '.join(COLUMNS)}")
    if "retain_until" in told:
        told |= _retention(told.pop("retain_until"), held.get(source), source)
    return source, as_rights(told, source)


def _retention(told: object, asset: Asset | None, source: str) -> dict[str, int | None]:
    """Return the last day on which a document is kept as it is stated: days from today, nothing where it is so."""
    try:
        until = date.fromisoformat(str(told)) if told is not None else None
    except ValueError as error:
        raise InvalidArgument("this is no day", which=f"{source[:80]}: retain_until", next_step="YYYY-MM-DD") from error
    if asset is not None and asset.retain_until == until:
        return {}
    return {"retain_days": (until - date.today()).days if until else None}


def _is_so(asset: Asset, rights: Rights) -> bool:
    return all(getattr(asset, FIELDS[name]) == value for name, value in rights.said.items())
