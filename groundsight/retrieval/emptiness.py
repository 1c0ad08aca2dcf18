"""Why a search found nothing: nothing is there for this caller, or nothing passes the filters of the query."""

from __future__ import annotations

import difflib
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, get_args

from groundsight.governance.access import visible_to
from groundsight.settings import Governance, Settings, elsewhere
from groundsight.types import Condition, Filter, Nothing, UnitKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundsight.parts import Parts
    from groundsight.types import Principal

MOST_NEAR = 3


def emptiness(parts: Parts, principal: Principal, where: Filter | None = None) -> Nothing | None:
    """Name what is missing, None where documents are there to be found.

    An empty index and one that holds only what others may see read alike.
    """
    if not parts.index.count(visible_to(principal)).units:
        why = "no document that you may see is indexed yet"
        return Nothing(reason="empty_index", why=why, remedy=f"run: {ingest_command(parts.settings)}")
    if where is not None and not parts.index.count(where).units:
        why = "documents are indexed, but none passes the filters of this query"
        near = "; ".join(_near(parts, visible_to(principal), where))
        return Nothing(reason="empty_filter", why=why, remedy=near or "widen or leave out the filter")
    return None


def _near(parts: Parts, seen: Filter, where: Filter) -> list[str]:
    """Name for each filter what it could have been, of what the caller may see."""
    assets = parts.index.assets(seen)
    sources, days = [each.source for each in assets], sorted(each.created for each in assets if each.created)
    told: list[str] = []
    for each in where.conditions:
        match each.field:
            case "source" if each.op == "prefix":
                told.append(f"near sources: {', '.join(_alike(str(each.value), sources))}")
            case "kind":
                kinds = (Condition(field="kind", op="eq", value=kind) for kind in get_args(UnitKind))
                there = [str(kind.value) for kind in kinds if parts.index.count(seen.also(kind)).units]
                told.append(f"kinds that are there: {', '.join(there)}")
            case "created":
                told.append(f"dates that are there: {days[0]} to {days[-1]}" if days else "no document has a date")
            case _:
                pass
    return list(dict.fromkeys(told))


def _alike(named: str, sources: Sequence[str]) -> list[str]:
    """Return the folders and sources that hold what was named or are spelled nearly so, at most three."""
    folders = {folder for source in sources for folder in _above(source)}
    known, words = [*sorted(folders), *sources], named.casefold().strip("/")
    holding = [each for each in known if words and words in each.casefold()]
    spelled = {each.rstrip("/").rpartition("/")[2].casefold(): each for each in reversed(known)}
    near = difflib.get_close_matches(words.rpartition("/")[2], spelled, n=MOST_NEAR)
    return (holding or [spelled[each] for each in near] or known)[:MOST_NEAR]


def _above(source: str) -> Iterator[str]:
    way = source.split("/")
    return ("/".join(way[:depth]) + "/" for depth in range(1, len(way)))


def ingest_command(settings: Settings) -> str:
    """Return the command that indexes the folders of these settings, as a shell takes it.

    Where callers come with tokens the machine's folders are nothing to tell them.
    """
    if settings.server.token or settings.server.callers:
        return "groundsight ingest FOLDER (on the machine of the server)"
    program = ["groundsight"] if shutil.which("groundsight") else [sys.executable, "-m", "groundsight.cli"]
    folders = [str(folder) for folder in settings.roots] or ["FOLDER"]
    tenant = [] if settings.governance.tenant == Governance().tenant else ["--tenant", settings.governance.tenant]
    return shlex.join([*program, "ingest", *folders, *tenant]) + elsewhere(settings.home)
