"""Rights of documents: set, shown, exported and applied, and what of a folder they keep from being read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from groundsight.types import Shown
from groundsight.types.showing import some_of


class RightsLine(Shown):
    """What holds of one document or folder, as words by name, and where each value comes from that was stated.

    Of a folder it is what holds of what is read there from now on, and ``documents`` counts those that it holds.
    """

    source: str
    values: Mapping[str, str]
    origins: Mapping[str, str] = {}
    documents: int | None = None

    def _text(self) -> str:
        held = "" if self.documents is None else f" (folder, documents: {self.documents})"
        return f"{self.source}{held}\n{self.held}"

    @property
    def held(self) -> str:
        """What holds, one line each."""
        return "\n".join(f"  {name}: {value}{self._from(name)}" for name, value in self.values.items())

    def _from(self, name: str) -> str:
        return f" ({self.origins[name]})" if name in self.origins else ""


class Past(Shown):
    """One act of the past: when and by whom (a person, or the file of a folder), of which name, from what to what."""

    time: str
    user: str
    by: str
    name: str
    was: Mapping[str, str]
    to: Mapping[str, str]

    def _text(self) -> str:
        steps = ", ".join(f"{name}: {self.was.get(name, '?')} -> {value}" for name, value in self.to.items())
        how = " by the rights file" if self.by == "file" else ""
        return f"{self.time} {self.user}{how} {self.name}: {steps or 'nothing stated any more'}"


class RightsReport(Shown):
    """What holds of the names that were asked for, how many documents changed, and on request what was before."""

    lines: tuple[RightsLine, ...] = ()
    changed: int = 0
    history: tuple[Past, ...] = ()
    forgotten: tuple[str, ...] = ()

    def _text(self) -> str:
        changed = [f"changed: {self.changed}"] if self.changed else []
        gone = (f"forgotten, its retention has ended: {source}" for source in self.forgotten)
        told = [*changed, *self._blocks(), *map(str, self.history), *gone]
        return "\n".join(told) or "nothing to forget: no retention has ended"

    def _blocks(self) -> Iterator[str]:
        """Yield what holds of each folder, and once what holds of several documents alike."""
        yield from (str(line) for line in self.lines if line.documents is not None)
        alike: dict[str, list[str]] = {}
        for line in self.lines:
            if line.documents is None:
                alike.setdefault(line.held, []).append(line.source)
        for held, sources in alike.items():
            head = sources[0] if len(sources) == 1 else f"{len(sources)} documents: {some_of(sources)}"
            yield f"{head}\n{held}"


class ConsentReport(Shown):
    """What an import did: documents that were set, that were so already, that nobody knows, and lines refused.

    Where a line is refused (its number from 1, and why) nothing was set.
    """

    set: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()

    def _text(self) -> str:
        head = f"set: {len(self.set)}, same: {len(self.same)}, unknown: {len(self.unknown)}, "
        lines = (f"line {number}: {why}" for number, why in self.refused)
        nothing = ["nothing was set"] if self.refused else []
        return "\n".join(
            [head + f"refused: {len(self.refused)}", *nothing, *lines, *(f"unknown: {each}" for each in self.unknown)]
        )


class Written(Shown):
    """Where a table was written."""

    file: str

    def _text(self) -> str:
        return f"written: {self.file}"
