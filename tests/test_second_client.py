"""Clients that others wrote, at our door: FastMCP's and the inspector's. Each is skipped where it is not named.

``GROUNDSIGHT_FASTMCP`` is the Python of an environment with fastmcp, ``GROUNDSIGHT_INSPECTOR`` is mcp-inspector.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from groundsight.tools.registry import tools
from tests.issuer import filed, token
from tests.test_jwt import house

FASTMCP, INSPECTOR = os.environ.get("GROUNDSIGHT_FASTMCP"), os.environ.get("GROUNDSIGHT_INSPECTOR")
TALK = """
import asyncio, json, sys
from fastmcp import Client
from fastmcp.client.auth import BearerAuth

async def talk(url, token):
    async with Client(url, auth=BearerAuth(token)) as client:
        listed = [tool.name for tool in await client.list_tools()]
        found = await client.call_tool("search", {"query": "notice"})
        opened = await client.read_resource("groundsight://assets")
        try:
            await client.call_tool("ingest", {"paths": ["x"]})
        except Exception as error:
            refused = str(error)
        return {"tools": listed, "label": found.structured_content["hits"][0]["label"], "assets": opened[0].text,
                "refused": refused}

print(json.dumps(asyncio.run(talk(*sys.argv[1:]))))
"""


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.skipif(not FASTMCP, reason="GROUNDSIGHT_FASTMCP names no Python")
def test_the_client_of_fastmcp_finds_reads_and_is_refused(tmp_path: Path) -> None:
    with house(tmp_path, str(filed(tmp_path, "rsa1")), tenant="one") as port:
        told = json.loads(run(str(FASTMCP), "-c", TALK, f"http://127.0.0.1:{port}/mcp", token()))
    assert {"search", "ask", "ingest"} <= set(told["tools"])
    assert told["label"] == "E1"
    assert [asset["source"] for asset in json.loads(told["assets"])["assets"]] == ["docs/a.txt"]
    assert told["refused"]


@pytest.mark.skipif(not INSPECTOR, reason="GROUNDSIGHT_INSPECTOR names no program")
def test_the_inspector_lists_calls_and_names_the_scope_that_is_missing(tmp_path: Path) -> None:
    def inspect(*more: str, bearer: str) -> Any:
        where = ("--cli", "--server-url", f"http://127.0.0.1:{port}/mcp", "--transport", "http")
        return json.loads(run(str(INSPECTOR), *where, *more, "--header", f"Authorization: Bearer {bearer}") or "{}")

    with house(tmp_path, str(filed(tmp_path, "rsa1")), tenant="one") as port:
        listed = {each["name"] for each in inspect("--method", "tools/list", bearer=token())["tools"]}
        assert listed == {spec.name for spec in tools(writable=True, admin=True)}
        call = ("--method", "tools/call", "--tool-name")
        assert inspect(*call, "search", "--tool-arg", "query=notice", bearer=token())["structuredContent"]["hits"]
        allowed = inspect(*call, "ingest", "--tool-arg", 'paths=["x"]', bearer=token(scope="read ingest"))
        assert allowed["structuredContent"]["error"]["code"] == "E_NOT_FOUND"
