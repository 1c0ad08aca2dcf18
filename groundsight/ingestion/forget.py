"""Forgetting: a document goes from the index, with all that was made from it and kept of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from shutil import rmtree
from typing import TYPE_CHECKING

from pydantic import Field

from groundsight.encoders.model_store import BESIDE_HOME, CHECKPOINTS
from groundsight.errors import GroundsightError, InvalidArgument, LimitExceeded, NotFound, PolicyRefused, StorageFailed
from groundsight.governance.access import reachable_by, tenant_of
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.incidents import IncidentBook
from groundsight.governance.optout import OptOut, OptOuts
from groundsight.governance.receipts import Receipts, new_receipt
from groundsight.governance.remembered import RememberedRights
from groundsight.governance.review import forget_reviews
from groundsight.governance.sources import ending_so, inside, with_folders
from groundsight.index.held import Held, rewritten, still_held
from groundsight.ingestion.derived import derived_of
from groundsight.ingestion.folder.ledger import erased, unread_by
from groundsight.ingestion.folder.notebook import forget_orders, forget_questions
from groundsight.ingestion.frozen import content_hash
from groundsight.ingestion.kept import forget_pages
from groundsight.ingestion.proof import Proof, pieces_of, prove, said_by
from groundsight.ingestion.reach import folders_of
from groundsight.operation.answer_cache import AnswerCache
from groundsight.types import Asset, Filter, Principal, Shown, Word

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts
    from groundsight.tracing import Watch


class ForgetReport(Shown):
    """What was forgotten, by source, and what this does not reach.

    ``still_there`` are files that the next ingest of their folder reads again; ``held`` are copies of the index that
    were made earlier and hold some of it, each with what to do; ``rewritten`` are those that held it. ``opted_out`` are
    the new entries of the list of what is never read again, ``proof`` is the search for what may be left. ``receipt``
    is the id of the audit record.
    """

    forgotten: tuple[str, ...]
    still_there: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()
    rewritten: tuple[str, ...] = ()
    opted_out: tuple[OptOut, ...] = ()
    proof: Proof | None = None
    pieces: tuple[bytes, ...] = Field(default=(), exclude=True, repr=False)
    receipt: str = ""

    def _text(self) -> str:
        then = "never read again" if self.opted_out else "read again by the next ingest"
        there = [f"still on the disk, and {then}: {source}" for source in self.still_there]
        copies = [f"also in {each.place}; {each.next_step}" for each in self.held]
        again = [f"written afresh without it: {place}" for place in self.rewritten]
        proof = [str(self.proof)] if self.proof else []
        return "\n".join([*(f"forgotten: {source}" for source in self.forgotten), *there, *again, *copies, *proof])


class Wish(Word):
    """What else is done on forgetting: ``opt_out`` keeps files, folders and contents from being read again,
    ``rewrite_snapshots`` writes the snapshots on record that hold them afresh.
    """

    opt_out: bool = False
    rewrite_snapshots: bool = False


def forget(
    parts: Parts,
    names: Sequence[str | Path],
    principal: Principal,
    watch: Watch,
    wish: Wish = Wish(),  # noqa: B008
) -> ForgetReport:
    """Forget files and folders, each named by its path, its source or the end of that, whether or not it still exists.

    All names are looked up before anything is removed. When it is interrupted, every document is either whole or
    gone, and the same call again does the rest.

    Raises:
        PolicyRefused: the principal may not write.
        NotFound: nothing of a name is there, or nothing that the principal may reach: both read alike.
        InvalidArgument: a name means one document as a path and another one as a source, or several end so.
        Locked: the documents are gone, but a long reader keeps the log of the index; call again.
        StorageFailed: the disk refused.
    """
    if not principal.may_write:
        raise PolicyRefused("this principal may not write", next_step="ask for the right to write")
    trail = _Trail(parts, principal, [str(name) for name in names])
    try:
        report = _forget(parts, [str(name) for name in names], principal, watch, wish)
    except GroundsightError as error:
        trail.end(error.error_code)
        raise
    proof = prove(parts, report.pieces, trail.id) if report.pieces else None
    return report.model_copy(update={"receipt": trail.end("OK"), "proof": proof, "pieces": ()})


def lift(parts: Parts, names: Sequence[str], principal: Principal) -> tuple[OptOut, ...]:
    """Take files, folders, contents or entries off the list of what is never read again; see ``Suite.lift``."""
    if not principal.may_write:
        raise PolicyRefused("this principal may not write", next_step="ask for the right to write")
    meant = sorted({each for name in names for each in (name, *readings(parts.roots, name))})
    contents = [content for source in meant for content in _contents(parts, source)]
    return OptOuts(parts.settings.home, principal.tenant).lift(meant, contents)


def _contents(parts: Parts, source: str) -> Iterator[str]:
    """Yield the hash of a file, or of every file below a folder; what can't be read has none."""
    try:
        below = parts.roots.listing(source)
    except NotFound:
        below = []
    for inner, kind in below:
        if kind in ("file", "folder"):
            yield from _contents(parts, inner)
    with suppress(NotFound, LimitExceeded):
        descriptor = parts.roots.open_inside(source)
        try:
            yield content_hash(descriptor, source, parts.settings.limits.file_bytes)
        finally:
            os.close(descriptor)


def erase(parts: Parts, gone: Sequence[Asset], where: Filter, watch: Watch) -> None:
    """Remove assets: what was made and kept of them first, so that a kill in between leaves them to be named again."""
    derived = derived_of(parts.settings)
    derived.forget_other_profiles()
    RememberedRights(parts.settings.home).add(gone)
    forget_reviews(parts.settings.home, [asset.asset_id for asset in gone])
    for made in (BESIDE_HOME, CHECKPOINTS):
        rmtree(parts.settings.home / made, ignore_errors=True)
    ids = {asset.asset_id for asset in gone}
    left = [asset for asset in parts.index.assets(Filter()) if asset.asset_id not in ids] if gone else []
    if gone:
        _forget_in_incidents(parts, gone, left)
        forget_questions(parts.settings.home, {asset.tenant for asset in gone})
        forget_orders(parts.settings.home, [asset.source for asset in gone])
        Receipts(Path(parts.settings.home), 0).forget(asset.asset_id for asset in gone)
    for number, asset in enumerate(gone):
        watch.step(number, len(gone), asset.source)
        derived.forget(asset.tenant, asset.source)
    try:
        forget_pages(parts.settings.home, gone, left)
    except OSError as error:
        raise StorageFailed("kept pages can't be removed", which="pages", next_step="correct the rights") from error
    answers = AnswerCache(parts.settings.home, parts.settings.operation.cache_minutes)
    answers.clear()
    parts.index.delete([asset.asset_id for asset in gone], where)
    parts.searches.clear()
    answers.clear()  # one may have been kept meanwhile


def _forget_in_incidents(parts: Parts, gone: Sequence[Asset], left: Sequence[Asset]) -> None:
    book = IncidentBook(parts.settings.home)
    if book.is_used:
        units = (unit for asset in gone for unit in parts.index.units(asset.asset_id, Filter()))
        book.forget(gone, left, [text for unit in units for text in said_by(unit)])


def readings(roots: Roots, name: str | Path) -> set[str]:
    """Return the sources that a name may mean: it is one, or it is a path, of something there or gone."""
    found = {str(name).rstrip("/")} - {""}
    with suppress(NotFound):
        found.add(roots.source_of_any(Path(name)))
    return found


def is_there(roots: Roots, source: str) -> bool:
    """True when a source leads to a file or folder, or lies in a file that is there."""
    with suppress(NotFound):
        return bool(roots.source_of(source))
    with suppress(NotFound):
        return any(roots.stat(str(each)) is not None for each in PurePosixPath(source).parents[:-2])
    return False


def _forget(parts: Parts, names: Sequence[str], principal: Principal, watch: Watch, wish: Wish) -> ForgetReport:
    where, derived = reachable_by(principal), derived_of(parts.settings)
    everyone = parts.index.assets(tenant_of(principal))
    held = None if principal.roots is None else folders_of(parts, principal).names()

    def reachable() -> list[Asset]:
        return [each for each in parts.index.assets(where) if held is None or each.source.partition("/")[0] in held]

    named = [each.source for each in (*reachable(), *unread_by(parts, principal))]

    def left(name: str, gone: Sequence[Asset] = ()) -> bool:
        """True for work on files that never became documents, or whose documents are all gone."""
        others = (each for each in everyone if each not in gone)
        return derived.holds(principal.tenant, name) and not any(inside(each.source, name) for each in others)

    def known(name: str) -> bool:
        return any(inside(source, name) for source in named) or (held is None and left(name))

    try:
        wanted = [_source_of(parts, name, known, named) for name in names]
    except NotFound:
        parts.index.delete([], where)  # finishes what was interrupted after its last document
        raise
    opted = OptOuts(parts.settings.home, principal.tenant) if wish.opt_out else None

    def meant() -> list[Asset]:
        """Return what lies under the names, and with it what is opted out wherever it lies."""
        found = reachable()
        own = {each.source for each in found if any(inside(each.source, name) for name in wanted)}
        return [each for each in found if each.source in own or (opted and opted.holds(each.source, each.sha256))]

    gone, new = meant(), tuple[OptOut, ...]()
    # Looked for behind the list: what is committed meanwhile is found here, or finds itself on the list.
    while opted and (more := opted.add(wanted, (asset.sha256 for asset in gone))):
        gone, new = meant(), (*new, *more)
    pieces = pieces_of(parts, gone)
    again = rewritten(parts.settings, gone) if wish.rewrite_snapshots else ()
    copies = still_held(parts.settings, gone)
    for name in wanted:
        if held is None and left(name, gone):
            derived.forget(principal.tenant, name)
    erase(parts, gone, where, watch)
    erased(parts, principal, wanted)
    there = tuple(asset.source for asset in gone if is_there(parts.roots, asset.source))
    names_gone = tuple(asset.source for asset in gone)
    return ForgetReport(
        forgotten=names_gone, still_there=there, held=copies, rewritten=again, opted_out=new, pieces=pieces
    )


def _source_of(parts: Parts, name: str, known: Callable[[str], bool], named: Sequence[str]) -> str:
    """Return the source that a name means, be it a path, a source, or the end of one or of a folder on its way."""
    found = sorted(filter(known, readings(parts.roots, name)))
    if not found and (ends := ending_so(name.rstrip("/"), with_folders(named))):
        return ends
    if not found:
        raise NotFound("nothing of this name is indexed", which=name, next_step="name a source as list shows it")
    if len(found) > 1:
        raise InvalidArgument(
            f"the name means {found[0]} and {found[1]}", which=name, next_step="write the path in full"
        )
    return found[0]


class _Trail:
    """The record of one forgetting: by whom, which assets, how it ended; the names only as a keyed hash."""

    def __init__(self, parts: Parts, principal: Principal, names: Sequence[str]) -> None:
        self._log = AuditLog(parts.settings.home / "audit") if parts.settings.governance.audit else None
        self._start = time.perf_counter()
        if self._log is None:
            return
        self._record = AuditRecord(
            kind="begin",
            id=new_receipt(),
            tenant=principal.tenant,
            user=principal.user,
            door="engine",
            tool="forget",
            request=self._log.fingerprint(json.dumps(names)),
        )
        self._log.append(self._record)

    @property
    def id(self) -> str:
        """The id of the record, nothing without a trail."""
        return self._record.id if self._log else ""

    def end(self, outcome: str) -> str:
        """Write how it ended and return the id of the record, nothing without a trail."""
        if self._log is None:
            return ""
        seconds = round(time.perf_counter() - self._start, 4)
        self._log.append(self._record.model_copy(update={"kind": "end", "outcome": outcome, "seconds": seconds}))
        return self._record.id
