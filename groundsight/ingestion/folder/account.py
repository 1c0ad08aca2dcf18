"""The account of one file: read, failed, left out, not looked at yet or changed since, and what of it was not taken."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.optout import OptOuts
from groundsight.governance.sources import ending_so, no_such_file
from groundsight.ingestion.apart import remarks
from groundsight.ingestion.folder.ledger import Unread, unread_by
from groundsight.ingestion.folder.rules import Rules
from groundsight.ingestion.forget import readings
from groundsight.ingestion.reach import folders_of, source_for
from groundsight.ingestion.stale import stale_of
from groundsight.settings import elsewhere
from groundsight.types import Asset, Principal, Stale, Word

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts

State = Literal["indexed", "failed", "left out", "not read yet"]


class Account(Word):
    """What became of a file, why in a sentence, and what to do; ``document`` as it is indexed, if it is."""

    source: str
    state: State
    why: str
    next_step: str = ""
    document: Asset | None = None
    stale: Stale = ""


def account(parts: Parts, who: Principal, name: str) -> Account:
    """Tell what became of a file, named by its path, its source, or the end of its source.

    Raises:
        NotFound: it is not there, not in the caller's folders, or another's: all read alike.
        InvalidArgument: several files end so.
    """
    documents = {each.source: each for each in parts.index.assets(visible_to(who))}
    failed = {each.source: each for each in unread_by(parts, who)}
    source = _meant(parts, who, name, [*documents, *failed])
    if source in failed:
        return _failed(failed[source], documents.get(source))
    if source in documents:
        return _indexed(parts, documents[source])
    held = folders_of(parts, who)
    is_link = _is_link(held, source)
    why = Rules(held, parts.settings).why_on_the_way(source, "link" if is_link else "file")
    if why:
        step = "name the file that it leads to" if is_link else "name the file itself to read it"
        return Account(source=source, state="left out", why=why, next_step=step)
    if OptOuts(parts.settings.home, who.tenant).holds(source):
        step = f"groundsight forget --lift {source}{elsewhere(parts.settings.home)}"
        return Account(source=source, state="left out", why="it is opted out", next_step=step)
    step = f"groundsight ingest {source}{elsewhere(parts.settings.home)}"
    return Account(source=source, state="not read yet", why="no ingest has looked at it", next_step=step)


def _meant(parts: Parts, who: Principal, name: str, known: Sequence[str]) -> str:
    """Return the source that a name means: of what is known by a path or by its end, else of what lies on the disk."""
    held = folders_of(parts, who)
    exact = sorted(readings(held, name) & set(known))
    if len(exact) > 1:
        raise InvalidArgument(f"the name means {exact[0]} and {exact[1]}", which=name[:80])
    if found := exact[0] if exact else ending_so(name.strip("/"), known):
        return found
    for tried in (name, *(f"{root}/{name}" for root in held.names())):
        with suppress(NotFound):
            source = source_for(parts, who, tried)
            if held.stat(source) is not None:
                return source
    for tried in (*sorted(readings(held, name)), *(f"{root}/{name}" for root in held.names())):
        if _is_link(held, tried):
            return tried
    raise no_such_file()


def _is_link(held: Roots, source: str) -> bool:
    with suppress(NotFound):
        return (source, "link") in held.listing(source.rpartition("/")[0])
    return False


def _failed(note: Unread, before: Asset | None) -> Account:
    kept = ", and what is indexed is its state of before" if before else ""
    return Account(
        source=note.source,
        state="failed",
        why=f"{note.what}{f' ({note.limit})' if note.limit else ''} [{note.code}], tried on {note.tried}{kept}",
        next_step=note.next_step,
        document=before,
    )


def _indexed(parts: Parts, asset: Asset) -> Account:
    stale = stale_of(parts, asset)
    told = {"": "it is read as it is now", "changed": "the file has changed since", "gone": "the file is gone since"}
    # What was left out is told in lines of its own.
    apart = {*map(str, asset.left_out), *remarks(asset.unseen)}
    parts_left = "; ".join(one for one in asset.warnings if one not in apart)
    why = f"{told[stale]}{f'; {parts_left}' if parts_left else ''}"
    step = f"groundsight ingest --prune {asset.source}{elsewhere(parts.settings.home)}" if stale else ""
    return Account(source=asset.source, state="indexed", why=why, next_step=step, document=asset, stale=stale)
