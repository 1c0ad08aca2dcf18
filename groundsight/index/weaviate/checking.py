"""The examination of a Weaviate index: damaged assets are named, leavings of interrupted writes deleted."""

from __future__ import annotations

from collections.abc import Iterator

from groundsight.errors import IndexCorrupt
from groundsight.index import CheckReport
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.live import Pointer, digest_of
from groundsight.index.weaviate.messages import Place
from groundsight.index.weaviate.names import coded, tenant_name
from groundsight.index.weaviate.reader import Reader
from groundsight.index.weaviate.schema import Names
from groundsight.index.weaviate.state import StateStore
from groundsight.index.weaviate.wire import PAGE, Wire
from groundsight.index.weaviate.writer import Writer
from groundsight.types import Filter
from groundsight.types.showing import number_of

MOST_PROBLEMS = 50


def examine(wire: Wire, store: StateStore) -> CheckReport:
    """Read every asset; each must have exactly the units that its pointer describes."""
    state = store.read()
    names = store.names(state.config)
    repaired = [
        _finish(wire, store, names, intent.name, intent.work) for intent in state.intents if store.is_abandoned(intent)
    ]
    problems: list[str] = []
    for tenant in store.tenants():
        problems += _problems(wire, names, tenant)
        if not state.intents and not problems:
            repaired += _sweep(wire, names, tenant)
    return CheckReport(tuple(problems[:MOST_PROBLEMS]), tuple(repaired))


def _finish(wire: Wire, store: StateStore, names: Names, intent: str, work: tuple[tuple[str, str], ...]) -> str:
    writer = Writer(wire, store, names)
    for tenant, source in work:
        writer.clear_up(tenant, source, intent)
    store.touch()
    store.forget(intent)
    return f"an interrupted write of {number_of(len(work), 'source')}"


def _problems(wire: Wire, names: Names, tenant: str) -> Iterator[str]:
    reader = Reader(wire, names, (tenant,))
    for pointer in list(reader.pointers.all(tenant)):
        try:
            stored = reader.whole(tenant, pointer, Filter())
        except IndexCorrupt as error:
            yield f"{error.which}: {error.what}"
            continue
        if stored and digest_of(each.row.fields["data"].encode() for each in stored) != pointer.digest:
            yield from _if_still_live(reader, tenant, pointer)


def _if_still_live(reader: Reader, tenant: str, pointer: Pointer) -> Iterator[str]:
    if reader.pointers.of_generations(tenant, [pointer.generation]):
        yield f"{pointer.asset.source}: units differ from what was stored"


def _sweep(wire: Wire, names: Names, tenant: str) -> list[str]:
    """Delete units that no pointer claims; only called while nobody writes."""
    reader, units = Reader(wire, names, (tenant,)), Place(names.units, tenant_name(tenant))
    _, live = wire.total(reader.pointers.at(tenant), (), "units")
    if wire.total(units, ())[0] == live:
        return []
    known = {pointer.generation for pointer in reader.pointers.all(tenant)}
    orphans = _generations(wire, units) - {coded(each) for each in known}
    removed = sum(wire.remove(units, [Test("generation", "equal", each)]) for each in sorted(orphans))
    return [f"{number_of(removed, 'unit')} without an asset"] if removed else []


def _generations(wire: Wire, units: Place) -> set[str]:
    found: set[str] = set()
    rows = wire.page(units, None, ("generation",))
    while rows:
        found |= {row.fields["generation"] for row in rows}
        rows = wire.page(units, rows[-1].uuid, ("generation",)) if len(rows) == PAGE else []
    return found
