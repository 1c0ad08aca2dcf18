"""A setting that can't be met fails once, before any file, with E_CONFIG and its name, at every door."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from groundsight.cli import main
from groundsight.doors.preflight import settings_faults
from groundsight.errors import ConfigError, Disabled, ModelFailed, StorageFailed
from groundsight.governance.access import tenant_of
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.lanes import naming
from groundsight.parts import Parts
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, local_principal, open_suite
from tests import tiny_models
from tests.test_server_stdio import ROOT, environment

needs_models = pytest.mark.skipif(find_spec("transformers") is None, reason="needs groundsight[models]")
ABSENT = {
    "text": "transformers:/absent",
    "visual": "open_clip:/absent",
    "ocr": "absent",
    "caption": "transformers:org/name",
    "rerank": "transformers:/absent",
    "judge": "nli:/absent",
}
READING = ("text", "visual", "ocr", "caption")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("The notice period is 90 days.")
    return folder


def with_model(home: Path, lane: str, value: str) -> Settings:
    return load_settings(home, models={"visual": "none", lane: value})


@needs_models
@pytest.mark.parametrize("lane", READING)
def test_ingest_fails_once_and_reads_nothing(
    tmp_path: Path, files: Path, lane: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv(f"GROUNDSIGHT_MODELS__{lane.upper()}", ABSENT[lane])
    assert main(["ingest", str(files), "--home", str(home), "--json"]) == 2
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert error["code"] == "E_CONFIG"
    assert error["which"] == f"models.{lane} = {ABSENT[lane]}"
    assert error["next_step"]
    assert shown.err.count("E_CONFIG") == 1
    monkeypatch.delenv(f"GROUNDSIGHT_MODELS__{lane.upper()}")
    with open_suite(load_settings(home)) as suite:
        assert suite.parts.index.assets(tenant_of(suite.principal)) == ()


@needs_models
def test_every_lane_names_its_setting(tmp_path: Path) -> None:
    for lane, part in {"visual": "picture_encoder", "rerank": "reranker", "judge": "judge"}.items():
        with pytest.raises(ConfigError) as caught:
            getattr(Parts(with_model(tmp_path, lane, ABSENT[lane])), part)
        assert caught.value.which == f"models.{lane} = {ABSENT[lane]}"


@pytest.mark.parametrize(
    ("lane", "remedy"), [("reader", "models.reader = 'packaged'"), ("text", "models.text = 'minilm'")]
)
def test_without_the_reader_or_the_vectors_that_it_needs_its_lane_is_named(
    lane: str, remedy: str, tmp_path: Path
) -> None:
    (gap,) = [gap for gap in Parts(with_model(tmp_path, lane, "none")).degraded() if gap.lane == "reader"]
    assert gap.remedy == f"set {remedy}"


def test_by_default_the_reader_is_not_named_as_lacking(tmp_path: Path) -> None:
    assert "reader" not in {gap.lane for gap in Parts(load_settings(tmp_path)).degraded()}


@needs_models
def test_what_is_wrong_with_a_folder_is_told_as_a_fault_of_its_setting(tmp_path: Path, files: Path) -> None:
    bert = tiny_models.save_bert(tmp_path / "bert")
    cut = tiny_models.save_bert(tmp_path / "cut")
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:1000])
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    wrong = {
        f"transformers:{bert}": "caption",
        f"transformers:{cut}": "text",
        f"transformers:{tmp_path}": "text",
        f"open_clip:ViT-B-32@{tmp_path / 'bad.safetensors'}": "visual",
    }
    for value, lane in wrong.items():
        with open_suite(with_model(tmp_path / "home", lane, value)) as suite, pytest.raises(ConfigError) as caught:
            suite.ingest([files])
        assert caught.value.which == f"models.{lane} = {value}"


@needs_models
def test_a_device_that_is_not_there_names_the_device(tmp_path: Path) -> None:
    bert = tiny_models.save_bert(tmp_path / "bert")
    settings = load_settings(tmp_path, models={"text": f"transformers:{bert}", "device": "cuda:97"})
    with pytest.raises(ConfigError) as caught:
        _ = Parts(settings).text_encoder
    assert caught.value.which == "models.device = cuda:97"


def test_a_partitioner_without_its_extra_fails_before_any_file(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "unstructured", None)
    settings = load_settings(tmp_path / "home", ingestion={"partitioner": "unstructured"})
    with open_suite(settings) as suite, pytest.raises(ConfigError) as caught:
        suite.ingest([files])
    assert caught.value.which == "ingestion.partitioner = unstructured"


def test_a_machine_without_a_temporary_folder_is_told_before_any_file(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/dev/null/absent"])
    with open_suite(load_settings(tmp_path / "home")) as suite, pytest.raises(StorageFailed) as caught:
        suite.ingest([files])
    assert caught.value.which == "TMPDIR"


def test_the_ingest_graph_fails_as_the_command_does(tmp_path: Path, files: Path) -> None:
    settings = load_settings(tmp_path / "home", roots=[files], models={"ocr": "absent"})
    suite = Suite(Parts(settings), local_principal(settings))
    with pytest.raises(ConfigError) as caught:
        build_ingest_graph(suite).invoke({"paths": [str(files)]})
    assert caught.value.which == "models.ocr = absent"


def test_a_search_with_a_wrong_reranker_is_a_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROUNDSIGHT_MODELS__RERANK", "absent:x")
    (tmp_path / "a.txt").write_text("The notice period is 90 days.")
    assert main(["ingest", str(tmp_path / "a.txt"), "--home", str(tmp_path / "home")]) == 0
    assert main(["search", "notice", "--home", str(tmp_path / "home")]) == 2
    assert "E_CONFIG: unknown re-ranker (models.rerank = absent:x)" in capsys.readouterr().err


@needs_models
def test_serving_tells_every_fault_of_the_settings_at_its_start(tmp_path: Path) -> None:
    pytest.importorskip("langchain_openai", reason="pip install 'groundsight[llm]'")
    lanes = {f"GROUNDSIGHT_MODELS__{lane.upper()}": ABSENT[lane] for lane in ("caption", "judge")}
    given = {**environment(), **lanes, "GROUNDSIGHT_AGENT__LLM": "openai:gpt"}
    given.pop("OPENAI_API_KEY", None)
    command = [sys.executable, "-m", "groundsight.cli", "serve", "--home", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, env=given, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    told = [line for line in ended.stderr.splitlines() if line.startswith("E_CONFIG")]
    assert [line.partition("(")[2].partition(" =")[0] for line in told] == [
        "models.caption",
        "models.judge",
        "agent.llm",
    ]
    assert "set OPENAI_API_KEY" in told[2]


def test_settings_as_they_come_have_no_fault(tmp_path: Path) -> None:
    assert list(settings_faults(load_settings(tmp_path))) == []


def test_a_root_that_is_not_there_is_a_fault_and_one_that_is_there_is_none(tmp_path: Path) -> None:
    (fault,) = settings_faults(load_settings(tmp_path, roots=(tmp_path, tmp_path / "gone")))
    assert (fault.what, fault.which) == ("there is no such folder", f"roots = {tmp_path / 'gone'}")


def test_a_service_that_is_away_may_come_back() -> None:
    with pytest.raises(ModelFailed) as caught, naming("models.text", "service:http://a"):
        raise ModelFailed("the encoder service does not answer", which="http://a")
    assert caught.value.which == "models.text = service:http://a"
    with pytest.raises(ConfigError, match=r"a library is missing: torch"), naming("models.text", "transformers:/a"):
        raise Disabled("a library is missing", which="torch", next_step="install it")
