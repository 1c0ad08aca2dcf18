"""Sums that an answer states: both values must stand in the evidence, and the result is computed again."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from groundsight.grounding.dates import Moment, find_moments
from groundsight.grounding.search import PassageIndex
from groundsight.types import Claim, Quote, Reason, Span, Verdict

_DAYS = re.compile(r"^from (?P<a>[^:]{6,30}?) to (?P<b>[^:]{6,30}?): (?P<result>\d{1,6}) days?[.\s]*$", re.I)
_GAP = re.compile(
    r"^from (?P<a>[^:]{1,40}?) to (?P<b>[^:]{1,40}?): a difference of (?P<result>[^:]{1,40}?)[.\s]*$", re.I
)
_PLUS = re.compile(
    r"^(?P<a>[^:]{6,30}?) plus (?P<b>\d{1,3} (?:day|week|month|year)s) is (?P<result>[^:]{6,30}?)[.\s]*$", re.I
)
_COUNTS = {
    word: at for at, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
} | {"fifteen": 15, "eighteen": 18, "twenty": 20, "twenty-four": 24, "thirty": 30, "sixty": 60, "ninety": 90}
TERM = re.compile(rf"\b(?:\d{{1,3}}|{'|'.join(_COUNTS)})[ -](?:calendar )?(?:day|week|month|year)s?\b", re.I)
_DIGITS = re.compile(r"\d[\d.,'\u00a0\u202f]*\d|\d")


def check_sum(claim: Claim, text: str, index: PassageIndex) -> Verdict | None:
    """Judge "from A to B: N days", "A plus N months is B" and "from A to B: a difference of N"; None for other claims.

    Supported needs both values in the evidence and the right result; a wrong result is contradicted.
    """
    if match := _DAYS.match(text.strip()):
        days = _day(match["a"]), _day(match["b"])
        if days[0] is None or days[1] is None:
            return None
        quotes = [_quote_of_day(day, index) for day in days if day]
        return _judged(claim, match, quotes, str(abs((days[1] - days[0]).days)), int(match["result"]))
    if match := _PLUS.match(text.strip()):
        return _plus(claim, match, index)
    if match := _GAP.match(text.strip()):
        return _gap(claim, match, index)
    return None


def _plus(claim: Claim, match: re.Match[str], index: PassageIndex) -> Verdict | None:
    start, end, term = _day(match["a"]), _day(match["result"]), term_of(match["b"])
    if start is None or end is None or term is None:
        return None
    right = later(start, *term)
    quotes = [_quote_of_day(start, index), _quote_of_term(term, index)]
    return _judged(claim, match, quotes, day_shown(right), end == right, True)


def term_of(text: str) -> tuple[int, str] | None:
    """Read a term such as "24 months" or "five years" as a number and its unit in the plural."""
    found = TERM.search(text)
    if not found:
        return None
    count, unit = re.split(r"[ -](?=(?:calendar )?(?:day|week|month|year))", found.group(0).casefold())
    return (int(count) if count.isdigit() else _COUNTS[count]), unit.removeprefix("calendar ").rstrip("s") + "s"


def later(day: date, count: int, unit: str) -> date:
    """Return the same day some days, weeks, months or years later; the last of the month where that day is lacking."""
    if unit in ("days", "weeks"):
        return day + timedelta(days=count * (7 if unit == "weeks" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_shown(day: date) -> str:
    """Write a day as 1 September 2025."""
    return f"{day.day} {day:%B} {day.year}"


def _quote_of_term(term: tuple[int, str], index: PassageIndex) -> Quote | None:
    """Return the first passage that gives a term in words, or as a number under a head with the unit."""
    count, unit = term
    headed = re.compile(rf"\b{unit[:-1]}s?\b\)?:? {count}(?![\w.,])", re.I)
    quotes = (passage.quote() for passage in index.watch.each(index.passages) if passage.channel != "caption")
    return next((one for one in quotes if headed.search(one.text) or _gives(one.text, term)), None)


def _gives(text: str, term: tuple[int, str]) -> bool:
    return any(term_of(found) == term for found in TERM.findall(text))


def _gap(claim: Claim, match: re.Match[str], index: PassageIndex) -> Verdict | None:
    read = [_amount(match[name]) for name in ("a", "b", "result")]
    if any(one is None for one in read) or len({unit for one in read if one for unit in one[1:]}) > 1:
        return None
    first, second, result = (one[0] for one in read if one)
    quotes = [_quote_of(match[name], index) for name in ("a", "b")]
    right = abs(first - second)
    return _judged(claim, match, quotes, f"{right.normalize():f}", right if right == result else -1, right)


def _judged(
    claim: Claim,
    match: re.Match[str],
    quotes: Sequence[Quote | None],
    right: str,
    said: object,
    expected: object = None,
) -> Verdict:
    span = Span(start=claim.span.start + match.start("result"), end=claim.span.start + match.end("result"))
    found = tuple(quote for quote in quotes if quote)
    if len(found) < len(quotes):
        lost = match["a"] if quotes[0] is None else match["b"]
        reason = Reason(code="entity_missing", message=f"{lost} is not in the evidence", claim_span=span)
        return Verdict(claim=claim, label="unsupported", probability=0.0, reasons=(reason,))
    if said != (int(right) if expected is None else expected):
        message = f"{match['result']} in the answer, {right} by the values in the source"
        reason = Reason(code="number_mismatch", message=message, claim_span=span, evidence=found[0])
        return Verdict(claim=claim, label="contradicted", probability=0.01, reasons=(reason,))
    reason = Reason(
        code="computed", message=f"both values are in the source, and the result is {right}", claim_span=span
    )
    return Verdict(
        claim=claim, label="supported", probability=0.97, support=tuple(dict.fromkeys(found)), reasons=(reason,)
    )


def _day(text: str) -> date | None:
    days = [day for one in find_moments(text) if (day := day_of(one))]
    return days[0] if len(days) == 1 else None


def day_of(one: Moment) -> date | None:
    """Return the calendar day of a moment that gives day, month and year."""
    if one.year is None or one.month is None or one.day is None:
        return None
    try:
        return date(one.year, one.month, one.day)
    except ValueError:
        return None


def _quote_of_day(day: date, index: PassageIndex) -> Quote | None:
    spoken = (
        passage.quote(one.span)
        for passage in index.watch.each(index.passages)
        if passage.channel != "caption"
        for one in (*passage.facts.moments, *find_moments(passage.quote().text))
        if day_of(one) == day
    )
    return next(spoken, None)


def _quote_of(shown: str, index: PassageIndex) -> Quote | None:
    """Return the first passage that spells a value as a number of its own."""
    spelled = re.compile(rf"(?<![\w.,]){re.escape(shown.strip())}(?![\w]|[.,]\d)")
    quotes = (passage.quote() for passage in index.watch.each(index.passages) if passage.channel != "caption")
    return next((quote for quote in quotes if spelled.search(quote.text)), None)


def _amount(shown: str) -> tuple[Decimal, str] | None:
    """Read a value with its unit; None unless it holds exactly one number."""
    found = _DIGITS.findall(shown)
    if len(found) != 1:
        return None
    bare = re.sub(r"['\u00a0\u202f]", "", found[0])
    decimal = re.search(r"[.,](\d{1,2})$", bare)
    whole = re.sub(r"[.,]", "", bare[: decimal.start()] if decimal else bare)
    try:
        value = Decimal(f"{whole}.{decimal[1]}" if decimal else whole)
    except InvalidOperation:
        return None
    return value, " ".join(shown.replace(found[0], " ").split()).casefold()
