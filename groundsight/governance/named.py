"""Things that a person names by the beginning of their id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from groundsight.errors import InvalidArgument, NotFound


class _Numbered(Protocol):
    @property
    def id(self) -> str: ...


Named = TypeVar("Named", bound=_Numbered)


def named(found: Iterable[Named], name: str, what: str, listing: str) -> Named:
    """Return the one whose id begins so.

    Raises:
        NotFound: there is none. InvalidArgument: no id is given, or several begin so.
    """
    if not name:
        raise InvalidArgument(f"no {what} is named", which="ID", next_step=f"{listing} shows the ids")
    same = [each for each in found if each.id.startswith(name)]
    if len(same) > 1:
        raise InvalidArgument(f"{len(same)} {what}s begin so", which=name[:40], next_step="write more of the id")
    if not same:
        raise NotFound(f"there is no such {what}", which=name[:40], next_step=listing)
    return same[0]
