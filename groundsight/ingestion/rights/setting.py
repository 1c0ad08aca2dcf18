"""Rights set and shown by whoever may: all names are looked up before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.access import PROTECTIVE, tenant_of
from groundsight.governance.events import note_event
from groundsight.governance.policy import policy_of, require_stated
from groundsight.governance.rights import FIELDS, Book, Rights, Statement, protection_of, word_of
from groundsight.governance.rights_ledger import RightsLedger
from groundsight.governance.sources import ending_so, inside, with_folders
from groundsight.ingestion.forget import is_there, readings
from groundsight.ingestion.reach import folders_of
from groundsight.ingestion.rights import Past, RightsLine, RightsReport
from groundsight.ingestion.rights.applying import apply_acts
from groundsight.types import Asset, Principal

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts


def set_rights(parts: Parts, names: Sequence[str | Path], given: Rights, who: Principal) -> RightsReport:
    """State rights of documents and folders, named by path or source; on a folder they hold for what comes later, too.

    Raises:
        PolicyRefused: the principal, or the policy, may not set them. NotFound: a name is no document and no folder
        that may be read. InvalidArgument: the consent has ended already, or a name means two things. Then nothing is
        set.
    """
    require_admin(who)
    require_future(given, "consent_until")
    require_stated(policy_of(parts.settings), given.said)
    known = parts.index.assets(tenant_of(who))
    sources = sources_of(parts, names, who, known)
    changed = state(parts, who, dict.fromkeys(sources, given), known)
    return what_holds(parts, sources, who).model_copy(update={"changed": changed})


def show_rights(parts: Parts, names: Sequence[str | Path], who: Principal, *, history: bool = False) -> RightsReport:
    """Tell what holds of documents and folders and where it comes from; with ``history`` what was stated of them, too.

    Raises:
        PolicyRefused, NotFound, InvalidArgument: as ``set_rights``.
    """
    require_admin(who)
    sources = sources_of(parts, names, who, parts.index.assets(tenant_of(who)))
    found = what_holds(parts, sources, who)
    return found.model_copy(update={"history": _past(parts, who, sources)}) if history else found


def state(parts: Parts, who: Principal, given: dict[str, Rights], known: Sequence[Asset]) -> int:
    """Write one act into the ledger, then into the index; return how many documents changed."""
    ledger = RightsLedger(parts.settings.home)
    with ledger.held():
        apply_acts(ledger, parts.settings.home, parts.index)
        book, at = ledger.book(), {each.source: each for each in known}
        changes = [Statement(name=name, set=each, was=_was(book, who, name, each, at)) for name, each in given.items()]
        line = ledger.append(who, changes)
        note_event(parts.settings, who, "change", "rights", "rights", what=line)
        return apply_acts(ledger, parts.settings.home, parts.index)


def what_holds(parts: Parts, sources: Sequence[str], who: Principal) -> RightsReport:
    """Tell what holds of these, each folder followed by the documents in it."""
    book, known = RightsLedger(parts.settings.home).book(), parts.index.assets(tenant_of(who))
    lines: dict[str, RightsLine] = {}
    for source in sources:
        below = [each for each in known if inside(each.source, source)]
        if source not in {each.source for each in below}:
            lines.setdefault(source, _of_folder(book, who, source, len(below)))
        for each in below:
            lines.setdefault(each.source, _of_document(book, each))
    return RightsReport(lines=tuple(lines.values()))


def require_admin(who: Principal) -> None:
    """Raise PolicyRefused unless a principal may set rights."""
    if not who.may_admin:
        raise PolicyRefused(
            "this principal may not set rights", next_step="ask whoever runs this, or use a token with the scope admin"
        )


def require_future(given: Rights, which: str) -> None:
    """Raise InvalidArgument where consent has ended already: deny the usage instead."""
    if given.consent_until is not None and given.consent_until < date.today():
        raise InvalidArgument(
            "the day of the consent is past",
            which=f"{which} = {given.consent_until}",
            limit=f"today ({date.today()}) or later",
            next_step="name a later day, or deny the usage",
        )


def sources_of(parts: Parts, names: Sequence[str | Path], who: Principal, known: Sequence[Asset]) -> list[str]:
    """Return the sources of each name: of a document, of a folder of documents, or of a folder that may be read.

    The roots in a folder count as well: a file is named by the innermost root, so the folder's own source misses them.
    """
    roots, stated = folders_of(parts, who), RightsLedger(parts.settings.home).book().names(who.tenant)
    found: dict[str, None] = {}
    for name in names:
        meant = sorted(
            source
            for source in readings(roots, name)
            if source in stated
            or any(inside(each.source, source) for each in known)
            or (source.partition("/")[0] in roots.names() and is_there(roots, source))
        )
        if len(meant) > 1:
            raise InvalidArgument(f"the name means {meant[0]} and {meant[1]}", which=str(name)[:80])
        meant += _roots_below(roots, meant[0] if meant else name)
        if not meant and (ends := ending_so(str(name).rstrip("/"), with_folders(each.source for each in known))):
            meant = [ends]
        if not meant:
            step = "ingest it first, or name a document or folder as list shows it"
            raise NotFound("no such document or folder may be read", which=str(name)[:80], next_step=step)
        found |= dict.fromkeys(meant)
    return list(found)


def _roots_below(roots: Roots, name: str | Path) -> list[str]:
    with suppress(NotFound):
        name = roots.path_of(str(name))
    with suppress(OSError, RuntimeError, ValueError):
        above = Path(name).expanduser().resolve()
        return sorted(root for root, at in roots.places().items() if above in at.parents)
    return []


def _was(book: Book, who: Principal, name: str, given: Rights, known: dict[str, Asset]) -> dict[str, str]:
    held = protection_of(known[name]) if name in known else _values(book, who, name)
    return {right: held[FIELDS[right]] for right in given.said}


def _values(book: Book, who: Principal, name: str) -> dict[str, str]:
    """What holds of a folder: of a document that lies in it and has nothing of its own."""
    held = book.holding(who.tenant, f"{name}/", region=who.region)
    return protection_of(Asset.model_construct(**held.values))


def _of_folder(book: Book, who: Principal, source: str, documents: int) -> RightsLine:
    origins = book.holding(who.tenant, f"{source}/", region=who.region).origins
    return RightsLine(source=source, values=_values(book, who, source), origins=origins, documents=documents)


def _of_document(book: Book, asset: Asset) -> RightsLine:
    """A value that differs from what is stated came with the document, or from the file that it lies in."""
    held = book.holding(asset.tenant, asset.source, asset.mtime_ns, asset.region)
    differs = {name for name in PROTECTIVE if getattr(asset, name) != held.values[name]}
    origins = {name: "set with the document" if name in differs else held.origins.get(name, "") for name in PROTECTIVE}
    return RightsLine(
        source=asset.source, values=protection_of(asset), origins={name: each for name, each in origins.items() if each}
    )


def _past(parts: Parts, who: Principal, sources: Sequence[str]) -> tuple[Past, ...]:
    return tuple(
        Past(time=act.time, user=act.user, by=act.by, name=change.name, was=change.was, to=_to(change))
        for act in RightsLedger(parts.settings.home).acts()
        if act.tenant == who.tenant
        for change in act.changes
        if any(inside(change.name, source) or inside(source, change.name) for source in sources)
    )


def _to(change: Statement) -> dict[str, str]:
    return {name: word_of(value) for name, value in change.set.said.items()}
