"""The compose file starts both servers without rights that they do not need, with settings that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from groundsight.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
SERVERS = ("weaviate", "groundsight")


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_has_no_rights_that_it_does_not_need(name: str):
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["healthcheck"]["test"]


def test_only_the_tools_can_be_reached_and_only_from_this_machine():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    assert SERVICES["weaviate"]["networks"] == ["inside"]


def test_every_setting_in_the_compose_file_exists(monkeypatch: pytest.MonkeyPatch):
    for name, value in SERVICES["groundsight"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.index.backend == "weaviate"
    assert settings.weaviate.host == "weaviate"
    assert settings.server.allowed_hosts == ("127.0.0.1:8000", "localhost:8000")


def test_no_secret_is_written_down():
    values = [str(value) for name in SERVERS for value in SERVICES[name]["environment"].values()]
    assert sum(value.startswith("${") for value in values) == 3
