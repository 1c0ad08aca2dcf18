"""Do the things that a claim puts together stand together in the passage, or each beside another?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import permutations

from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_names import look, place_of, strangers
from groundsight.language.dates import Moment, agree, clash
from groundsight.language.facts import Facts
from groundsight.language.names import same_name
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import agrees, same_kind
from groundsight.language.tokens import Token
from groundsight.types import Reason

_CUT = re.compile(r"[,;:\n()]|\b(?:and|but|while|whereas|against|than|then)\b", re.IGNORECASE)
Value = Quantity | Moment
# "Given up" is one word; a sentence of four words has too little in common with its copy.
_PARTICLE, _COPIED = 2, 5


def check_binding(pair: Pair) -> tuple[Reason, ...]:
    """Return a value or deed that the passage has beside another name than the claim."""
    if pair.passage.cell or "respectively" in pair.passage.facts.all_words:
        return ()
    return (*_values(pair), *_receivers(pair))


def changed_word(pair: Pair) -> Token | None:
    """The one word of a copy that the passage has otherwise, and does not license: "sold" for "tested"."""
    mine, theirs = pair.claim.tokens, pair.passage.facts.tokens
    matched = SequenceMatcher(None, [one.word for one in mine], [one.word for one in theirs], autojunk=False)
    steps = [step for step in matched.get_opcodes() if step[0] in ("replace", "delete")]
    if len(steps) != 1 or steps[0][0] == "delete" or len(mine) < _COPIED:
        return None
    _, start, end, first, last = steps[0]
    new, old = ([one for one in some if one.content] for some in (mine[start:end], theirs[first:last]))
    changed = (
        end - start == 1 and last - first <= _PARTICLE and len(new) == len(old) == 1 and new[0] in pair.claim.words
    )
    return new[0] if changed and new[0] not in pair.own else None


def _values(pair: Pair) -> Iterator[Reason]:
    """The value stands in a stretch with a stranger, and the claim's name in one with another value of the kind."""
    others = strangers(pair)
    cuts = _cuts(pair.passage.facts)
    for name in pair.claim.names:
        here = place_of(pair.passage.facts, name)
        if here is None:
            continue
        for value, twins, rivals in _twins(pair):
            stretches = [_stretch(cuts, one.span) for one in twins]
            mine = _stretch(cuts, here)
            beside = [s for s in others if _stretch(cuts, s.span) in stretches and look(s) == look(name)]
            instead = [one for one in rivals if _stretch(cuts, one.span) == mine]
            if twins and mine not in stretches and beside and instead:
                message = f"{value.text} of {name.text} in the answer, of {beside[0].text} in the source"
                yield pair.reason("attribute_mismatch", message, value.span, instead[0].span)
                return


def _twins(pair: Pair) -> Iterator[tuple[Value, Sequence[Value], Sequence[Value]]]:
    """Each number and date of the claim, where the passage says it, and where it says another of the kind."""
    facts = pair.passage.facts
    for one in pair.claim.quantities:
        twins = [other for other in facts.quantities if agrees(one, other)]
        yield one, twins, [o for o in facts.quantities if o not in twins and same_kind(one, o)]
    for one in pair.claim.moments:
        twins = [other for other in facts.moments if agree(one, (other,), facts.moments)]
        yield one, twins, [o for o in facts.moments if clash(one, o)]


def _receivers(pair: Pair) -> Iterator[Reason]:
    """Who gives and to whom, exchanged: "A sold it to B" beside "B sold it to A"."""
    facts = pair.passage.facts
    for giver, taker in permutations(pair.claim.names, 2):
        one, other = place_of(facts, giver), place_of(facts, taker)
        if one and other and other[1] <= one[0] and giver.span[1] <= taker.span[0]:
            mine, theirs = _link(pair.claim, giver.span, taker.span), _link(facts, other, one)
            if mine and mine == theirs and not same_name(giver, taker):
                message = f"{giver.text} {mine} {taker.text} in the answer, the other way round in the source"
                yield pair.reason("role_mismatch", message, giver.span, one)
                return


def _link(facts: Facts, first: Interval, second: Interval) -> str:
    """ "to" or "from" right before the second name, where nothing parts the two."""
    between = facts.text[first[1] : second[0]]
    found = re.search(
        r"\b(to|from|under|for)\s+(?:the\s+|mr\.?\s+|mrs\.?\s+|ms\.?\s+|dr\.?\s+)?$", between, re.IGNORECASE
    )
    return found[1].casefold() if found and not re.search(r"[;:]|\bby\b", between) else ""


def _cuts(facts: Facts) -> list[int]:
    spans = [one.span for one in (*facts.quantities, *facts.moments, *facts.names)]
    found = (cut.span() for cut in _CUT.finditer(facts.text))
    return [start for start, end in found if not any(a <= start and end <= b for a, b in spans)]


def _stretch(cuts: Sequence[int], span: Interval) -> int:
    return sum(cut < span[0] for cut in cuts)
