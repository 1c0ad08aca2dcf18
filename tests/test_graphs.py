"""The three graphs as a server opens them: from the file, with schemas, and what each of them does."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import InvalidArgument
from groundsight.governance.roots import Roots
from groundsight.graphs.ingest import build_ingest_graph
from groundsight.graphs.verify import build_verify_graph
from tests.agent_house import HouseSuite
from tests.doors import ScriptedSuite, settings_at

ROOT = Path(__file__).resolve().parent.parent
GRAPHS = json.loads((ROOT / "langgraph.json").read_text("utf-8"))["graphs"]


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
    assert graph.get_input_jsonschema()["required"] in (["question"], ["paths"], ["answer"], ["messages"])


def test_the_answer_graph_can_be_drawn() -> None:
    drawn = opened(GRAPHS["answer"]).get_graph().draw_mermaid()
    for node in ("plan", "search", "assess", "draft", "verify", "revise", "abstain", "answer"):
        assert f"{node}(" in drawn


def test_the_ingest_graph_reads_each_named_path_once_and_reports(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "report.pdf").write_bytes(b"")
    roots = Roots({"here": tmp_path}, tmp_path / "roots.json")
    graph = build_ingest_graph(ScriptedSuite(settings_at(tmp_path), roots=roots))  # type: ignore[arg-type]
    done = graph.invoke({"paths": ["here/notes", " here/notes ", "", "here/report.pdf"]})
    assert sorted(done) == ["report", "summary"]
    assert done["summary"] == "1 added, 0 changed, 0 unchanged, 1 failed, 3 units"
    assert json.loads(json.dumps(done)) == done


def test_an_ingest_without_a_path_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="no path"):
        build_ingest_graph(HouseSuite()).invoke({"paths": [" "]})  # type: ignore[arg-type]


def test_the_verify_graph_finds_evidence_and_checks_every_sentence() -> None:
    graph = build_verify_graph(HouseSuite())  # type: ignore[arg-type]
    done = graph.invoke({"answer": "The notice period is 90 days.\nThe notice period is 30 years."})
    assert done["summary"] == "revise: 1 of 2 supported"
    assert json.loads(json.dumps(done)) == done
