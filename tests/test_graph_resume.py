"""A graph whose process is killed between two steps goes on from its last one in another process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from groundsight.graphs.answer import build_answer_graph
from tests.agent_house import HouseSuite

sqlite = pytest.importorskip("langgraph.checkpoint.sqlite", reason="pip install 'groundsight[memory]'")
ROOT = Path(__file__).resolve().parent.parent
CONFIG = {"configurable": {"thread_id": "one"}}
KILLED = """
import os, signal, sys
from langgraph.checkpoint.sqlite import SqliteSaver
from groundsight.graphs.answer import build_answer_graph
from tests.agent_house import HouseSuite

with SqliteSaver.from_conn_string(sys.argv[1]) as saver:
    graph = build_answer_graph(HouseSuite())
    graph.checkpointer = saver
    given = {"question": "How long is the notice period?"}
    for step in graph.stream(given, {"configurable": {"thread_id": "one"}}, durability="sync"):
        if "draft" in step:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_graph_goes_on_from_its_last_step(tmp_path: Path) -> None:
    file = str(tmp_path / "memory.db")
    killed = subprocess.run([sys.executable, "-c", KILLED, file], cwd=ROOT, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with sqlite.SqliteSaver.from_conn_string(file) as saver:
        suite = HouseSuite()
        graph = build_answer_graph(suite)  # type: ignore[arg-type]
        graph.checkpointer = saver
        assert graph.get_state(CONFIG).next == ("verify",)
        answer = graph.invoke(None, CONFIG)["answer"]
    assert (answer["status"], answer["text"]) == ("answered", "The notice period is 90 days [1].")
    assert suite.queries == []
    assert [step["node"] for step in answer["trace"]][:3] == ["plan", "search", "assess"]
