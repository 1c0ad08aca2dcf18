"""``make demo``: ingest a folder, start the MCP server over stdio, and ask it with a real client."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import anyio

from groundsight.doors.usage import Parser
from groundsight.encoders.minilm import MiniLm
from groundsight.evals.demo.show import print_answer, print_report
from groundsight.settings import load_settings

FILES = Path(__file__).resolve().parent / "files"
QUESTIONS = (
    "Who is the captain of the vessel that purchase order PO 7781 was for?",
    "What is the sum of the harbour fees for July?",
    "What was the fuel use of MS Birk in 2023?",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Show ingestion, a two-hop question, a picture question and one that the files can't answer."""
    parser = Parser(prog="make demo", description=main.__doc__)
    parser.add_argument("--data", type=Path, default=FILES, help="folder to ingest")
    parser.add_argument("--question", action="append", help="ask this instead; repeatable")
    parser.add_argument("--home", type=Path, help="where the index is kept (default: under .groundsight, by folder)")
    options = parser.parse_args(argv)
    start = time.perf_counter()
    folder = options.data.resolve()
    home = options.home or home_of(folder)
    _ingest(home.resolve(), folder)
    anyio.run(_ask, home.resolve(), tuple(options.question or QUESTIONS))
    print(f"\n{time.perf_counter() - start:.0f} s in all. The index is kept in {home}.")
    return 0


def home_of(folder: Path) -> Path:
    """Return where the index of a folder is kept; no two folders share one, and no two encoders."""
    name = "demo" if folder == FILES else f"{folder.name}-{sha256(os.fsencode(folder)).hexdigest()[:8]}"
    return Path(".groundsight") / f"{name}-{MiniLm.fingerprint[-8:]}"


def _ingest(home: Path, folder: Path) -> None:
    from groundsight.suite import open_suite
    from groundsight.tracing import Watch

    def progress(done: float, total: float | None, message: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{done:.0f}/{total or 0:.0f} {message[:60]}", end="", file=sys.stderr)

    print(f"Ingesting {folder}")
    with open_suite(load_settings(home)) as suite:
        report = suite.acting_for(watch=Watch(progress)).ingest([folder])
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print_report(report)


async def _ask(home: Path, questions: tuple[str, ...]) -> None:
    """Ask over MCP, as a desktop assistant does."""
    from mcp import Client, StdioServerParameters

    command = [sys.executable, "-m", "groundsight.server", "--home", str(home)]
    print(f"\nStarting the MCP server: {' '.join(['python', *command[1:]])}")
    # A client hands on little of its environment; the settings in it are for the server, too.
    settings = {name: value for name, value in os.environ.items() if name.startswith("GROUNDSIGHT_")}
    server = StdioServerParameters(command=command[0], args=command[1:], env=settings)
    async with Client(server) as client:
        for question in questions:
            result = await client.call_tool("ask", {"question": question})
            print_answer(question, result.structured_content or {})


if __name__ == "__main__":
    sys.exit(main())
