"""Random lives of the embedded index against a dictionary that remembers what it should hold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from groundsight.index import ChannelQuery
from groundsight.index.local import LocalIndex
from groundsight.types import Condition, Filter
from tests.build import WordEncoder, make_text_entry

WORDS = WordEncoder()
VOCABULARY = ("ash", "birch", "cedar", "elm")
TENANTS, SOURCES = ("us", "them"), ("a", "b", "c")

texts = st.lists(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=5).map(" ".join), min_size=1, max_size=3)


def tenant(name: str) -> Filter:
    return Filter(conditions=(Condition(field="tenant", op="eq", value=name),))


class Lives(RuleBasedStateMachine):
    """Stores, deletes, closes, copies and restores; after each step every question must be answered rightly."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.index = LocalIndex.open(self.folder / "index", publish_after=3)
        self.held: dict[tuple[str, str], list[str]] = {}
        self.saved: dict[tuple[str, str], list[str]] | None = None

    @rule(owner=st.sampled_from(TENANTS), source=st.sampled_from(SOURCES), content=texts)
    def store(self, owner: str, source: str, content: list[str]) -> None:
        self.index.upsert([make_text_entry(source, *content, tenant=owner)])
        self.held[owner, source] = content

    @rule(owner=st.sampled_from(TENANTS), source=st.sampled_from(SOURCES))
    def delete(self, owner: str, source: str) -> None:
        asset_id = make_text_entry(source, tenant=owner).asset.asset_id
        expected = 1 if self.held.pop((owner, source), None) else 0
        assert self.index.delete([asset_id], tenant(owner)) == expected

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = LocalIndex.open(self.folder / "index", publish_after=3)

    @rule()
    def snapshot(self) -> None:
        shutil.rmtree(self.folder / "snapshot", ignore_errors=True)
        self.index.snapshot(self.folder / "snapshot")
        self.saved = dict(self.held)

    @rule()
    def restore(self) -> None:
        if self.saved is not None:
            self.index.restore(self.folder / "snapshot")
            self.held = dict(self.saved)

    @invariant()
    def every_word_finds_exactly_its_units(self) -> None:
        for owner in TENANTS:
            listed = [text for (name, _), content in self.held.items() if name == owner for text in content]
            assert sorted(unit.text for unit, _ in self.index.scan(tenant(owner))) == sorted(listed)
            queries = [ChannelQuery("bm25_text", text=word) for word in VOCABULARY]
            dense = ChannelQuery("text", vector=WORDS.encode([VOCABULARY[0]])[0])
            *lexical, vectors = self.index.search([*queries, dense], tenant(owner), 50)
            assert len(vectors.hits) == len(listed)
            for word, result in zip(VOCABULARY, lexical, strict=True):
                pairs = self.index.get([hit[0] for hit in result.hits], tenant(owner))
                assert sorted(unit.text for unit, _ in pairs) == sorted(text for text in listed if word in text.split())

    def teardown(self) -> None:
        assert self.index.check().problems == ()
        self.index.close()
        shutil.rmtree(self.folder)


Lives.TestCase.settings = settings(max_examples=8, stateful_step_count=20, deadline=None, derandomize=True)
TestLives = Lives.TestCase
