"""The words of the house: frozen, closed data that every room speaks.

Shapes and units used throughout:
- a ``Box`` is in fractions of the page or picture (0 to 1), origin top left, so it survives any rendering;
- a ``Span`` is in characters, end exclusive, into the text named beside it;
- pages count from 1; dates are ISO 8601; scores are plain floats, higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

UnitKind = Literal["text", "table", "figure", "image", "page", "audio", "video"]
TextField = Literal["text", "caption", "ocr", "transcript", "meta"]
VectorName = Literal["text", "caption", "ocr", "visual", "meta"]
Channel = Literal[
    "text", "caption", "ocr", "visual", "meta",
    "bm25_text", "bm25_caption", "bm25_ocr", "bm25_transcript", "bm25_meta",
]  # fmt: skip
TEXT_FIELDS: tuple[TextField, ...] = ("text", "caption", "ocr", "transcript", "meta")
VECTOR_NAMES: tuple[VectorName, ...] = ("text", "caption", "ocr", "visual", "meta")
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
VerdictLabel = Literal["supported", "contradicted", "unsupported", "not_checkable", "unverified"]
AnswerStatus = Literal["answered", "partial", "abstained", "refused"]


class Word(BaseModel):
    """Base of all shared data: immutable, and closed against unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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


class Place(Word):
    """Where in its asset a unit lies; what does not apply is None.

    ``span`` counts in the asset's extracted text after redaction; ``section`` is a heading path,
    a sheet or a slide name.
    """

    page: int | None = None
    box: Box | None = None
    span: Span | None = None
    section: str | None = None


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


class Asset(Word):
    """One source file or record. ``asset_id`` is derived from tenant, source and content hash.

    ``labels`` are the groups that may read it (none: everyone in the tenant);
    ``consent_until`` is the last day on which it may be used (None: no limit).
    """

    asset_id: str
    source: str
    media_type: str
    title: str
    sha256: str
    bytes: int
    created: date | None = None
    tenant: str = "default"
    region: str = "global"
    labels: tuple[str, ...] = ()
    usage_rights: Literal["approved", "restricted"] = "approved"
    consent_until: date | None = None
    phash: str | None = None
    pages: int | None = None
    redactions: Mapping[str, int] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Unit(Word):
    """The smallest thing that is retrieved and cited: a chunk, a table, a figure, a picture, a page.

    The five text fields are its channels. ``cells`` (tables only) is row by row, the header first.
    """

    unit_id: str
    asset_id: str
    ordinal: int
    kind: UnitKind
    place: Place = Place()
    heading: str = ""
    text: str = ""
    caption: str = ""
    ocr: str = ""
    transcript: str = ""
    meta: str = ""
    cells: tuple[tuple[str, ...], ...] = ()
    lines: tuple[TextLine, ...] = ()
    tags: tuple[Tag, ...] = ()
    links: tuple[Link, ...] = ()
    lineage: tuple[Lineage, ...] = ()

    def field(self, name: TextField) -> str:
        """Return the text of one channel, empty when the unit has none."""
        return str(getattr(self, name))


class Condition(Word):
    """One test on a stored field; list fields (``labels``) match when any value is shared (``any_of``)."""

    field: Literal[
        "tenant", "region", "labels", "usage_rights", "consent_until", "asset_id", "source",
        "media_type", "kind", "created", "page",
    ]  # fmt: skip
    op: Literal["eq", "in", "any_of", "ge", "le", "prefix"]
    value: str | int | tuple[str, ...]


class Filter(Word):
    """Conditions that must all hold. An empty filter lets everything through.

    Missing values: ``created`` and ``page`` fail ``ge``/``le`` when absent; an absent
    ``consent_until`` counts as far in the future; no ``labels`` count as the label ``*``.
    """

    conditions: tuple[Condition, ...] = ()

    def also(self, *more: Condition) -> Filter:
        """Return this filter narrowed by further conditions."""
        return Filter(conditions=self.conditions + more)


class Principal(Word):
    """Who asks. Comes from configuration or a verified token, never from a tool argument."""

    tenant: str = "default"
    user: str = "local"
    region: str = "global"
    labels: tuple[str, ...] = ()
    may_write: bool = False


class Query(Word):
    """What is searched: words, a picture file, or both."""

    text: str = ""
    picture: str | None = None
    where: Filter = Filter()
    channels: tuple[Channel, ...] | None = None
    limit: int = 10
    fusion: Literal["rrf", "weighted"] | None = None
    hops: int = 1


class ChannelScore(Word):
    """One channel's part in a hit: raw score, rank from 1, weight, and what it added to the score."""

    channel: str
    raw: float
    rank: int | None = None
    weight: float = 1.0
    contribution: float


class Hit(Word):
    """A unit that was found. The contributions of its channels add up to ``score``."""

    unit: Unit
    asset: Asset
    score: float
    channels: tuple[ChannelScore, ...]
    matched: tuple[str, ...] = ()
    hop: int = 1
    reason: str = ""


class Degraded(Word):
    """A lane that is off or weakened, why, and how to lift it."""

    lane: str
    reason: str
    remedy: str


class Tier(Word):
    """Which models answered: a name for people and the model of each lane."""

    name: Literal["embedded", "local-models", "llm"] = "embedded"
    models: Mapping[str, str] = Field(default_factory=dict)


class SearchResult(Word):
    """Hits best first, with what was asked, what answered and what was missing."""

    query: str
    hits: tuple[Hit, ...]
    tier: Tier
    degraded: tuple[Degraded, ...] = ()


class Evidence(Word):
    """A hit as shown to a model or a checker; ``evidence_id`` is the unit id and can be cited.

    ``text`` is everything that can be quoted, one channel after another as ``parts`` tells.
    Content comes from the user's files and is to be treated as data, never as instructions.
    """

    evidence_id: str
    kind: UnitKind
    source: str
    title: str = ""
    text: str
    parts: tuple[EvidencePart, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    lines: tuple[TextLine, ...] = ()
    place: Place = Place()
    created: date | None = None
    score: float = 0.0
    channels: tuple[ChannelScore, ...] = ()
    hop: int = 1
    reason: str = ""


class EvidencePart(Word):
    """Which stretch of an evidence's text came from which channel, and how sure its reader was."""

    channel: TextField
    span: Span
    confidence: Fraction = 1.0


class Quote(Word):
    """Exact characters of one evidence: ``evidence.text[span.start:span.end] == text``."""

    evidence_id: str
    span: Span
    text: str
    channel: TextField = "text"
    source: str = ""
    page: int | None = None
    box: Box | None = None


class Reason(Word):
    """Why a verdict was given, with the words on both sides where there are any."""

    code: Literal[
        "verbatim", "covered", "number_mismatch", "date_mismatch", "name_mismatch", "negation_flip",
        "entity_missing", "low_coverage", "comparison_mismatch", "quantifier_mismatch", "antonym",
        "no_evidence", "not_a_statement", "judge_failed", "judge", "weak_channel",
    ]  # fmt: skip
    message: str
    claim_span: Span | None = None
    evidence: Quote | None = None


class Claim(Word):
    """A sentence of an answer: ``answer[span.start:span.end] == text``. ``cites`` are its markers' ids."""

    text: str
    span: Span
    cites: tuple[str, ...] = ()


class Verdict(Word):
    """What the evidence says about one claim, how likely that is, and the supporting spans."""

    claim: Claim
    label: VerdictLabel
    probability: Fraction
    support: tuple[Quote, ...] = ()
    reasons: tuple[Reason, ...] = ()
    judge: str = "lexical"


class GroundingReport(Word):
    """The check of one answer. ``grounding_ratio`` is supported / checkable, None when nothing is checkable.

    ``verdict`` is ``pass`` only if the ratio reaches the target and nothing is contradicted.
    """

    verdict: Literal["pass", "revise", "abstain"]
    grounding_ratio: float | None
    claims: tuple[Verdict, ...]
    checkable: int
    supported: int
    contradicted: int
    failed: tuple[str, ...] = ()
    method: str = "lexical"
    calibration: str = ""


class Citation(Word):
    """Where a sentence of the answer comes from, exact enough to open it."""

    marker: str
    evidence_id: str
    source: str
    title: str = ""
    page: int | None = None
    box: Box | None = None
    section: str | None = None
    quote: str = ""
    uri: str = ""


class Step(Word):
    """One step of the road to an answer, for people who ask why."""

    node: str
    detail: str
    seconds: float = 0.0


class Answer(Word):
    """An answer, or the honest reason why there is none, with everything needed to check it."""

    question: str
    status: AnswerStatus
    text: str
    stop_reason: str
    grounding_ratio: float | None
    verdicts: tuple[Verdict, ...] = ()
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tier: Tier = Tier()
    degraded: tuple[Degraded, ...] = ()
    trace: tuple[Step, ...] = ()
    receipt: str = ""


Evidence.model_rebuild()
