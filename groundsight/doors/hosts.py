"""The chat hosts that start this server: where each keeps the servers it starts, and how a file of it is changed."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from groundsight.errors import ConfigError

NAME = "groundsight"
# On Windows a program keeps its settings in APPDATA, on macOS in Application Support, elsewhere in .config.
_SETTINGS = {"win32": "AppData/Roaming", "darwin": "Library/Application Support"}


@dataclass(frozen=True)
class Host:
    """A program that starts servers: its file below the home of the person (``{settings}``: see above), the key of the
    servers in it, what an entry says beside command and arguments, and how it takes the change up."""

    title: str
    file: str
    then: str
    key: str = "mcpServers"
    also: Mapping[str, str] = field(default_factory=dict[str, str])

    def path(self, home: Path, platform: str = sys.platform) -> Path:
        """Return its file, whether it is there or not."""
        return home / self.file.format(settings=_SETTINGS.get(platform, ".config"))


_STDIO = {"type": "stdio"}
HOSTS = {
    "claude-desktop": Host(
        "Claude Desktop", "{settings}/Claude/claude_desktop_config.json", "quit it wholly and start it again"
    ),
    "claude-code": Host("Claude Code", ".claude.json", "start a new session; /mcp shows the server", also=_STDIO),
    "cursor": Host("Cursor", ".cursor/mcp.json", "switch the server on in its settings under MCP"),
    "vscode": Host(
        "VS Code", "{settings}/Code/User/mcp.json", "start the server from MCP: List Servers", "servers", _STDIO
    ),
    "windsurf": Host("Windsurf", ".codeium/windsurf/mcp_config.json", "press refresh in its MCP panel"),
    "zed": Host("Zed", ".config/zed/settings.json", "nothing: it takes the change up by itself", "context_servers"),
    "codex": Host("Codex", ".codex/config.toml", "start a new session; /mcp shows the server", "mcp_servers"),
    "gemini-cli": Host("Gemini CLI", ".gemini/settings.json", "start it again; /mcp shows the server"),
    "continue": Host("Continue", ".continue/mcpServers/groundsight.json", "reload its configuration"),
}
# Remarks below an entry belong to what follows.
_SECTION = re.compile(
    rf"^\[mcp_servers\.{NAME}[.\]].*?(?=^(?:[ \t]*(?:#[^\n]*)?\n)*(?:\[|[ \t]*(?:#[^\n]*)?\Z))",
    re.MULTILINE | re.DOTALL,
)
_BOM = "\ufeff"


def entry(host: Host, arguments: list[str]) -> dict[str, Any]:
    """Return what a host is told: the absolute path of this installation, since none searches the shell's path."""
    script = Path(sys.executable).with_name(f"{NAME}.exe" if os.name == "nt" else NAME)
    command = [str(script)] if script.exists() else [sys.executable, "-m", "groundsight.cli"]
    return {**host.also, "command": command[0], "args": [*command[1:], "serve", *arguments]}


def text_in(file: Path) -> str:
    """Return the text of a host's file as it stands, line ends included; "" where there is none.

    Raises:
        ConfigError: it is no file, or no UTF-8. OSError: it can't be read.
    """
    if file.exists() and not file.is_file():
        raise ConfigError("this is no file", which=str(file), next_step="move it away")
    try:
        return file.read_bytes().decode() if file.exists() else ""
    except UnicodeDecodeError as error:
        raise _by_hand(file, f"the file is no UTF-8: {error.reason}") from error


def server_in(host: Host, text: str, file: Path) -> dict[str, Any] | None:
    """Return the entry of this server in the text of a host's file, None where there is none.

    Raises:
        ConfigError: the text is not in the host's format.
    """
    found = _servers(host, _read(text, file), file).get(NAME)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


def with_server(host: Host, text: str, file: Path, told: Mapping[str, Any] | None) -> str:
    """Return the text with this entry in place of any of before, None: with none; all else stays as it is.

    Raises:
        ConfigError: the text is not in the host's format, or holds what writing it anew would lose, such as comments.
    """
    whole = _read(text, file)
    servers = _servers(host, whole, file)
    if servers.get(NAME) == told:
        return text
    servers.pop(NAME, None)
    wanted = {**whole, host.key: servers | ({NAME: dict(told)} if told else {})}
    after = _written(host, text.removeprefix(_BOM).replace("\r\n", "\n"), wanted, told, file)
    ends = "\r\n" if "\r\n" in text else "\n"
    return (_BOM if text.startswith(_BOM) else "") + after.replace("\n", ends)


def _written(host: Host, text: str, wanted: dict[str, Any], told: Mapping[str, Any] | None, file: Path) -> str:
    """Return a text that reads as what is wanted, and as nothing else."""
    if file.suffix == ".toml":
        kept = _SECTION.sub("", text).rstrip("\n")
        after = "\n\n".join(filter(None, (kept, printed(host, told) if told else ""))) + "\n"
    else:
        indent = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
        after = json.dumps(wanted, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"
    if not _reads_as(after, file, {host.key: {}}, wanted):
        raise _by_hand(file, "what the file holds can't be written again as it is")
    return after


def _reads_as(text: str, file: Path, bare: dict[str, Any], wanted: dict[str, Any]) -> bool:
    try:
        return bool(text.encode()) and {**bare, **_read(text, file)} == wanted
    except (UnicodeEncodeError, ConfigError):
        return False


def printed(host: Host, told: Mapping[str, Any]) -> str:
    """Return the lines that a person would add by hand."""
    if host.file.endswith(".toml"):
        # A string of JSON is one of TOML, too.
        return "\n".join([f"[{host.key}.{NAME}]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())])
    return json.dumps({host.key: {NAME: told}}, indent=2, ensure_ascii=False)


def _read(text: str, file: Path) -> dict[str, Any]:
    text = text.removeprefix(_BOM)
    try:
        whole: Any = tomllib.loads(text) if file.suffix == ".toml" else _json(text.strip() or "{}")
    except (ValueError, RecursionError) as error:
        said = f"the file can't be read as {file.suffix[1:].upper()} without comments: {error}"
        raise _by_hand(file, said) from error
    if isinstance(whole, dict):
        return cast("dict[str, Any]", whole)
    raise _no_table(file, "the file")


def _json(text: str) -> Any:
    """Read what can be written again: no name twice, and no number that JSON has no word for."""

    def named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name stands twice in one table")
        return found

    def number(digits: str) -> float:
        found = float(digits)
        if not math.isfinite(found):
            raise ValueError(f"{digits} is no number")
        return found

    return json.loads(text, object_pairs_hook=named, parse_constant=number, parse_float=number)


def _servers(host: Host, whole: Mapping[str, Any], file: Path) -> dict[str, Any]:
    found = whole.get(host.key, {})
    if isinstance(found, dict):
        return dict(cast("dict[str, Any]", found))
    raise _no_table(file, host.key)


def _by_hand(file: Path, what: str) -> ConfigError:
    return ConfigError(what, which=str(file), next_step="add by hand the lines that the option --print shows")


def _no_table(file: Path, what: str) -> ConfigError:
    return ConfigError(f"{what} is no table of names", which=str(file), next_step="mend the file in its program")
