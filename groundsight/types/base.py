"""The base of all words, and the words for where something lies."""

from __future__ import annotations

from html import escape
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundsight.types.showing import seen

UnitKind = Literal["text", "table", "figure", "image", "page", "audio", "video"]
TextField = Literal["text", "caption", "ocr", "transcript", "meta"]
VectorName = Literal["text", "caption", "ocr", "visual", "meta", "sound"]
Channel = Literal[
    "text", "caption", "ocr", "visual", "meta", "sound",
    "bm25_text", "bm25_caption", "bm25_ocr", "bm25_transcript", "bm25_meta",
]  # fmt: skip
TEXT_FIELDS: tuple[TextField, ...] = ("text", "caption", "ocr", "transcript", "meta")
VECTOR_NAMES: tuple[VectorName, ...] = ("text", "caption", "ocr", "visual", "meta", "sound")
Stale = Literal["", "changed", "gone"]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0)]


class Word(BaseModel):
    """Base of all shared data: immutable, and closed against unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Shown(Word):
    """A word that people look at: ``print`` shows its text, a notebook its HTML.

    Both are without characters that nobody sees; the HTML is an escaped fragment without script and address.
    """

    def as_text(self) -> str:
        """Return the lines that a person reads."""
        return seen(self._text())

    def as_html(self) -> str:
        """Return the fragment that a notebook shows."""
        return seen(self._html())

    def _text(self) -> str:
        return repr(self)

    def _html(self) -> str:
        return f"<pre>{escape(self._text())}</pre>"

    def __str__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        return self.as_html()


class Box(Word):
    """A rectangle in fractions of the page or picture, origin top left."""

    x0: Fraction
    y0: Fraction
    x1: Fraction
    y1: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.x1 < self.x0 or self.y1 < self.y0:
            raise ValueError("a box needs x0 <= x1 and y0 <= y1")
        return self


class Span(Word):
    """Characters ``start`` (inclusive) to ``end`` (exclusive)."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError("a span needs start <= end")
        return self


class Time(Word):
    """A stretch of a recording or a clip, in seconds from its beginning."""

    start: Seconds
    end: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError("a time needs start <= end")
        return self


class Place(Word):
    """Where in its asset a unit lies; what does not apply is None.

    ``span`` counts in the asset's extracted text after redaction; ``section`` is a heading path,
    a sheet or a slide name. ``frame`` is the second of the frame that stands for a scene of a clip.
    """

    page: int | None = None
    box: Box | None = None
    span: Span | None = None
    section: str | None = None
    time: Time | None = None
    frame: Seconds | None = None

    @property
    def second(self) -> float | None:
        """Where a stretch of time begins."""
        return self.time.start if self.time else None


class TextLine(Word):
    """One line read from a picture: its text, where it stands and how sure the reader is (0 to 1)."""

    text: str
    box: Box
    confidence: Fraction


class Tag(Word):
    """A concept seen by the classifier, with its probability. Never a caption."""

    name: str
    probability: Fraction


class Link(Word):
    """A key that ties units together: a heading, a name, an id, a number with its unit.

    ``key`` is normalised (case folded, single spaces); ``shown`` is how the source writes it.
    """

    key: str
    shown: str
    role: Literal["heading", "mention"] = "mention"


class Lineage(Word):
    """How a derived field came to be: from which bytes, by which model, in which version."""

    field: str
    operation: str
    source_sha256: str
    model: str
    version: str
