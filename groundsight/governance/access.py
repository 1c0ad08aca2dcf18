"""Who may see what: a principal compiled to a filter, and the reference evaluator of filters.

Every index translates the same filter to its own language; property tests hold each of them to
``matches``. Access is attribute based: tenant, region, reader labels, usage rights and consent.
"""

from __future__ import annotations

from datetime import date

from groundsight.types import Asset, Condition, Filter, Principal, Unit

EVERYONE = "*"
NO_END = "9999-12-31"

# What protects a document: the fields of an asset that a writer can't change.
PROTECTIVE = ("region", "labels", "usage_rights", "consent_until")


def visible_to(principal: Principal, today: date | None = None) -> Filter:
    """Compile what a principal may see today into a filter for the index."""
    return Filter(
        conditions=(
            Condition(field="tenant", op="eq", value=principal.tenant),
            Condition(field="region", op="in", value=_unique(principal.region, "global")),
            Condition(field="labels", op="any_of", value=_unique(*principal.labels, EVERYONE)),
            Condition(field="usage_rights", op="eq", value="approved"),
            Condition(field="consent_until", op="ge", value=(today or date.today()).isoformat()),
        )
    )


def reachable_by(principal: Principal) -> Filter:
    """What a principal may forget: all that is in its reach, also when rights or consent have run out since."""
    who = visible_to(principal).conditions
    return Filter(conditions=tuple(each for each in who if each.field in ("tenant", "region", "labels")))


def tenant_of(principal: Principal) -> Filter:
    """Everything in the principal's tenant: what its own maintenance (ingest, prune) works on."""
    return Filter(conditions=(Condition(field="tenant", op="eq", value=principal.tenant),))


def matches(where: Filter, asset: Asset, unit: Unit | None = None) -> bool:
    """Evaluate a filter on one asset (and unit): the reference that every index is tested against."""
    return all(_holds(condition, asset, unit) for condition in where.conditions)


def field_value(field: str, asset: Asset, unit: Unit | None) -> str | int | tuple[str, ...] | None:
    """Return the stored value of a filter field, with the defaults for missing ones."""
    match field:
        case "labels":
            return asset.labels or (EVERYONE,)
        case "consent_until":
            return asset.consent_until.isoformat() if asset.consent_until else NO_END
        case "created":
            return asset.created.isoformat() if asset.created else None
        case "kind":
            return unit.kind if unit else None
        case "page":
            return unit.place.page if unit else None
        case _:
            return str(getattr(asset, field))


def _holds(condition: Condition, asset: Asset, unit: Unit | None) -> bool:
    stored, wanted = field_value(condition.field, asset, unit), condition.value
    if stored is None:
        return False
    match condition.op:
        case "eq":
            return stored == wanted
        case "in":
            return isinstance(wanted, tuple) and stored in wanted
        case "any_of":
            return isinstance(wanted, tuple) and isinstance(stored, tuple) and bool(set(stored) & set(wanted))
        case "ge":
            return type(stored) is type(wanted) and stored >= wanted  # type: ignore[operator]
        case "le":
            return type(stored) is type(wanted) and stored <= wanted  # type: ignore[operator]
        case "prefix":
            return isinstance(stored, str) and isinstance(wanted, str) and stored.startswith(wanted)


def _unique(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
