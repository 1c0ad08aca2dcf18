"""The ingest tool."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.errors import Cancelled, NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.sources import inside
from groundsight.ingestion import ingest_counts
from groundsight.ingestion.folder.orders import UNDER_WAY, Orders, as_worked, how_far
from groundsight.ingestion.forget import readings
from groundsight.ingestion.reach import folders_of, source_for
from groundsight.tools.bounds import fitting, one_line
from groundsight.tools.results import NAME_CHARS, QUOTE_CHARS, Result, Shape, degraded_line
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.ingestion import FileReport, IngestReport
    from groundsight.ingestion.folder.orders import Order
    from groundsight.suite import Suite

MOST_FILES, MOST_LEFT_OUT, LONGEST = 200, 50, 86_400


class FileLine(Shape):
    """What became of one file; ``problem`` says what, the limit and the next step."""

    source: str
    status: Literal["added", "changed", "unchanged", "failed", "vanished", "removed", "opted out"]
    units: int = 0
    problem: str = ""
    warnings: tuple[str, ...] = ()


class OrderLine(Shape):
    """Work that goes on beside the server: how many files of how many, the present one, or why it failed."""

    id: str
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    done: int = 0
    total: int = 0
    message: str = ""
    paths: tuple[str, ...] = ()


class IngestSummary(Result):
    """Counts of the whole run, its files, failures first, and what was left out by rule.

    ``order`` stands for work that has only begun: see its progress in status.
    """

    added: int
    changed: int
    unchanged: int
    failed: int
    vanished: int
    removed: int
    units: int
    redactions: dict[str, int] = Field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    files: tuple[FileLine, ...] = ()
    left_out: tuple[str, ...] = ()
    order: OrderLine | None = None

    def as_text(self) -> str:
        """Counts, what failed, what is gone, and what was not taken."""
        if self.order:
            return f"ordered: {self.order.id}. status shows how far it is"
        failed = [f"- {file.source}: {file.problem}" for file in self.files if file.problem]
        gone = [f"- {file.source}: not there any more; prune forgets it" for file in self.files
                if file.status == "vanished"]  # fmt: skip
        warned = [f"- {file.source}: {warning}" for file in self.files for warning in file.warnings]
        left = [f"- {line}" for line in self.left_out]
        return "\n".join(
            [ingest_counts(self), *failed, *gone, *warned, *left, *filter(None, [degraded_line(self.degraded)])]
        )


def ingest(
    suite: Suite,
    paths: Annotated[list[str], Field(description="files or folders under the roots", min_length=1, max_length=100)],
    prune: Annotated[bool, Field(description="also forget what is gone")] = False,
    later: Annotated[bool, Field(description="return at once; status tells more")] = False,
    seconds: Annotated[float, Field(ge=0, le=LONGEST, description="then go on in the background")] = 20,
) -> IngestSummary:
    """To add files or folders to what can be searched: unchanged ones are skipped, each failure is told."""
    if later:
        return _ordered(suite, paths, prune)
    sources = [_there_or_gone(suite, path) for path in paths]
    watch = Watch(suite.watch.step, within=(suite.watch,))
    # Cancelled and not timed out: a time limit would count as a fault of the file that is being read.
    enough = threading.Timer(seconds, watch.cancel)
    enough.daemon = True
    enough.start()
    try:
        return shaped(suite.acting_for(watch=watch).ingest(sources, prune=prune, confined=True))
    except Cancelled:
        suite.watch.check()
        return _ordered(suite, paths, prune)
    finally:
        enough.cancel()


def _ordered(suite: Suite, paths: list[str], prune: bool) -> IngestSummary:
    counts = dict.fromkeys(("added", "changed", "unchanged", "failed", "vanished", "removed", "units"), 0)
    return IngestSummary(**counts, order=order_line(suite.ingest_later(paths, prune=prune)))


def _there_or_gone(suite: Suite, path: str) -> str:
    """Return the source of what may be read, or of what is gone while the caller still sees it in the index."""
    try:
        return source_for(suite.parts, suite.principal, path)
    except NotFound:
        seen = suite.parts.index.assets(visible_to(suite.principal))
        for source in readings(folders_of(suite.parts, suite.principal), path):
            if any(inside(each.source, source) for each in seen):
                return source
        raise


def shaped(report: IngestReport) -> IngestSummary:
    """Shape an ingest report for a door."""
    ordered = sorted(report.files, key=lambda file: file.status != "failed")
    kept = fitting([_line(file) for file in ordered[:MOST_FILES]], 80_000)
    return IngestSummary(
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        failed=report.failed,
        vanished=report.vanished,
        removed=report.removed,
        units=report.units,
        redactions=dict(report.redactions),
        degraded=report.degraded,
        files=kept,
        left_out=tuple(one_line(str(each), QUOTE_CHARS) for each in report.left_out[:MOST_LEFT_OUT]),
        truncated=len(kept) < len(report.files) or len(report.left_out) > MOST_LEFT_OUT,
    )


def reading_text(suite: Suite) -> str:
    """Say how far files are read that may hold more, empty when nothing is being read for this caller."""
    home = suite.settings.home
    going = [each for each in as_worked(home, Orders(home).of(suite.principal)) if each.state in UNDER_WAY]
    return f"Files are still being read ({how_far(going)}): there may soon be more to find." if going else ""


def order_line(order: Order) -> OrderLine:
    """Shape an order for a door."""
    return OrderLine(
        id=order.id,
        state=order.state,
        done=int(order.done),
        total=int(order.total),
        message=one_line(order.message, QUOTE_CHARS),
        paths=tuple(one_line(path, NAME_CHARS) for path in order.paths[:5]),
    )


def _line(file: FileReport) -> FileLine:
    return FileLine(
        source=one_line(file.source, NAME_CHARS),
        status=file.status,
        units=file.units,
        problem=one_line(str(file.problem), 600) if file.problem else "",
        warnings=tuple(one_line(warning, QUOTE_CHARS) for warning in file.warnings[:5]),
    )
