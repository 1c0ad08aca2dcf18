"""From a hit to evidence: one text that can be quoted, with the channel of every stretch."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterator, Sequence

from groundsight.limits import CHARS_A_TOKEN
from groundsight.types import Considered, Evidence, EvidencePart, Hit, Span, Tag, TextField, TextLine, Unit

GAP = "\n"
CELL = " | "
UNREAD_CONFIDENCE = 0.5
_ORDER: tuple[TextField, ...] = ("text", "caption", "ocr", "transcript")


def evidence_of(hit: Hit) -> Evidence:
    """Return the hit's whole content as one text; ``evidence_id`` is the unit id.

    ``text[part.span.start:part.span.end]`` is what one channel says. Nothing is cut: a display may
    shorten it, a check must not. ``meta`` holds guesses (tags) and file facts, so it is not quoted.
    """
    unit, asset = hit.unit, hit.asset
    text, parts = _joined(unit)
    return Evidence(
        evidence_id=unit.unit_id,
        kind=unit.kind,
        source=asset.source,
        title=asset.title,
        text=text,
        parts=parts,
        cells=unit.cells,
        mark=unit.mark,
        language=asset.language,
        boxes=unit.boxes,
        lines=unit.lines,
        seconds=unit.seconds,
        place=unit.place,
        created=asset.created,
        score=hit.score,
        channels=hit.channels,
        hop=hit.hop,
        reason=hit.reason,
        stale=hit.stale,
    )


def evidence_from(hits: Sequence[Hit]) -> tuple[Evidence, ...]:
    """Return the evidence of every hit that says something, in the same order."""
    return tuple(evidence for evidence in map(evidence_of, hits) if evidence.text)


def with_guesses(one: Evidence, tags: Sequence[Tag]) -> Evidence:
    """Add what a classifier sees to a picture's evidence, for a check of what it shows.

    It stands in the channel of captions: a guess of a model, which never settles a number and makes a verdict weak.
    """
    from groundsight.vision.tags import kinds_of

    if not tags or one.kind not in ("image", "figure"):
        return one
    said = f"The picture shows {', '.join(map(kinds_of, tags))}."
    start = len(one.text) + len(GAP) if one.text else 0
    span = Span(start=start, end=start + len(said))
    part = EvidencePart(channel="caption", span=span, confidence=max(tag.probability for tag in tags))
    parts = one.parts or ((_whole(one),) if one.text else ())
    return one.model_copy(update={"text": f"{one.text}{GAP}{said}" if one.text else said, "parts": (*parts, part)})


def _whole(one: Evidence) -> EvidencePart:
    return EvidencePart(channel="text", span=Span(start=0, end=len(one.text)))


def candidate_of(one: Evidence) -> Considered:
    """Return what is told of evidence beside its words: score by channel, hash and length of its text."""
    return Considered(
        evidence_id=one.evidence_id,
        source=one.source,
        page=one.place.page,
        sha256=hashlib.sha256(one.text.encode("utf-8", "surrogatepass")).hexdigest(),
        tokens=-(-len(one.text) // CHARS_A_TOKEN),
        score=one.score,
        channels=one.channels,
        hop=one.hop,
        stale=one.stale,
    )


def shown(text: str, most: int) -> str:
    """Return a text cut for display at a word's end, with a sign that it was cut."""
    if len(text) <= most:
        return text
    return text[: max(most - 1, 0)].rsplit(None, 1)[0] + "…"


def _joined(unit: Unit) -> tuple[str, tuple[EvidencePart, ...]]:
    text = ""
    parts: list[EvidencePart] = []
    for channel, said, confidence in _channels(unit):
        start = len(text) + len(GAP) if text else 0
        text = f"{text}{GAP}{said}" if text else said
        parts.append(
            EvidencePart(channel=channel, span=Span(start=start, end=start + len(said)), confidence=confidence)
        )
    return text, tuple(parts)


def _channels(unit: Unit) -> Iterator[tuple[TextField, str, float]]:
    for channel in _ORDER:
        said = unit.field(channel) or ("\n".join(CELL.join(row) for row in unit.cells) if channel == "text" else "")
        if said:
            yield channel, said, _confidence(unit.lines) if channel == "ocr" else 1.0


def _confidence(lines: Sequence[TextLine]) -> float:
    """Return the mean confidence of the lines; words that came without lines are half trusted."""
    return statistics.fmean(line.confidence for line in lines) if lines else UNREAD_CONFIDENCE
