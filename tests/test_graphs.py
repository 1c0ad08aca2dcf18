"""The three graphs as a server opens them: from the file, with schemas, and through the real command."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import InvalidArgument
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.graphs.verify import build_verify_graph
from groundsight.ingestion import FileReport, IngestReport
from tests.agent_house import HouseParts, HouseSuite
from tests.doors import Anywhere

ROOT = Path(__file__).resolve().parent.parent
GRAPHS = json.loads((ROOT / "langgraph.json").read_text("utf-8"))["graphs"]


class AnywhereParts(HouseParts):
    """Parts whose roots hold every path."""

    roots = Anywhere()


class ReadingSuite(HouseSuite):
    """A suite that may read anywhere and says that it did."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = AnywhereParts()

    def ingest(self, paths: list[Path], *, prune: bool = False, confined: bool = False) -> IngestReport:
        files = tuple(FileReport(source=str(path), status="added", units=1) for path in paths)
        return IngestReport(files=files, added=len(files), units=len(files))


def opened(where: str) -> Any:
    """Load a graph as the server does: by file path, then by calling its factory."""
    path, _, name = where.partition(":")
    spec = importlib.util.spec_from_file_location(f"opened_{Path(path).stem}", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return getattr(module, name)()


@pytest.mark.parametrize(("name", "where"), GRAPHS.items())
def test_every_graph_opens_without_a_checkpointer_and_tells_its_schema(name: str, where: str) -> None:
    graph = opened(where)
    assert (graph.name, graph.checkpointer) == (name, None)
    assert graph.get_input_jsonschema()["required"] in (["question"], ["paths"], ["answer"])


def test_the_answer_graph_can_be_drawn() -> None:
    drawn = opened(GRAPHS["answer"]).get_graph().draw_mermaid()
    for node in ("plan", "search", "assess", "draft", "verify", "revise", "abstain", "answer"):
        assert f"{node}(" in drawn


def test_the_ingest_graph_reads_each_named_path_once_and_reports() -> None:
    graph = build_ingest_graph(ReadingSuite())  # type: ignore[arg-type]
    done = graph.invoke({"paths": ["notes", " notes ", "", "report.pdf"]})
    assert done["found"] == ["notes", "report.pdf"]
    assert done["summary"] == "2 added, 0 changed, 0 unchanged, 0 failed, 2 units"
    assert json.loads(json.dumps(done)) == done


def test_an_ingest_without_a_path_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no path"):
        build_ingest_graph(ReadingSuite()).invoke({"paths": [" "]})  # type: ignore[arg-type]


def test_the_verify_graph_finds_evidence_and_checks_every_sentence() -> None:
    graph = build_verify_graph(HouseSuite())  # type: ignore[arg-type]
    done = graph.invoke({"answer": "The notice period is 90 days.\nThe notice period is 30 years."})
    assert done["summary"] == "revise: 1 of 2 supported"
    assert json.loads(json.dumps(done)) == done


@pytest.mark.skipif(shutil.which("langgraph") is None, reason="install groundsight[studio] to run langgraph dev")
def test_langgraph_dev_serves_the_three_graphs(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("agent", "graphs", "prompts", "groundsight"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("langgraph.json", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    command = ["langgraph", "dev", "--no-browser", "--no-reload", "--port", str(port)]
    quiet = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false", "HOME": str(tmp_path)}
    server = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL)
    try:
        assert {one["graph_id"] for one in assistants(port, server)} == set(GRAPHS)
    finally:
        server.terminate()
        server.wait(20)


def assistants(port: int, server: subprocess.Popen[bytes]) -> list[dict[str, Any]]:
    """Ask for the assistants as soon as the server answers."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/assistants/search", b"{}", headers)
    for _ in range(600):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return json.loads(reply.read())
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("langgraph dev did not answer")
