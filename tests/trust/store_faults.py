"""The stores of governance after a kill or a refusing disk at one write after the other, in processes of their own.

A worker states rights, takes consent back from a table, asks (a receipt), raises an incident, queues an answer for
review and opts a file out, turn by turn, and says after each what was acknowledged: all of that must be there after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree

from groundsight import OpenSuite
from groundsight.errors import GroundsightError
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.incidents import Alarm, IncidentBook
from groundsight.governance.optout import OptOuts
from groundsight.governance.receipt_check import check_receipts
from groundsight.governance.review import queue_answer, review_items
from groundsight.ingestion.rights.consent import consent_from
from groundsight.settings import load_settings
from groundsight.types import Filter
from tests.build import make_asset, make_entry, make_unit
from tests.doors import an_answer
from tests.trust.rows import Row

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {
    "models": {"visual": "none", "text": "none", "reader": "none", "ocr": "none"},
    "governance": {"review_below": 1.0},
}
RIGHTS, CONSENT = "files/rights.md", "files/consent.md"
TURNS = 2
_ALL = Filter()
FAULTS = (
    ("killed at the n-th write", "signal=KILL", ""),
    ("disk full from the n-th write on", "error=ENOSPC", "+"),
    ("disk read-only from the n-th write on", "error=EROFS", "+"),
)


def filled(home: Path) -> None:
    """Make a home with two documents and every store begun, as it is on any day but the first."""
    with OpenSuite(load_settings(home, **LIGHT)) as suite:
        for source in (RIGHTS, CONSENT):
            asset = make_asset(source)
            suite.suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, f"The fee in {source} is 40."))])
    work(home, range(1))


def work(home: Path, turns: range, say: Callable[[str, object], None] = lambda *_: None) -> None:
    """Write to every store in turn; what is acknowledged is said by another call than the one that is refused."""
    settings = load_settings(home, **LIGHT)
    with OpenSuite(settings) as suite:
        for turn in turns:
            suite.rights(RIGHTS, labels=[f"turn{turn}"])
            say("rights", turn)
            rows = json.dumps([{"source": CONSENT, "labels": [f"turn{turn}"]}])
            consent_from(suite.suite.parts, suite.suite.principal, rows, "json")
            say("consent", turn)
            say("receipt", suite.ask("What is the fee?").receipt)
            alarm = Alarm(kind="DATA_LEAK", rule="denials", cause=f"cause{turn}", what="many refusals")
            IncidentBook(home, settings.governance.incidents).raise_new([alarm], "test")
            say("incident", turn)
            queue_answer(settings, "default", an_answer(question=f"Question {turn}?"))
            say("review", turn)
            OptOuts(home, "default").add([f"files/gone{turn}.md"], [])
            say("optout", turn)


def _say(store: str, what: object) -> None:
    os.writev(1, [f"{store} {what}\n".encode()])


def store_faults(short: bool, reason: str) -> Iterator[Row]:
    """Yield a row for each kind of fault; a place is the number of the write that it begins with."""
    for name, inject, on in FAULTS:
        what = f"rights, consent, receipts, incidents, review, opt-outs: {name}"
        if reason:
            yield Row("faults", what, skipped=reason)
            continue
        with tempfile.TemporaryDirectory(prefix="trust-") as place:
            filled(Path(place) / "made")
            writes = _writes(Path(place))
            places = range(2, writes, max(1, writes // (3 if short else 10 if not on else 5)))
            tries = ((at, _after(Path(place), inject, f"{at}{on}")) for at in places)
            broken = [f"write {at} of {writes}: {each}" for at, found in tries for each in found]
        yield Row("faults", what, len(places), len(broken), detail="\n".join(broken[:8]))


def _writes(place: Path) -> int:
    """Count the writes of a whole run."""
    traced = ["strace", "-f", "-e", "trace=write,pwrite64", "-o", str(place / "trace")]
    _run(place, traced, "counted")
    return (place / "trace").read_text("utf-8", "replace").count("write")


def _run(place: Path, traced: list[str], name: str) -> subprocess.CompletedProcess[str]:
    home = Path(copytree(place / "made", place / name))
    command = [*traced, sys.executable, "-B", "-m", "tests.trust.store_faults", str(home)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=env, text=True, capture_output=True, check=False, timeout=180)


def _after(place: Path, inject: str, when: str) -> Iterator[str]:
    name = f"{inject.partition('=')[2]}{when}"
    traced = ["strace", "-f", "-o", "/dev/null", "-e", f"inject=write,pwrite64:{inject}:when={when}"]
    done = _run(place, traced, name)
    told = [line.split(" ") for line in done.stdout.splitlines()]
    if done.returncode == 1:
        yield f"died without a named error: {done.stderr[-400:]}"
    yield from _lost(place / name, {store: [what for one, what in told if one == store] for store, _ in told})
    try:
        work(place / name, range(8, 9))
    except GroundsightError as error:
        yield f"what is left can't be written to: {error}"


def _lost(home: Path, told: dict[str, list[str]]) -> Iterator[str]:
    """Name what was acknowledged and is not there, and what is there by half."""
    settings = load_settings(home, **LIGHT)
    with OpenSuite(settings) as suite:
        labels = {each.source: each.labels for each in suite.suite.parts.index.assets(_ALL)}
        for store, source in (("rights", RIGHTS), ("consent", CONSENT)):
            least = int(told.get(store, ["0"])[-1])
            if not labels[source] or int(labels[source][0].removeprefix("turn")) < least:
                yield f"{store} of turn {least} are lost: {labels[source]}"
        for receipt in told.get("receipt", []):
            suite.explain(receipt)
    causes = {each.cause for each in IncidentBook(home, settings.governance.incidents).all()}
    yield from (f"incident {turn} is lost" for turn in told.get("incident", []) if f"cause{turn}" not in causes)
    queued = str(review_items(home, "default"))
    yield from (f"review {turn} is lost" for turn in told.get("review", []) if f"Question {turn}?" not in queued)
    out = OptOuts(home, "default")
    yield from (f"opt-out {turn} is lost" for turn in told.get("optout", []) if not out.holds(f"files/gone{turn}.md"))
    yield from (*check_receipts(home).problems, *verify_chain(home).problems)


if __name__ == "__main__":
    try:
        work(Path(sys.argv[1]), range(1, 1 + TURNS), _say)
    except GroundsightError as refused:
        os.writev(2, [refused.error_code.encode()])
        os._exit(3)
