"""How large, how much electricity, by how many degrees: the one sentence that says all else and has such a figure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from groundsight.agent.fit import beyond_than, denies_as
from groundsight.agent.question import Question
from groundsight.agent.state import Finding
from groundsight.computing.columns import of_kind
from groundsight.computing.words import degree, degree_behind, degrees, lasting, measures, said
from groundsight.evidence.lists import of_another_point
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import REFERRING, Passage
from groundsight.language.bounds import ONE_SIDED
from groundsight.language.content import stems_of
from groundsight.language.licences import said_among
from groundsight.language.quantities import Quantity
from groundsight.language.sentences import without_list_mark
from groundsight.language.typography import squeeze
from groundsight.language.units import unit_named
from groundsight.types import Evidence

_HOW = re.compile(r"(?P<by>(?:by|to|at|for|in) )?how (?P<counts>many|much)? ?(?P<word>\w+)", re.I)
_MEASURED = ("mass", "height", "length", "width", "duration", "temperature", "size", "energy")
_PERIOD = re.compile(r"\b(last|this|next|previous) (year|month|week|season|quarter)\b", re.I)
# How large something is, no sign of up to two square metres tells.
_CLAUSE = re.compile(r"[,;]\s|\s(?:and|but|or|while|after|before|until)\s")


def measured(step: int, asked: Question, evidence: Sequence[Evidence], banned: Collection[str]) -> Finding | None:
    """Return the sentence with the only figure of the asked kind; None where none or several have one."""
    words = said(asked.text)
    tops = [words[one.at].text.casefold() for one in degrees(words) if one.degree.form == "superlative"]
    if {*tops} - {"first", "last"}:
        # At the very most, the longest: of one figure nothing tells that it is that.
        return None
    kinds, spent = _kinds(asked)
    wanted = asked.stems - spent
    # How long the tenancy lasts, that it starts for 24 months tells.
    lasts = wanted & lasting() if "duration" in kinds else frozenset[str]()
    wanted -= lasts
    if not kinds or not wanted or asked.language:
        return None
    named = frozenset(word for each in asked.facts.names for word in each.words)
    found = [
        (passage, value)
        for passage in PassageIndex(evidence).passages
        if _says(passage, wanted) and _agrees(asked, passage)
        for value in _figures(passage, wanted, spent, kinds)
        if not of_another_point(passage.evidence.text, passage.span, named)
        and (not lasts or lasts & passage.facts.stems or passage.facts.text[: value.span[0]].endswith("for "))
        and not beyond_than(asked.facts, passage.facts.text, value.span[0])
    ]
    if len({(value.low, value.unit) for _, value in found}) != 1:
        return None
    passage, value = found[0]
    sentence = without_list_mark(squeeze(passage.quote().text))
    if sentence in banned:
        return None
    return Finding(step=step, question=asked.text, sentence=sentence, quote=passage.quote(value.span), value=value.text)


def _kinds(asked: Question) -> tuple[frozenset[str], frozenset[str]]:
    """The measures that are asked for, or "=" with one kind of unit, and the stems that ask for them."""
    found = _HOW.match(asked.text)
    if found is None:
        return frozenset(), frozenset()
    word, spent = found["word"].casefold(), stems_of(found["word"])
    if found["counts"] and (unit := unit_named(word)):
        return frozenset({f"={unit[0]}", f"={word}"}), spent
    if found["counts"] and found["by"]:
        # By how many degrees: nothing but the word says of what the figure is.
        return frozenset(f"={each}" for each in (word, *spent)), spent
    if found["counts"]:
        return frozenset(name for name in _MEASURED if spent & measures()[name]), spent
    asks = degree(word)
    if asks is None or asks.form != "base" or asks.measure in ("date", "money"):
        return frozenset(), spent
    both = {"duration"} if asks.measure == "length" else set[str]()
    return frozenset({asks.measure or "size"} | both), spent


def _says(passage: Passage, wanted: frozenset[str]) -> bool:
    """A sentence or point that says every word; what a heading names, or a pronoun means, need not stand in it."""
    if passage.asks or passage.tabular or passage.channel == "caption":
        return False
    one = passage.evidence
    lent = stems_of(f"{one.title} {one.place.section or ''} {re.sub(r'[/_.-]+', ' ', one.source)}")
    lent |= frozenset(stem for facts in passage.lent for stem in stems_of(facts.text))
    own = passage.facts.stems | stems_of(passage.facts.text)
    return said_among(wanted, own | lent) == wanted and 2 * len(said_among(wanted, own)) >= len(wanted)


def _agrees(asked: Question, passage: Passage) -> bool:
    """Both deny or neither does, of the same period, and a number that names (valve 17) is no 17 minutes."""
    bare = {each.low for each in asked.facts.quantities if not each.kind}
    if not bare <= {each.low for facts in (passage.facts, *passage.lent) for each in facts.quantities if not each.kind}:
        return False
    mine, theirs = ({*_PERIOD.findall(text.casefold())} for text in (asked.text, passage.facts.text))
    return denies_as(asked.facts, passage.facts) and (not mine or not theirs or mine == theirs)


def _figures(
    passage: Passage, wanted: frozenset[str], spent: frozenset[str], kinds: frozenset[str]
) -> Iterator[Quantity]:
    """The figures of the asked kind; of several the one in the clause that says more of the question."""
    text, told = passage.facts.text, dict[int, int]()
    found = [
        each
        for each in passage.facts.quantities
        if _is_of(each, kinds) and each.bound not in ONE_SIDED and not _otherwise(each, text, spent)
    ]
    cuts = [0, *(cut.end() for cut in _CLAUSE.finditer(text)), len(text)]
    for at, each in enumerate(found):
        start = max(cut for cut in cuts if cut <= each.span[0])
        end = min(cut for cut in cuts if cut >= each.span[1])
        clause = stems_of(text[start:end])
        # "Closed after the flood lasted 3 days": a clause that says nothing of the question gives its own figure.
        if len(cuts) == 2 or clause & (wanted | spent) or REFERRING & {*text[start:end].casefold().split()}:
            told[at] = len(said_among(wanted | spent, clause))
    best = max(told.values(), default=0)
    yield from (each for at, each in enumerate(found) if told.get(at) == best)


def _otherwise(one: Quantity, text: str, spent: frozenset[str]) -> bool:
    """14 metres long says nothing of how deep."""
    other = degree_behind(text, one.span[1])
    return bool(other) and not stems_of(other) & spent


def _is_of(one: Quantity, kinds: frozenset[str]) -> bool:
    named = {f"={each}" for each in (one.kind, one.noun) if each}
    return bool(named & kinds) or (bool(one.kind) and any(of_kind(one.kind, name) for name in kinds))
