"""The fast paths of reading: batched look-ups and kept decodings give what the plain ones give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.errors import IndexCorrupt
from groundsight.governance.access import matches
from groundsight.index import Entry
from groundsight.index.checksums import seal
from groundsight.index.decoded import Decoded, Kept
from groundsight.index.local import LocalIndex
from groundsight.types import Asset, Condition, Filter, Link, Unit
from tests.build import make_asset, make_entry, make_unit

LAW = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
KEYS = ("acme", "a'b", 'q"', "é", "a\0b", "12", "null", "none")
TENANTS = ("default", "other")
ALL = Filter()


def entry_of(number: int, tenant: str, keys: Sequence[tuple[str, ...]]) -> Entry:
    asset = make_asset(f"{number}.txt", tenant=tenant, labels=("staff",) if number % 3 == 0 else ())
    links = [tuple(Link(key=key, shown=key, role=role) for key in keys_ for role in roles(key)) for keys_ in keys]
    units = [make_unit(asset, at, f"text {at}", links=each) for at, each in enumerate(links)]
    return make_entry(asset, *units)


def roles(key: str) -> tuple[str, ...]:
    return ("heading", "mention") if key == "acme" else ("mention",)


ENTRIES = [
    entry_of(number, TENANTS[number % 2], [KEYS[: 1 + number % 5], KEYS[number % 4 : 4 + number % 5]])
    for number in range(12)
]
PAIRS = [(unit, entry.asset) for entry in ENTRIES for unit in entry.units]
FILTERS = st.sampled_from(
    [
        ALL,
        *(Filter(conditions=(Condition(field="tenant", op="eq", value=name),)) for name in (*TENANTS, "nobody")),
        Filter(conditions=(Condition(field="labels", op="any_of", value=("*",)),)),
        Filter(
            conditions=(
                Condition(field="tenant", op="in", value=TENANTS),
                Condition(field="kind", op="eq", value="text"),
            )
        ),
        Filter(conditions=(Condition(field="page", op="ge", value=1),)),
    ]
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIndex]:
    opened = LocalIndex.open(tmp_path_factory.mktemp("index"))
    opened.upsert(ENTRIES)
    yield opened
    opened.close()


def holders(key: str, where: Filter, most: int) -> tuple[tuple[str, str], ...]:
    """Links key by key, by the definition."""
    found: list[tuple[str, str]] = []
    for tenant in TENANTS:
        mine = [(unit, asset) for unit, asset in PAIRS if asset.tenant == tenant and key in {x.key for x in unit.links}]
        if len(mine) <= most:
            seen = [unit for unit, asset in mine if matches(where, asset, unit)]
            found += {(unit.unit_id, link.role) for unit in seen for link in unit.links if link.key == key}
    return tuple(sorted(found))


@LAW
@given(st.lists(st.sampled_from((*KEYS, "absent", "")), max_size=12), FILTERS, st.integers(1, 14))
def test_links_of_many_keys_are_those_of_each_key(index: LocalIndex, keys: list[str], where: Filter, most: int) -> None:
    plain = {key: holders(key, where, most) for key in keys}
    assert index.linked(keys, where, most) == {key: found for key, found in plain.items() if found}


@LAW
@given(st.lists(st.sampled_from([*(unit.unit_id for unit, _ in PAIRS), "absent", "a\0b"]), max_size=20), FILTERS)
def test_units_come_in_the_order_asked_as_often_as_asked(index: LocalIndex, names: list[str], where: Filter) -> None:
    stored = {unit.unit_id: (unit, asset) for unit, asset in PAIRS if matches(where, asset, unit)}
    assert index.get(names, where) == tuple(stored[name] for name in names if name in stored)


def test_a_unit_read_twice_is_the_same_object(index: LocalIndex) -> None:
    name = PAIRS[0][0].unit_id
    assert index.get([name], ALL)[0][0] is index.get([name], ALL)[0][0]


def test_a_replaced_unit_is_decoded_anew(tmp_path: Path) -> None:
    opened = LocalIndex.open(tmp_path / "index")
    for text in ("first", "second"):
        asset = make_asset("same.txt")
        opened.upsert([make_entry(asset, make_unit(asset, 0, text))])
        assert opened.get([make_unit(asset).unit_id], ALL)[0][0].text == text
    opened.close()


def test_what_was_deleted_is_not_kept_in_memory(tmp_path: Path) -> None:
    opened = LocalIndex.open(tmp_path / "index")
    opened.upsert([ENTRIES[0]])
    opened.get([unit.unit_id for unit in ENTRIES[0].units], ALL)
    opened.delete([ENTRIES[0].asset.asset_id], ALL)
    store = opened._store
    assert len(store.decoded) == 0
    opened.close()


def stored(unit: Unit, slot: int) -> bytes:
    return seal(unit.model_dump_json().encode(), slot)


def test_kept_values_are_bounded_by_their_bytes_and_the_oldest_goes() -> None:
    units = [make_unit(make_asset(), number, "x" * 100) for number in range(10)]
    room = sum(len(stored(unit, slot)) for slot, unit in enumerate(units[:3]))
    kept = Kept(Unit, room)
    for slot, unit in enumerate(units):
        assert kept.decoded(stored(unit, slot), slot, slot) == unit
    assert len(kept) == 3
    assert kept.decoded(stored(units[9], 9), 9, 9) is kept.decoded(stored(units[9], 9), 9, 9)


def test_a_value_larger_than_all_the_room_is_decoded_but_not_kept() -> None:
    kept = Kept(Unit, 10)
    unit = make_unit(make_asset())
    assert kept.decoded(stored(unit, 1), 1, 1) == unit
    assert len(kept) == 0


@LAW
@given(st.data())
def test_a_kept_value_hides_no_damage(data: st.DataObject) -> None:
    unit, decoded = make_unit(make_asset(), 0, "some text"), Decoded()
    sound = stored(unit, 7)
    assert decoded.unit(sound, 7) == unit
    at, bit = data.draw(st.integers(0, len(sound) - 1)), data.draw(st.integers(0, 7))
    broken = sound[:at] + bytes([sound[at] ^ 1 << bit]) + sound[at + 1 :]
    with pytest.raises(IndexCorrupt):
        decoded.unit(broken, 7)
    assert decoded.unit(sound, 7) == unit


def test_assets_are_kept_by_their_number() -> None:
    first, second, decoded = make_asset("a.txt"), make_asset("b.txt"), Decoded()
    blobs = [seal(asset.model_dump_json().encode(), 0) for asset in (first, second)]
    assert [decoded.asset(blob, number) for number, blob in enumerate(blobs)] == [first, second]
    assert isinstance(decoded.asset(blobs[0], 0), Asset)
