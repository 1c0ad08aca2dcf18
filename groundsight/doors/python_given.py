"""What a program gives to a verb: of the kind that the verb takes, or refused by name before any work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from groundsight.errors import InvalidArgument
from groundsight.language.sentences import evidence_from_text
from groundsight.limits import require_words
from groundsight.types import Evidence

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.tools.recording import Check

Given = str | Evidence
Found = Mapping[str, Sequence[Evidence]]


def fitting(suite: Suite, name: str, **arguments: object) -> dict[str, Any]:
    """Return arguments as the tool of this name takes them.

    Raises:
        InvalidArgument: one is of another type, or out of range.
    """
    from groundsight.tools.gate import checked_arguments
    from groundsight.tools.registry import tool

    every = checked_arguments(tool(name), arguments, suite.settings.limits.answer_chars)
    return {each: every[each] for each in arguments}


def as_check(suite: Suite, text: str, evidence: Given | Sequence[Given] | Found | None) -> Check:
    """Return what is to be checked against what; without evidence each sentence is searched for.

    Raises:
        InvalidArgument: there is no text, or something is no evidence.
    """
    from groundsight.tools.recording import Check
    from groundsight.tools.verify import searched

    require_words(text, "the text", "give the text to check")
    if evidence is None:
        return Check(text, searched(suite, text), searched=True)
    if isinstance(evidence, Mapping):
        return Check(text, {query: as_evidence(found) for query, found in evidence.items()})
    return Check(text, as_evidence(evidence))


def as_evidence(given: object) -> Sequence[Evidence]:
    """Return texts as evidence; what is evidence already stays.

    Raises:
        InvalidArgument: something is neither.
    """
    one = isinstance(given, str | Evidence) or not hasattr(type(given), "__iter__")
    listed = (given,) if one else cast("Iterable[object]", given)
    return [_one(number, each) for number, each in enumerate(listed, 1)]


def _one(number: int, given: object) -> Evidence:
    match given:
        case Evidence():
            return given
        case str():
            return evidence_from_text(f"text-{number}", f"text {number}", given)
        case _:
            which, step = type(given).__name__, "give texts or Evidence"
            raise InvalidArgument("this is no evidence", which=which, next_step=step)
