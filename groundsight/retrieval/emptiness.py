"""Why a search found nothing: nothing is there for this caller, or nothing passes the filters of the query."""

from __future__ import annotations

import shlex
import shutil
import sys
from typing import TYPE_CHECKING

from groundsight.governance.access import visible_to
from groundsight.settings import Settings, elsewhere
from groundsight.types import Filter, Nothing

if TYPE_CHECKING:
    from groundsight.parts import Parts
    from groundsight.types import Principal


def emptiness(parts: Parts, principal: Principal, where: Filter | None = None) -> Nothing | None:
    """Name what is missing, None where documents are there to be found.

    An empty index and one that holds only what others may see read alike.
    """
    if not parts.index.count(visible_to(principal)).units:
        why = "no document that you may see is indexed yet"
        return Nothing(reason="empty_index", why=why, remedy=f"run: {ingest_command(parts.settings)}")
    if where is not None and not parts.index.count(where).units:
        why = "documents are indexed, but none passes the filters of this query"
        return Nothing(reason="empty_filter", why=why, remedy="widen or leave out source, kind and dates")
    return None


def ingest_command(settings: Settings) -> str:
    """Return the command that indexes the folders of these settings, as a shell takes it.

    Where callers come with tokens the machine's folders are nothing to tell them.
    """
    if settings.server.token or settings.server.callers:
        return "groundsight ingest FOLDER (on the machine of the server)"
    program = ["groundsight"] if shutil.which("groundsight") else [sys.executable, "-m", "groundsight.cli"]
    folders = [str(folder) for folder in settings.roots] or ["FOLDER"]
    return shlex.join([*program, "ingest", *folders]) + elsewhere(settings.home)
