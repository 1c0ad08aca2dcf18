"""Files into the index: each file on its own, one atomic commit each, one line of report each."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.errors import PolicyRefused
from groundsight.governance.access import matches, tenant_of, visible_to
from groundsight.governance.events import heed, note_event
from groundsight.governance.incidents import IncidentBook
from groundsight.governance.lookout import ask_rules_if_due
from groundsight.governance.remembered import RememberedRights
from groundsight.ingestion import FileReport, IngestReport, Skipped
from groundsight.ingestion.ahead.intake import Intake, Reader
from groundsight.ingestion.ahead.read_ahead import ReadFile, Ready, read_ahead
from groundsight.ingestion.assemble import Linker, assemble
from groundsight.ingestion.contain import refuse_contained
from groundsight.ingestion.derived import derived_of
from groundsight.ingestion.described import is_guarded, is_kept_as, make_asset
from groundsight.ingestion.discover import Discovery, Found, not_there
from groundsight.ingestion.encode import Assembled
from groundsight.ingestion.folder.ledger import settle
from groundsight.ingestion.folder.rules import Rules
from groundsight.ingestion.forget import erase
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.inside import Tree, by_holder, report_of, unchanged
from groundsight.ingestion.pipeline import Commits, shares, work_of
from groundsight.ingestion.preflight import claim_lanes, open_lanes
from groundsight.ingestion.reach import folders_of
from groundsight.ingestion.rights.beside import look_beside
from groundsight.ingestion.rights.sweep import sweep
from groundsight.ingestion.vanished import gone_by_name, vanished
from groundsight.tracing import Part, Watch, within_budget
from groundsight.types import Asset, Principal
from groundsight.vision import SENSITIVE

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts


def ingest(
    parts: Parts,
    paths: Sequence[str | Path],
    principal: Principal,
    watch: Watch,
    *,
    prune: bool = False,
    confined: bool = False,
    reader: Reader | None = None,
    linker: Linker | None = None,
) -> IngestReport:
    """Read files and folders under the roots into the index, named as sources or paths.

    Unchanged files cost a hash, a bad file one line of the report. A document that the principal may not see is
    neither read, replaced, pruned nor named; what protects a document stays with it when it is read again. Every
    finished file is committed, so a cancelled run is resumed by running it again.

    Raises:
        PolicyRefused: the principal may not write, or the policy demands more. IndexVersion: the encoders changed.
        ConfigError: a setting names a model, folder, extra or service that can't be used.
        Cancelled: by the watch; what was finished is kept.
    """
    if not principal.may_write:
        raise PolicyRefused("this principal may not write", next_step="ask for the right to write")
    heed(parts.settings, principal, "engine")
    open_lanes(parts)
    held = folders_of(parts, principal) if confined or principal.roots is not None else parts.roots
    gone = gone_by_name(parts, held, principal, paths)
    there = [path for path in paths if path not in gone]
    looked = Discovery(held, Rules(held, parts.settings)).of(there)
    claim_lanes(parts)
    sweep(parts, watch, principal.tenant)
    run = _Run(parts, held, principal, watch, reader, linker or _linker())
    places = (*looked.folders, *gone.values())
    run.look_beside(looked.files, places)
    found = run.without_hidden(looked.files)
    files = [*run.beside.lines, *run.files(run.readable(found))]
    files += vanished(parts, principal, {each.source for each in found}, places, watch, prune=prune)
    absent = {each.source for each in found if each.named and each.error}
    tried = [each for each in files if each.source not in absent and each.status != "opted out"]
    left_out = (*looked.left_out, *run.beside.left_out)
    settle(parts, principal, (*places, *(each.source for each in found)), tried, left_out)
    ask_rules_if_due(parts.settings, principal)
    return _report(files, run.derived.model_calls, parts, left_out)


class _Run:
    """What stays the same for all files of one ingest."""

    def __init__(
        self, parts: Parts, roots: Roots, principal: Principal, watch: Watch, read: Reader | None, linker: Linker
    ) -> None:
        self._parts, self._roots, self._principal = parts, roots, principal
        self._watch, self._read, self._linker = watch, read, linker
        self._part, self._commits = watch, Commits(parts, principal, watch)
        self.derived = derived_of(parts.settings)
        self.derived.forget_other_profiles()
        self._remembered = RememberedRights(parts.settings.home)

    def look_beside(self, found: Sequence[Found], places: Sequence[str]) -> None:
        """Take in what the rights files of the folders state, then what is known and how it is protected."""
        self.beside = look_beside(self._parts, self._roots, self._principal, found, places)
        self._commits.stated = self.beside.acts
        everything, where = self._parts.index.assets(tenant_of(self._principal)), visible_to(self._principal)
        self._known: Mapping[str, Asset] = {each.source: each for each in everything}
        self._seen = {source for source, each in self._known.items() if matches(where, each)}
        self._guards: dict[str, list[Asset]] = {}
        for each in filter(is_guarded, everything):
            self._guards.setdefault(each.sha256, []).append(each)
        self._shut = IncidentBook(self._parts.settings.home).shut()
        self._inner = by_holder(everything)
        rights = (self._remembered, self.beside.book)
        self._intake = Intake(self._parts, self._roots, self._principal.tenant, self._known, rights, self._read)

    def readable(self, found: Sequence[Found]) -> list[Found]:
        """Leave out what its rights keep from being read."""
        return self.beside.readable(self._roots, self._principal, found, self._known)

    def without_hidden(self, found: Sequence[Found]) -> list[Found]:
        """Leave out what is indexed for others only; named, it reads like a file that is not there."""
        hidden = self._known.keys() - self._seen
        absent = [not_there(each.source) if each.source in hidden and each.named else each for each in found]
        return [each for each in absent if each.source not in hidden]

    def files(self, found: Sequence[Found]) -> list[FileReport]:
        """Ingest all files; whatever ends the run, what was finished is committed.

        Progress counts files, each by its share of the bytes: that is the better guess of the time that is left.
        """
        lines: list[FileReport] = []
        work = [work_of(each, self._roots) for each in found]
        sizes, done = shares(work), 0.0
        try:
            with closing(read_ahead(self._intake.grouped(found, work), self._intake.read, self._watch)) as ahead:
                for (each, ready), size in zip(ahead, sizes, strict=True):
                    self._part = Part(self._watch, done, size, len(found), each.source)
                    lines += self._file(each, ready)
                    done += size
        finally:
            self._commits.close()
        return [self._commits.lost.get(line.source, line) for line in lines]

    def _file(self, found: Found, ready: Ready) -> list[FileReport]:
        """Ingest one file and what lies in it; an error of one of these only becomes its line."""
        self._part.step(0, 1)
        within_budget()
        below = self._inner.get(found.source, {})
        before = {source: each for source, each in below.items() if source in self._seen}
        tree = Tree(self._parts.settings, before, below.keys() - before.keys())
        line = report_of(found.source, lambda: self._one(found, ready, tree))
        return [line, *tree.lines]

    def _one(self, found: Found, ready: Ready, tree: Tree) -> FileReport:
        prepared = self._commits.wait_for(ready)
        if prepared is None:
            tree.keep(found.source)
            return unchanged(self._known[found.source])
        with prepared:
            return self._stored(prepared, tree)

    def _remembered_of(self, document: Frozen) -> Mapping[str, Any]:
        return self._remembered.of(self.beside.book, self._principal.tenant, document.source, document.sha256)

    def _below(self, document: Frozen, holder: Asset, tree: Tree) -> FileReport:
        """Ingest a file that lies in another one, unless all of it is as it was."""
        before = self._known.get(document.source)
        if before and self._intake.is_current(before, document.sha256) and is_kept_as(before, holder):
            tree.keep(before.source)
            return unchanged(before)
        with self._intake.parsed(document, self._part) as prepared:
            return self._stored(prepared, tree, holder)

    def _stored(self, prepared: ReadFile, tree: Tree, holder: Asset | None = None) -> FileReport:
        """Commit what was read and keep pages of the same bytes.

        What lies in a file is committed before it, so that an interrupted run finds it not done yet.
        """
        settings, document, parsed = self._parts.settings, prepared.document, prepared.parsed
        before = self._known.get(document.source)
        guards, who = [before] if before else self._guards.get(document.sha256, ()), self._principal
        holding = self.beside.book.holding(who.tenant, document.source, document.mtime_ns, who.region)
        remembered = None if self._intake.is_known(document) else self._remembered_of(document)
        asset = make_asset(parsed, document, who, settings, guards, holder, None if before else holding, remembered)
        refuse_contained(self._shut, asset)
        lost = tree.read(parsed, asset, prepared.scratch, lambda each, holder: self._below(each, holder, tree))
        if holder is None:
            self._forget(tree)
        parsed = parsed.model_copy(update={"left_out": (*parsed.left_out, *lost)})
        derived = self.derived.of(self._principal.tenant, document.source)
        entry = assemble(parsed, asset, prepared.scratch, self._parts, derived, self._linker, self._part)
        self._commits.add(Assembled(entry, derived), document, before, self._part)
        if before:
            derived.keep_only_used()
            if before.sha256 == document.sha256 and any(unit.mark == SENSITIVE for unit in entry.units):
                # It was not marked before, so it may have been shown.
                note_event(settings, who, "unsafe", "pictures", "withheld", pictured=[before.asset_id])
        return FileReport(
            source=document.source,
            status="changed" if before else "added",
            units=len(entry.units),
            redactions=entry.asset.redactions,
            warnings=entry.asset.warnings,
        )

    def _forget(self, tree: Tree) -> None:
        """Remove what the file does not hold any more."""
        gone = tree.no_longer_held()
        if gone:
            erase(self._parts, gone, visible_to(self._principal), self._watch)
        tree.lines += [FileReport(source=each.source, status="removed") for each in gone]


def _linker() -> Linker:
    from groundsight.ingestion.links import with_links

    return with_links


def _report(files: Sequence[FileReport], model_calls: int, parts: Parts, left_out: tuple[Skipped, ...]) -> IngestReport:
    redactions = Counter[str]()
    for each in files:
        redactions.update(each.redactions)
    counts: dict[str, Any] = {status: sum(each.status == status for each in files) for status in _STATUSES}
    report = IngestReport(
        files=tuple(files),
        **counts,
        units=sum(each.units for each in files),
        model_calls=model_calls,
        redactions=dict(redactions),
        left_out=left_out,
        degraded=tuple(lane.lane for lane in parts.degraded()),
    )
    return report.model_copy(update={"receipt": hashlib.sha256(report.model_dump_json().encode()).hexdigest()[:32]})


_STATUSES = ("added", "changed", "unchanged", "failed", "vanished", "removed")
