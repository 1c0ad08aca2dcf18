"""The forget tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.tools.bounds import one_line
from groundsight.tools.results import NAME_CHARS, QUOTE_CHARS, Result

if TYPE_CHECKING:
    from groundsight.suite import Suite

MOST_LINES = 50


class Forgotten(Result):
    """What was forgotten, what of it lies on the disk still, and copies of the index that hold it."""

    forgotten: tuple[str, ...]
    still_there: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    def as_text(self) -> str:
        """One line each."""
        there = [f"still on the disk, and read again by the next ingest: {source}" for source in self.still_there]
        return "\n".join([*(f"forgotten: {source}" for source in self.forgotten), *there, *self.held])


def forget(
    suite: Suite,
    names: Annotated[
        list[str], Field(description="sources of files or folders, or their ends", min_length=1, max_length=100)
    ],
) -> Forgotten:
    """To remove files or folders from the index with all that was made from them; the files themselves stay."""
    report = suite.forget(names)
    return Forgotten(
        forgotten=tuple(one_line(source, NAME_CHARS) for source in report.forgotten[:MOST_LINES]),
        still_there=tuple(one_line(source, NAME_CHARS) for source in report.still_there[:MOST_LINES]),
        held=tuple(one_line(f"also in {each.place}; {each.next_step}", QUOTE_CHARS) for each in report.held),
        truncated=len(report.forgotten) > MOST_LINES,
    )
