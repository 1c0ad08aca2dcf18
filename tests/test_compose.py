"""The compose file starts its servers without rights that they do not need, with settings that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundsight.cli import build_parser
from groundsight.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
SERVERS = ("weaviate", "groundsight", "encoders")
OURS = ("groundsight", "encoders")
DEFAULT = re.compile(r"\$\{\w+:-(.*)\}")


def settings_of(name: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that a service starts with, where nobody chose anything but the secrets."""
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, DEFAULT.sub(r"\1", value))
    return Settings()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"]


def test_only_the_tools_can_be_reached_and_only_from_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8000:8000"]
    assert SERVICES["weaviate"]["networks"] == SERVICES["encoders"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_every_setting_in_the_compose_file_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("groundsight", monkeypatch)
    assert settings.index.backend == "weaviate"
    assert settings.weaviate.host == "weaviate"
    assert settings.server.allowed_hosts == ("127.0.0.1:8000", "localhost:8000")
    assert (settings.models.text, settings.models.visual) == ("minilm", "conse")


def test_the_encoders_answer_to_the_name_under_which_they_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_of("encoders", monkeypatch).server.allowed_hosts == ("encoders",)
    assert SERVICES["encoders"]["profiles"] == ["encoders"]
    told = (ROOT / "compose.yaml").read_text("utf-8")
    assert "TEXT_ENCODER=service:http://encoders:8000" in told


@pytest.mark.parametrize("name", OURS)
def test_the_image_and_the_command_exist(name: str) -> None:
    service = SERVICES[name]
    assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    options = build_parser().parse_args(service["command"])
    assert options.host == "0.0.0.0"
    assert options.http or options.what == "encoders"


def test_every_volume_and_network_that_is_used_is_there() -> None:
    for service in SERVICES.values():
        assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
        named = {
            volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(("$", ".", "/"))
        }
        assert named <= set(COMPOSE["volumes"])


def test_no_secret_is_written_down() -> None:
    values = {
        key: str(value)
        for name in SERVERS
        for key, value in SERVICES[name]["environment"].items()
        if key.endswith(("TOKEN", "KEY", "KEYS"))
    }
    assert len(values) == 4
    assert all(value.startswith("${") and ":?" in value for value in values.values())
