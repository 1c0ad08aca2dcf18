"""Comparisons between two findings, decided by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from groundsight.agent.state import Draft, Finding, Plan
from groundsight.agent.words import DATE, NUMBER

_LESS = re.compile(r"\b(?:lower|smaller|shorter|earlier|less|fewer|younger|lighter|cheaper|first|older)\b", re.I)


def verdict_of(question: str, plan: Plan, found: Sequence[Finding]) -> Draft | None:
    """Put the finding that wins a comparison first; None when nothing is compared or the values can't be."""
    if plan.join != "compare" or len(found) != 2:
        return None
    values = [_measured(one) for one in found]
    if values[0] is None or values[1] is None or values[0] == values[1]:
        return None
    less = bool(_LESS.search(question))
    first = (values[0] < values[1]) == less
    order = found if first else tuple(reversed(found))
    return Draft(sentences=tuple(one.sentence for one in order), cites=tuple((one.quote.evidence_id,) for one in order))


def _measured(found: Finding) -> float | None:
    """Read the value of a finding, else the first number of its quote."""
    value = amount(found.value)
    return amount(found.quote.text) if value is None else value


def amount(shown: str) -> float | None:
    """Read a number, an amount or the year of a date; None when there is none."""
    year = re.search(r"\b(?:1[5-9]|20|21)\d\d\b", shown) if DATE.fullmatch(shown) else None
    found = year or NUMBER.search(shown)
    return _plain(found.group(0)) if found else None


def _plain(digits: str) -> float | None:
    """Read 1,284.50 and 1.284,50 alike: the last separator before one or two digits is the decimal one."""
    bare = re.sub(r"['\u00a0\u202f]", "", digits)
    decimal = re.search(r"[.,](\d{1,2})$", bare)
    whole = re.sub(r"[.,]", "", bare[: decimal.start()] if decimal else bare)
    try:
        return float(f"{whole}.{decimal.group(1)}" if decimal else whole)
    except ValueError:
        return None
