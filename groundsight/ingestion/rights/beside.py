"""What stands in the rights files of folders, noted before their documents are read, and what may not be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundsight.errors import NotFound, PolicyRefused
from groundsight.governance.events import note_event
from groundsight.governance.rights import Book, Rights, Statement, is_over, word_of
from groundsight.governance.rights_file import NAME, rights_beside
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.governance.sources import inside
from groundsight.ingestion import FileReport, Skipped
from groundsight.ingestion.discover import Found
from groundsight.ingestion.inside import report_of
from groundsight.ingestion.rights.applying import apply_acts
from groundsight.types import Principal

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts

REFUSED = "its rights keep it from being read"


@dataclass
class Beside:
    """What is stated when a run begins, in how many acts; below a ``faulty`` folder nothing is read."""

    book: Book
    acts: int
    lines: list[FileReport] = field(default_factory=lambda: [])
    faulty: list[str] = field(default_factory=lambda: [])
    left_out: list[Skipped] = field(default_factory=lambda: [])

    def readable(self, roots: Roots, who: Principal, found: Iterable[Found], known: Iterable[str]) -> list[Found]:
        """Leave out what a faulty file leaves open, and what is denied or out of its time.

        What is indexed and refused is for nobody, so it was left out before; what is named says why.
        """
        there, kept = set(known), list[Found]()
        for each in found:
            if any(inside(each.source, folder) for folder in self.faulty):
                continue
            if each.error or each.source in there or not self._refuses(roots, who, each.source):
                kept.append(each)
            elif each.named:
                kept.append(_refused(each))
            else:
                folder = each.source.rpartition("/")[0]
                self.left_out.append(Skipped(folder=folder, why=REFUSED, count=1, example=each.source))
        return kept

    def _refuses(self, roots: Roots, who: Principal, source: str) -> bool:
        with suppress(NotFound):  # what can't be looked at is told when it is read
            state = roots.stat(source)
            return is_over(self.book.holding(who.tenant, source, state.st_mtime_ns if state else None).values)
        return False


def look_beside(parts: Parts, roots: Roots, who: Principal, found: Sequence[Found], places: Sequence[str]) -> Beside:
    """Note what changed in the rights files of the folders of a run, and above them, and apply it."""
    ledger = RightsLedger(parts.settings.home)
    acts = ledger.acts()
    seen = Beside(Book(acts), len(acts))
    known = seen.book.files(who.tenant)
    folders = {above for each in found if not each.error for above in _above(each.source)}
    folders |= {folder for folder in known if any(inside(folder, place) for place in places)}
    changes: list[Statement] = []
    for folder in sorted(folders | {*places}):
        changes += _change(seen, roots, folder, known.get(folder, Rights()))
    if changes:
        with ledger.held():
            line = ledger.append(who, changes, by="file")
            note_event(parts.settings, who, "change", "rights", "rights file", what=line)
            apply_acts(ledger, parts.settings.home, parts.index)
        acts = ledger.acts()
        seen.book, seen.acts = Book(acts), len(acts)
    return seen


def _change(seen: Beside, roots: Roots, folder: str, before: Rights) -> list[Statement]:
    """Return what changed in the file of a folder; a file that can't be used is one line of the report."""
    read: list[Rights | None] = []

    def look() -> FileReport:
        read.append(rights_beside(roots, folder))
        return FileReport(source=folder, status="unchanged")

    line = report_of(f"{folder}/{NAME}", look)
    if line.problem:
        seen.lines.append(line)
        seen.faulty.append(folder)
    return [Statement(name=folder, set=each, was=_words(before)) for each in read if each and each.said != before.said]


def _words(rights: Rights) -> dict[str, str]:
    return {name: word_of(value) for name, value in rights.said.items()}


def _above(source: str) -> list[str]:
    parts = source.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _refused(found: Found) -> Found:
    refused = PolicyRefused(
        REFUSED, which=found.source, next_step="see them with: groundsight rights FILE, and change what is stated"
    )
    return Found(found.source, refused, named=True)
