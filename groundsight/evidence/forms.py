"""Forms, receipts and letter heads as tables of one row: every label is a head, its value the cell below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from groundsight.evidence.grids import Row, Table, rows_of
from groundsight.evidence.heads import is_row
from groundsight.evidence.places import box_of_words
from groundsight.evidence.tables import text_tables
from groundsight.language.content import function_words
from groundsight.language.dates import find_moments
from groundsight.language.licences import verb_share
from groundsight.language.stems import lexicon_rows, stem
from groundsight.language.units import unit_named
from groundsight.types import Box, Evidence

_PAIR = re.compile(r"^\W{0,4}(?P<label>[^\W\d][^:\n]{0,48}?)\s*(?::|\t|\.{3,}|…|\s{3,})\s*(?P<value>[^\s.…:].*?)\s*$")
_AMOUNT = re.compile(
    r"^(?P<label>.*?[^\W\d_].*?)\W*?\s?"
    r"(?P<value>(?:[A-Z]{3}\s|[$€£]\s?)?[-−]?\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?(?:\s?(?:[A-Z]{3}|[$€£%]))?)\s*$"
)
# Power 1.8 kW: a label, a number and its unit.
_MEASURE = re.compile(
    r"^\W{0,4}(?P<label>[^\W\d][^\d:\n]{0,40}?)\s+(?P<value>[-−]?\d[\d.,]*\s?(?P<unit>[^\W\d]\S{0,5}))\s*$"
)
# Invoice no. 2025-0388: a label and what it numbers.
_NUMBERED = re.compile(
    r"^\W{0,4}(?P<label>[^\W\d][^\d:\n]{0,40}?\s(?:no\.?|nr\.?|number|#))\s*(?P<value>[\w/.-]*\d[\w/-]*)\s*$", re.I
)
# Firmware 3.2.1, Firmware version 3.2: a number of three parts, or one that is called a version, and no address.
_VERSION = re.compile(
    r"^\W{0,4}(?P<label>[^\W\d][^\d:\n]{0,40}?)(?:\s+version)?\s+(?!(?:\d{1,3}\.){3}\d{1,3}\s*$)"
    r"(?P<value>(?:(?<=version )|v\.?\s?)\d[\w.-]*|\d+\.\d+\.\d[\w.-]*)\s*$",
    re.I,
)
# Vesper Clinic - Ref. VC-4410-K, at the end of a line.
_REFERENCE = re.compile(
    r"(?:|.*\s[-–|·]\s)\W{0,4}(?P<label>r[eé]f(?:\.|[eé]ren[cz]\w*)?|aktenzeichen|az\.?)\s+(?P<value>(?=\S*\d)[\w/.-]+)\s*$",
    re.IGNORECASE,
)
# A box that is ticked or not: [x] Fence mended.
_BOX = re.compile(r"^\s*(?:[-*+]\s+)?(?P<value>\[[ xX]\]|[☐☑☒✓✔])\s*(?P<label>[^\W\d][^:\n]{0,60}?)\s*$")
_ROLE = re.compile(
    r"(?P<value>[^\W\d_a-z][\w.&'’-]*(?: (?:&|[^\W\d_a-z][\w.&'’-]*)){1,5}) "
    r"\((?:the )?[\"“]?(?P<roles>[a-z]+(?:,? [a-z]+){0,5})[\"”]?\)"
)
# Microchip no., Tel.
_SHORT = re.compile(r"(?:^|\s)[^\W\d]{2,3}\.\s*$")
# "Fees for July 2025" is a heading.
_YEAR = re.compile(r"(?:19|20)\d\d")
_LABEL_WORDS, _BARE_WORDS, _VALUE_WORDS = 6, 4, 16
# Of its uses as a verb: "arrives 3 May 2025" states something.
SAYS = 0.6
# A page of prose with a colon here and there is no form; a letter head of few lines is.
_MOST_LINES = 80


class LabelValue(NamedTuple):
    """A label with its value, and where the value stands in its evidence."""

    label: str
    value: str
    span: tuple[int, int]
    box: Box | None = None


def forms(evidence: Sequence[Evidence]) -> tuple[Table, ...]:
    """Return the labels of every evidence that has some as one table; its other short lines are its title."""
    return tuple(table for one in evidence if (table := _form(one)))


def _form(one: Evidence) -> Table | None:
    if one.text.count("\n") > _MOST_LINES:
        return None
    pairs = list(_of_cells(one)) if one.cells else [*_pairs(one), *_in_brackets(one)]
    heads = [pair.label.casefold() for pair in pairs]
    # What is said twice under one label is not told by the label.
    alone = [pair for pair in pairs if heads.count(pair.label.casefold()) == 1]
    if not alone:
        return None
    span = alone[0].span[0], alone[-1].span[1]
    row = Row(tuple(pair.value for pair in alone), one, span, tuple(pair.box for pair in alone))
    title = " ".join((one.title, *_rest(one)))
    return Table(one.source, one.place.section or "", title, tuple(pair.label for pair in alone), (row,))


def _of_cells(one: Evidence) -> Iterator[LabelValue]:
    """The rows of a table of labels: two columns without heads."""
    if any(cell.strip() for cell in one.cells[0]) or len(one.cells[0]) != 2:
        return
    for row in rows_of(one, text_tables(one.text, one.cells)[0]):
        if all(row.cells):
            yield LabelValue(row.cells[0].strip(" :"), row.cells[1], row.place(1), row.boxes[1] if row.boxes else None)


def _pairs(one: Evidence) -> Iterator[LabelValue]:
    for line in _lines(one):
        found = _BOX.match(line.group()) or _PAIR.match(line.group())
        found = found or _NUMBERED.match(line.group()) or _measured(line.group()) or _day(line.group())
        found = found or _REFERENCE.match(line.group()) or _version(line.group())
        found = found or (_AMOUNT.match(line.group()) if is_row(line.group()) else None)
        dated = found is not None and found.re is _AMOUNT and bool(_YEAR.fullmatch(found["value"]))
        if found and not dated and _is_label(found["label"]) and _is_value(found["value"]):
            start = line.start() + found.start("value")
            value, once = found["value"], one.text.count(found["value"]) == 1
            box = box_of_words(one.lines, value if once else line.group())
            yield LabelValue(_label(found), value, (start, start + len(value)), box)


def _label(found: re.Match[str]) -> str:
    label = found["label"].strip()
    if found.re is _VERSION and label.casefold() != "version":
        return f"{label} version"
    return "Reference" if found.re is _REFERENCE else label


def _in_brackets(one: Evidence) -> Iterator[LabelValue]:
    """Harcourt Estates Ltd (landlord), Carl Finch (practice manager): a name with its role behind it."""
    for found in _ROLE.finditer(one.text):
        start, end = found.span("value")
        opening = one.text[start:end].split()[0]
        # Between Harcourt Estates Ltd (landlord) and ...
        start += len(opening) + 1 if opening.casefold() in (*function_words(), "between") else 0
        for label in re.split(r",\s*|\s+and\s+", found["roles"]):
            if label.rpartition(" ")[2].casefold() in _roles_known():
                yield LabelValue(label, one.text[start:end], (start, end), box_of_words(one.lines, one.text[start:end]))


@lru_cache(maxsize=1)
def _roles_known() -> frozenset[str]:
    return frozenset(role for _, roles in lexicon_rows("roles.tsv") for role in roles.split())


def _measured(line: str) -> re.Match[str] | None:
    found = _MEASURE.match(line)
    return found if found and unit_named(found["unit"]) and _labels(found["label"]) else None


def _version(line: str) -> re.Match[str] | None:
    """Three numbers with points may be a day."""
    found = _VERSION.match(line)
    return found if found and _labels(found["label"]) and not find_moments(line) else None


def _day(line: str) -> re.Match[str] | None:
    """Invoice date 28 May 2025: a label and the day that ends the line."""
    days = [one for one in find_moments(line) if one.day and one.year and one.span[1] == len(line.rstrip())]
    label = line[: days[0].span[0]].strip() if days else ""
    return re.match(rf"(?P<label>{re.escape(label)})\s+(?P<value>.+?)\s*$", line.strip()) if _labels(label) else None


def _labels(text: str) -> bool:
    """True for a label without a colon: a few words, of which the last is neither a small one nor a verb."""
    words = text.casefold().split()
    return 0 < len(words) <= _BARE_WORDS and words[-1] not in function_words() and verb_share(stem(words[-1])) < SAYS


def _is_value(text: str) -> bool:
    """One value: a gap inside parts the heads or cells of a receipt's columns."""
    return len(text.split()) <= _VALUE_WORDS and not re.search(r"\s{3,}|\t", text)


def _is_label(text: str) -> bool:
    ends = text.rstrip().endswith((".", "!", "?")) and not _SHORT.search(text)
    return 0 < len(text.split()) <= _LABEL_WORDS and not ends


def _rest(one: Evidence) -> list[str]:
    """The short lines that are no pairs, and those whose value names the whole: a heading, a number of a receipt."""
    return [line.group() for line in _lines(one) if line.group().strip() and len(line.group().split()) <= _VALUE_WORDS]


def _lines(one: Evidence) -> Iterator[re.Match[str]]:
    """What is written: of a clip the slide, for nobody says a label and its value."""
    said = [part.span for part in one.parts if part.channel == "transcript"]
    for line in re.finditer(r"[^\n]+", one.text):
        if not any(span.start <= line.start() < span.end for span in said):
            yield line
