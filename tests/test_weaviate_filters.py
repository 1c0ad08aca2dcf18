"""The Weaviate index filters exactly as the reference evaluator says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.index import ChannelQuery, Entry
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.names import coded, coded_list, decoded, tenant_name
from groundsight.types import Condition, Filter
from tests.test_index_filters import agrees, compiled, entries, filters, likely
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node


@pytest.fixture(scope="module")
def index() -> Iterator[WeaviateIndex]:
    index = WeaviateIndex.open(settings_for(shared_node()))
    yield index
    index.close()


@NEEDS_SERVER
@settings(max_examples=5, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    stored=st.lists(
        entries(), min_size=3, max_size=8, unique_by=lambda entry: (entry.asset.tenant, entry.asset.source)
    ),
    asked=st.lists(
        st.one_of(filters, compiled, likely.map(lambda one: Filter(conditions=(one,)))), min_size=15, max_size=30
    ),
)
def test_every_door_filters_as_the_reference_does(index: WeaviateIndex, stored: list[Entry], asked: list[Filter]):
    index.delete([asset.asset_id for asset in index.assets(Filter())], Filter())
    agrees(index, stored, asked)


texts = st.text(st.characters(codec="utf-8"))


@given(texts, texts)
def test_coded_values_sort_and_begin_as_the_texts_do(left: str, right: str):
    assert decoded(coded(left)) == left
    assert (left < right) == (coded(left) < coded(right))
    assert left.startswith(right) == coded(left).startswith(coded(right))


@given(st.lists(texts, max_size=4).map(tuple), st.lists(texts, max_size=4).map(tuple))
def test_coded_lists_sort_as_the_lists_do(left: tuple[str, ...], right: tuple[str, ...]):
    assert (left < right) == (coded_list(left) < coded_list(right))
    assert (left == right) == (coded_list(left) == coded_list(right))


@given(st.text(), st.text())
def test_no_two_tenants_share_a_name_on_the_server(left: str, right: str):
    assert (left == right) == (tenant_name(left) == tenant_name(right))
    assert len(tenant_name(left)) <= 64


@NEEDS_SERVER
def test_a_question_creates_no_tenant(index: WeaviateIndex):
    stranger = Filter(conditions=(Condition(field="tenant", op="eq", value="stranger"),))
    assert index.count(stranger).units == 0
    assert index.search([ChannelQuery("bm25_text", text="shared")], stranger, 5)[0].hits == ()
    assert "stranger" not in index._store.tenants()
