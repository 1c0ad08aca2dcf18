"""What of the folders is not in the index, and why: files that failed, and entries that are left out by rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import date
from typing import TYPE_CHECKING

from groundsight.errors import error_line
from groundsight.governance.access import PROTECTIVE, matches, reachable_by, tenant_of, visible_to
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.governance.sources import inside
from groundsight.ingestion.folder.notebook import notebook
from groundsight.ingestion.reach import folders_of
from groundsight.types import Asset, Filter, Principal, UsageRights, Word

if TYPE_CHECKING:
    from sqlite3 import Connection

    from groundsight.ingestion import FileReport, Skipped
    from groundsight.parts import Parts


class Unread(Word):
    """A file that could not be read: the error's code, what, limit and next step, and the day of the last try.

    What protects it is taken from the document that it was before, else from who tried.
    """

    source: str
    code: str
    what: str
    limit: str = ""
    next_step: str = ""
    tried: str = ""
    tenant: str = "default"
    region: str = "global"
    labels: tuple[str, ...] = ()
    owner: str = ""
    purposes: tuple[str, ...] = ()
    usage_rights: UsageRights = "approved"
    consent_until: date | None = None
    retain_until: date | None = None

    def __str__(self) -> str:
        return error_line(self.code, self.what, self.limit, self.next_step)

    def passes(self, where: Filter) -> bool:
        """Tell whether a filter on assets lets it through."""
        told = self.model_dump(include={"source", "tenant", *PROTECTIVE})
        return matches(where, Asset(asset_id="", media_type="", title="", sha256="", bytes=0, **told))


def settle(
    parts: Parts, who: Principal, places: Sequence[str], files: Iterable[FileReport], skipped: Iterable[Skipped]
) -> None:
    """Replace what is noted of these places, as far as this principal sees it, by what a run tells of them."""
    failed = _notes(parts, who, [each for each in files if each.problem])
    with notebook(parts.settings.home) as book:
        _clear(book, who, places, visible_to(who))
        rows = [(who.tenant, each.source, each.model_dump_json()) for each in failed]
        book.executemany("INSERT OR REPLACE INTO unread VALUES (?, ?, ?)", rows)
        left = [(who.tenant, each.folder, each.why, each.model_dump_json()) for each in skipped]
        book.executemany("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?, ?)", left)


def _notes(parts: Parts, who: Principal, failed: Sequence[FileReport]) -> list[Unread]:
    """What protects the document that a file was, or the file that it lies in, protects the note."""
    known = {each.source: each for each in parts.index.assets(tenant_of(who))} if failed else {}
    notes, book = list[Unread](), RightsLedger(parts.settings.home).book()
    for each in failed:
        way = each.source.split("/")
        above = ["/".join(way[:depth]) for depth in range(len(way), 0, -1)]
        guard = next((known[source] for source in above if source in known), None)
        stated = book.holding(who.tenant, each.source, region=who.region).values
        told = guard.model_dump(include=set(PROTECTIVE)) if guard else stated
        words = each.problem.model_dump(include={"code", "what", "limit", "next_step"}) if each.problem else {}
        day = date.today().isoformat()
        notes.append(
            Unread.model_validate({"source": each.source, "tried": day, "tenant": who.tenant, **words, **told})
        )
    return notes


def erased(parts: Parts, who: Principal, names: Sequence[str]) -> None:
    """Take all notes of these files and folders away that are in reach of a principal."""
    with notebook(parts.settings.home) as book:
        _clear(book, who, names, reachable_by(who))


def _clear(book: Connection, who: Principal, names: Sequence[str], where: Filter) -> None:
    places = frozenset(names)
    noted = book.execute("SELECT source, told FROM unread WHERE tenant = ?", (who.tenant,)).fetchall()
    gone = [source for source, told in noted if _in(source, places) and Unread.model_validate_json(told).passes(where)]
    book.executemany("DELETE FROM unread WHERE tenant = ? AND source = ?", [(who.tenant, source) for source in gone])
    folders = {folder for (folder,) in book.execute("SELECT folder FROM skipped WHERE tenant = ?", (who.tenant,))}
    left = [(who.tenant, folder) for folder in folders if _in(folder, places)]
    book.executemany("DELETE FROM skipped WHERE tenant = ? AND folder = ?", left)


def _in(source: str, places: Set[str]) -> bool:
    """True when a source is one of many places, or lies in one."""
    parts = source.split("/")
    return any("/".join(parts[:depth]) in places for depth in range(1, len(parts) + 1))


def unread_by(parts: Parts, who: Principal) -> tuple[Unread, ...]:
    """Return the files that could not be read, as far as a caller may know of them: it holds their folder, nothing
    that protects them keeps them from it, and no document of that name is there for others only.
    """
    with notebook(parts.settings.home, reading=True) as book:
        rows = book.execute("SELECT told FROM unread WHERE tenant = ? ORDER BY source", (who.tenant,)).fetchall()
    found = [Unread.model_validate_json(told) for (told,) in rows]
    where, held = visible_to(who), folders_of(parts, who).names()
    mine = [each for each in found if each.passes(where) and each.source.partition("/")[0] in held]
    hidden = _hidden(parts, who) if mine else set[str]()
    return tuple(each for each in mine if each.source not in hidden)


def skipped_by(parts: Parts, who: Principal) -> tuple[Skipped, ...]:
    """Return what is left out by rule in the folders of a caller, without the names of what is there for others."""
    from groundsight.ingestion import Skipped

    with notebook(parts.settings.home, reading=True) as book:
        rows = book.execute("SELECT told FROM skipped WHERE tenant = ? ORDER BY folder, why", (who.tenant,)).fetchall()
    found, held = [Skipped.model_validate_json(told) for (told,) in rows], folders_of(parts, who).names()
    mine = [each for each in found if each.folder.partition("/")[0] in held]
    hidden = _hidden(parts, who) if mine else set[str]()
    return tuple(each for each in mine if not any(inside(source, each.example) for source in hidden))


def _hidden(parts: Parts, who: Principal) -> set[str]:
    seen = {each.source for each in parts.index.assets(visible_to(who))}
    return {each.source for each in parts.index.assets(tenant_of(who))} - seen
