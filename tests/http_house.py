"""A door over HTTP for callers with tokens, on a free port of this machine."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from groundsight.doors.http import monitored_app
from groundsight.doors.mcp_tools import Door
from groundsight.doors.readiness import probes_of
from groundsight.doors.tokens import TokenCheck
from groundsight.server import server_of
from groundsight.settings import Settings
from tests.encoder_house import running


@contextmanager
def door_for(settings: Settings, suite: Any, *, writable: bool) -> Generator[int]:
    """Serve a suite to whoever the settings know by a token, and give the port."""
    tokens = TokenCheck.open(settings.server, settings.governance)
    assert tokens is not None
    door = Door(lambda: suite, writable=writable, caller=tokens.present)
    app = monitored_app(server_of(door, tokens), settings, probes_of(door, warmed=False), tokens)
    with running(app, settings) as listener:
        yield listener._sockets[0].getsockname()[1]
