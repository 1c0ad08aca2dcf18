"""What is stated of documents and folders (owner, usage, consent, purposes, labels, region, retention), and what holds.

A statement on a folder holds for all that lies below it, now and later; the nearest one wins, each value by itself.
What a file beside the documents states may only narrow what persons state: such a file comes from whoever can write
the folder.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from groundsight.errors import InvalidArgument
from groundsight.governance.access import EVERYONE, PROTECTIVE
from groundsight.types import Asset, UsageRights, Word

STRICTNESS: tuple[UsageRights, ...] = ("approved", "restricted", "denied")
MOST_DAYS = 36_500
By = Literal["person", "file"]


def _plain(word: str) -> str:
    """Refuse what nobody could see, type or keep in a table."""
    if word != word.strip() or not word.isprintable() or ";" in word or word[:1] in ("=", "+", "-", "@", EVERYONE):
        raise ValueError("write it in signs that can be seen, without ; and without = + - @ * in front")
    return word


Plain = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Name = Annotated[Plain, Field(min_length=1)]
Names = Annotated[tuple[Name, ...], Field(max_length=100)]


class Rights(Word):
    """What somebody states. Only what is given counts: an empty value is a statement, a missing one is none.

    ``retain_days`` are counted from the day of the statement, or from the day on which the file was last written if
    that is later. None is no limit, for ``consent_until`` as well.
    """

    owner: Plain = ""
    usage: UsageRights = "approved"
    consent_until: date | None = None
    purposes: Names = ()
    labels: Names = ()
    region: Name = "global"
    retain_days: Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What is stated, by name."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


FIELDS = {
    "owner": "owner",
    "usage": "usage_rights",
    "consent_until": "consent_until",
    "purposes": "purposes",
    "labels": "labels",
    "region": "region",
    "retain_days": "retain_until",
}


class Statement(Word):
    """What one act states of one name (the source of a document or folder), and what held there before."""

    name: str
    set: Rights
    was: Mapping[str, str] = Field(default_factory=dict)


class Act(Word):
    """Statements that hold together: when, in which tenant, by whom and in which way."""

    time: str
    tenant: str
    user: str
    by: By = "person"
    changes: tuple[Statement, ...]

    @property
    def day(self) -> date:
        """The day on which it was stated."""
        return datetime.fromisoformat(self.time).date()


@dataclass(frozen=True)
class Told:
    """One value that is stated, of which name and on which day."""

    value: Any
    name: str
    day: date


@dataclass(frozen=True)
class Holding:
    """What holds of a document, by the names of ``PROTECTIVE``, and where a value comes from that somebody stated.

    ``by_person`` are the fields of which a person stated something.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=lambda: {})
    by_person: frozenset[str] = frozenset()


class Book:
    """All that is stated, folded from the acts in their order."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self._told: dict[By, dict[tuple[str, str], dict[str, Told]]] = {"person": {}, "file": {}}
        for act in acts:
            for change in act.changes:
                before = self._told[act.by].get((act.tenant, change.name), {}) if act.by == "person" else {}
                new = {name: Told(value, change.name, act.day) for name, value in change.set.said.items()}
                self._told[act.by][act.tenant, change.name] = {**before, **new}

    def names(self, tenant: str) -> set[str]:
        """Return what persons stated something of."""
        return {name for of, name in self._told["person"] if of == tenant}

    def stated_of(self, tenant: str, source: str) -> dict[str, date]:
        """Return of which fields persons stated something of this very name, and on which day."""
        told = self._told["person"].get((tenant, source), {})
        return {FIELDS[name]: each.day for name, each in told.items()}

    def files(self, tenant: str) -> dict[str, Rights]:
        """Return what the file of each folder states."""
        found = {name: told for (of, name), told in self._told["file"].items() if of == tenant and told}
        return {name: Rights(**{key: each.value for key, each in told.items()}) for name, told in found.items()}

    def holding(self, tenant: str, source: str, written_ns: int | None = None, region: str = "global") -> Holding:
        """Return what holds of a document that was last written then; ``region`` is its own where none is stated."""
        way = _way(source)
        persons = self._nearest("person", tenant, way)
        values: dict[str, Any] = {name: Asset.model_fields[name].default for name in PROTECTIVE} | {"region": region}
        values |= {FIELDS[name]: _value(name, told, written_ns) for name, told in persons.items()}
        origins = {FIELDS[name]: f"stated of {told.name}" for name, told in persons.items()}
        for name, told in self._nearest("file", tenant, way[1:]).items():
            # An owner reads without labels, so no file names one where a person has set labels.
            if name == "owner" and {"owner", "labels"} & persons.keys():
                continue
            value = narrowed(FIELDS[name], values[FIELDS[name]], _value(name, told, written_ns))
            if value != values[FIELDS[name]]:
                values[FIELDS[name]], origins[FIELDS[name]] = value, f"the rights file in {told.name}"
        return Holding(values, origins, frozenset(FIELDS[name] for name in persons))

    def _nearest(self, by: By, tenant: str, way: Iterable[str]) -> dict[str, Told]:
        found: dict[str, Told] = {}
        for place in way:
            found = {**self._told[by].get((tenant, place), {}), **found}
        return found


def is_over(held: Mapping[str, Any]) -> bool:
    """True where a document is denied, or its consent or retention has ended."""
    days = (held["consent_until"], held["retain_until"])
    return held["usage_rights"] == "denied" or any(day and day < date.today() for day in days)


def narrowed(name: str, given: Any, more: Any) -> Any:
    """Return a value of ``PROTECTIVE`` as ``more`` may narrow it, never wider than it was given.

    Lists that share nothing stay as they were given: narrower than both would be nobody, or everybody.
    """
    match name:
        case "usage_rights":
            return max(given, more, key=STRICTNESS.index)
        case "consent_until" | "retain_until":
            return min((day for day in (given, more) if day), default=None)
        case "labels" | "purposes":
            return tuple(each for each in given if each in more) or given or more
        case "region":
            return more if given == "global" else given
        case _:
            return given or more


def moved(asset: Asset, old: Holding, new: Holding, again: Collection[str] = ()) -> Asset:
    """Return an asset as it is protected after what is stated went from ``old`` to ``new``.

    What did not change stays, be it stated or set by a program, unless a person stated it ``again``. What no person
    states gives way only where the asset had what was stated before; a region that is no longer stated is kept.
    """
    update: dict[str, Any] = {}
    for name in PROTECTIVE:
        value, has = new.values[name], getattr(asset, name)
        if value == old.values[name] and name not in again:
            continue
        free = name in new.by_person or (has == old.values[name] and not (name == "region" and has != "global"))
        update[name] = value if free else narrowed(name, has, value)
    return asset.model_copy(update=update)


def guarded(asset: Asset, guard: Asset) -> Asset:
    """Protect an asset as ``guard`` is, and as it is itself: whoever may see it then may see both.

    Where the two share no label, purpose or region, that is nobody: it is restricted until a person approves it.
    """
    values = {name: narrowed(name, getattr(guard, name), getattr(asset, name)) for name in PROTECTIVE}
    # An owner reads without labels, so only one who reads both stays one.
    both = (guard, asset)
    owners = (one.owner for one in both if all(not each.labels or each.owner == one.owner for each in both))
    values["owner"] = next(filter(None, owners), "")
    if _is_apart(asset, guard):
        values["usage_rights"] = narrowed("usage_rights", values["usage_rights"], "restricted")
    return asset.model_copy(update=values)


def _is_apart(one: Asset, other: Asset) -> bool:
    lists = ((one.labels, other.labels), (one.purposes, other.purposes))
    regions = {one.region, other.region} - {"global"}
    return len(regions) > 1 or any(a and b and set(a).isdisjoint(b) for a, b in lists)


def as_rights(values: Mapping[str, Any], which: str) -> Rights:
    """Return what is stated as ``Rights``.

    Raises:
        InvalidArgument: an unknown name, a value of another kind or out of range; named without its value.
    """
    try:
        return Rights.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        known = f"the keys are {', '.join(Rights.model_fields)}"
        unknown = first["type"] == "extra_forbidden"
        what = f"there is no right {name!r}" if unknown else f"{name}: {first['msg'].removeprefix('Value error, ')}"
        raise InvalidArgument(what, which=which, next_step=known if unknown else f"correct {name}") from None


def protection_of(asset: Asset) -> dict[str, str]:
    """Return what protects an asset, as words."""
    return {name: word_of(getattr(asset, name)) for name in PROTECTIVE}


def word_of(value: object) -> str:
    """Return one value as words."""
    if isinstance(value, tuple):
        return "; ".join(str(each) for each in value) or "none"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return "none" if value is None or value == "" else str(value)


def _value(name: str, told: Told, written_ns: int | None) -> Any:
    if name != "retain_days" or told.value is None:
        return told.value
    # A clock that is ahead, or whoever may write the file, keeps nothing longer.
    written = min(datetime.fromtimestamp(written_ns / 1e9, UTC).date(), date.today()) if written_ns else told.day
    return max(told.day, written) + timedelta(days=told.value)


def _way(source: str) -> list[str]:
    """Return a source and the folders above it, the nearest first."""
    parts = source.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]
