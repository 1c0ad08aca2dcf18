"""The file beside documents that states their rights: data of whoever can write the folder, so it is read with care."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.rights import Rights, as_rights

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots

NAME, TABLE = ".groundsight.toml", "rights"
MOST_BYTES = 65_536


def is_rights_file(source: str) -> bool:
    """True for the file that states rights; it is never a document."""
    return source.rpartition("/")[2] == NAME


def rights_beside(roots: Roots, folder: str) -> Rights | None:
    """Return what the file in a folder states: nothing where there is none, None where the folder is away.

    Raises:
        InvalidArgument: it can't be read, is no TOML, too long, or states something unknown or of another kind.
    """
    source = f"{folder}/{NAME}"
    try:
        descriptor = roots.open_inside(source)
    except NotFound:
        return _absent(roots, folder, source)
    try:
        data = os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    return parsed_rights(data, source)


def _absent(roots: Roots, folder: str, source: str) -> Rights | None:
    """A file that is there and closed, or a folder that is away, lifts nothing."""
    try:
        # A folder, a pipe or a link that leads away in its place is no missing file.
        if roots.stat(source) is None and not os.path.lexists(roots.path_of(folder) / NAME):
            return Rights() if roots.holds_any(folder) else None
    except NotFound:
        return None
    step = "make it a plain file that can be read"
    raise InvalidArgument("the rights file can't be read", which=source, next_step=step)


def parsed_rights(data: bytes, which: str) -> Rights:
    """Return what the bytes of such a file state; ``which`` names it in an error. InvalidArgument as above."""
    if len(data) > MOST_BYTES:
        raise InvalidArgument("the rights file is too long", which=which, limit=f"{MOST_BYTES} bytes")
    try:
        told = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidArgument("the rights file is no TOML", which=which, next_step="correct it") from error
    for key in told:
        if key != TABLE:
            raise InvalidArgument(f"there is no key {key[:60]!r}", which=which, next_step=f"write under [{TABLE}]")
    table = told.get(TABLE, {})
    if not isinstance(table, dict):
        raise InvalidArgument(f"{TABLE} is no table", which=which, next_step=f"write [{TABLE}] on a line of its own")
    return as_rights(cast("dict[str, Any]", table), which)
