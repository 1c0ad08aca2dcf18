"""The ingest tool, the only one that writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.errors import NotFound
from groundsight.governance.access import visible_to
from groundsight.ingestion.forget import inside, readings
from groundsight.ingestion.reach import folders_of, source_for
from groundsight.tools.bounds import fitting, one_line
from groundsight.tools.results import NAME_CHARS, QUOTE_CHARS, Result, Shape

if TYPE_CHECKING:
    from groundsight.ingestion import FileReport, IngestReport
    from groundsight.suite import Suite

MOST_FILES = 200


class FileLine(Shape):
    """What became of one file; ``problem`` says what, the limit and the next step."""

    source: str
    status: Literal["added", "changed", "unchanged", "failed", "vanished", "removed"]
    units: int = 0
    problem: str = ""
    warnings: tuple[str, ...] = ()


class IngestSummary(Result):
    """Counts of the whole run, and its files, failures first."""

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

    def as_text(self) -> str:
        """Counts, what failed and what is gone."""
        names = ("added", "changed", "unchanged", "failed", "vanished", "removed", "units")
        counts = ", ".join(f"{name} {getattr(self, name)}" for name in names)
        failed = [f"- {file.source}: {file.problem}" for file in self.files if file.problem]
        gone = [f"- {file.source}: not there any more; prune forgets it" for file in self.files
                if file.status == "vanished"]  # fmt: skip
        return "\n".join([counts, *failed, *gone, *(f"degraded: {lane}" for lane in self.degraded)])


def ingest(
    suite: Suite,
    paths: Annotated[list[str], Field(description="files or folders under the roots", min_length=1, max_length=100)],
    prune: Annotated[bool, Field(description="also forget files that are gone")] = False,
) -> IngestSummary:
    """Read files or folders into the index; unchanged files are skipped, failures are reported one by one."""
    sources = [_there_or_gone(suite, path) for path in paths]
    return shaped(suite.ingest(sources, prune=prune, confined=True))


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
        truncated=len(kept) < len(report.files),
    )


def _line(file: FileReport) -> FileLine:
    problem = file.problem
    words = [problem.code, problem.what, problem.limit, problem.next_step] if problem else []
    return FileLine(
        source=one_line(file.source, NAME_CHARS),
        status=file.status,
        units=file.units,
        problem=one_line(". ".join(word for word in words if word), 600),
        warnings=tuple(one_line(warning, QUOTE_CHARS) for warning in file.warnings[:5]),
    )
