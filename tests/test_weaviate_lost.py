"""What a server has lost of an index is named, from scripted answers; a fresh server starts without complaint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from groundsight.errors import IndexCorrupt
from groundsight.index.weaviate.lost import require_not_lost
from groundsight.index.weaviate.messages import Place, Row
from groundsight.index.weaviate.state import StateStore
from groundsight.index.weaviate.wire import Wire
from groundsight.settings import WeaviateSettings

ALL = {"ThingMeta", "Thing_e1", "ThingAsset_e1"}


class Server:
    """Collections by name with their objects, and what the store of the state asks of them."""

    def __init__(self) -> None:
        self.built_with: dict[str, Any] = {}
        self.held: dict[str, dict[str, Row]] = {}

    def collections(self) -> set[str]:
        return set(self.held)

    def create(self, collection: Any) -> None:
        self.held.setdefault(collection.name, {})

    def add_tenant(self, at: Place) -> None:
        assert at.collection in self.held

    def put(self, at: Place, rows: Sequence[Row]) -> None:
        self.held[at.collection].update({str(row.uuid): row for row in rows})

    def fetch(self, at: Place, tests: Sequence[Any], limit: int, fields: Sequence[str]) -> list[Row]:
        wanted = [each.value if isinstance(each.value, tuple) else (each.value,) for each in tests]
        rows = self.held[at.collection].values()
        return [row for row in rows if all(row.fields["kind"] in each for each in wanted)][:limit]

    def page(self, at: Place, after: str | None, fields: Sequence[str]) -> list[Row]:
        return list(self.held[at.collection].values())


@pytest.fixture
def server() -> Server:
    """A server with an index that was written to."""
    made = Server()
    store = opened(made)
    store.add_tenant(store.names(store.read().config), "default", "default")
    return made


def opened(server: Server) -> StateStore:
    store = StateStore(cast("Wire", server), "Thing")
    store.prepare()
    return store


def test_an_index_is_made_on_a_fresh_server_and_opens_again(server: Server) -> None:
    assert set(server.held) == ALL
    assert opened(server).tenants() == ("default",)


@pytest.mark.parametrize("gone", sorted(ALL))
def test_a_lost_collection_is_damage_with_the_way_back(server: Server, gone: str) -> None:
    del server.held[gone]
    for _ in range(2):
        with pytest.raises(IndexCorrupt, match="groundsight restore SNAPSHOT"):
            opened(server)


def test_a_lost_configuration_is_damage(server: Server) -> None:
    meta = server.held["ThingMeta"]
    server.held["ThingMeta"] = {key: row for key, row in meta.items() if "schema" not in str(row.fields["data"])}
    with pytest.raises(IndexCorrupt, match="lost its configuration"):
        opened(server)


@pytest.mark.parametrize("made", [("ThingMeta",), ("ThingMeta", "Thing_e1")])
def test_an_index_whose_making_was_killed_is_made_to_the_end(made: tuple[str, ...]) -> None:
    server = Server()
    for name in made:
        server.create(SimpleNamespace(name=name))
    opened(server)
    assert set(server.held) == ALL


def test_collections_of_others_are_no_sign(server: Server) -> None:
    other = Server()
    for name in ("ThingOther_e1", "Thingy_e1", "OtherThing_e1", "ThingMetaX"):
        other.create(SimpleNamespace(name=name))
    opened(other)
    assert set(other.held) >= ALL


def test_a_home_remembers_that_a_server_held_documents(tmp_path: Path) -> None:
    one, two = WeaviateSettings(host="one"), WeaviateSettings(host="two")
    require_not_lost(tmp_path, one, ())
    require_not_lost(tmp_path, one, ("default",))
    require_not_lost(tmp_path, two, ())
    with pytest.raises(IndexCorrupt, match=r"HOME/weaviate\.json"):
        require_not_lost(tmp_path, one, ())
    assert json.loads((tmp_path / "weaviate.json").read_text()) == ["one:8080/GroundsightUnit"]
