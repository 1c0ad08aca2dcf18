"""What the evidence leaves open of a claim: said nowhere, of something else, or only on a condition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from groundsight.evidence.passages import within
from groundsight.grounding.align import TELLING, Interval, another_subject
from groundsight.grounding.checks_names import ordinary
from groundsight.grounding.checks_numbers import says_fallen, unsigned
from groundsight.grounding.checks_polarity import denies
from groundsight.grounding.checks_relations import is_past
from groundsight.grounding.compare import Comparison, span_of
from groundsight.grounding.held import Held
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import agrees
from groundsight.language.stems import does, lexicon_lines
from groundsight.language.tokens import Token
from groundsight.types import Reason, Span

EXACT = 0.95
# Where one sentence says so much, a slot that stands only elsewhere is wrong in 92 of 100; below, in 75.
_NEARLY = 0.8
COUNTED = 20
_MOSTLY = 0.6
# A sum, the most of a table, and a pair speak of no row.
_IN_ALL = re.compile(r"\b(?:in|at|of|after|above|first of|not) all\b|\bboth\b[^.;]+\band\b", re.IGNORECASE)
_CUT = re.compile(r"[,;:]")
_JOINED = re.compile(r"[,;:]|\b(?:and|but|or)\b", re.IGNORECASE)


def left_open(
    claim: Facts, chosen: Sequence[Comparison], ranked: Sequence[Comparison], held: Held
) -> tuple[Reason, ...]:
    """Name what nothing in the evidence says, and what it says of something else or on a condition alone."""
    best = chosen[:1]
    of_best = (
        reason
        for one in best
        for reason in (*_of_a_section(claim, one, held), *_on_condition(claim, one), *_of_once(claim, one))
    )
    return (*_nowhere(claim, held), *_apart(claim, chosen, ranked, held), *of_best)


def _nowhere(claim: Facts, held: Held) -> Iterator[Reason]:
    """Numbers, dates, names and identifiers that nothing in the evidence says or yields."""
    for one in claim.quantities:
        if held.in_other_unit(one, claim):
            yield missing(claim, "unit_missing", one.span)
        elif lacks(one, claim, held):
            yield missing(claim, "number_missing", one.span)
    yield from (missing(claim, "date_missing", one.span) for one in claim.moments if not held.dates(one))
    strange = (one for one in claim.names if one.sure and not held.says_name(one) and not ordinary(claim, one))
    unknown = (one for one in claim.ids if one.key not in held.id_keys)
    yield from (missing(claim, "entity_missing", one.span) for one in (*strange, *unknown))


def lacks(one: Quantity, claim: Facts, held: Held) -> bool:
    """True for a number that the evidence neither says nor yields."""
    said = held.says(one) or held.yields(one, claim) or bool(says_fallen(one, claim, held.quantities))
    said = said or (one.high < 0 and held.says(unsigned(one)))
    return not (one.text.casefold().startswith("one") or said)


def _apart(claim: Facts, chosen: Sequence[Comparison], ranked: Sequence[Comparison], held: Held) -> Iterator[Reason]:
    """What the evidence has, but not in the row, or in the sentence that says nearly all of the rest."""
    best = next(iter(chosen), None)
    if best is None:
        return
    seen = best.passage.channel == "caption"
    bound = best.passage.tabular or best.pair.own_coverage_without(()) >= _NEARLY
    here = {span for one in chosen for span in one.settled}
    loose = {span for one in ranked for span in one.settled} - here if bound else set[Interval]()
    loose |= {one.span for one in claim.ids} - {*best.settled}
    if best.passage.tabular:
        loose |= {one.span for one in claim.names} & {*best.open} - here
    elif bound or seen:
        loose |= {*best.open} - here
    disputed = {span_of(reason) for one in ranked for reason in one.conflicts} - {
        span for one in ranked for span in one.settled
    }
    loose |= {one.span for one in claim.moments if (one.day or one.year) and held.dates(one)} & disputed
    # What is worked out stands beside nothing, and nothing is worked out from a caption.
    if not seen:
        loose -= {one.span for one in claim.quantities if not held.says(one)}
    # A small count, and a number beside less than a copy, is worked out more often than it is false.
    copied = best.rest >= EXACT or best.passage.tabular
    # Of a row the small figures count too: what stands in another row is said of that one.
    small = {one.span for one in claim.quantities if not one.kind and one.low <= COUNTED}
    rows = {span for one in ranked if one.passage.tabular for span in one.settled}
    free = (small - rows if best.passage.tabular else small) if copied else {one.span for one in claim.quantities}
    for span in sorted(loose if seen else loose - free):
        yield missing(claim, "entity_missing", span, "beside this statement")
    if bound and not best.passage.tabular:
        yield from _of_a_sentence(claim, chosen)
    idle = [found.span() for found in _IN_ALL.finditer(claim.text)]
    counted = (one for one in claim.tokens if one.word in _every() and not within(one.span, idle))
    if best.passage.tabular and (every := next(counted, None)):
        # One row says nothing of all of them.
        yield missing(claim, "entity_missing", every.span, "what one row says")
    yield from _of_a_sister(claim, chosen)


@lru_cache(maxsize=1)
def _every() -> frozenset[str]:
    lines = [line.split() for line in lexicon_lines("quantifiers.txt")]
    return frozenset((*lines[0], *lines[-1])) - {"no", "none"}


def _of_a_sentence(claim: Facts, chosen: Sequence[Comparison]) -> Iterator[Reason]:
    """What is not denied anywhere is not denied by it."""
    if claim.negations and not claim.quantities and not any(denies(one.passage.facts) for one in chosen):
        token = claim.tokens[claim.negations[0].at]
        yield missing(claim, "low_coverage", token.span)


def _of_a_sister(claim: Facts, chosen: Sequence[Comparison]) -> Iterator[Reason]:
    """A figure that a sentence says of another subject, all else alike, is no figure of the claim's."""
    figures = {one.span for one in (*claim.quantities, *claim.moments)}
    for one in (one for one in chosen if figures & {*one.settled}):
        opens = claim.words[0].span if claim.words else (0, 0)
        alike = one.pair.own_coverage_without([opens]) >= EXACT and says_no_more(one)
        labelled = ":" in one.passage.facts.text
        if alike and one.passage.is_sentence and not labelled and another_subject(claim, one.passage.facts):
            yield missing(claim, "entity_missing", opens, "what this is said of")


def _of_a_section(claim: Facts, best: Comparison, held: Held) -> Iterator[Reason]:
    """The claim names a heading of the text, and what it says stands below another one."""
    above = best.passage.under
    if not above or best.passage.is_heading:
        return
    heads = held.headings(best.passage)
    if any(_named(claim, heads[at]) for at in above if at in heads):
        return
    for at, head in heads.items():
        if at not in above and _named(claim, head) and not _named(best.passage.facts, head):
            token = next(one for one in claim.words if one.keys & head.keys)
            yield missing(claim, "entity_missing", token.span, "what this is said of")
            return


def _named(claim: Facts, heading: Facts) -> bool:
    telling = [token for token in heading.words if token.weight >= TELLING]
    return bool(telling) and all(token.keys & claim.keys for token in telling)


def _on_condition(claim: Facts, best: Comparison) -> Iterator[Reason]:
    """What the claim states as so, the source says only of a case, or asks."""
    said = best.passage.facts
    at = next((one for one in said.tokens if does(one.word, "case")), None)
    if (
        best.passage.tabular
        or at is None
        or any(does(one, "guarded") for one in claim.all_words)
        or best.pair.coverage < _MOSTLY
    ):
        return
    stop = min((cut.start() for cut in _CUT.finditer(said.text, at.end)), default=len(said.text))
    if at.word == "whether" and said.text[stop : stop + 1] == ":":
        return
    begin, end = max((cut.end() for cut in _JOINED.finditer(said.text, 0, at.start)), default=0), at.start
    if begin >= end:  # the case opens its clause, and the rest stands behind it
        begin, end = stop, len(said.text)
    mine = [one for one in best.pair.own if one.weight >= TELLING]
    case = [one for one in said.words if at.end <= one.start < stop and one.weight >= TELLING]
    main = [one for one in said.words if begin <= one.start < end]
    of_case, of_main = ([one for one in mine if any(one.keys & each.keys for each in some)] for some in (case, main))
    numbers = [one for one in said.quantities if any(agrees(each, one) for each in claim.quantities)]
    elsewhere = any(not begin <= one.span[0] < end for one in numbers)
    dropped = at.word != "whether" and case and not (of_case or elsewhere) and of_main and {*mine[1:]} <= {*of_main}
    if dropped or (mine and len(of_case) == len(mine) == len(case)):
        message = f"said only of a case in the source: {said.text[at.start : stop].rstrip('.')}"
        yield best.pair.reason("low_coverage", message, None, (at.start, stop))


def _of_once(claim: Facts, best: Comparison) -> Iterator[Reason]:
    """What happened is not what always, never or every time happens."""
    ever = next(
        (one for one in claim.tokens if one.word in ("always", "never", "invariably") or _each(claim, one)), None
    )
    said = best.passage.facts
    if (
        ever
        and not best.passage.tabular
        and any(map(is_past, said.words))
        and not any(does(one, "ever") for one in said.all_words)
    ):
        yield missing(claim, "low_coverage", ever.span, "what the source says of one time")


def _each(claim: Facts, one: Token) -> bool:
    """Every March, every time."""
    behind = next((token for token in claim.tokens if token.start > one.end), None)
    times = [each.span[0] for each in claim.moments]
    return one.word == "every" and behind is not None and (behind.word == "time" or behind.start in times)


def says_no_more(one: Comparison) -> bool:
    """All words of the passage but the one that opens it are words of the claim."""
    keys = frozenset(key for token in one.pair.own for key in (token.stem, *token.keys))
    return all(token.keys & keys for token in one.passage.facts.words[1:] if token.weight >= TELLING)


def missing(claim: Facts, code: str, span: Interval, where: str = "in the evidence") -> Reason:
    """Name a stretch of the claim that the evidence does not hold."""
    message = f"{claim.text[slice(*span)]} is not {where}"
    return Reason.model_validate({"code": code, "message": message, "claim_span": Span(start=span[0], end=span[1])})
