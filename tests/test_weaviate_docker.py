"""Where docker runs, the server image of the compose file serves the tests; here docker itself is played."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from groundsight.bench import weaviate_docker
from groundsight.bench.weaviate_nodes import VARIABLE, start, starter
from groundsight.index.weaviate import WeaviateIndex
from tests.build import make_text_entry
from tests.index_workers import ALL
from tests.weaviate_house import NEEDS_SERVER, running_program, settings_for

# Plays `docker info`, `run` and `inspect`: the image is the server's own program, its volume the folder itself.
DOCKER = """#!{python}
import os, subprocess, sys
from pathlib import Path
here = Path(__file__).parent
command, *words = sys.argv[1:]
if command == "run":
    (here / "run").write_text(" ".join(words))
    given = dict(word.removeprefix("--env=").split("=", 1) for word in words if word.startswith("--env="))
    given["PERSISTENCE_DATA_PATH"] = next(w for w in words if w.startswith("--volume=")).split("=", 1)[1].split(":")[0]
    program = ["{program}", *words[words.index("--host"):]]
    quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(subprocess.Popen(program, env={{**os.environ, **given}}, start_new_session=True, **quiet).pid)
if command == "inspect":
    print(words[-1])
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(DOCKER.format(python=sys.executable, program=running_program()))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv(VARIABLE)
    return folder


@NEEDS_SERVER
@pytest.mark.skipif(sys.platform != "linux", reason="containers share the machine's network on Linux only")
def test_without_a_program_the_image_of_the_compose_file_is_started(docker: Path, tmp_path: Path):
    command = starter()
    assert command is not None
    (node,) = start(command, tmp_path / "data")
    try:
        asked = (docker / "run").read_text().split()
        assert weaviate_docker.image() in asked
        assert {"--network=host", f"--user={os.getuid()}:{os.getgid()}", "--env=AUTOSCHEMA_ENABLED=false"} <= set(asked)
        with closing(WeaviateIndex.open(settings_for(node))) as index:
            index.upsert([make_text_entry("a.txt", "words")])
            assert index.count(ALL).units == 1
    finally:
        node.kill()


def test_a_node_of_a_cluster_comes_back_to_one_that_lives():
    first, again = (weaviate_docker.environment(1, 3, 40_000, again=again) for again in (False, True))
    assert "CLUSTER_JOIN" not in first
    assert again["CLUSTER_JOIN"] == "127.0.0.1:40012"
    assert weaviate_docker.environment(3, 3, 40_000, again=False)["CLUSTER_JOIN"] == "127.0.0.1:40002"
