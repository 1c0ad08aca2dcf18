"""Models from folders, through the real loaders: text encoders, rerankers, NLI, captioners."""

from __future__ import annotations

import math
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from groundsight.audio import open_audio_encoder
from groundsight.audio.clap import resampled
from groundsight.encoders import open_text_encoder
from groundsight.encoders.cross_encoder import CrossEncoder, PictureCrossEncoder
from groundsight.encoders.model_folder import open_folder
from groundsight.encoders.nli import NliModel
from groundsight.encoders.torch_home import import_torch
from groundsight.encoders.transformer import TransformerEncoder
from groundsight.errors import ConfigError, Disabled, LimitExceeded, ModelFailed
from groundsight.settings import Models, Settings
from groundsight.suite import open_suite
from groundsight.vision import open_captioner
from groundsight.vision.caption import TransformersCaptioner
from tests import tiny_models
from tests.recordings import silence, tone

pytestmark = pytest.mark.skipif(find_spec("transformers") is None, reason="needs groundsight[models]")

LABELS = {0: "contradiction", 1: "entailment", 2: "neutral"}


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    names = {"id2label": LABELS, "label2id": {name: number for number, name in LABELS.items()}}
    folder = tmp_path_factory.mktemp("models") / "nli"
    return tiny_models.save_bert(folder, "BertForSequenceClassification", num_labels=3, **names)


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "ranker"
    return tiny_models.save_bert(folder, "BertForSequenceClassification", num_labels=1)


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save_blip(tmp_path_factory.mktemp("models") / "blip")


@pytest.fixture
def copy(bert: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bert, tmp_path / "copy"))


def opened(folder: Path) -> TransformerEncoder:
    return TransformerEncoder.open(str(folder), device="cpu", allow_download=False)


def test_a_folder_becomes_a_text_encoder(bert: Path) -> None:
    encoder = open_text_encoder(Models(text=f"transformers:{bert}"))
    assert isinstance(encoder, TransformerEncoder)
    rows = encoder.encode(["the cat sat on the mat " * 40, "dog", ""] * 9, role="passage")
    assert rows.shape == (27, encoder.dimension)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(rows[:3], rows[24:], atol=1e-5)


def test_padding_does_not_change_a_vector(bert: Path) -> None:
    encoder = opened(bert)
    together = encoder.encode(["the cat", "the dog sat on the mats on the mats"])
    assert np.allclose(together[0], encoder.encode(["the cat"])[0], atol=1e-5)


def test_pooling_follows_the_folder(copy: Path) -> None:
    mean = opened(copy)
    tiny_models.edit(copy / "1_Pooling" / "config.json", pooling_mode_cls_token=True)
    first = opened(copy)
    assert mean.fingerprint != first.fingerprint
    assert not np.allclose(mean.encode(["the cat sat"]), first.encode(["the cat sat"]), atol=1e-3)


def test_prefixes_follow_the_folder(copy: Path) -> None:
    tiny_models.edit(copy / "config_sentence_transformers.json", prompts={"query": "query: ", "passage": "passage: "})
    encoder, plain = opened(copy), opened(copy)
    plain._prefixes = {}
    assert np.allclose(encoder.encode(["cat"], role="query"), plain.encode(["query: cat"]), atol=1e-6)
    assert np.allclose(encoder.encode(["cat"], role="passage"), plain.encode(["passage: cat"]), atol=1e-6)


def test_fingerprints_follow_the_weights(bert: Path, copy: Path) -> None:
    same = opened(copy).fingerprint.partition("@")[2]
    assert same == opened(bert).fingerprint.partition("@")[2]
    tiny_models.spoil(copy, 0.5)
    assert opened(copy).fingerprint.partition("@")[2] != same


def test_a_model_that_answers_nan_fails(copy: Path) -> None:
    with pytest.raises(ModelFailed, match="NaN or infinity"):
        opened(tiny_models.spoil(copy, math.nan)).encode(["the cat"])


def test_a_name_without_a_folder_needs_the_right_to_download() -> None:
    with pytest.raises(ConfigError) as failure:
        TransformerEncoder.open("intfloat/e5-small", device="cpu", allow_download=False)
    assert "allow_download" in failure.value.next_step


def test_pickled_weights_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelFailed, match="no safetensors"):
        opened(copy)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_of_the_models_own_is_refused(copy: Path, name: str) -> None:
    tiny_models.edit(copy / name, auto_map={"AutoModel": "evil.Model"})
    with pytest.raises(ModelFailed, match="code of its own"):
        opened(copy)


def test_a_truncated_file_of_weights_is_named(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelFailed, match="can't be loaded"):
        opened(copy)


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_broken_config_is_named(copy: Path, content: str) -> None:
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelFailed, match=r"config\.json"):
        open_folder(str(copy), allow_download=False)


def test_a_device_that_is_not_there_is_named(bert: Path) -> None:
    with pytest.raises(ConfigError, match="device"):
        TransformerEncoder.open(str(bert), device="cuda:97", allow_download=False)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, bert: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(Disabled) as failure:
        opened(bert)
    assert "groundsight[models]" in failure.value.next_step


def test_a_reranker_scores_every_text(ranker: Path) -> None:
    model = CrossEncoder.open(str(ranker), device="cpu", allow_download=False)
    texts = ["the cat sat", "dog " * 400, ""] * 7
    scores = model.score("the cat", texts)
    assert len(scores) == 21
    assert scores[:3] == pytest.approx(scores[18:], abs=1e-5)
    assert model.score("the cat", []) == []


def test_a_model_that_looks_is_given_the_pictures_of_a_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blip = tiny_models.save_blip(tmp_path / "blip", "BlipForImageTextRetrieval")
    picture = Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 9).convert("RGB")
    model, given = PictureCrossEncoder.open(str(blip), device="cpu", allow_download=False), list[tuple[str, float]]()
    (tmp_path / "files").mkdir()
    picture.save(tmp_path / "files" / "cat.png")
    chosen = {"text": "none", "visual": "none", "ocr": "none", "reader": "none", "rerank": f"blip:{blip}"}
    told = {"home": tmp_path / "home", "models": chosen, "ingestion": {"tags": False}}
    match = PictureCrossEncoder.match

    def watched(self: PictureCrossEncoder, query: str, seen: Image.Image) -> float:
        given.append((query, match(self, query, seen)))
        return given[-1][1]

    monkeypatch.setattr(PictureCrossEncoder, "match", watched)
    with open_suite(Settings.model_validate(told)) as suite:
        assert suite.ingest(tmp_path / "files").failed == 0
        assert suite.search("mat dog cat").hits
    assert given == [("mat dog cat", pytest.approx(match(model, "mat dog cat", picture)))]
    assert 0 < given[0][1] < 1


def test_weights_without_a_head_do_not_rank(bert: Path, nli: Path) -> None:
    with pytest.raises(ModelFailed, match="do not fit"):
        CrossEncoder.open(str(bert), device="cpu", allow_download=False)
    with pytest.raises(ModelFailed, match="one output"):
        CrossEncoder.open(str(nli), device="cpu", allow_download=False)


def test_inference_reads_its_columns_from_the_labels(nli: Path) -> None:
    model = NliModel.open(str(nli), device="cpu", allow_download=False)
    entail, neutral, contradict = model.score("the cat sat on the mat " * 90, "the cat sat")
    assert model._columns == (1, 2, 0)
    assert entail + neutral + contradict == pytest.approx(1, abs=1e-5)
    assert 0 < entail < 1


def test_labels_without_names_are_no_inference(ranker: Path) -> None:
    with pytest.raises(ModelFailed, match="does not name entailment"):
        NliModel.open(str(ranker), device="cpu", allow_download=False)


def test_a_hypothesis_is_never_cut(nli: Path) -> None:
    model = NliModel.open(str(nli), device="cpu", allow_download=False)
    with pytest.raises(LimitExceeded, match="32 tokens"):
        model.score("the cat", "the dog sat on the mat " * 90)


def test_a_folder_becomes_a_captioner(blip: Path) -> None:
    captioner = open_captioner(Models(caption=f"transformers:{blip}"))
    assert isinstance(captioner, TransformersCaptioner)
    picture = Image.new("RGBA", (50, 40), (200, 30, 30, 128))
    caption = captioner.caption(picture)
    assert caption
    assert caption == captioner.caption(picture)
    assert "[CLS]" not in caption
    assert captioner.fingerprint.startswith("blip@")


def test_a_text_model_writes_no_captions(bert: Path) -> None:
    with pytest.raises(ModelFailed):
        TransformersCaptioner.open(str(bert), device="cpu", allow_download=False)


def test_a_folder_becomes_an_encoder_of_sounds_equal_to_the_library_called_bare(tmp_path: Path) -> None:
    folder = str(tiny_models.save_clap(tmp_path / "clap"))
    encoder = open_audio_encoder(Models(sound=f"transformers:{folder}"))
    assert encoder
    bell, long, hush = tone(0.9), np.concatenate([tone(1.0, 3000), tone(0.9)]), silence(2)
    rows = encoder.encode_sounds([bell, long, hush])
    library = tiny_models.quiet_transformers()
    model, prepare = library.ClapModel.from_pretrained(folder).eval(), library.ClapProcessor.from_pretrained(folder)
    with import_torch().inference_mode():
        sound = prepare(audio=resampled(bell, 48_000), sampling_rate=48_000, return_tensors="pt")
        heard = model.get_audio_features(**sound).pooler_output.numpy()
        words = model.get_text_features(**prepare(text=["the dog"], return_tensors="pt")).pooler_output.numpy()
    assert np.allclose(rows[0], heard[0], atol=1e-4)
    assert np.allclose(encoder.encode_words(["the dog"]), words, atol=1e-4)
    assert np.allclose(rows[1], encoder.encode_sounds([long])[0], atol=1e-6)
    assert not rows[2].any()
    tiny_models.save_bert(tmp_path / "bert")
    with pytest.raises(ModelFailed, match="no common space"):
        open_audio_encoder(Models(sound=f"transformers:{tmp_path / 'bert'}"))


def test_a_sound_at_another_rate_is_the_same_sound() -> None:
    time = np.arange(48_000) / 48_000
    slow = (np.sin(2 * np.pi * 440 * time[::3]) * 16_384).astype(np.int16)
    assert np.allclose(resampled(slow, 48_000), np.sin(2 * np.pi * 440 * time) / 2, atol=1e-3)
