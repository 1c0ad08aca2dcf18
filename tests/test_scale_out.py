"""All processes of a deployment on this machine: Weaviate, the encoders and the MCP server, asked by a real client."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.weaviate_house import NEEDS_SERVER, settings_for, shared_node

ROOT = Path(__file__).resolve().parent.parent
FILES = ROOT / "evals" / "demo" / "files" / "fleet"
QUESTIONS = ("How many seats does MS Birk have?", "Who is the mayor of Lisbon?")
ADDRESS = re.compile(r"listens on (http://127\.0\.0\.1:\d+)")


@contextmanager
def started(*words: str, **environment: str) -> Generator[str]:
    """Start a process of the command line and give the address at which it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "groundsight.cli", *words], cwd=ROOT, env={**os.environ, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = ADDRESS.search(line)
        assert found, line
        yield found[1]
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def until_ready(address: str) -> None:
    """Ask until the process says that it is ready; the time limit of the test ends this."""
    while httpx2.get(f"{address}/ready", trust_env=False).status_code != 200:
        pass


def as_environment(section: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {f"GROUNDSIGHT_{section}__{name.upper()}": str(value) for name, value in values.items()}


async def asked(address: str) -> list[dict[str, Any]]:
    async with Client(f"{address}/mcp") as client:
        answers = [await client.call_tool("ask", {"question": question}) for question in QUESTIONS]
        return [answer.structured_content or {} for answer in answers]


@NEEDS_SERVER
def test_separate_processes_answer_as_one_does(tmp_path: Path) -> None:
    chosen = settings_for(shared_node())
    settings = load_settings(tmp_path / "one", index={"backend": "weaviate"}, weaviate=chosen, roots=(FILES,))
    with open_suite(settings) as suite:
        suite.ingest([FILES])
        here = [suite.ask(question) for question in QUESTIONS]
    with ExitStack() as running:
        encoders = running.enter_context(started("serve", "encoders", "--port", "0", "--home", str(tmp_path / "two")))
        until_ready(encoders)
        models = {"text": f"service:{encoders}", "visual": f"service:{encoders}"}
        environment = {
            **as_environment("WEAVIATE", chosen.model_dump(exclude_unset=True)),
            **as_environment("MODELS", models),
            **as_environment("INDEX", {"backend": "weaviate"}),
            **as_environment("SERVER", {"warm": "true"}),
        }
        home = str(tmp_path / "three")
        server = running.enter_context(started("serve", "--http", "--port", "0", "--home", home, **environment))
        until_ready(server)
        there = asyncio.run(asked(server))
        counted = httpx2.get(f"{encoders}/metrics", trust_env=False).text
        served = httpx2.get(f"{server}/metrics", trust_env=False).text
    assert [answer.status for answer in here] == ["answered", "abstained"]
    for one, other in zip(here, there, strict=True):
        assert (other["status"], other["text"]) == (one.status, one.text)
        assert [each["verdict"] for each in other["verdicts"]] == [each.label for each in one.verdicts]
        assert {each["lane"] for each in other["degraded"]} == {each.lane for each in one.degraded}
    assert 'groundsight_encoder_requests_total{kind="query",outcome="OK"}' in counted
    assert 'groundsight_calls_total{outcome="OK",tool="ask"} 2' in served


def test_a_service_without_a_model_does_not_start(tmp_path: Path) -> None:
    environment = {**os.environ, **as_environment("MODELS", {"text": "none", "visual": "none"})}
    done = subprocess.run(
        [sys.executable, "-m", "groundsight.cli", "serve", "encoders", "--port", "0", "--home", str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is nothing to serve" in done.stderr


@pytest.mark.parametrize("where", ["service:http://127.0.0.1:1", "word2vec"])
def test_a_model_that_cannot_be_served_is_named_at_the_start(tmp_path: Path, where: str) -> None:
    from groundsight.doors.encoder_service import EncoderService
    from groundsight.errors import ConfigError

    with pytest.raises(ConfigError) as failure:
        EncoderService(load_settings(tmp_path, models={"text": where})).load()
    assert failure.value.which == f"models.text = {where}"
