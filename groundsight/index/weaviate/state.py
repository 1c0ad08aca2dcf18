"""What the index knows about itself, kept in a few small objects: epoch, encoders, version, open writes."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from groundsight.errors import IndexVersion
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.lost import lost
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.names import age_seconds, coded, decoded, new_generation, object_id
from groundsight.index.weaviate.schema import SCHEMA_VERSION, Names, content_collections, meta_collection, meta_name
from groundsight.index.weaviate.wire import PAGE, Wire

CONFIG, TOKEN, INTENT, TENANT = "config", "token", "intent", "tenant"
FIELDS = ("kind", "data")
KINDS_OF_STATE = (Test("kind", "any", (coded(CONFIG), coded(TOKEN), coded(INTENT))),)
# An open write older than this belongs to a process that died.
ABANDONED_SECONDS = 600.0
NO_TOKEN = "0" * 12


@dataclass(frozen=True)
class Config:
    """What changes seldom: schema, epoch, what was before, encoders, vector lengths, and what it was made with."""

    schema: int = SCHEMA_VERSION
    epoch: int = 1
    previous: Mapping[str, Any] | None = None
    fingerprints: Mapping[str, str] = field(default_factory=lambda: {})
    dimensions: Mapping[str, int] = field(default_factory=lambda: {})
    built: Mapping[str, Any] = field(default_factory=lambda: {})

    @property
    def previous_config(self) -> Config | None:
        """Return the configuration that a roll-back would bring back."""
        return Config(**self.previous) if self.previous else None

    @property
    def newest(self) -> int:
        """Return the highest epoch of which collections are kept."""
        old = self.previous_config
        return max(self.epoch, old.epoch if old else 0)

    def without_previous(self) -> Config:
        """Return it with nothing to go back to."""
        return replace(self, previous=None)


@dataclass(frozen=True)
class Intent:
    """A write that was begun: which sources of which tenants it touches."""

    name: str
    work: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class State:
    """Everything read in one call."""

    config: Config
    token: str
    intents: tuple[Intent, ...]

    @property
    def version(self) -> str:
        """Return the version token; while a write is open every call gives another."""
        return f"{self.token}+{secrets.token_hex(8)}" if self.intents else self.token


class StateStore:
    """Reads and writes the objects of the meta collection."""

    def __init__(self, wire: Wire, prefix: str) -> None:
        self._wire, self.prefix = wire, prefix
        self._at = Place(meta_name(prefix))
        self._tenants: set[tuple[int, str]] = set()
        self._failed: set[str] = set()

    def prepare(self) -> None:
        """Create the collections of a new index; refuse one of another schema, and one of which parts are lost.

        Raises:
            IndexVersion: another release wrote it.
            IndexCorrupt: some of its collections, or what it knows about itself, are gone.
        """
        there = self._wire.collections()
        if self._at.collection not in there:
            if left := sorted(filter(self._is_content, there)):
                raise lost("the index has lost what it knows about itself", ", ".join(left))
            self._create()
            return
        if not self._wire.fetch(self._at, (Test("kind", "equal", coded(CONFIG)),), 1, FIELDS):
            if self.tenants():
                raise lost("the index has lost its configuration", self._at.collection)
            self._create()
        names = self.names(self.read().config)
        if missing := {each.name for each in content_collections(names)} - self._wire.collections():
            raise lost("collections of the index are missing on the server", ", ".join(sorted(missing)))

    def _is_content(self, name: str) -> bool:
        return any(re.fullmatch(rf"{re.escape(self.prefix)}{part}_e\d+", name) for part in ("", "Asset"))

    def names(self, config: Config) -> Names:
        """Return the collections of a configuration's epoch."""
        return Names(self.prefix, config.epoch)

    def read(self) -> State:
        """Read the state, and refuse another schema."""
        state = self.peek()
        if state.config.schema != SCHEMA_VERSION:
            raise IndexVersion(
                f"the collections have schema {state.config.schema}, this release works with {SCHEMA_VERSION}",
                which=self.prefix,
                next_step="see what would change with: groundsight migrate --schema plan",
            )
        return state

    def peek(self) -> State:
        """Read the state whatever its schema."""
        config, token, intents = Config(), NO_TOKEN, list[Intent]()
        for row in self._wire.fetch(self._at, KINDS_OF_STATE, PAGE, FIELDS):
            match decoded(row.fields["kind"]):
                case "config":
                    config = _config(row.fields["data"])
                case "token":
                    token = str(json.loads(row.fields["data"]))
                case _:
                    intents.append(_intent(json.loads(row.fields["data"])))
        return State(config, token, tuple(intents))

    def write(self, config: Config) -> None:
        """Replace the configuration in one step."""
        self._put(CONFIG, "", vars(config))

    @contextmanager
    def change(self, work: Sequence[tuple[str, str]]) -> Generator[str]:
        """Hold a write open under a name: it is on record before it begins, the version is new when it ends.

        When the write fails the record stays, and a later write finishes the clearing up.
        """
        name = new_generation()
        self._put(INTENT, name, {"name": name, "work": [list(each) for each in work]})
        self._failed.add(name)
        yield name
        self.touch()
        self.forget(name)

    def is_abandoned(self, intent: Intent) -> bool:
        """True when the write failed in this process, or another process must have died over it."""
        return intent.name in self._failed or age_seconds(intent.name) > ABANDONED_SECONDS

    def is_fresh(self, state: State, seconds: float) -> bool:
        """True while the server may still hold the last write in memory only."""
        return seconds > 0 and (bool(state.intents) or age_seconds(state.token) < seconds)

    def touch(self) -> None:
        """Change the version."""
        self._put(TOKEN, "", new_generation())

    def forget(self, intent: str) -> None:
        """Take a finished write off the record."""
        self._failed.discard(intent)
        self._wire.remove(self._at, [Test("kind", "equal", coded(INTENT)), Test("name", "equal", coded(intent))])

    def tenants(self) -> tuple[str, ...]:
        """Return the names of all tenants that were ever written to, in order."""
        found: list[str] = []
        rows = self._wire.page(self._at, None, FIELDS)
        while rows:
            found += [json.loads(row.fields["data"]) for row in rows if row.fields["kind"] == coded(TENANT)]
            rows = self._wire.page(self._at, rows[-1].uuid, FIELDS) if len(rows) == PAGE else []
        return tuple(sorted(found))

    def add_tenant(self, names: Names, tenant: str, server_name: str) -> None:
        """Create a tenant for writing; the name is on record before the shards are there."""
        if (names.epoch, tenant) in self._tenants:
            return
        self._put(TENANT, tenant, tenant)
        for each in content_collections(names):
            self._wire.add_tenant(Place(each.name, server_name))
        self._tenants.add((names.epoch, tenant))

    def forget_tenants(self) -> None:
        """Forget which tenants this process created, because they are gone."""
        self._tenants.clear()

    def with_dimensions(self, config: Config, dimensions: Mapping[str, int]) -> Config:
        """Store further vector lengths, and return the new configuration."""
        changed = replace(config, dimensions={**config.dimensions, **dimensions})
        if changed.dimensions != config.dimensions:
            self.write(changed)
        return changed

    def _create(self) -> None:
        """The configuration comes last: without it an index is still being made, or was never finished."""
        config = Config(built=self._wire.built_with)
        self._wire.create(meta_collection(self.prefix))
        for each in content_collections(self.names(config)):
            self._wire.create(each)
        # Another process may have created it meanwhile and written to it already.
        if not self._wire.fetch(self._at, KINDS_OF_STATE, 1, FIELDS):
            self.write(config)
            self.touch()

    def _put(self, kind: str, name: str, data: Any) -> None:
        fields = {"kind": coded(kind), "name": coded(name), "data": json.dumps(data)}
        self._wire.put(self._at, [Row(object_id("meta", kind, name), fields)])


@lru_cache(maxsize=16)
def _config(data: str) -> Config:
    return Config(**json.loads(data))


def _intent(data: Mapping[str, Any]) -> Intent:
    return Intent(data["name"], tuple((each[0], each[1]) for each in data["work"]))
