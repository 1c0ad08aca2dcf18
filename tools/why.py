"""The why tool: what became of a file, and how it fares with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.tools.bounds import one_line
from groundsight.tools.results import NAME_CHARS, Result, Shape
from groundsight.types import Stale

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Rank(Shape):
    """Where a channel ranks the best part of the file among all, None where beyond its candidates."""

    channel: str
    rank: int | None
    raw: float


class Reasons(Result):
    """What became of a file and why; with a question, its place among the hits and what decided."""

    source: str
    state: Literal["indexed", "failed", "left out", "not read yet"]
    why: str
    next_step: str = ""
    stale: Stale = ""
    left_out: tuple[str, ...] = ()
    found: str = ""
    place: int | None = None
    channels: tuple[Rank, ...] = ()

    def as_text(self) -> str:
        """The state, the reason, what to do, and the ranks."""
        ranks = [f"- {each.channel}: {f'rank {each.rank}' if each.rank else 'not among its best'} ({each.raw:g})"
                 for each in self.channels]  # fmt: skip
        head = f"{self.source}: {self.state}: {self.why}"
        step = f"Next: {self.next_step}" if self.next_step else ""
        return "\n".join(filter(None, [head, *(f"- {each}" for each in self.left_out), step, self.found, *ranks]))


def why(
    suite: Suite,
    file: Annotated[str, Field(description="source or name of the file", min_length=1, max_length=1_000)],
    question: Annotated[str, Field(description="a question that should find it", max_length=8_192)] = "",
) -> Reasons:
    """When a file is not found: why it was not read, what was left out, and why a question does not find it."""
    from groundsight.ingestion.apart import remarks

    told, fate = suite.why(file, question)
    left = (*told.document.left_out, *remarks(told.document.unseen)) if told.document else ()
    return Reasons(
        source=one_line(told.source, NAME_CHARS),
        state=told.state,
        why=one_line(told.why, 1_000),
        next_step=one_line(told.next_step, 600),
        stale=told.stale,
        left_out=tuple(one_line(str(each), NAME_CHARS) for each in left[:50]),
        found=one_line(fate.why, 600) if fate else "",
        place=fate.place if fate else None,
        channels=tuple(Rank(**each.model_dump()) for each in fate.channels) if fate else (),
    )
