"""The demo on Weaviate prints what it prints on the embedded index: answers, verdicts, ratios, and what was missing."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from groundsight.index.weaviate import WeaviateIndex
from groundsight.types import Filter
from tests.test_demo import ROOT, TRANSCRIPT
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node


@NEEDS_SERVER
def test_the_demo_gives_the_same_verdicts_on_weaviate(tmp_path: Path):
    """The transcript of the README is held to the embedded index by ``test_demo``."""
    settings = settings_for(shared_node())
    chosen = ("http_port", "grpc_port", "collection", "vector_index")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "GROUNDSIGHT_INDEX__BACKEND": "weaviate",
        **{f"GROUNDSIGHT_WEAVIATE__{name.upper()}": str(getattr(settings, name)) for name in chosen},
    }
    command = [sys.executable, "-m", "groundsight.evals.demo", "--home", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=240)
    assert done.returncode == 0, done.stderr
    with closing(WeaviateIndex.open(settings)) as index:
        assert index.count(Filter()).assets > 20
    assert not (tmp_path / "index").exists()
    transcript = TRANSCRIPT.search((ROOT / "README.md").read_text("utf-8"))
    assert transcript
    printed = [line.strip() for line in done.stdout.splitlines()]
    assert [line for line in transcript[1].splitlines() if line.strip() and line.strip() not in printed] == []
