"""Where quoted words stand: the lines of a picture that make them up, the cells of a table that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.types import Box, Evidence, EvidencePart, Quote, Span, TextField, TextLine


def box_of_words(lines: Sequence[TextLine], text: str) -> Box | None:
    """Return the box around the lines that make up ``text``, None when they are not found.

    Lines that stand side by side are quoted as one row, so several boxes may make one.
    """
    wanted = _squeezed(text)
    if not wanted:
        return None
    known = [(line, _squeezed(line.text)) for line in lines if line.text.strip()]
    inside = next((line.box for line, words in known if wanted in words), None)
    return inside or next((box for start in known if (box := _run_from(start, known, wanted))), None)


def quoted(evidence: Evidence, span: tuple[int, int], box: Box | None = None, channel: TextField = "text") -> Quote:
    """Return the exact characters of a span with their place; without a box of their own that of their unit."""
    return Quote(
        evidence_id=evidence.evidence_id,
        span=Span(start=span[0], end=span[1]),
        text=evidence.text[slice(*span)],
        channel=channel,
        source=evidence.source,
        page=evidence.place.page,
        box=box or evidence.place.box,
        second=_second(evidence, span[0]),
    )


def _second(evidence: Evidence, start: int) -> float | None:
    """Return when the line of a transcript that holds an offset is said; elsewhere when its unit begins."""
    spoken = next((one.span for one in evidence.parts if one.channel == "transcript"), None)
    if spoken is None or not spoken.start <= start < spoken.end:
        return evidence.place.second
    lines = evidence.text.count("\n", spoken.start, spoken.end) + 1
    if lines != len(evidence.seconds):
        # A value said over two lines was redacted, and one line end with it.
        return evidence.place.second
    return evidence.seconds[evidence.text.count("\n", spoken.start, start)]


def parts_of(evidence: Evidence) -> tuple[EvidencePart, ...]:
    """Return what the channels say of an evidence; without parts all of it is text."""
    whole = EvidencePart(channel="text", span=Span(start=0, end=len(evidence.text)))
    return tuple(one for one in evidence.parts if one.channel != "meta") or (whole,)


def around_boxes(boxes: Sequence[Box | None]) -> Box | None:
    """Return the smallest box around those that are known."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    return Box(
        x0=min(box.x0 for box in known),
        y0=min(box.y0 for box in known),
        x1=max(box.x1 for box in known),
        y1=max(box.y1 for box in known),
    )


def _run_from(start: tuple[TextLine, str], known: Sequence[tuple[TextLine, str]], wanted: str) -> Box | None:
    """Follow the words from one line on, each time to the nearest line that goes on with them."""
    (line, words), boxes, done = start, list[Box](), 0
    while wanted.startswith(words, done):
        boxes.append(line.box)
        done += len(words)
        if done == len(wanted):
            return around_boxes(boxes)
        nexts = [(other, said) for other, said in known if wanted.startswith(said, done) and other.box not in boxes]
        if not nexts:
            return None
        line, words = min(nexts, key=lambda one: _distance(boxes[-1], one[0].box))
    return None


def _distance(first: Box, second: Box) -> float:
    return abs(first.y0 - second.y0) + 0.1 * abs(first.x1 - second.x0)


def _squeezed(text: str) -> str:
    return "".join(text.split())
