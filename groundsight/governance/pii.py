"""Replace structured personal data by typed placeholders that stay the same within one document."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, get_args

from groundsight.errors import RedactionFailed
from groundsight.governance import pii_prefilter
from groundsight.governance.pii_entities import KnownNames
from groundsight.governance.pii_heads import Label, under
from groundsight.governance.pii_normalise import View, is_folded, normalise
from groundsight.governance.pii_patterns import finders
from groundsight.settings import PiiKind

_KINDS = "|".join((*get_args(PiiKind), "name"))
PLACEHOLDER = re.compile(rf"\[(?P<kind>{_KINDS})(?:_\d{{1,7}}|-[\da-f]{{8}})\]", re.IGNORECASE)
_MOST_ROUNDS = 12
# A value needs six characters; a chunk has some thousands at most, and is looked at four times on its way.
_SHORTEST, _LONGEST_QUIET, _MOST_QUIET = 6, 4_000, 50_000
# Longer texts are looked at one by one. So many short ones take some 20 MB.
_A_CELL, _MOST_DULL = 200, 200_000
Quiet = tuple[Sequence[PiiKind], object]


@dataclass
class Memory:
    """Which value of one document has which placeholder. Keep one per document, never share it.

    ``quiet`` are texts, and cells of whole tables, that were looked at and hold nothing; ``dull`` are short texts of
    which that was told at once, ``silent`` those that are no label of anything: none is looked at twice.
    ``names`` are those of the document; with ``key`` a value has the same stand-in wherever that key is used.
    """

    numbers: dict[tuple[PiiKind, str], int] = field(default_factory=dict[tuple[PiiKind, str], int])
    counts: Counter[str] = field(default_factory=Counter[str])
    quiet: set[Quiet] = field(default_factory=set[Quiet])
    dull: set[str] = field(default_factory=set[str])
    silent: set[str] = field(default_factory=set[str])
    names: KnownNames = field(default_factory=KnownNames)
    key: bytes = b""

    def apart(self) -> Memory:
        """Return a memory for content that is kept for other documents, too."""
        return Memory(key=self.key)

    def aside(self) -> Memory:
        """Return a memory for looking only: what is quiet here is quiet there, and nothing is numbered or counted."""
        return Memory(quiet=self.quiet, dull=self.dull, silent=self.silent, names=self.names)

    def calm(self, kinds: Sequence[PiiKind], content: object) -> None:
        """Take note that a content holds nothing."""
        if len(self.quiet) < _MOST_QUIET:
            self.quiet.add((tuple(kinds), content))

    def placeholder(self, kind: PiiKind, value: str) -> str:
        """Return the placeholder of a value, the same one each time; ``counts`` says how often one was asked for."""
        self.counts[kind] += 1
        if self.key:
            return f"[{kind.upper()}-{keyed(self.key, kind, value).hex()[:8]}]"
        if (kind, value) not in self.numbers:
            self.numbers[kind, value] = 1 + sum(known == kind for known, _ in self.numbers)
        return f"[{kind.upper()}_{self.numbers[kind, value]}]"


def keyed(key: bytes, kind: str, value: str) -> bytes:
    """Return the hash of a value that only who has the key can work out: 32 bytes."""
    return hmac.new(key, f"{kind}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


@dataclass(frozen=True)
class Replaced:
    """One replacement: ``start`` to ``end`` in the text as it was given."""

    kind: PiiKind
    start: int
    end: int
    placeholder: str


@dataclass(frozen=True)
class Redacted:
    """The text after redaction, how often each kind was replaced, and where (in the text before)."""

    text: str
    counts: Mapping[str, int]
    spans: tuple[Replaced, ...]


def redact(text: str, kinds: Sequence[PiiKind], memory: Memory | None = None) -> Redacted:
    """Replace every value of these kinds; redacting the result again changes nothing.

    Raises:
        RedactionFailed: the text does not come to rest, so nothing of it may be used.
    """
    spans = find(text, kinds, memory if memory is not None else Memory())
    return Redacted(apply(text, 0, len(text), spans), Counter(span.kind for span in spans), spans)


def find(text: str, kinds: Sequence[PiiKind], memory: Memory) -> tuple[Replaced, ...]:
    """Return the replacements for a text, in order and without overlap.

    Text between two placeholders is searched on its own, so a placeholder is a border like the
    ends of the text. That makes redaction idempotent.
    """
    if (tuple(kinds), text) in memory.quiet or not _may_hold(text, memory):
        return ()
    found: list[Replaced] = []
    open_stretches = list(_between_placeholders(text))
    for _ in range(_MOST_ROUNDS):
        fresh = [_find_in(text, start, end, kinds, memory) for start, end in open_stretches]
        pairs = zip(open_stretches, fresh, strict=True)
        open_stretches = [gap for (start, end), spans in pairs if spans for gap in _gaps(start, end, spans)]
        found += [span for spans in fresh for span in spans]
        if not open_stretches:
            if not found and len(text) <= _LONGEST_QUIET:
                memory.calm(kinds, text)
            return tuple(sorted(found, key=lambda span: span.start))
    raise RedactionFailed("the text hides values inside values", next_step="look at the file by hand")


def loud(texts: Iterable[str], memory: Memory) -> frozenset[str]:
    """Return which of these texts may hold a value: most tables and lists of words are told at once to hold none."""
    told = {*texts} - memory.dull
    if memory.names:
        return frozenset(text for text in told if _may_hold(text, memory))
    short = {text for text in told if len(text) <= _A_CELL}
    held = frozenset(_loud(sorted(text for text in short if len(text) >= _SHORTEST)))
    remember(memory.dull, short - held)
    return held.union(text for text in told - short if _may_hold(text, memory))


def remember(known: set[str], texts: Iterable[str]) -> None:
    """Take note of texts while there is room."""
    if len(known) < _MOST_DULL:
        known.update(texts)


def _loud(texts: Sequence[str]) -> Iterator[str]:
    if texts and pii_prefilter.may_hold(*texts):
        half = len(texts) // 2
        yield from (*_loud(texts[:half]), *_loud(texts[half:])) if half else texts


def _may_hold(text: str, memory: Memory) -> bool:
    structured = len(text) >= _SHORTEST and pii_prefilter.may_hold(text)
    return structured or memory.names.may_stand_in(text)


def find_under(text: str, label: Label, memory: Memory) -> tuple[Replaced, ...]:
    """Return the replacements for a text that stands under a label: there a bare number is a value."""
    return tuple(
        Replaced(label.kind, start + first, start + last, memory.placeholder(label.kind, found.value))
        for start, end in _between_placeholders(text)
        for view in (normalise(text[start:end]),)
        for found in under(label, view.text)
        for first, last in (view.original(found.start, found.end),)
    )


def redact_parts(parts: Sequence[tuple[str, str]], look: Callable[[str], Sequence[Replaced]]) -> list[str]:
    """Redact texts as one, each with the separator after it: a value that was split is found as one.

    The placeholder stands where the value began; the later parts of a split value are removed.
    """
    joined = "".join(text + separator for text, separator in parts)
    spans = look(joined)
    if not spans:
        return [text for text, _ in parts]
    cleaned: list[str] = []
    place = first = 0
    for text, separator in parts:
        end = place + len(text)
        while first < len(spans) and spans[first].end <= place:
            first += 1
        last = first
        while last < len(spans) and spans[last].start < end:
            last += 1
        cleaned.append(apply(joined, place, end, spans[first:last]))
        place = end + len(separator)
    return cleaned


def renumbered(text: str, origin: str, memory: Memory) -> str:
    """Give placeholders that were numbered apart (in ``origin``) numbers of this document's memory."""

    def numbered(found: re.Match[str]) -> str:
        kind = cast("PiiKind", found["kind"].lower())
        shown = memory.placeholder(kind, f"{origin}\0{found.group()}")
        return found.group() if memory.key else shown

    return PLACEHOLDER.sub(numbered, text)


def apply(text: str, start: int, end: int, spans: Sequence[Replaced]) -> str:
    """Return ``text[start:end]`` after the replacements; a value that began earlier leaves nothing here."""
    kept: list[str] = []
    place = start
    for span in spans:
        if span.end <= start or span.start >= end:
            continue
        kept.append(text[place : max(place, span.start)])
        kept.append(span.placeholder if span.start >= start else "")
        place = min(end, span.end)
    return "".join([*kept, text[place:end]])


def _find_in(text: str, start: int, end: int, kinds: Sequence[PiiKind], memory: Memory) -> list[Replaced]:
    stretch = text[start:end]
    taken: list[tuple[int, int, PiiKind, str]] = []
    for unfolded in (True, False) if is_folded(stretch) else (False,):
        taken = _merged(taken, _seen(normalise(stretch, unfolded=unfolded), kinds, memory))
    return [
        Replaced(kind, start + first, start + last, memory.placeholder(kind, value))
        for first, last, kind, value in taken
    ]


def _seen(view: View, kinds: Sequence[PiiKind], memory: Memory) -> list[tuple[int, int, PiiKind, str]]:
    """Return what stands in a folded text, at its place in the text as it was written."""
    possible = pii_prefilter.kinds_in(view.text)
    taken: list[tuple[int, int, PiiKind, str]] = []
    for kind, finder in finders():
        if kind in kinds and kind in possible:
            taken = _merged(taken, [(each.start, each.end, kind, each.value) for each in finder(view.text)])
    if memory.names:
        taken = _merged(taken, [each for each in memory.names.find(view.text) if each[2] in kinds])
    return [(*view.original(begin, stop), kind, value) for begin, stop, kind, value in taken]


def _merged(
    taken: list[tuple[int, int, PiiKind, str]], more: list[tuple[int, int, PiiKind, str]]
) -> list[tuple[int, int, PiiKind, str]]:
    """Add what does not overlap: what is taken stays, among new ones the earliest and longest wins."""
    marked = [(span, 0) for span in taken] + [(span, 1) for span in more]
    kept: list[tuple[int, int, PiiKind, str]] = []
    free_from = 0
    borders = sorted(taken)
    following = 0
    for span, new in sorted(marked, key=lambda each: (each[0][0], -each[0][1], each[1])):
        while following < len(borders) and borders[following][0] < span[0]:
            following += 1
        blocked = new and following < len(borders) and borders[following][0] < span[1]
        if new and (span[0] < free_from or blocked):
            continue
        kept.append(span)
        free_from = max(free_from, span[1])
    return kept


def _between_placeholders(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    for match in PLACEHOLDER.finditer(text):
        yield place, match.start()
        place = match.end()
    yield place, len(text)


def _gaps(start: int, end: int, spans: Sequence[Replaced]) -> Iterator[tuple[int, int]]:
    place = start
    for span in spans:
        yield place, span.start
        place = span.end
    yield place, end
