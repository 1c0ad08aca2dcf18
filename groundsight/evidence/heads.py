"""What stands at the head of a unit and holds for all its lines: title, section, file name, number, date, currency."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import PurePath

from groundsight.evidence.tables import is_drawn
from groundsight.language.dates import Moment, find_moments
from groundsight.language.facts import Facts, read_facts
from groundsight.language.sentences import runs_on
from groundsight.types import Evidence

_LINES = 10
LEAD_CHARS = 80
# "Wednesday, the 24th of September 2025, 10:30"
_DAY_CHARS = 48
_WORDS = 9
_MONEY_HEAD = re.compile(
    r"\b(?:amount|amounts|price|prices|total|sum|value|cost|costs|fee|fees|all figures)\b[^\n\d]{0,12}?"
    r"\(?\b(?:in\s+)?(?P<unit>EUR|USD|GBP|CHF|INR|JPY)\b\)?",
    re.IGNORECASE,
)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
_SCALE_HEAD = re.compile(r"(?:\bin\s+|\([^()\d]{0,20}?)(?P<scale>thousand|million|billion)s?\b", re.IGNORECASE)
_MONEY = re.compile(r"(?:\d{1,3}(?:[,. ]\d{3})+|\d+)[.,]\d{2}$")
_ROW = re.compile(r"(?:^|\s|[$€£])[-−]?\d[\d., ]*(?:\s?(?:%|[$€£]|[A-Z]{3}\b|[A-Za-zµ°/]{1,4}\b))?\s*$")


def head_facts(evidence: Evidence) -> Facts:
    """Read the title, the section and the name of the file as context; none of them is ever quoted."""
    stem = re.sub(r"[_-]+", " ", PurePath(evidence.source).stem) if "." in evidence.source else ""
    return read_facts(
        f"{evidence.title}. {evidence.place.section or ''}. {stem if ' ' in stem else ''}",
        source=True,
        language=evidence.language,
    )


def heading_lines(text: str, *, ocr: bool, language: str = "") -> tuple[Facts, ...]:
    """Return what the short lines at the top of a text state, up to its first long line or sentence."""
    return tuple(read_facts(line, ocr=ocr, source=True, language=language) for line in _top(text))


def is_day(line: str) -> bool:
    """True for a line that holds a day and nothing else: in a log it dates what stands below it."""
    words = re.sub(r"^[#*\s]+|[*:\s]+$", "", line)
    found = find_moments(words) if len(words) <= _DAY_CHARS else ()
    return any(one.day for one in found) and not re.sub(r"[\W_]+", "", _without(words, found))


def _without(text: str, found: Sequence[Moment]) -> str:
    for one in reversed(found):
        text = text[: one.span[0]] + text[one.span[1] :]
    return text


def lead_of(text: str) -> str:
    """Return the first line of a text as what it is about, cut at a word."""
    line = next((one.strip() for one in text.split("\n") if one.strip()), "")
    return line if len(line) <= LEAD_CHARS else line[:LEAD_CHARS].rpartition(" ")[0]


def is_row(line: str) -> bool:
    """True for a label with a number at its end, as in the lines of a form or an invoice; no sentence."""
    plain = line.rstrip()
    short = len(plain.split()) <= _WORDS and not plain.endswith((".", "!", "?"))
    return short and bool(_ROW.search(plain)) and any(c.isalpha() for c in plain)


def is_value(line: str) -> bool:
    """True for a line that holds one number, no day, and nothing else."""
    return bool(re.fullmatch(r"\s*(?:[$€£]\s?)?[-−]?\d[\d., ]*(?:\s?%)?\s*", line)) and not is_day(line)


def currency_of(text: str) -> str:
    """Return the currency that a column head or total line of this text names; "" for none or several."""
    found = {match["unit"].casefold() for match in _MONEY_HEAD.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def scales_of(text: str) -> tuple[float, ...]:
    """Return what the bare numbers of a table are counted in: what its title names, else any that a claim may name."""
    named = {_SCALES[match["scale"].casefold()] for match in _SCALE_HEAD.finditer(text)}
    return tuple(named) if len(named) == 1 else tuple(_SCALES.values())


def with_currency(facts: Facts, currency: str) -> Facts:
    """Read bare amounts with two decimals in the currency of their unit."""
    if not currency:
        return facts
    amounts = tuple(
        replace(one, kind=currency, unit=currency, noun="") if not one.kind and _MONEY.search(one.text) else one
        for one in facts.quantities
    )
    return replace(facts, quantities=amounts)


def _top(text: str) -> Iterator[str]:
    lines: Sequence[str] = [line for line in text.split("\n", _LINES + 6)[: _LINES + 6] if line.strip()]
    for line, after in zip_longest(lines[:_LINES], lines[1:_LINES], fillvalue=""):
        if (
            runs_on(line, after)
            or is_drawn(line)
            or len(line.split()) > _WORDS
            or line.rstrip().endswith((".", "!", "?", ",", ";"))
        ):
            return
        if not is_value(line) and not re.search(r"\d[.,]\d{2}\s*(?:[A-Z]{3}|[$€£])?\s*$", line):
            yield line.lstrip("# ")
