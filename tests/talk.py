"""A conversation with the server in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from mcp import Client

from groundsight.server import build_server
from tests.doors import ScriptedSuite, settings_at, some_rows

MODES = ("auto", "legacy")
TALK = Callable[[Client], Coroutine[Any, Any, None]]


def talk(mode: str, suite: ScriptedSuite, conversation: TALK, *, writable: bool = False) -> None:
    async def run() -> None:
        server = build_server(lambda: suite, writable=writable)  # type: ignore[arg-type, return-value]
        async with Client(server, mode=mode) as client:
            await conversation(client)

    asyncio.run(run())


def a_suite(home: Path, **verbs: Any) -> ScriptedSuite:
    return ScriptedSuite(settings_at(home), *some_rows(), **verbs)
