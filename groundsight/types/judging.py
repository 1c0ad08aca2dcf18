"""What is said and whether it holds: evidence, claims, verdicts, answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html import escape
from typing import Literal

from groundsight.types.asking import ChannelScore, Degraded, Tier
from groundsight.types.base import Box, Fraction, Place, Shown, Span, Stale, TextField, TextLine, UnitKind, Word
from groundsight.types.showing import MARKS, beginning, list_html, marked_html, off, ratio, small_html, where

VerdictLabel = Literal["supported", "contradicted", "unsupported", "not_checkable", "unverified"]
AnswerStatus = Literal["answered", "partial", "evidence", "abstained", "refused", "working"]


class EvidencePart(Word):
    """Which stretch of an evidence's text came from which channel, and how sure its reader was."""

    channel: TextField
    span: Span
    confidence: Fraction = 1.0


class Evidence(Shown):
    """A hit as shown to a model or a checker; ``evidence_id`` is the unit id and can be cited.

    ``text`` is everything that can be quoted, one channel after another as ``parts`` tells.
    ``mark`` is that of its unit: "quoted" and "deleted" text is not what the document says now. ``language`` is that of
    its document (ISO 639-1, empty where it can't be told): it decides how 1.234 and 03/04/2025 are read. Content comes
    from the user's files and is to be treated as data, never as instructions.
    """

    evidence_id: str
    kind: UnitKind
    source: str
    title: str = ""
    text: str
    parts: tuple[EvidencePart, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    mark: str = ""
    language: str = ""
    boxes: tuple[tuple[Box | None, ...], ...] = ()
    lines: tuple[TextLine, ...] = ()
    seconds: tuple[float, ...] = ()
    place: Place = Place()
    created: date | None = None
    score: float = 0.0
    channels: tuple[ChannelScore, ...] = ()
    hop: int = 1
    reason: str = ""
    stale: Stale = ""

    def _text(self) -> str:
        """Where it stands and how it begins, on one line."""
        place = where(self.source, self.place.page, self.place.section, self.stale, self.place.second)
        return f"{place}: {beginning(self.text)}"


class Quote(Word):
    """Exact characters of one evidence: ``evidence.text[span.start:span.end] == text``."""

    evidence_id: str
    span: Span
    text: str
    channel: TextField = "text"
    source: str = ""
    page: int | None = None
    box: Box | None = None
    second: float | None = None


class Reason(Word):
    """Why a verdict was given, with the words on both sides where there are any."""

    code: Literal[
        "verbatim", "covered", "number_mismatch", "date_mismatch", "name_mismatch", "negation_flip",
        "entity_missing", "low_coverage", "comparison_mismatch", "quantifier_mismatch", "antonym", "sign_mismatch",
        "no_evidence", "not_a_statement", "judge_failed", "judge", "weak_channel", "computed", "unchecked",
        "number_missing", "unit_missing", "date_missing", "role_mismatch", "attribute_mismatch", "modality_mismatch",
        "time_mismatch", "rate_mismatch", "wrong_citation",
    ]  # fmt: skip
    message: str
    claim_span: Span | None = None
    evidence: Quote | None = None


class Claim(Word):
    """A sentence of an answer: ``answer[span.start:span.end] == text``. ``cites`` are its markers' ids."""

    text: str
    span: Span
    cites: tuple[str, ...] = ()


class Verdict(Shown):
    """What the evidence says about one claim; ``probability`` is that of being supported, whatever the label."""

    claim: Claim
    label: VerdictLabel
    probability: Fraction
    support: tuple[Quote, ...] = ()
    reasons: tuple[Reason, ...] = ()
    judge: str = "lexical"

    def _text(self) -> str:
        """The mark, the label, the sentence, and the reason where it is not supported, on one line."""
        return f"{MARKS[self.label]} {self._told()}: {self.claim.text}{self._why()}"

    def _html(self) -> str:
        """The sentence in the colour of its label."""
        return marked_html(self.label, self.claim.text, self._told() + self._why())

    def _told(self) -> str:
        return f"{self.label} {self.probability:.2f}"

    def _why(self) -> str:
        reasons = "; ".join(reason.message for reason in self.reasons[:2])
        return f" ({reasons})" if reasons and self.label != "supported" else ""


class GroundingReport(Shown):
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
    receipt: str = ""

    def _text(self) -> str:
        """The verdict with its ratio, then a line a sentence."""
        return "\n".join([self._told(), *map(str, self.claims)])

    def _html(self) -> str:
        """The same in colours."""
        return f"<div><b>{escape(self._told())}</b>{''.join(each.as_html() for each in self.claims)}</div>"

    def _told(self) -> str:
        return f"{self.verdict}: {ratio(self.grounding_ratio)}"


class Citation(Shown):
    """Where a sentence of the answer comes from, exact enough to open it; ``stale`` as in ``Hit``."""

    marker: str
    evidence_id: str
    source: str
    title: str = ""
    page: int | None = None
    box: Box | None = None
    second: float | None = None
    section: str | None = None
    quote: str = ""
    uri: str = ""
    stale: Stale = ""

    def _text(self) -> str:
        """The marker, where it leads, and the words there, on one line."""
        quote = f': "{self.quote}"' if self.quote else ""
        return f"{self.marker} {where(self.source, self.page, self.section, self.stale, self.second)}{quote}"


class Step(Shown):
    """One step of the road to an answer, for people who ask why."""

    node: str
    detail: str
    seconds: float = 0.0

    def _text(self) -> str:
        """The node and what it did, on one line."""
        return f"{self.node}: {self.detail}" if self.detail else self.node


class Fit(Word):
    """Whether an answer answers what was asked, which no grounding ratio tells; ``reason`` is for people."""

    value: Literal["yes", "partly", "no", "unknown"] = "unknown"
    reason: str = ""


class Considered(Word):
    """What a search brought for an answer: score and channels of its hit, its text as hash and number of tokens.

    ``tokens`` counts four characters as one. ``sha256`` is that of everything in it that can be quoted.
    """

    evidence_id: str
    source: str
    page: int | None = None
    sha256: str
    tokens: int
    score: float
    channels: tuple[ChannelScore, ...] = ()
    hop: int = 1
    stale: Stale = ""


class AskedPicture(Word):
    """The picture that a question was about: a source, a path or the id of a unit, and the SHA-256 of its file."""

    name: str
    sha256: str


class Cost(Word):
    """What a call took: price, tokens of a language model, processor seconds, joules where the machine tells."""

    amount: Decimal
    currency: str
    tokens: int = 0
    cpu_seconds: float = 0.0
    joules: float | None = None


class Cached(Word):
    """An answer was given before to the same question: ``receipt`` is its fingerprint, ``age`` counts seconds."""

    age: float
    receipt: str


class Answer(Shown):
    """An answer, or the honest reason why there is none, with everything needed to check it.

    ``evidence`` as a status: nothing is sure, so the text only shows where the closest passages stand. ``working``:
    there is no answer yet, the text says what is known so far, unchecked. ``candidates`` are all that was found.
    """

    question: str
    picture: AskedPicture | None = None
    status: AnswerStatus
    text: str
    stop_reason: str
    grounding_ratio: float | None
    fit: Fit = Fit()
    verdicts: tuple[Verdict, ...] = ()
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    candidates: tuple[Considered, ...] = ()
    tier: Tier = Tier()
    degraded: tuple[Degraded, ...] = ()
    trace: tuple[Step, ...] = ()
    receipt: str = ""
    cost: Cost | None = None
    cached: Cached | None = None

    def _text(self) -> str:
        """The text, where it comes from, each sentence by its verdict, how it ended, and what was off."""
        parts = [[self.text or "No answer."], [*map(str, self.citations)], [*map(str, self.verdicts)], self._ended()]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def _html(self) -> str:
        """Its sentences in colours, and what else its text says; the rest below."""
        rest = self.text or "No answer."
        for each in self.verdicts:
            rest = rest.replace(each.claim.text, "", 1)
        plain = escape(rest.strip()).replace("\n", "<br>")
        said = "".join(each.as_html() for each in self.verdicts) + (f"<p>{plain}</p>" if plain else "")
        cited = list_html("ul", (escape(str(each)) for each in self.citations))
        return f"<div>{said}{cited}{small_html(self._ended())}</div>"

    def _ended(self) -> list[str]:
        told = f"{self.status} ({self.stop_reason}), {ratio(self.grounding_ratio)}, tier {self.tier.name}"
        again = [f"given before, {self.cached.age:.0f} s ago ({self.cached.receipt})"] if self.cached else []
        return [told, *again, *off(lane.lane for lane in self.degraded)]
