"""Moving an index from one back end to another with its vectors, so that nothing is read or encoded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.errors import InvalidArgument
from groundsight.governance.redaction import seal_entry
from groundsight.index import Entry, Exported, Index
from groundsight.settings import ALL_PII, PiiKind
from groundsight.tracing import Watch
from groundsight.types import Condition, Filter

# Units that travel in one call: bounded memory here, well-filled batches there.
GROUP_UNITS = 1_000
SAMPLES = 50
# Storing divides a vector by its length once more; float32 keeps seven digits.
TOLERANCE = 1e-6


@dataclass(frozen=True)
class MigrationReport:
    """What was moved, what was there already, and what the check found; no ``problems`` means complete."""

    assets: int
    units: int
    moved: int
    skipped: int
    sampled: int
    problems: tuple[str, ...] = ()


def migrate(
    source: Index, target: Index, where: Filter, watch: Watch, *, kinds: tuple[PiiKind, ...] = ALL_PII
) -> MigrationReport:
    """Store every asset of the source in the target, then compare counts and sampled content.

    It may be repeated after an interruption: what the target holds already is left alone. Every asset
    gets a fresh proof of redaction for ``kinds``.

    Raises:
        InvalidArgument: the filter looks at units; only whole assets move.
        IndexVersion: the target holds vectors of another encoder.
        RedactionFailed: a stored text holds something that is to be redacted.
    """
    if any(each.field in ("kind", "page") for each in where.conditions):
        raise InvalidArgument("only whole assets move", which="where", next_step="filter by fields of assets")
    target.claim(source.fingerprints())
    known = {each.asset_id: each for each in target.assets(where)}
    total, done, moved = source.count(where).assets, 0, 0
    for group in groups(source.export(where), GROUP_UNITS):
        missing = [each for each in group if known.get(each.asset.asset_id) != each.asset or not _holds(target, each)]
        target.upsert([sealed(each, kinds) for each in missing])
        done, moved = done + len(group), moved + len(missing)
        watch.step(done, total, group[-1].asset.source)
    return _checked(source, target, where, moved, watch)


def groups(assets: Iterator[Exported], most: int) -> Iterator[list[Exported]]:
    """Put assets together until their units fill a group."""
    group: list[Exported] = []
    size = 0
    for asset in assets:
        group.append(asset)
        size += len(asset.units)
        if size >= most:
            yield group
            group, size = [], 0
    if group:
        yield group


def _holds(target: Index, wanted: Exported) -> bool:
    return any(_difference(wanted, found) == "" for found in target.export(_only(wanted)))


def sealed(asset: Exported, kinds: tuple[PiiKind, ...]) -> Entry:
    """Return an asset ready to be stored, with a fresh proof of redaction."""
    return Entry(asset.asset, asset.units, seal_entry(asset.asset, asset.units, kinds), asset.vectors, asset.rows)


def _checked(source: Index, target: Index, where: Filter, moved: int, watch: Watch) -> MigrationReport:
    counted, there = source.count(where), target.count(where)
    problems: list[str] = []
    if there.assets < counted.assets or there.units < counted.units:
        problems.append(f"the target holds {there.units} units where the source holds {counted.units}")
    sampled = 0
    every = max(1, counted.assets // SAMPLES)
    for number, asset in enumerate(source.assets(where)):
        if number % every:
            continue
        watch.check()
        sampled += 1
        problems += _compared(source, target, Filter(conditions=_identity(asset.tenant, asset.asset_id)))
    return MigrationReport(counted.assets, counted.units, moved, counted.assets - moved, sampled, tuple(problems))


def _compared(source: Index, target: Index, where: Filter) -> Sequence[str]:
    wanted, found = list(source.export(where)), list(target.export(where))
    if len(wanted) != 1 or len(found) != 1:
        return [f"{len(found)} assets where one was expected"]
    difference = _difference(wanted[0], found[0])
    return [f"{wanted[0].asset.source}: {difference}"] if difference else []


def _difference(wanted: Exported, found: Exported) -> str:
    if wanted.asset != found.asset:
        return "the asset differs"
    if wanted.units != found.units:
        return "units differ"
    if dict(wanted.rows) != dict(found.rows):
        return "other units have vectors"
    for name, matrix in wanted.vectors.items():
        if matrix.shape != found.vectors[name].shape or abs(matrix - found.vectors[name]).max(initial=0) > TOLERANCE:
            return f"{name} vectors differ"
    return ""


def _only(asset: Exported) -> Filter:
    return Filter(conditions=_identity(asset.asset.tenant, asset.asset.asset_id))


def _identity(tenant: str, asset_id: str) -> tuple[Condition, Condition]:
    return (
        Condition(field="tenant", op="eq", value=tenant),
        Condition(field="asset_id", op="eq", value=asset_id),
    )
