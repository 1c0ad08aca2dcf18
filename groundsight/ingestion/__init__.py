"""Files in, units out: the contract between a partitioner and the rest of ingestion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field

from groundsight.errors import error_line
from groundsight.limits import Limits
from groundsight.types import Box, LeftOut, Link, Shown, Time, Word
from groundsight.types.showing import number_of

ElementKind = Literal["heading", "text", "table", "figure", "picture", "page", "speech", "clip"]


class Element(Word):
    """One piece of a file in reading order.

    ``cells`` for tables, header row first. ``picture`` is the name of a PNG in the scratch folder:
    figures and pictures always have one, a ``page`` has one when it carries no text of its own
    and has to be read. ``text`` of a figure is its caption or the text beside it. ``mark`` is that of the unit.
    ``boxes`` are those of the cells, row by row, None where a cell is empty or its place is not known. ``meta`` are
    words about it that a reader does not see on the page: where its links lead. ``text`` of ``speech`` and of a
    ``clip`` is what is said in ``time``; ``seconds`` tells when each of its lines begins.
    """

    kind: ElementKind
    text: str = ""
    page: int | None = None
    box: Box | None = None
    section: str | None = None
    level: int = 0
    cells: tuple[tuple[str, ...], ...] = ()
    boxes: tuple[tuple[Box | None, ...], ...] = ()
    picture: str | None = None
    mark: str = ""
    meta: str = ""
    time: Time | None = None
    frame: float | None = None
    seconds: tuple[float, ...] = ()


class Sound(Word):
    """A stretch of sound: a file of the scratch folder with 16-bit samples, 16,000 a second, mono."""

    file: str
    time: Time


class Cue(Word):
    """What subtitles say in a stretch of time; ``track`` names those of several that a recording holds."""

    text: str
    time: Time
    track: str = ""


class Inside(Word):
    """A file that lies in a file: its name as the container tells it, and its bytes as a file of the scratch folder."""

    name: str
    file: str


class Rest(Word):
    """The further elements of a long file: a file of the scratch folder with one as JSON a line, and how many.

    ``is_cut`` says that some more were left out, because they are over ``limits.document_chars``.
    """

    file: str
    count: int
    is_cut: bool = False


class Parsed(Word):
    """Everything a partitioner read from one file, and the ledger of what it did not read.

    ``rest`` are the elements that follow ``elements`` in a file too long to be handed over as one.
    ``inside`` are files to be read as assets of their own, whose parent is this one. ``links`` tie the document as a
    whole to others (the mails of a thread). ``sounds`` are still to be heard, ``cues`` to be put beside what is heard.
    """

    media_type: str
    title: str = ""
    created: date | None = None
    pages: int | None = None
    elements: tuple[Element, ...] = ()
    rest: Rest | None = None
    sounds: tuple[Sound, ...] = ()
    cues: tuple[Cue, ...] = ()
    inside: tuple[Inside, ...] = ()
    links: tuple[Link, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()


class PictureOrder(Word):
    """One page or picture to show, as a PNG in the scratch folder; of a clip the frame at a second."""

    name: str
    page: int
    second: float | None = None
    box: Box | None
    limits: Limits
    render_dpi: int


class Partitioner(Protocol):
    """Runs inside the sandboxed child; may write pictures into ``scratch`` and nothing else."""

    def __call__(self, path: Path, media_type: str, scratch: Path, limits: Limits) -> Parsed: ...


class Problem(Shown):
    """One line of the report about one file: code, what, which, limit, next step."""

    code: str
    what: str
    which: str
    limit: str = ""
    next_step: str = ""

    def _text(self) -> str:
        return error_line(self.code, self.what, self.limit, self.next_step)


class FileReport(Shown):
    """What became of one file."""

    source: str
    status: Literal["added", "changed", "unchanged", "failed", "vanished", "removed", "opted out"]
    units: int = 0
    redactions: Mapping[str, int] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    problem: Problem | None = None

    def _text(self) -> str:
        problem = [f": {self.problem}"] if self.problem else []
        return "".join([f"{self.status}: {self.source}", *problem, *(f"\n  {warning}" for warning in self.warnings)])


class Skipped(Word):
    """Entries of one folder that are left out by the same rule: how many, and the source of the first."""

    folder: str
    why: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"left out: {self.example}{f' and {self.count - 1} more' if self.count > 1 else ''}, {self.why}"


class IngestReport(Shown):
    """The whole run; ``model_calls`` is 0 when nothing had changed. ``left_out`` were not looked at, by rule."""

    files: tuple[FileReport, ...]
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0
    vanished: int = 0
    removed: int = 0
    units: int = 0
    model_calls: int = 0
    redactions: Mapping[str, int] = Field(default_factory=dict)
    left_out: tuple[Skipped, ...] = ()
    degraded: tuple[str, ...] = ()
    receipt: str = ""

    def _text(self) -> str:
        told = [str(file) for file in self.files if file.problem or file.warnings]
        return "\n".join([ingest_counts(self), *told, *map(str, self.left_out)])


def ingest_counts(report: object) -> str:
    """Say what became of the files of a run, or of what has its counts: "25 added, 2 failed, 29 units"."""
    names = ("added", "changed", "unchanged", "failed", "vanished", "removed", "units")
    counts = ((int(getattr(report, name)), name) for name in names)
    told = [number_of(number, "unit") if name == "units" else f"{number} {name}" for number, name in counts if number]
    return ", ".join(told) or "nothing to read"
