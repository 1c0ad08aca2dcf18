"""How soon every tool answers while a job beside the server reads many files: a real server, and a real client.

``python -m groundsight.bench.ingest_beside FOLDER``. The demo is in the index; then FOLDER is ordered and the tools are
called in turn until the job is done. Prints JSON: files and seconds of the job, and of each tool how often it was
called, its median and its slowest answer in wall seconds. The first round starts what loads on first use and is apart.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio

from groundsight.doors.usage import Parser
from groundsight.evals.demo.__main__ import FILES, QUESTIONS

# Fewer than the server lets one caller make.
CALLS_A_SECOND = 10
FEE = "The harbour fee of July was 4,120 EUR. MS Birk is a ferry."
CALLS: dict[str, dict[str, Any]] = {
    "search": {"query": "purchase order INV-2041"},
    "ask": {"question": QUESTIONS[0]},
    "verify": {"answer": FEE},
    "list": {},
    "why": {"file": "scan-0519.png", "question": QUESTIONS[1]},
    "ocr": {"picture": str(FILES / "invoices" / "scan-0519.png")},
    "status": {},
}


async def beside(folder: Path, home: Path) -> dict[str, Any]:
    """Order a folder, and call the tools until it is read."""
    from mcp import Client, StdioServerParameters

    command = ["-m", "groundsight.server", "--home", str(home), "--allow-write"]
    roots = ["--root", str(FILES), "--root", str(folder)]
    server = StdioServerParameters(command=sys.executable, args=[*command, *roots])
    taken: defaultdict[str, list[float]] = defaultdict(list)
    async with Client(server) as client:

        async def call(name: str, given: dict[str, Any]) -> dict[str, Any]:
            start = time.perf_counter()
            result = await client.call_tool(name, given)
            taken[name].append(time.perf_counter() - start)
            if result.is_error:
                raise RuntimeError(f"{name}: {result.content}")
            return result.structured_content or {}

        await call("ingest", {"paths": [str(FILES)]})
        for name, given in CALLS.items():
            await call(name, given)
        alone = {name: round(each[0], 2) for name, each in taken.items()}
        taken.clear()
        start = time.perf_counter()
        order: dict[str, Any] = (await call("ingest", {"paths": [str(folder)], "later": True}))["order"]
        while order["state"] in ("waiting", "running"):
            told = [await call(name, given) for name, given in CALLS.items()][-1]
            await anyio.sleep(len(CALLS) / CALLS_A_SECOND)
            orders: list[dict[str, Any]] = told["orders"]
            order = next(each for each in orders if each["id"] == order["id"])
        job = {"state": order["state"], "files": order["total"], "seconds": round(time.perf_counter() - start, 1)}
    answers = {
        name: {"calls": len(each), "median": round(statistics.median(each), 3), "slowest": round(max(each), 3)}
        for name, each in taken.items()
    }
    return {"job": job, "first": alone, "beside": answers, "load": os.getloadavg()[0]}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure beside one folder."""
    parser = Parser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as home:
        print(json.dumps(anyio.run(beside, options.folder.resolve(), Path(home))))


if __name__ == "__main__":
    main()
