"""Do the names of a claim stand in the passage, in the same role?"""

from __future__ import annotations

import re
from bisect import bisect
from itertools import combinations

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_numbers import Outcome
from groundsight.grounding.facts import Facts
from groundsight.grounding.names import Name, ambiguous, covered_by
from groundsight.grounding.passages import Passage
from groundsight.grounding.tokens import keys_of
from groundsight.types import Reason

_PRONOUN = frozenset(
    [
        "it",
        "he",
        "she",
        "they",
        "his",
        "her",
        "its",
        "their",
        "him",
        "them",
        "this",
        "these",
        "who",
        "which",
        "company",
        "firm",
    ]
)
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been|being|be)\s+(?:\w+\s+)?\w+\b[^.]*?\bby\b|,\s*\w+ed\s+by\b", re.IGNORECASE
)
_COORDINATE = re.compile(r";|,\s*(?:and|but|while|whereas)\b")
_OWNING = re.compile(r"\b(?:of|from|with)\b|['’]s\b", re.IGNORECASE)


def check_names(pair: Pair) -> Outcome:
    """Look for each name of the claim; another name in its slot is a conflict, and so are exchanged roles."""
    settled: list[Interval] = []
    missing: list[Interval] = []
    conflicts: list[Reason] = []
    for name in pair.claim.names:
        if named_in(pair.passage, name):
            settled.append(name.span)
        elif rival := _rival(pair, name):
            conflicts.append(_reason(pair, name, rival))
        elif _named_around(pair, name):
            settled.append(name.span)
        elif name.sure:
            missing.append(name.span)
    conflicts += (_exchanged(pair) or _other_clause(pair)) if not conflicts and not missing else []
    return Outcome(tuple(settled), tuple(missing), tuple(conflicts))


def named_in(passage: Passage, name: Name) -> bool:
    """True when a passage names whom a claim names, and the text has nobody else whom a shorter form fits."""
    facts = passage.facts
    covered = covered_by(name, facts.all_words, facts.names, ocr=passage.channel == "ocr")
    return covered and not ambiguous(name, facts.names, passage.named)


def _named_around(pair: Pair, name: Name) -> bool:
    """A name from the sentences before may be meant by a pronoun, or where nothing else is named."""
    facts = pair.passage.facts
    names = [one for near in pair.passage.context for one in near.names]
    refers = bool(facts.all_words & _PRONOUN) or pair.passage.cell or not _strangers(pair)
    covered = refers and covered_by(name, pair.passage.context_words, names)
    return covered and not ambiguous(name, names, pair.passage.named)


def _strangers(pair: Pair) -> list[Name]:
    """Names of the passage that the claim does not mention."""
    claim = pair.claim
    return [one for one in pair.passage.facts.names if not covered_by(one, claim.all_words, claim.names)]


def _rival(pair: Pair, name: Name) -> Name | None:
    if pair.passage.cell:
        return None
    return next((one for one in _strangers(pair) if pair.same_slot(name.span, one.span)), None)


def _exchanged(pair: Pair) -> list[Reason]:
    """Two names around one shared predicate, in the other order and without a passive to explain it."""
    if pair.passage.cell or _voice(pair.claim) != _voice(pair.passage.facts):
        return []
    facts = pair.passage.facts
    for first, second in combinations(pair.claim.names, 2):
        one, other = _place(facts, first), _place(facts, second)
        if one is None or other is None or other[1] > one[0]:
            continue
        mine = _between(pair.claim, first.span[1], second.span[0])
        if mine & _between(facts, other[1], one[0]) and not _owned(pair, first, second, (other[1], one[0])):
            message = f"{first.text} and {second.text} have exchanged roles"
            return [pair.reason("name_mismatch", message, first.span, one)]
    return _mispaired(pair)


def _owned(pair: Pair, first: Name, second: Name, gap: Interval) -> bool:
    """A genitive on one side explains the other order ("Maria's brother Paul", "Paul, the brother of Maria")."""
    mine = pair.claim.text[first.span[0] : second.span[1]]
    theirs = pair.passage.facts.text[gap[0] : gap[1] + 2]
    return bool(_OWNING.search(mine)) != bool(_OWNING.search(theirs))


def _mispaired(pair: Pair) -> list[Reason]:
    """Two names that the passage puts in different clauses, each beside a name that the claim leaves out."""
    strangers = _strangers(pair)
    for first, second in combinations(pair.claim.names, 2):
        one, other = _place(pair.passage.facts, first), _place(pair.passage.facts, second)
        if not one or not other or pair.segment_words(one) & set(second.words):
            continue
        beside = [s for s in strangers if _same_clause(pair, s.span, one)]
        against = [s for s in strangers if _same_clause(pair, s.span, other)]
        if beside and against:
            return [_reason(pair, second, beside[0])]
    return []


def _other_clause(pair: Pair) -> list[Reason]:
    """All that is said of a name stands in a clause without it that opens with a name which the claim leaves out."""
    facts = pair.passage.facts
    cuts = [found.start() for found in _COORDINATE.finditer(facts.text)]
    if not cuts or pair.passage.cell or len(pair.claim.names) != 1:
        return []
    (name,) = pair.claim.names
    told = keys_of(t for t in pair.own if not (name.span[0] <= t.start and t.end <= name.span[1]))
    said = [token for token in facts.words if token.keys & told]
    clauses = {bisect(cuts, token.start) for token in said}
    here = {bisect(cuts, one.span[0]) for one in facts.names if covered_by(name, one.words, (one,))}
    openers = (one for one in _strangers(pair) if said and one.span[0] < said[0].start)
    rival = next((one for one in openers if clauses == {bisect(cuts, one.span[0])}), None)
    return [_reason(pair, name, rival)] if rival and here and not here & clauses else []


def _same_clause(pair: Pair, one: Interval, other: Interval) -> bool:
    between = pair.passage.facts.text[min(one[1], other[1]) : max(one[0], other[0])]
    return not re.search(r"[,;]|\b(?:and|but|while|whereas)\b", between)


def _voice(facts: Facts) -> bool:
    return bool(_PASSIVE.search(facts.text))


def _place(facts: Facts, name: Name) -> Interval | None:
    return next((one.span for one in facts.names if covered_by(name, one.words, (one,))), None)


def _between(facts: Facts, start: int, end: int) -> frozenset[str]:
    return frozenset(key for t in facts.words if start <= t.start and t.end <= end for key in t.keys)


def _reason(pair: Pair, name: Name, rival: Name) -> Reason:
    return pair.reason("name_mismatch", f"{name.text} in the answer, {rival.text} in the source", name.span, rival.span)
