"""The chat hosts that start this server: where each keeps the servers it starts, and how a file of it is changed."""

from __future__ import annotations

import json
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
_SECTION = re.compile(
    rf"^\[mcp_servers\.{NAME}[.\]].*?(?=^\[(?!mcp_servers\.{NAME}[.\]])|\Z)", re.MULTILINE | re.DOTALL
)


def entry(host: Host, arguments: list[str]) -> dict[str, Any]:
    """Return what a host is told: the absolute path of this installation, since none searches the shell's path."""
    script = Path(sys.executable).with_name(f"{NAME}.exe" if os.name == "nt" else NAME)
    command = [str(script)] if script.exists() else [sys.executable, "-m", "groundsight.cli"]
    return {**host.also, "command": command[0], "args": [*command[1:], "serve", *arguments]}


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
        ConfigError: the text is not in the host's format, or has comments, which writing it anew would lose.
    """
    whole = _read(text, file)
    servers = _servers(host, whole, file)
    if servers.get(NAME) == told:
        return text
    if file.suffix == ".toml":
        kept = _SECTION.sub("", text).rstrip("\n")
        return "\n\n".join(filter(None, (kept, printed(host, told) if told else ""))) + "\n"
    servers.pop(NAME, None)
    if told:
        servers[NAME] = dict(told)
    whole[host.key] = servers
    indent = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return json.dumps(whole, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"


def printed(host: Host, told: Mapping[str, Any]) -> str:
    """Return the lines that a person would add by hand."""
    if host.file.endswith(".toml"):
        # A string of JSON is one of TOML, too.
        return "\n".join([f"[{host.key}.{NAME}]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())])
    return json.dumps({host.key: {NAME: told}}, indent=2, ensure_ascii=False)


def _read(text: str, file: Path) -> dict[str, Any]:
    try:
        whole: Any = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text.strip() or "{}")
    except ValueError as error:
        raise ConfigError(
            f"the file can't be read as {file.suffix[1:].upper()} without comments: {error}",
            which=str(file),
            next_step="add by hand the lines that the option --print shows",
        ) from error
    if isinstance(whole, dict):
        return cast("dict[str, Any]", whole)
    raise _no_table(file, "the file")


def _servers(host: Host, whole: Mapping[str, Any], file: Path) -> dict[str, Any]:
    found = whole.get(host.key, {})
    if isinstance(found, dict):
        return dict(cast("dict[str, Any]", found))
    raise _no_table(file, host.key)


def _no_table(file: Path, what: str) -> ConfigError:
    return ConfigError(f"{what} is no table of names", which=str(file), next_step="mend the file in its program")
