"""Prints one table of what is promised and tried; ends with 1 when a promise broke."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.trust.faults import faults
from tests.trust.matrix import matrix
from tests.trust.residue import residue
from tests.trust.rows import Check, Row, timed

ROOT = Path(__file__).resolve().parents[2]
# What the test suite holds already, counted by its own runner.
SUITES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("hidden and hostile text", "planted and look-alike files", ("tests/test_hidden.py",)),
    ("evasions", "spellings of personal data", ("tests/test_pii.py", "tests/test_identifiers.py")),
    ("residue", "kills while forgetting", ("tests/test_forget.py",)),
    ("faults", "kill -9, cut logs, damage", ("tests/test_index_crash.py", "tests/test_index_damage.py")),
    ("bad inputs", "files", ("tests/test_hostile_files.py", "tests/test_sandbox.py")),
    ("bad inputs", "arguments, paths", ("tests/test_tools_fuzz.py", "tests/test_roots.py")),
    ("bad inputs", "protocol", ("tests/test_server_protocol.py",)),
    ("audit trail", "edited, cut, reordered records", ("tests/test_audit.py",)),
    ("receipts", "edited, cut, swapped, foreign; kills", ("tests/test_receipts.py", "tests/test_receipts_doors.py")),
    ("rights", "every door at once, files that lift, kills", ("tests/test_rights.py",)),
    ("policy", "demands, containment", ("tests/test_policy.py", "tests/test_incidents.py", "tests/test_review.py")),
    ("names and pictures", "names, pseudonyms, masks", ("tests/test_names.py", "tests/test_masks.py")),
    ("handles", "labels and questions of other callers", ("tests/test_sessions.py",)),
    ("tokens", "forged, stale, of another issuer", ("tests/test_jwt.py",)),
    ("egress", "nothing is sent anywhere", ("tests/test_egress.py", "tests/test_confinement.py")),
)  # fmt: skip
GROUPS: dict[str, Check] = {"matrix": matrix, "residue": residue, "faults": faults}


def suites(short: bool) -> Iterator[Row]:
    """Run the test files and count what passed and what did not."""
    for area, what, files in SUITES if not short else ():
        start = time.perf_counter()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        last = (done.stdout.strip().splitlines() or [""])[-1]
        counts = {
            word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", _summary(done.stdout))
        }
        cases = sum(counts.values())
        bad = counts.get("failed", 0) + counts.get("error", 0) or int(done.returncode != 0)
        yield Row(
            area, what, cases, bad, time.perf_counter() - start, detail="" if not bad else done.stdout[-1500:] or last
        )


def _summary(said: str) -> str:
    """Count by the progress where the runner is told to give no summary."""
    dots = [line for line in said.splitlines() if re.fullmatch(r"[.FEsx]+(\s+\[\s*\d+%\])?", line)]
    marks = "".join(line.split()[0] for line in dots)
    told = {"passed": marks.count("."), "failed": marks.count("F"), "error": marks.count("E")}
    return " ".join(f"{number} {word}" for word, number in told.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Run every group, or those that are named; ``--short`` takes few cases of each."""
    parser = argparse.ArgumentParser(prog="make trust", description=main.__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS, "suites"], help="only these groups")
    parser.add_argument("--short", action="store_true", help="few cases of each group")
    options = parser.parse_args(argv)
    chosen = {name: check for name, check in {**GROUPS, "suites": suites}.items()
              if not options.groups or name in options.groups}  # fmt: skip
    print("| area | what | cases | failures | took |\n|---|---|---:|---:|---:|")
    rows: list[Row] = []
    for check in chosen.values():
        for row in timed(check, options.short):
            rows.append(row)
            print(row.line(), flush=True)
    for row in (row for row in rows if row.failures):
        print(f"\n{row.area}, {row.what}:\n{row.detail}", file=sys.stderr)
    cases, failures = sum(row.cases for row in rows), sum(row.failures for row in rows)
    print(f"\n{cases} cases, {failures} failures")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
