"""Sentences of an answer with their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundsight.language.dates import month_follows
from groundsight.types import Claim, Evidence, EvidencePart, Span

_ENDS = re.compile(r"(?:\.{3}|[.!?…]+)[\"'”’»)\]]*(?=\s|$)|[。！？]+[”」』）]*|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|sr|jr|vs|etc|e\.g|i\.e|cf|no|nos|fig|figs|eq|inc|ltd|corp|co|dept|approx|ca|"
    r"vol|ed|eds|pp|p|al|gen|gov|sen|rep|rev|hon|capt|lt|col|sgt|est|min|max|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|"
    r"nov|dec|u\.s|u\.k|a\.m|p\.m|ph\.d|b\.c|a\.d)\.$",
    re.IGNORECASE,
)  # fmt: skip
# "im 2. Obergeschoss", "am 3. Werktag"
_GERMAN_ORDINAL = re.compile(r"\b(?:[ai]m|zu[mr]|vom|d(?:as|ie|e[mnrs]))\s\d{1,2}\.$", re.IGNORECASE)
_INITIAL = re.compile(r"(?:^|[\s.(])[A-Z]\.$")
_MARKER = re.compile(r"\s*(?:\[\s*\^?[\w:.-]+(?:\s*[,;]\s*[\w:.-]+)*\s*\]|【[^】]{1,40}】)")
_LIST = re.compile(r"(?:[-*•‣◦–]\s+|\(?(?:\d{1,2}|[a-z])[.)]\s+|\(?[A-Z]\)\s+|>\s+)+")
_NUMBERED = re.compile(r"\s*\(?\d{1,2}[.)]\s+(?=\w)")
_LONGEST = 600
_OPEN = re.compile(
    r"\b(?:an?|the|this|these|its|their|his|her|our|your|my|is|are|was|were|be|been|being|has|have|had|does?|did|will|would|"
    r"can|could|may|might|must|shall|should|not|never|no|of|to|in|on|at|by|for|from|with|without|under|over|between|"
    r"and|or|but|than|that|which|who|as|about|only|least|most)$",
    re.IGNORECASE,
)
# A point of a list, a label, a line of a chat with its time and speaker, a row.
_APART = re.compile(
    r"\s*(?:[-*•‣◦–#>|]|\(?(?:\d{1,2}|[a-zA-Z])[.)]\s|(?:\[?\d[\d./:, -]{4,20}\]?[\s–-]*)?[^\s.,:][^.,:]{0,30}:\s)"
    r"|.*(?:\t|\s\|\s)"
)
_BOXED = re.compile(r"\[[ xX]\]|[☐☑☒]")
_FIGURE_END = re.compile(r"\d[\d.,]*\s?\S{0,4}$")
_WRAPPED = 50
_PAIRED = re.compile(r"(?<![\w*_`])([*_`]{1,3})(?=\S)([^\n]+?)(?<=\S)\1(?![\w*_`])")
_CLAUSE = re.compile(r";\s+|,\s+(?:and|but|while|whereas)\s+(?=(?:the|it|he|she|they|this|a|an|its|their|[A-Z])\b)")
_FULL = re.compile(
    r"^(?:(?:the|a|an|this|that|these|those|its|their|his|her)\s+)?[\w'’-]+(?:\s+[\w'’-]+){0,4}?\s+"
    r"(?:is|are|was|were|has|have|had|does|did|will|would|can|could|may|must|\w{2,}ed|rose|fell|grew|won|lost|made|led)\b",
    re.IGNORECASE,
)


def split_claims(answer: str) -> tuple[Claim, ...]:
    """Split an answer into sentences, and into clauses where both sides are full statements.

    ``answer[claim.span.start:claim.span.end] == claim.text``; list markers and citation markers lie
    outside the text, the markers' ids in ``cites``.
    """
    return tuple(_claim(answer, *piece) for piece in _pieces(answer))


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence, trimmed of white space, in order."""
    start = 0
    for found in _ENDS.finditer(text):
        if _inside(text, start, found) or _wrapped(text, found):
            continue
        yield from _shortened(text, start, found.end())
        start = found.end()
    yield from _shortened(text, start, len(text))


def runs_on(line: str, following: str) -> bool:
    """True when a line break inside running prose parts these two: no end of a line of a list, form or heading."""
    line, following = line.rstrip(), following.strip()
    if not line.strip() or not following or line.endswith((".", "!", "?", "…", ":", ";", "|")):
        return False
    if _BOXED.search(line) or _APART.match(following) or re.match(r"\s*#|.*(?:\t|\s\|\s)", line):
        return False
    if _OPEN.search(line) and " " in line.strip():
        return True
    if following[0].islower():
        return len(line.split()) > 2 and _goes_on(line, following)
    return len(line) >= _WRAPPED and following[0] in "0123456789$€£"


def _goes_on(line: str, following: str) -> bool:
    """A lone word, or a figure at the end of both lines, is the next point of a list or form."""
    return following.endswith((".", "!", "?")) or (
        " " in following and not (_FIGURE_END.search(line) and _FIGURE_END.search(following))
    )


def _wrapped(text: str, found: re.Match[str]) -> bool:
    if found.group() != "\n":
        return False
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    after = text.find("\n", found.end())
    return runs_on(line, text[found.end() : after if after >= 0 else len(text)])


def without_markers(text: str) -> str:
    """Blank out citation markers and emphasis; the length stays the same."""
    return without_emphasis(without_cites(text))


def without_emphasis(text: str) -> str:
    """Blank out emphasis that opens and closes; the length stays the same, and ``a_b`` stays what it is."""
    return _PAIRED.sub(lambda found: f"{'':{len(found[1])}}{found[2]}{'':{len(found[1])}}", text)


def without_list_mark(text: str) -> str:
    """Cut the mark of a list point or a quoted line off."""
    lead = _LIST.match(text)
    return text[lead.end() :] if lead else text


def numbered(text: str) -> int:
    """Return how far the number of a point of a list reaches into a sentence, 0 where none begins it.

    "3. Mai" is a date, and what goes on with fewer than three words may be a name: "2. Obergeschoss rechts".
    """
    found = _NUMBERED.match(text)
    rest = text[found.end() :] if found else ""
    return found.end() if found and len(rest.split()) > 2 and rest[0].isupper() and not month_follows(rest) else 0


def without_cites(text: str) -> str:
    """Blank out citation markers; the length stays the same."""
    return _MARKER.sub(_blank, text)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def evidence_from_text(evidence_id: str, source: str, text: str) -> Evidence:
    """Wrap plain text, such as a file named on the command line, as one evidence."""
    return Evidence(
        evidence_id=evidence_id,
        kind="text",
        source=source,
        text=text,
        parts=(EvidencePart(channel="text", span=Span(start=0, end=len(text))),),
    )


def _inside(text: str, start: int, found: re.Match[str]) -> bool:
    """True when this dot ends an abbreviation, an initial or a list number, or a lower-case word follows."""
    if found.group() != ".":
        return found.group().startswith(("...", "…")) and text[found.end() : found.end() + 40].lstrip()[:1].islower()
    head, rest = text[max(start, found.end() - 40) : found.end()], text[found.end() : found.end() + 40].lstrip(" \t")
    if _ABBREVIATION.search(head[-12:]):
        return not (
            re.search(r"(?:etc|a\.m|p\.m|inc|ltd|corp|co|min|u\.s|u\.k)\.$", head, re.IGNORECASE)
            and rest[:1].isupper()
            and _new_sentence(rest)
        )
    if re.search(r"(?<!\d)\d{1,2}\.$", head) and (month_follows(rest) or _GERMAN_ORDINAL.search(head)):
        return True
    if _INITIAL.search(head):
        return bool(rest) and rest[:1].isalpha() and not rest.startswith("\n")
    return bool(re.fullmatch(r"\s*\(?(?:\d{1,2}|[a-zA-Z])\.", head)) or rest[:1].islower()


def _new_sentence(rest: str) -> bool:
    return bool(re.match(r"(?:The|It|He|She|They|This|In|On|A|An|We|I|Its|There)\b", rest))


def _shortened(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut what runs on without a stop at white space, so that no check meets an endless sentence."""
    while end - start > _LONGEST:
        gap = text.rfind(" ", start + 1, start + _LONGEST)
        cut = gap if gap > start else start + _LONGEST
        if span := _trimmed(text, start, cut):
            yield span
        start = cut
    if span := _trimmed(text, start, end):
        yield span


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    kept = piece.strip()
    if not kept:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(kept)


def _pieces(answer: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    waiting: tuple[int, int, tuple[str, ...]] | None = None
    for start, end in sentence_spans(answer):
        start, end, cites = _without_markers(answer, start, end)
        if start >= end:
            waiting = (waiting[0], waiting[1], waiting[2] + cites) if waiting else None
            continue
        if waiting:
            leading, start = _leading_cites(answer, start, end)
            yield from _clauses(answer, waiting[0], waiting[1], waiting[2] + leading)
            cites = cites[len(leading) :]
        waiting = (start, end, cites)
    if waiting:
        yield from _clauses(answer, *waiting)


def _leading_cites(answer: str, start: int, end: int) -> tuple[tuple[str, ...], int]:
    """Markers behind a full stop belong to the sentence before it."""
    cites: list[str] = []
    while found := _MARKER.match(answer, start, end):
        cites += _ids(found.group())
        start = found.end()
    while start < end and answer[start].isspace():
        start += 1
    return tuple(cites), start


def _without_markers(answer: str, start: int, end: int) -> tuple[int, int, tuple[str, ...]]:
    if lead := _LIST.match(answer, start, end):
        start = lead.end()
    body = answer[start:end]
    cites = tuple(one for found in _MARKER.finditer(body) for one in _ids(found.group()))
    tail = re.search(rf"(?:{_MARKER.pattern})+\s*$", body)
    if tail:
        end = start + tail.start()
    if _leading_only(answer, start, end):
        end = start
    return start, end, cites


def _leading_only(answer: str, start: int, end: int) -> bool:
    return not any(c.isalnum() for c in answer[start:end])


def _ids(marker: str) -> list[str]:
    return [one for one in re.split(r"[\s,;\[\]【】^]+", marker) if one]


def _clauses(answer: str, start: int, end: int, cites: tuple[str, ...]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    for found in _CLAUSE.finditer(answer, start, end):
        if _FULL.match(answer[start : found.start()]) and _FULL.match(answer[found.end() : end]):
            yield start, found.start(), cites
            start = found.end()
    yield start, end, cites


def _claim(answer: str, start: int, end: int, cites: tuple[str, ...]) -> Claim:
    return Claim(text=answer[start:end], span=Span(start=start, end=end), cites=cites)
