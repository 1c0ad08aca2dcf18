"""A receipt as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groundsight.tools.explain import Candidate, Explained, Judged
from groundsight.tools.results import where_text
from groundsight.types.showing import MARKS, number_of, ratio

HASH_SHOWN = 12


def lines_of(told: Explained) -> Iterator[str]:
    """Yield what was asked, the outcome, each sentence, each candidate, and under which circumstances."""
    yield f"Receipt {told.id}, number {told.number}: {told.tool} through {told.door}, {told.time}"
    yield "Its signature and its parts hold."
    yield f"Asked: {told.question or 'no longer kept'}"
    if told.picture:
        yield f"About the picture {told.picture.name}, SHA-256 {told.picture.sha256}"
    stop = f" ({told.stop_reason})" if told.stop_reason else ""
    yield f"Outcome: {told.status}{stop}, {ratio(told.grounding_ratio)}, tier {told.tier}"
    named = {
        each.id: where_text(each.source or "a document that you may not see", each.page) for each in told.candidates
    }
    yield from _titled("Sentences", [line for each in told.sentences for line in _sentence(each, named)])
    yield from _titled("Candidates", [_candidate(each, named[each.id]) for each in told.candidates])
    yield from _titled("Off or weakened", told.degraded)
    yield from _titled("Models", [f"{lane}: {model}" for lane, model in told.models.items()])
    yield from _titled("Prompts", [f"{name}: {sha[:HASH_SHOWN]}" for name, sha in told.prompts.items()])
    yield from _titled("Prompts that are not those of the baseline", told.prompts_changed)
    yield from _titled("Settings that were not the defaults", told.settings)
    yield f"Policy {told.policy[:HASH_SHOWN]}, index {told.index}, groundsight {told.version}"
    if told.text_sha256:
        yield f"SHA-256 of the text: {told.text_sha256}"
    for each in told.forgotten:
        yield f"Emptied: {number_of(each.parts, 'part')}, document {each.document} was forgotten {each.time}"
    if told.withheld:
        yield f"Withheld: {number_of(told.withheld, 'part')} of documents that you may not see any more"


def _sentence(each: Judged, named: dict[str, str]) -> Iterator[str]:
    why = f" ({'; '.join(each.reasons)})" if each.reasons and each.verdict != "supported" else ""
    mark = MARKS.get(each.verdict, "?")  # pyright: ignore[reportCallIssue, reportArgumentType]
    yield f"{mark} {each.verdict} {each.probability:.2f}: {each.text or 'withheld'}{why}"
    yield from (f"    rests on {named.get(one, one)}" for one in each.rests_on)
    yield from (f"    against it {named.get(one, one)}" for one in each.against if one not in each.rests_on)


def _candidate(each: Candidate, place: str) -> str:
    parts = " + ".join(f"{one.channel} {one.contribution:.4f}" for one in each.channels)
    score = f", {each.score:.4f} = {parts}" if parts else ""
    return f"{place}{' (cited)' if each.cited else ''}: {number_of(each.tokens, 'token')}{score}"


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}:"
        yield from (f"  {line}" for line in lines)
