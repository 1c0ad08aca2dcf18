"""CPU time to the first answer of the MCP server, beside a bare SDK server and the same client in the same run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from statistics import median

from groundsight.doors.usage import Parser

BARE = """
from mcp.server import MCPServer
server = MCPServer("bare", log_level="WARNING")

@server.tool()
def echo(text: str) -> str:
    "Return the text."
    return text

server.run("stdio")
"""
OURS = "import sys; from groundsight.server import main; sys.exit(main(['--home', sys.argv[1]]))"
HELP = "import sys; from groundsight.cli import main; main(['--help'])"
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "bench", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
TOOLS = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
TARGET_SECONDS = 0.15


def main(argv: Sequence[str] | None = None) -> int:
    """Print the medians as JSON; return 1 when the server costs 0.15 CPU seconds more than the SDK alone."""
    parser = Parser(prog="bench_start", description=main.__doc__)
    parser.add_argument("--runs", type=int, default=7, help="starts of each server (default 7)")
    runs = parser.parse_args(argv).runs
    bare, ours, help_ = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as home:
        for _ in range(runs):
            bare.append(_first_answer(BARE, home))
            ours.append(_first_answer(OURS, home))
            help_.append(_cpu_of_help())
    more = median(ours) - median(bare)
    figures = {"bare_sdk": median(bare), "groundsight": median(ours), "more": more, "help": median(help_)}
    print(json.dumps({name: round(seconds, 3) for name, seconds in figures.items()}))
    return int(more > TARGET_SECONDS)


def _first_answer(program: str, home: str) -> float:
    """Return the CPU seconds of a server from its start to its end, right after it has answered tools/list."""
    before = _cpu_of_children()
    with subprocess.Popen(
        [sys.executable, "-c", program, home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for message in (HELLO, READY, TOOLS):
            server.stdin.write(json.dumps(message).encode() + b"\n")
            server.stdin.flush()
            if "id" in message and not server.stdout.readline():
                raise SystemExit("the server gave no answer")
        server.stdin.close()
        server.stdout.read()
    return _cpu_of_children() - before


def _cpu_of_help() -> float:
    before = _cpu_of_children()
    subprocess.run([sys.executable, "-c", HELP], stdout=subprocess.DEVNULL, check=True, env=_environment())
    return _cpu_of_children() - before


def _cpu_of_children() -> float:
    now = os.times()
    return now.children_user + now.children_system


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


if __name__ == "__main__":
    sys.exit(main())
