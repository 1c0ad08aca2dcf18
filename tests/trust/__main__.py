"""Prints one table of what is promised and tried; ends with 1 when a promise broke."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

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


@contextmanager
def begun(wanted: bool) -> Generator[Callable[[bool], Iterator[Row]]]:
    """Run the test files in a process beside the other groups, and give what counts them by area at its end."""
    with tempfile.TemporaryDirectory(prefix="trust-") as place:
        report = Path(place) / "report.xml"
        files = sorted({file for _, _, files in SUITES for file in files})
        # Of two forms of the protocol the older one is held by `make test`.
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not legacy", "-n", "2"]
        command += ["--dist", "loadfile", "--junitxml", str(report), *files]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=quiet, stderr=quiet) if wanted else None

        def suites(_: bool) -> Iterator[Row]:
            code = process.wait() if process else 0
            return _counted(ElementTree.parse(report).iter("testcase"), code) if process else iter(())

        try:
            yield suites
        finally:
            if process and process.poll() is None:
                process.terminate()
                process.wait()


def _counted(cases: Iterable[ElementTree.Element], code: int) -> Iterator[Row]:
    """Yield a row for each area; a run that ended badly without a failed case is one."""
    found: dict[str, list[ElementTree.Element]] = defaultdict(list)
    for case in cases:
        found[f"{'/'.join(case.get('classname', '').split('.')[:2])}.py"].append(case)
    failed = 0
    for area, what, files in SUITES:
        tried = [case for file in files for case in found[file] if case.find("skipped") is None]
        bad = [case for case in tried if case.find("failure") is not None or case.find("error") is not None]
        absent = [file for file in files if not found[file]]
        failed += len(bad) + len(absent)
        detail = "\n".join([*absent, *(f"{case.get('classname')}.{case.get('name')}" for case in bad[:8])])
        took = sum(float(case.get("time", 0)) for case in tried)
        yield Row(area, what, len(tried), len(bad) + len(absent), took, detail=detail)
    if code and not failed:
        yield Row("runner", "the test files", 1, 1, detail=f"pytest ended with {code}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run every group, or those that are named; ``--short`` takes few cases of each."""
    parser = argparse.ArgumentParser(prog="make trust", description=main.__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS, "suites"], help="only these groups")
    parser.add_argument("--short", action="store_true", help="few cases of each group")
    options = parser.parse_args(argv)
    wanted = {name for name in (*GROUPS, "suites") if not options.groups or name in options.groups}
    print("| area | what | cases | failures | took |\n|---|---|---:|---:|---:|")
    rows: list[Row] = []
    with begun("suites" in wanted and not options.short) as suites:
        for check in (check for name, check in {**GROUPS, "suites": suites}.items() if name in wanted):
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
