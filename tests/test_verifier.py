"""The packaged verifier: what free wording it accepts, which settings choose it, and its folded weights."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.encoders import open_verifier
from groundsight.encoders.four_bits import BLOCK, folded, unfolded
from groundsight.encoders.reader import VERIFIER, Net, Reader
from groundsight.errors import ConfigError, ModelFailed
from groundsight.grounding.calibrate import open_arbiter
from groundsight.grounding.verify import verify
from groundsight.language.sentences import evidence_from_text
from groundsight.parts import Parts
from groundsight.settings import Grounding, Models, load_settings

SAID = (
    "Minutes of the allotment club\n"
    "Ruta gave the committee her keys to the shed after Jonas had asked for them twice.\n"
    "The hose was left running all weekend, so the lower beds stood under water."
)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Jonas had to ask two times for the shed keys.", "Ruta had to ask two times for the shed keys."),
        ("The committee received the keys from Ruta.", "Ruta received the keys from the committee."),
        ("The hose ran all weekend.", "The hose was off all weekend."),
    ],
)
def test_in_free_wording_who_did_what_decides(true: str, false: str, packaged: Reader) -> None:
    right, wrong = packaged.support([(true, SAID), (false, SAID)])
    assert right > wrong


@pytest.fixture(scope="module")
def packaged() -> Reader:
    return Reader(VERIFIER, threads=1)


@pytest.mark.parametrize(
    ("chosen", "method"),
    [
        ({}, "lexical+verifier"),
        ({"verifier": "reader"}, "lexical+reader"),
        ({"verifier": "reader", "reader": "none"}, "lexical"),
        ({"reader": "none"}, "lexical+verifier"),
    ],
)
def test_the_settings_say_what_decides_on_free_wording(chosen: dict[str, str], method: str, tmp_path: Path) -> None:
    assert Parts(load_settings(tmp_path, models=chosen)).arbiter.method == method


def test_an_unknown_verifier_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _ = Parts(load_settings(tmp_path, models={"verifier": "large"})).verifier
    assert caught.value.which == "models.verifier = large"


def test_the_verifier_is_loaded_by_the_first_claim_in_free_wording(monkeypatch: pytest.MonkeyPatch) -> None:
    load = Mock(side_effect=VERIFIER.load)
    monkeypatch.setattr(Net, "load", lambda _, threads: load(threads))
    arbiter = open_arbiter(open_verifier(Models(), lambda: None))
    evidence = [evidence_from_text("e", "minutes.txt", SAID)]
    loaded: list[bool] = []
    quoted = SAID.split("\n")[1]
    for claim in (quoted, "Jonas had to ask two times for the shed keys."):
        verify(claim, evidence, Grounding(), arbiter=arbiter)
        loaded.append(load.called)
    assert loaded == [False, True]


@pytest.mark.parametrize("part", ["sha256", "folded_sha256"])
def test_a_file_that_is_not_the_pinned_one_is_not_loaded(part: str) -> None:
    hashes = {"sha256": VERIFIER.sha256, "folded_sha256": VERIFIER.folded_sha256, part: "0" * 64}
    with pytest.raises(ModelFailed, match="not the pinned file"):
        Reader(Net("verifier", **hashes), threads=1).loaded()


@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_what_is_folded_unfolds_to_the_products_of_its_parts(blocks: int, columns: int, seed: int) -> None:
    lot = np.random.default_rng(seed)
    q = lot.integers(-8, 8, (blocks * BLOCK, columns), np.int8)
    m = lot.integers(1, 17, (blocks, columns), np.int8)
    archive = BytesIO()
    np.savez(archive, **dict(zip(("words.q", "words.m"), folded(q, m), strict=True)))
    whole = unfolded(archive.getvalue())["words"]
    assert np.array_equal(whole, (q * m.repeat(BLOCK, axis=0)).T)
