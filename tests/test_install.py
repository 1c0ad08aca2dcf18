"""A chat host is told of this server and nothing else in its file changes; the same call twice changes nothing."""

from __future__ import annotations

import json
import os
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


def test_the_home_of_this_shell_is_told_to_a_host_which_gets_none_of_its_variables(
    install: Command, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSIGHT_HOME", str(person / "papers"))
    assert install("cursor")[0] == 0
    told = read(HOSTS["cursor"].path(person))["mcpServers"]["groundsight"]
    assert told["args"][-3:] == ["serve", "--home", str(person / "papers")]
    assert install("cursor", "--home", str(person / "other"))[0] == 0
    assert read(HOSTS["cursor"].path(person))["mcpServers"]["groundsight"]["args"][-1] == str(person / "other")


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
    code, told, _ = install(name, "--uninstall")
    assert (code, host.then in told) == (0, False)
    assert "taken out of" in told
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


OURS = 'command = "old"\n'
UNWRITABLE = {
    "cursor": [
        b'{"a": "\xe9"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
    ],
    "codex": [
        b'a = "\xe9"\n',
        b"a = " + b"[" * 100_000,
        f'[mcp_servers."groundsight"]\n{OURS}'.encode(),
        f"[ mcp_servers . groundsight ]\n{OURS}".encode(),
        f"  [mcp_servers.groundsight]\n{OURS}".encode(),
        f"[[mcp_servers.groundsight]]\n{OURS}".encode(),
        b'mcp_servers = { other = { command = "a" } }\n',
        b'[mcp_servers]\ngroundsight.command = "old"\n',
        b'a = """\n[mcp_servers.groundsight]\nx\n"""\n[b]\nc = 1\n',
        f'[mcp_servers.groundsight]\n{OURS}args = [\n[1],\n["a"]\n]\n[b]\nc = 1\n'.encode(),
    ],
}


@pytest.mark.parametrize(("name", "given"), [(name, each) for name, many in UNWRITABLE.items() for each in many])
def test_a_file_that_could_not_be_written_again_as_it_is_stays_and_is_added_to_by_hand(
    name: str, given: bytes, install: Command, person: Path
) -> None:
    file = HOSTS[name].path(person)
    file.parent.mkdir(parents=True)
    file.write_bytes(given)
    code, _, error = install(name)
    assert code == 2
    assert "by hand" in error
    assert file.read_bytes() == given
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    assert [check.name for check in checks(Settings(home=person / "index")) if check.name.startswith("host: ")]


def test_line_ends_a_byte_order_mark_and_the_remarks_below_our_entry_stay(install: Command, person: Path) -> None:
    windows, codex = HOSTS["cursor"].path(person), HOSTS["codex"].path(person)
    windows.parent.mkdir(parents=True)
    windows.write_bytes(b'\xef\xbb\xbf{\r\n    "a": 1\r\n}\r\n')
    codex.parent.mkdir(parents=True)
    codex.write_text(
        f"[mcp_servers.groundsight]\n{OURS}\n# about b\n[b]\nc = 1\n\n[mcp_servers.groundsight.env]\n# end\n"
    )
    assert (install("cursor")[0], install("codex")[0]) == (0, 0)
    assert windows.read_bytes().startswith(b'\xef\xbb\xbf{\r\n    "a": 1,\r\n')
    assert windows.read_bytes().count(b"\n") == windows.read_bytes().count(b"\r\n")
    assert "# about b\n[b]\nc = 1\n\n# end\n" in codex.read_text()


def test_what_lies_in_the_way_is_no_file_or_is_somebody_elses_and_is_not_written_through(
    install: Command, person: Path
) -> None:
    file, other = HOSTS["cursor"].path(person), person / "other"
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    assert install("cursor")[0] == 2
    file.unlink()
    file.write_text('{"token": "secret"}')
    file.chmod(0o600)
    other.write_text("keep")
    backup_of(file).symlink_to(other)
    file.with_name(f"{file.name}.groundsight-draft").symlink_to(other)
    assert install("cursor")[0] == 0
    assert other.read_text() == "keep"
    assert [one.stat().st_mode & 0o777 for one in (file, backup_of(file))] == [0o600, 0o600]
    file.unlink()
    file.symlink_to(file)
    assert install("cursor")[0] == 0


def test_the_backup_is_told_where_it_lies_and_only_where_there_is_one(install: Command, person: Path) -> None:
    assert json.loads(install("cursor", "--json")[1])["backup"] is None
    file, dotfiles = HOSTS["vscode"].path(person), person / "dotfiles.json"
    dotfiles.write_text("{}")
    file.parent.mkdir(parents=True)
    file.symlink_to(dotfiles)
    assert Path(json.loads(install("vscode", "--json")[1])["backup"]).read_text() == "{}"


def test_a_folder_that_is_not_there_is_not_written_into_a_host(install: Command, person: Path) -> None:
    code, _, error = install("cursor", "--root", str(person), str(person / "Docments"))
    assert code == 1
    assert "Docments" in error
    assert not HOSTS["cursor"].path(person).exists()


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
