"""A chat host is told of this server and nothing else in its file changes; the same call twice changes nothing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundsight.cli import main
from groundsight.doors.cli_doctor import checks
from groundsight.doors.cli_install import backup_of
from groundsight.doors.hosts import HOSTS, server_in
from groundsight.settings import Settings

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def install(person: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return main(["install", *arguments]), *capsys.readouterr()

    return run


def read(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    return tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)


@pytest.mark.parametrize("name", HOSTS)
def test_every_host_gets_a_command_that_is_there_and_the_folders_by_their_whole_path(
    name: str, install: Command, person: Path
) -> None:
    assert install(name, "--root", ".", "--watch")[0] == 0
    told = read(HOSTS[name].path(person))[HOSTS[name].key]["groundsight"]
    assert Path(told["command"]).is_absolute()
    assert Path(told["command"]).exists()
    assert told["args"][-4:] == ["serve", "--root", str(Path.cwd()), "--watch"]


@pytest.mark.parametrize("name", HOSTS)
def test_the_same_call_twice_changes_nothing_and_uninstall_takes_only_ours_out(
    name: str, install: Command, person: Path
) -> None:
    host, file = HOSTS[name], HOSTS[name].path(person)
    file.parent.mkdir(parents=True, exist_ok=True)
    given = "theme = 'é'\n\n[mcp_servers.other]\ncommand = 'a'\n" if file.suffix == ".toml" else json.dumps(
        {"theme": "é", host.key: {"other": {"command": "a"}}}
    )  # fmt: skip
    file.write_text(given, "utf-8")
    install(name)
    once = file.read_bytes()
    assert "nothing to change" in install(name)[1]
    assert file.read_bytes() == once
    assert backup_of(file).read_text("utf-8") == given
    assert read(file)["theme"] == "é"
    assert install(name, "--uninstall")[0] == 0
    assert read(file)[host.key] == {"other": {"command": "a"}}


def test_an_older_entry_is_replaced_with_the_tables_below_it(install: Command, person: Path) -> None:
    file = HOSTS["codex"].path(person)
    file.parent.mkdir(parents=True)
    file.write_text(
        '[mcp_servers.groundsight]\ncommand = "old"\n[mcp_servers.groundsight.env]\nA = "1"\n'
        "[mcp_servers.groundsights]\n"
        'command = "other"\n'
    )
    install("codex")
    servers = read(file)["mcp_servers"]
    assert servers["groundsights"] == {"command": "other"}
    assert set(servers["groundsight"]) == {"command", "args"}
    assert servers["groundsight"]["command"] != "old"


def test_a_file_with_comments_is_left_alone_and_the_lines_can_be_printed(install: Command, person: Path) -> None:
    file = HOSTS["zed"].path(person)
    file.parent.mkdir(parents=True)
    file.write_text('{\n  // mine\n  "theme": "dark",\n}\n')
    code, _, error = install("zed")
    assert code == 2
    assert "--print" in error
    assert "// mine" in file.read_text()
    assert not backup_of(file).exists()
    code, shown, _ = install("zed", "--print")
    assert code == 0
    assert '"context_servers"' in shown


def test_printing_writes_nothing(install: Command, person: Path) -> None:
    assert install("cursor", "--print")[0] == 0
    assert not HOSTS["cursor"].path(person).exists()


def test_a_file_that_is_a_link_stays_one(install: Command, person: Path) -> None:
    dotfiles = person / "dotfiles.json"
    dotfiles.write_text("{}")
    file = HOSTS["cursor"].path(person)
    file.parent.mkdir(parents=True)
    file.symlink_to(dotfiles)
    install("cursor")
    assert file.is_symlink()
    assert server_in(HOSTS["cursor"], dotfiles.read_text(), dotfiles)


def test_uninstalling_where_nothing_is_says_so(install: Command) -> None:
    code, _, error = install("windsurf", "--uninstall")
    assert code == 1
    assert "no file" in error


@pytest.mark.parametrize(
    ("platform", "found"),
    [
        ("darwin", "Library/Application Support/Claude/claude_desktop_config.json"),
        ("win32", "AppData/Roaming/Claude/claude_desktop_config.json"),
        ("linux", ".config/Claude/claude_desktop_config.json"),
    ],
)
def test_the_file_lies_where_the_platform_keeps_settings(platform: str, found: str) -> None:
    assert HOSTS["claude-desktop"].path(Path("home"), platform) == Path("home") / found


def test_the_doctor_names_what_is_wrong_with_each_file(install: Command, person: Path) -> None:
    install("cursor")
    for name, text in (
        ("vscode", "{,}"),
        ("gemini-cli", '{"mcpServers": {"groundsight": {"command": "groundsight"}}}'),
    ):
        file = HOSTS[name].path(person)
        file.parent.mkdir(parents=True)
        file.write_text(text)
    found = {check.name: check for check in checks(Settings(home=person / "index")) if check.name.startswith("host: ")}
    assert found["host: cursor"].state == "ok"
    assert "never called" in found["host: cursor"].detail
    assert found["host: vscode"].state == "warn"
    assert found["host: gemini-cli"].state == "fail"
    assert found["host: gemini-cli"].next_step == "groundsight install gemini-cli"
    assert "host: zed" not in found
