"""Evidence cut into passages that can be quoted: sentences, table cells and lines read from pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from groundsight.evidence.grids import box_in_table
from groundsight.evidence.heads import (
    currency_of,
    head_facts,
    heading_lines,
    is_day,
    is_row,
    is_value,
    scales_of,
    with_currency,
)
from groundsight.evidence.places import box_of_words, parts_of, quoted
from groundsight.evidence.sections import headings_above
from groundsight.evidence.tables import cell_readings, is_drawn, text_tables
from groundsight.language.facts import Facts, joined, read_facts
from groundsight.language.names import Name
from groundsight.language.sentences import sentence_spans
from groundsight.language.tokens import UNTICKED
from groundsight.tracing import Watch
from groundsight.types import Evidence, EvidencePart, Quote, TextField

_BACK = 2
_LONGEST = 600
_MOST = 24
_FAR = 12
# A point of a list with a box before it, and a label with yes or no behind it.
_TICKED = re.compile(r"^(?:[-*+]\s+)?(?:\[[ x]\]|[☐☑☒✓✔])|(?::|\s{3,})\s*(?:yes|no)$", re.I)
_YES_OR_NO = re.compile(r"(\[[ x]\]|[☐☑☒])\s?yes\s{1,4}(\[[ x]\]|[☐☑☒])\s?no\b", re.I)
_GUESSED = re.compile(r"[>\s]*I (?:think|guess|believe|suppose)\b", re.I)
Interval = tuple[int, int]
REFERRING = frozenset({"it", "its", "he", "she", "his", "her", "him", "they", "their", "them", "this", "these"})


@dataclass(frozen=True)
class Passage:
    """A stretch of one evidence with what it states; ``context`` is what the stretches around it state.

    ``at`` is its place among the sentences of its part. ``named`` are the names of the whole part. What is ``tabular``
    (a cell, a line of a form, the head of a table) speaks of its own row alone; its bare numbers may be meant in one of
    ``scales``. ``under`` are the places of the headings above it, the outermost first; a heading counts
    for itself. In a log ``day`` is the line above that dates it.
    """

    evidence: Evidence
    channel: TextField
    span: tuple[int, int]
    facts: Facts
    context: tuple[Facts, ...] = ()
    cell: bool = False
    row: bool = False
    earlier: tuple[Facts, ...] = ()
    at: int = 0
    named: tuple[Name, ...] = ()
    tabular: bool = False
    scales: tuple[float, ...] = ()
    beside: tuple[Facts, ...] = ()
    under: tuple[int, ...] = ()
    day: str = ""

    @cached_property
    def lent(self) -> tuple[Facts, ...]:
        """What holds for this passage too: the headings, and the sentences around only where a pronoun means them."""
        if self.facts.all_words & REFERRING:
            return self.context
        return self.context[: len(self.context) - len(self.beside)]

    @cached_property
    def context_keys(self) -> frozenset[str]:
        """Match keys of the words around."""
        return frozenset(key for facts in self.context for key in facts.keys)

    @cached_property
    def context_words(self) -> frozenset[str]:
        """Folded words around."""
        return frozenset(word for facts in self.context for word in facts.all_words)

    @cached_property
    def context_ids(self) -> frozenset[str]:
        """Identifiers around."""
        return frozenset(key for facts in self.context for key in facts.id_keys)

    @property
    def shown(self) -> str:
        """The passage as it stands in its evidence."""
        return self.evidence.text[slice(*self.span)]

    @property
    def is_sentence(self) -> bool:
        """Running prose has a subject of its own; a row, a heading and a line of a picture have none."""
        closed = self.shown.rstrip(" \n\"'”’)*_]").endswith((".", "!", "…"))
        return closed and not self.tabular and self.channel in ("text", "transcript")

    @property
    def is_heading(self) -> bool:
        """True for a line that stands above others, itself among them."""
        return self.under[-1:] == (self.at,)

    @property
    def asks(self) -> bool:
        """A question states nothing, nor does what somebody only thinks."""
        guessed = _GUESSED.match(self.shown) is not None
        return not self.cell and (guessed or self.shown.rstrip(" \n\"'”’)*_").endswith(("?", "？")))

    @cached_property
    def ticked(self) -> bool | None:
        """What a point with a box, or a label with yes or no, says of its words; None for what is no such point."""
        found = _TICKED.search(self.facts.text.strip()) if self.tabular or not self.is_sentence else None
        return (found[0].strip(" :\t-*").casefold() in ("yes", "[x]", "☒", "☑", "✓", "✔")) if found else None

    def quote(self, inner: tuple[int, int] | None = None) -> Quote:
        """Return the exact characters of this passage, or of ``inner`` (offsets in the passage), with their place."""
        start, end = self.span
        if inner is not None and not self.cell:
            start, end = start + inner[0], start + inner[1]
        if self.channel == "ocr":
            box = box_of_words(self.evidence.lines, self.evidence.text[start:end])
        else:
            box = box_in_table(self.evidence, (start, end))
        return quoted(self.evidence, (start, end), box, self.channel)


def read_passages(evidence: Sequence[Evidence], watch: Watch) -> tuple[Passage, ...]:
    """Cut every evidence into passages; linear in its length."""
    return tuple(passage for one in watch.each(evidence) for passage in watch.each(_passages(one, watch)))


def _passages(evidence: Evidence, watch: Watch) -> Iterator[Passage]:
    around = (head_facts(evidence),)
    for part in parts_of(evidence):
        cells = list(watch.each(_table_facts(evidence, part))) if part.channel == "text" else []
        yield from _cells(evidence, part, around, cells)
        yield from _sentences(evidence, part, around, [span for span, _ in cells], watch)


def _cells(
    evidence: Evidence, part: EvidencePart, around: tuple[Facts, ...], cells: Sequence[tuple[Interval, Facts]]
) -> Iterator[Passage]:
    """The cells of a table with what its title says."""
    named = _people(facts for _, facts in cells)
    above = evidence.text[part.span.start : min((span[0] for span, _ in cells), default=part.span.start)]
    context = (*around, *heading_lines(above, ocr=False, language=evidence.language))
    scales = scales_of(" ".join((evidence.title, evidence.place.section or "", above)))
    for span, facts in cells:
        yield Passage(evidence, part.channel, span, facts, context, True, named=named, tabular=True, scales=scales)


def _table_facts(evidence: Evidence, part: EvidencePart) -> Iterator[tuple[tuple[int, int], Facts]]:
    start, end = part.span.start, part.span.end
    tables = text_tables(evidence.text[start:end], evidence.cells)
    for table in tables:
        for reading in cell_readings(table):
            facts = read_facts(reading.text, source=True, language=evidence.language)
            if reading.label:
                facts = joined(facts, read_facts(reading.label, source=True, language=evidence.language))
            yield (start + reading.span[0], start + reading.span[1]), facts


def _sentences(
    evidence: Evidence, part: EvidencePart, around: tuple[Facts, ...], taken: Sequence[tuple[int, int]], watch: Watch
) -> Iterator[Passage]:
    ocr = part.channel == "ocr"
    base = part.span.start
    text = evidence.text[base : part.span.end]
    cut = _lines(text) if ocr else _with_values(text, list(sentence_spans(text)))
    spans = [span for span in watch.each(cut) if not within((base + span[0], base + span[1]), taken)]
    money = currency_of(text)
    facts = [
        with_currency(_bounded(_read(text[start:end], evidence.language, ocr=ocr)), money)
        for start, end in watch.each(spans)
    ]
    above, titled = headings_above(text, spans, days_alone=ocr)
    days = {at for at in {place for places in above for place in places} if is_day(facts[at].text)}
    head = heading_lines(text[:titled], ocr=ocr, language=evidence.language) if len(spans) > 1 else ()
    named = _people(facts)
    for at, (start, end) in enumerate(spans):
        row = is_row(text[start:end])
        near = [*range(max(0, at - _BACK), at), *range(at + 1, min(at + 2, len(spans)))]
        beside = () if row else tuple(facts[one] for one in near if above[one] == above[at])
        over = tuple(facts[one] for one in above[at] if one != at)
        context = (*around, *head, *over, *beside)
        earlier = () if row else _before(facts, at)
        tabular = row or is_drawn(text[start:end])
        span = base + start, base + end
        yield Passage(
            evidence, part.channel, span, facts[at], context, False, row, earlier, at, named, tabular, beside=beside,
            under=above[at], day=next((facts[one].text for one in above[at][::-1] if one in days), ""),
        )  # fmt: skip


def _read(text: str, language: str, *, ocr: bool) -> Facts:
    """A line break inside a sentence is a space; before a number that stands alone it parts a label from its value."""
    valued = is_value(text.rpartition("\n")[2])
    text = _YES_OR_NO.sub(_chosen, text)
    return read_facts(text if ocr or valued else text.replace("\n", " "), ocr=ocr, source=True, language=language)


def _chosen(found: re.Match[str]) -> str:
    """Of a box for yes and one for no what is ticked, in the same room; both or neither say nothing."""
    yes, no = (box not in UNTICKED for box in found.groups())
    return ("yes" if yes else "no").ljust(len(found[0])) if yes != no else found[0]


def _people(facts: Iterable[Facts]) -> tuple[Name, ...]:
    """The names of several parts in a text, each once."""
    return tuple({(one.words, one.title): one for each in facts for one in each.names if len(one.words) > 1}.values())


def _before(facts: Sequence[Facts], at: int) -> tuple[Facts, ...]:
    """What a pronoun of this passage may mean: the sentences before, only where there is such a pronoun."""
    return tuple(facts[max(0, at - _FAR) : at]) if facts[at].all_words & REFERRING else ()


def _with_values(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sentences, and each label joined to the number that stands alone on the next line."""
    whole = None
    for at, (start, end) in enumerate(spans):
        after = spans[at + 1] if at + 1 < len(spans) else None
        if after and is_value(text[slice(*after)]) and not is_value(text[start:end]) and "\n" in text[end : after[0]]:
            whole = after[1]
            yield start, whole
        elif whole != end:
            yield start, end


def _bounded(facts: Facts) -> Facts:
    """Keep the first numbers and dates of a passage; what is left out can support nothing."""
    if len(facts.quantities) + len(facts.moments) <= _MOST:
        return facts
    return replace(facts, quantities=facts.quantities[:_MOST], moments=facts.moments[:_MOST])


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines as read, and each pair of neighbours where a sentence runs on."""
    found = [match.span() for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
    for at, (start, end) in enumerate(found):
        span = start, min(end, start + _LONGEST)
        yield span
        runs_on = at + 1 < len(found) and not text[span[0] : span[1]].rstrip().endswith((".", ":", "!"))
        if runs_on and not is_row(text[start:end]) and not is_row(text[slice(*found[at + 1])]):
            yield start, min(found[at + 1][1], start + _LONGEST)


def within(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    """True where one of the spans holds all of it."""
    return any(start <= span[0] and span[1] <= end for start, end in taken)


def shortest_around(passages: Iterable[Passage], quote: Quote) -> Passage | None:
    """Return the shortest passage in which a quote stands."""
    holders = (
        one
        for one in passages
        if one.evidence.evidence_id == quote.evidence_id
        and one.span[0] <= quote.span.start
        and quote.span.end <= one.span[1]
    )
    return min(holders, key=lambda one: one.span[1] - one.span[0], default=None)
