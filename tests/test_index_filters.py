"""The embedded index filters exactly as the reference evaluator says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.governance.access import matches, refusals, visible_to
from groundsight.index import ChannelQuery, Entry, Index
from groundsight.index.local import LocalIndex
from groundsight.types import Asset, Condition, Filter, Place, Principal
from tests.build import WordEncoder, make_asset, make_entry, make_unit

WORDS = WordEncoder()
NAMES = ("", "a", "ab", "b", "A", "é", "a\U0010ffff", "\U0010ffff", "a%", "a_", "a\0b", "*", "global", "default")
DAYS = (date(2020, 1, 1), date(2024, 2, 29), date(9999, 12, 31))
FIELDS = (
    "tenant", "region", "labels", "usage_rights", "consent_until", "asset_id", "source",
    "media_type", "kind", "created", "page",
)  # fmt: skip
OPERATIONS = ("eq", "in", "any_of", "ge", "le", "prefix")

names = st.sampled_from(NAMES)
words = st.one_of(
    names, st.sampled_from(["approved", "restricted", "text", "table", *(day.isoformat() for day in DAYS)])
)
values = st.one_of(words, st.integers(-3, 3), st.just(2**70), st.lists(words, max_size=3).map(tuple))
conditions = st.builds(Condition, field=st.sampled_from(FIELDS), op=st.sampled_from(OPERATIONS), value=values)
filters = st.lists(conditions, max_size=3).map(lambda listed: Filter(conditions=tuple(listed)))
likely = st.one_of(
    st.builds(Condition, field=st.just("labels"), op=st.sampled_from(("any_of", "eq", "ge", "le")),
              value=st.lists(names, max_size=2).map(tuple)),
    st.builds(Condition, field=st.sampled_from(("source", "region", "tenant")), op=st.just("prefix"), value=names),
    st.builds(Condition, field=st.just("page"), op=st.sampled_from(("eq", "ge", "le")), value=st.integers(-1, 3)),
    st.builds(Condition, field=st.just("consent_until"), op=st.sampled_from(("ge", "le")),
              value=st.sampled_from([day.isoformat() for day in DAYS])),
)  # fmt: skip


principals = st.builds(
    Principal, tenant=names, user=names, region=names, labels=st.lists(names, max_size=2).map(tuple), purpose=names
)
compiled = st.builds(visible_to, principals, st.sampled_from(DAYS))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    asset = make_asset(
        draw(names),
        tenant=draw(names),
        region=draw(names),
        labels=tuple(draw(st.lists(names, max_size=2))),
        owner=draw(names),
        purposes=tuple(draw(st.lists(names, max_size=2))),
        usage_rights=draw(st.sampled_from(["approved", "restricted", "denied"])),
        consent_until=draw(st.sampled_from([None, *DAYS])),
        retain_until=draw(st.sampled_from([None, *DAYS])),
        created=draw(st.sampled_from([None, *DAYS])),
        media_type=draw(names),
    )
    units = [
        make_unit(asset, number, "shared words", kind=kind, place=Place(page=page))
        for number, (kind, page) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(["text", "table"]), st.sampled_from([None, 0, 1, 2])), max_size=2))
        )
    ]
    return make_entry(asset, *units, encoder=WORDS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("filters")
    return (root / str(number) for number in count())


def agrees(index: Index, stored: list[Entry], asked: list[Filter]) -> None:
    index.upsert(stored)
    pairs = [(unit, entry.asset) for entry in stored for unit in entry.units]
    queries = [ChannelQuery("bm25_text", text="shared"), ChannelQuery("text", vector=WORDS.encode(["shared"])[0])]
    for where in asked:
        units = {unit.unit_id for unit, asset in pairs if matches(where, asset, unit)}
        assets = {entry.asset.asset_id for entry in stored if matches(where, entry.asset)}
        assert {unit.unit_id for unit, _ in index.scan(where)} == units
        assert {unit.unit_id for unit, _ in index.get([unit.unit_id for unit, _ in pairs], where)} == units
        assert {asset.asset_id for asset in index.assets(where)} == assets
        assert (index.count(where).assets, index.count(where).units) == (len(assets), len(units))
        for result in index.search(queries, where, 100):
            assert {unit_id for unit_id, _ in result.hits} == units


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    stored=st.lists(
        entries(), min_size=3, max_size=8, unique_by=lambda entry: (entry.asset.tenant, entry.asset.source)
    ),
    asked=st.lists(
        st.one_of(filters, compiled, likely.map(lambda one: Filter(conditions=(one,)))), min_size=20, max_size=40
    ),
)
def test_every_door_filters_as_the_reference_does(folders: Iterator[Path], stored: list[Entry], asked: list[Filter]):
    index = LocalIndex.open(next(folders))
    agrees(index, stored, asked)
    index.close()


assets = st.builds(
    lambda **told: make_asset("a.txt", **told),
    tenant=names,
    owner=names,
    region=names,
    labels=st.lists(names, max_size=2).map(tuple),
    purposes=st.lists(names, max_size=2).map(tuple),
    usage_rights=st.sampled_from(["approved", "restricted", "denied"]),
    consent_until=st.sampled_from([None, *DAYS]),
    retain_until=st.sampled_from([None, *DAYS]),
)


def held_by(asset: Asset) -> st.SearchStrategy[Principal]:
    """Principals who hold about what opens an asset, so that each rule decides for some of them."""
    return st.builds(
        Principal,
        tenant=st.sampled_from([asset.tenant, "a"]),
        user=st.sampled_from([asset.owner, "b"]),
        region=st.sampled_from([asset.region, "é"]),
        labels=st.sampled_from([(), asset.labels, asset.labels[:1], ("A",)]),
        purpose=st.sampled_from(["", *asset.purposes, "ab"]),
    )


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.data(), assets, st.sampled_from(DAYS))
def test_the_compiled_filter_lets_through_exactly_what_no_rule_refuses(data: st.DataObject, asset: Asset, day: date):
    who = data.draw(held_by(asset))
    assert matches(visible_to(who, day), asset) == (not refusals(who, asset, day))


@pytest.mark.parametrize("label", ["\x1eanna", "*\x1fpayroll", "\x1eanna\x1fpayroll"])
def test_no_label_of_a_token_passes_for_an_owner_or_a_purpose(label: str):
    asset = make_asset("a.txt", labels=("hr",), owner="anna", purposes=("payroll",))
    assert not matches(visible_to(Principal(user="bob", labels=(label, "hr"))), asset)
    assert not matches(visible_to(Principal(user="bob", labels=(label,), purpose="payroll")), asset)
    assert not matches(visible_to(Principal(user="anna\x1fpayroll")), asset)
    assert matches(visible_to(Principal(user="anna", purpose="payroll")), asset)
