"""One contract for every fuser, late or trained: shares add up, a silent channel changes nothing, a net starts late."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.encoders.torch_home import import_torch
from groundsight.index import ChannelResult
from groundsight.models.candidates import CHANNELS, FEATURES, candidates_of
from groundsight.models.fusers import Late, Learned
from groundsight.models.nets import FORMS, GATED, Form, first_weights, forward
from groundsight.retrieval.fusion import Fuser, by_score, total_of
from groundsight.settings import Weights
from tests.retrieval_house import LAW
from tests.test_fusion import LISTS, results_of

START = np.eye(1, len(FEATURES)).repeat(len(CHANNELS), 0)


def net(form: Form, moved: float = 0.3) -> Learned:
    """A net whose weights were moved from where training starts."""
    rng = np.random.default_rng(5)
    first = first_weights(form, START, 1)
    return Learned(form, {name: each + moved * rng.normal(size=each.shape) for name, each in first.items()})


FUSERS: dict[str, Fuser] = {"rrf": Late("rrf"), "weighted": Late("weighted"), **{form: net(form) for form in FORMS}}
EVERY = st.sampled_from([*FUSERS])


@LAW
@given(LISTS, EVERY)
def test_every_unit_has_shares_of_channels_that_found_it_and_they_are_its_score(lists, name: str) -> None:
    results = results_of(lists)
    shares = FUSERS[name].fuse(results)
    found = {
        unit: {each.channel for each in results if unit in dict(each.hits)} for each in results for unit, _ in each.hits
    }
    assert set(shares) == set(found)
    for unit, parts in shares.items():
        assert {part.channel for part in parts} <= found[unit]
        assert math.isfinite(total_of(parts))


@LAW
@given(LISTS, EVERY)
def test_a_silent_channel_and_the_order_of_lists_change_nothing(lists, name: str) -> None:
    results = [each for each in results_of(lists) if each.channel != "visual"]
    shares = FUSERS[name].fuse(results)
    again = FUSERS[name].fuse([ChannelResult("visual", ()), *reversed(results)])
    assert {unit: total_of(parts) for unit, parts in again.items()} == pytest.approx(
        {unit: total_of(parts) for unit, parts in shares.items()}
    )


@LAW
@given(LISTS)
def test_what_is_missing_changes_no_shape(lists) -> None:
    seen = candidates_of(results_of(lists), Weights(), 10, "minmax")
    assert seen.cells.shape == (len(seen.unit_ids), len(CHANNELS), len(FEATURES))
    for form in FORMS if seen.unit_ids else ():
        added, gates = forward(form, np, net(form).weights, seen.cells, seen.asked)
        assert added.shape == gates.shape == seen.cells.shape[:2]
        assert not added[seen.ranks == 0].any()
        if form in GATED:
            assert gates.sum(1) == pytest.approx(np.ones(len(gates)))
            assert not gates[:, seen.asked == 0].any()


@LAW
@given(LISTS, st.sampled_from(FORMS))
def test_before_its_first_lesson_a_net_is_late_fusion(lists, form: Form) -> None:
    late, fresh = Late().fuse(results_of(lists)), net(form, moved=0.0).fuse(results_of(lists))
    for unit, parts in late.items():
        assert total_of(fresh[unit]) == pytest.approx(total_of(parts), abs=1e-6)


@LAW
@given(LISTS)
def test_the_joint_net_s_shares_are_the_plain_output_of_its_layers(lists) -> None:
    seen, weights = candidates_of(results_of(lists), Weights(), 10, "minmax"), net("early").weights
    if seen.unit_ids:
        flat = seen.cells.reshape(len(seen.cells), -1)
        plain = np.maximum(flat @ weights["inner"], 0) @ weights["outer"] + flat @ weights["linear"].ravel()
        added, _ = forward("early", np, weights, seen.cells, seen.asked)
        assert added.sum(1) == pytest.approx(plain)


@pytest.mark.parametrize("form", FORMS)
def test_torch_trains_what_numpy_answers(form: Form) -> None:
    torch = import_torch()
    lists = {"text": {"a": 0.9, "b": 0.4}, "bm25_text": {"b": 7.0, "c": 1.0}, "visual": {"c": 0.2}}
    seen, weights = candidates_of(results_of(lists), Weights(), 10, "minmax"), net(form).weights  # type: ignore[arg-type]
    tensors = {name: torch.tensor(each) for name, each in weights.items()}
    there, _ = forward(form, torch, tensors, torch.tensor(seen.cells), torch.tensor(seen.asked))
    here, _ = forward(form, np, weights, seen.cells, seen.asked)
    assert np.abs(there.numpy() - here).max() < 1e-12


def test_a_gate_is_told_for_each_hit() -> None:
    lists = results_of({"text": {"a": 0.9, "b": 0.4}, "bm25_text": {"b": 7.0}})
    shares = FUSERS["gated"].fuse(lists)
    assert by_score(shares)
    assert all(0 < part.gate < 1 for parts in shares.values() for part in parts if part.gate is not None)
    assert {part.gate for parts in FUSERS["rrf"].fuse(lists).values() for part in parts} == {None}
