"""Files that lie in a file (attachments, archive members): what they are called, and which of them are read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from groundsight.errors import (
    Cancelled,
    ConfigError,
    Final,
    GroundsightError,
    IndexVersion,
    LimitExceeded,
    Locked,
    StorageFailed,
)
from groundsight.governance.optout import OPTED_OUT
from groundsight.governance.pii_names import StoredNames
from groundsight.governance.remembered import OVER
from groundsight.governance.rights_file import is_rights_file
from groundsight.governance.sources import source_text
from groundsight.ingestion import FileReport, Inside, Parsed, Problem
from groundsight.ingestion.frozen import Frozen, frozen_inside
from groundsight.language.licences import is_ordinary
from groundsight.settings import Settings
from groundsight.tracing import span
from groundsight.types import Asset, LeftOut

_PART_CHARS, _MOST_FOLDERS = 120, 8
Store = Callable[[Frozen, Asset], FileReport]


class Tree:
    """All that lies in one file of the disk, however deep.

    ``before`` are the assets of it in the index that the caller may see, by source; what is ``hidden`` from the caller
    stays as it is. ``lines`` is the report, one line for each file inside.
    """

    def __init__(self, settings: Settings, before: Mapping[str, Asset], hidden: set[str]) -> None:
        self.lines: list[FileReport] = []
        self._limits, self._names = settings.limits, StoredNames.of(settings, is_ordinary)
        self._before, self._hidden = before, hidden
        self._depths, self._bytes = dict[str, int](), 0
        self._kept = set[str]()

    def read(self, parsed: Parsed, holder: Asset, scratch: Path, store: Store) -> tuple[LeftOut, ...]:
        """Read what a parsed file holds, each as an asset of its own, and return what could not be, for its ledger."""
        lost = Counter[str]()
        for each in parsed.inside:
            source, place = self._source_of(holder.source, each.name), len(self.lines)
            if source not in self._hidden and not is_rights_file(source):
                line = report_of(
                    source, lambda each=each, source=source: self._one(each, source, holder, scratch, store)
                )
                self.lines.insert(place, line)
                # What follows a colon may be a reader's own words, and those may quote the file.
                lost.update([line.problem.what.partition(":")[0]] if line.problem else [])
        return tuple(LeftOut(kind="file inside", why=why, count=count) for why, count in lost.items())

    def keep(self, source: str) -> None:
        """Nothing of this file has changed, so all that lies in it is as it was."""
        below = [each for each in self._before.values() if each.source.startswith(f"{source}/")]
        self.lines += [unchanged(each) for each in below]
        self._kept.update([source, *(each.source for each in below)])

    def no_longer_held(self) -> list[Asset]:
        """Return what the index still has of the file and the file has no more."""
        return [asset for source, asset in self._before.items() if source not in self._kept]

    def _one(self, each: Inside, source: str, holder: Asset, scratch: Path, store: Store) -> FileReport:
        self._check_depth_and_count(source)
        before = self._before.get(source)
        most = min(self._limits.file_bytes, self._limits.archive_bytes - self._bytes)
        with frozen_inside(scratch / each.file, source, most, holder.mtime_ns or 0) as document:
            self._bytes += document.bytes
            if before and before.sha256 == document.sha256:
                self._kept.add(source)
            line = store(document, holder)
        self._kept.add(source)
        return line

    def _check_depth_and_count(self, source: str) -> None:
        limits = self._limits
        depth, number = self._depths[source], len(self._depths)
        over = f"limits.inside_depth = {limits.inside_depth}" if depth > limits.inside_depth else ""
        over = over or (f"limits.inside_files = {limits.inside_files}" if number > limits.inside_files else "")
        if over:
            raise LimitExceeded(
                "too many files in one another" if depth > limits.inside_depth else "too many files in one file",
                which=source,
                limit=over,
                next_step="take it out and save it beside, or raise the limit",
                code="E_LIMIT_INSIDE",
            )

    def _source_of(self, holder: str, name: str) -> str:
        """Return the source of a file in another one; a name that was given already gets a number."""
        place = PurePosixPath(self._names.stored(harmless(name)))
        source, number = f"{holder}/{place}", 1
        while source in self._depths:
            number += 1
            source = f"{holder}/{place.with_name(f'{place.stem} ({number}){place.suffix}')}"
        self._depths[source] = self._depths.get(holder, 0) + 1
        return source


def harmless(name: str) -> str:
    """Return a name from inside a file as a plain path below it: no steps up, no drive, nothing that can't be shown."""
    parts = re.split(r"[\\/]+", re.sub(r"^\w:", "", name.encode("utf-8", "replace").decode()))
    plain = [_shortened(source_text(part).strip()) for part in parts if part.strip(" .")]
    return "/".join(plain[-_MOST_FOLDERS:]) or "unnamed"


def report_of(source: str, work: Callable[[], FileReport]) -> FileReport:
    """Do the work on one file; an error of this file only becomes its line."""
    try:
        with span("ingest.file") as one:
            line = work()
            one.told.update(status=line.status, units=line.units)
        return line
    except (Cancelled, ConfigError, Locked, StorageFailed, IndexVersion):
        raise
    except GroundsightError as error:
        if error.error_code in (OPTED_OUT, OVER):
            return opted_out(source, "opted out" if error.error_code == OPTED_OUT else error.what)
        return FileReport(source=source, status="failed", problem=_problem(error, source))


def opted_out(source: str, why: str = "opted out") -> FileReport:
    """The line of a file that is not to be read."""
    return FileReport(source=source, status="opted out", warnings=(f"{why}, and not read",))


def unchanged(asset: Asset) -> FileReport:
    """The line of a file whose content is in the index already."""
    return FileReport(source=asset.source, status="unchanged", warnings=asset.warnings)


def by_holder(known: Iterable[Asset]) -> dict[str, dict[str, Asset]]:
    """Return, for each file or folder that others lie in, those of them that lie in a file."""
    found: dict[str, dict[str, Asset]] = {}
    for each in known:
        above = each.source.split("/")[:-1] if each.parent else []
        for depth in range(1, len(above) + 1):
            found.setdefault("/".join(above[:depth]), {})[each.source] = each
    return found


def _problem(error: GroundsightError, source: str) -> Problem:
    step = error.next_step or ("ask for help with the log" if isinstance(error, Final) else "")
    return Problem(code=error.error_code, what=error.what, which=source, limit=error.limit, next_step=step)


def _shortened(part: str) -> str:
    """Keep the ending: it chooses among the kinds of plain text."""
    return part if len(part) <= _PART_CHARS else part[: _PART_CHARS - 20] + part[-20:]
