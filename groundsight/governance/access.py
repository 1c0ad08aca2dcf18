"""Who may see what: a principal compiled to a filter, and the reference evaluator of filters.

Every index translates the same filter to its own language; property tests hold each of them to
``matches``. Access is attribute based: tenant, region, labels or ownership, purpose, usage rights, consent, retention.
Labels, owner and purposes of an asset are compiled into one list of what opens it, and those of a principal into one
list of what it holds: that costs a search no more than labels alone, and an index of before needs no new column.
"""

from __future__ import annotations

from datetime import date, timedelta

from groundsight.types import Asset, Condition, Filter, Principal, Unit

EVERYONE = "*"
NO_END, _LAST_DAY = "9999-12-31", "9999-12-30"
# Stored for what has a last day of retention alone: that it is kept until then is no consent.
_NO_CONSENT = "approved without consent"

# What protects a document: the fields of an asset that a writer can't change.
PROTECTIVE = ("owner", "region", "labels", "purposes", "usage_rights", "consent_until", "retain_until")
# No word that a person or a token names holds these signs, so none of them passes for an owner or a purpose.
_OWNER, _FOR = "\x1e", "\x1f"


def visible_to(principal: Principal, today: date | None = None) -> Filter:
    """Compile what a principal may see today into a filter for the index."""
    return Filter(
        conditions=(
            Condition(field="tenant", op="eq", value=principal.tenant),
            Condition(field="region", op="in", value=_unique(principal.region, "global")),
            Condition(field="labels", op="any_of", value=_held(principal)),
            Condition(
                field="usage_rights", op="in", value=("approved", *([] if principal.dated_only else [_NO_CONSENT]))
            ),
            Condition(field="consent_until", op="ge", value=(today or date.today()).isoformat()),
            *((Condition(field="consent_until", op="le", value=_LAST_DAY),) if principal.dated_only else ()),
        )
    )


def refusals(principal: Principal, asset: Asset, today: date | None = None) -> tuple[str, ...]:
    """Name the rules that keep an asset from a principal; none where ``visible_to`` lets it through."""
    labels, day = {*principal.labels, EVERYONE}, today or date.today()
    is_owner = bool(asset.owner) and asset.owner == principal.user
    broken = {
        "tenant": asset.tenant != principal.tenant,
        "region": asset.region not in (principal.region, "global"),
        "labels": not is_owner and labels.isdisjoint(asset.labels or (EVERYONE,)),
        "purpose": bool(asset.purposes) and (principal.purpose or None) not in asset.purposes,
        "rights": asset.usage_rights != "approved",
        "consent": (principal.dated_only and asset.consent_until is None)
        or (asset.consent_until is not None and asset.consent_until < day),
        "retention": asset.retain_until is not None and asset.retain_until < day,
    }
    return tuple(rule for rule, holds in broken.items() if holds)


def expired(today: date | None = None) -> Filter:
    """Return what may not be shown any more by its dates: consent or retention has ended."""
    before = ((today or date.today()) - timedelta(days=1)).isoformat()
    return Filter(conditions=(Condition(field="consent_until", op="le", value=before),))


def readers(asset: Asset) -> tuple[str, ...]:
    """Return what opens an asset: its labels (none: everyone) and its owner, for each purpose where it has some."""
    who = (*(asset.labels or (EVERYONE,)), *([_OWNER + asset.owner] if asset.owner else []))
    return tuple(f"{each}{_FOR}{purpose}" for each in who for purpose in asset.purposes) if asset.purposes else who


def _held(principal: Principal) -> tuple[str, ...]:
    """Return what a principal holds to open assets with."""
    labels = (*filter(_is_plain, principal.labels), EVERYONE)
    who = _unique(*labels, *([_OWNER + principal.user] if principal.user and _is_plain(principal.user) else []))
    purposes = [principal.purpose] if principal.purpose and _is_plain(principal.purpose) else []
    return (*who, *(f"{each}{_FOR}{purpose}" for each in who for purpose in purposes))


def _is_plain(word: str) -> bool:
    return _OWNER not in word and _FOR not in word


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
            return readers(asset)
        case "consent_until":
            return min(day.isoformat() if day else NO_END for day in (asset.consent_until, asset.retain_until))
        case "usage_rights":
            unasked = asset.retain_until and not asset.consent_until and asset.usage_rights == "approved"
            return _NO_CONSENT if unasked else asset.usage_rights
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
