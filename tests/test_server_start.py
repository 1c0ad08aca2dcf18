"""Nothing heavy is loaded before the first call needs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_server_stdio import ROOT, environment

HEAVY = (
    "numpy PIL onnxruntime onnx rapidocr cv2 langgraph langchain langchain_core apsw torch transformers open_clip "
    "weaviate unstructured pypdfium2 pdfplumber docx pptx openpyxl bs4 lxml numkong rank_bm25 snowballstemmer "
    "tokenizers phonenumbers stdnum filelock tqdm groundsight.ingestion.enrich groundsight.ingestion.names.rules"
).split()
FIRST_ANSWER = """
import asyncio, json, sys
from mcp import Client
import groundsight.server

async def main():
    server = groundsight.server.build_server(lambda: 1 / 0, writable=True)
    async with Client(server, mode=sys.argv[1]) as client:
        await client.list_tools()
        await client.list_resources()
        await client.list_prompts()

asyncio.run(main())
print(json.dumps(sorted(sys.modules)))
"""
HELP = """
import json, sys
from groundsight.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
print()
print(json.dumps(sorted(sys.modules)))
"""


def modules_after(program: str, *arguments: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return {part for name in json.loads(ended.stdout.splitlines()[-1]) for part in (name, name.split(".")[0])}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_first_answer_loads_nothing_heavy(mode: str) -> None:
    assert not modules_after(FIRST_ANSWER, mode) & set(HEAVY)


def test_help_loads_nothing_heavy_and_no_framework() -> None:
    assert not modules_after(HELP) & {*HEAVY, "mcp", "mcp_types", "pydantic", "pydantic_settings"}


@pytest.mark.parametrize("module", ["groundsight", "groundsight.server", "groundsight.cli", "groundsight.suite"])
def test_importing_a_door_is_cheap(module: str) -> None:
    program = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    assert not modules_after(program) & {*HEAVY, "mcp"}


def test_the_checkout_and_the_package_are_the_same_server() -> None:
    program = "import groundsight.server; print(groundsight.server.__file__)"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    assert Path(ended.stdout.strip()) == ROOT / "server.py"
