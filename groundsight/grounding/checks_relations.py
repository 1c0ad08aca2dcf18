"""Relations told the other way round: who does what to whom, what comes first, what brings about what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundsight.grounding.align import TELLING, Interval, Pair
from groundsight.language.facts import Facts
from groundsight.language.licences import verb_share
from groundsight.language.stems import does, irregular, lexicon_rows
from groundsight.language.tokens import Token
from groundsight.types import Reason

Stems = frozenset[str]
# A word that is a verb in fewer of its uses is no deed (see _VERB in checks_names).
_VERB = 0.3
_ENDS = frozenset(",;:()\n")
# "By the end of May" has up to so many characters before its date.
_NEAR = 12


@dataclass(frozen=True)
class Sides:
    """The telling stems on both sides of a relation at ``span``: of "A after B" ``first`` is B."""

    relation: str
    span: Interval
    first: Stems
    second: Stems

    def turned(self, other: Sides) -> bool:
        """True when what is first on one side is second on the other; a subject may open both."""
        first, second = self.first - self.second, self.second - self.first
        across = all(
            2 * len(mine & theirs) >= len(mine) > 0 for mine, theirs in ((first, other.second), (second, other.first))
        )
        return across and not second & other.second


def check_relations(pair: Pair) -> Iterator[Reason]:
    """Return what the passage tells the other way round: the order in time, cause and effect, doer and done to."""
    if pair.passage.tabular:
        return
    told = list(_sides(pair.claim))
    theirs = list(_sides(pair.passage.facts)) if told else []
    for mine in told:
        of_kind = [one for one in theirs if one.relation == mine.relation]
        turned = [one for one in of_kind if mine.turned(one)]
        if turned and len(turned) == len(of_kind):
            code = "time_mismatch" if mine.relation == "earlier" else "role_mismatch"
            yield pair.reason(code, "told the other way round in the source", mine.span, turned[0].span)
            return


def same_order(pair: Pair) -> bool:
    """True where both tell the same order in time: B came after A, A came before B."""
    mine, theirs = (
        [one for one in _sides(facts) if one.relation == "earlier"] for facts in (pair.claim, pair.passage.facts)
    )
    return any(
        (one.first - one.second) & (other.first - other.second)
        and (one.second - one.first) & (other.second - other.first)
        for one in mine
        for other in theirs
    )


def _sides(facts: Facts) -> Iterator[Sides]:
    words = facts.tokens
    for at, token in enumerate(words):
        both = f"{token.word}_{words[at + 1].word}" if at + 1 < len(words) else ""
        found = _connectors().get(both) or _connectors().get(token.word)
        if found and not (_points_back(words, at) or (at == 0 and token.word == "then")):
            relation, first = found
            cut = facts.text.find(",", token.end) if at == 0 else -1
            before, after = (
                (_stems(facts, cut, len(facts.text)), _stems(facts, token.end, cut))
                if cut > 0
                else (_stems(facts, 0, token.start), _stems(facts, token.end, len(facts.text)))
            )
            yield Sides(relation, token.span, *((before, after) if first == "left" else (after, before)))
    yield from filter(None, (_deed(facts, at) for at in range(len(words)) if _is_deed(words, at)))


def _is_deed(words: Sequence[Token], at: int) -> bool:
    """A verb told as past, behind a helping verb, or right before an article: "list" and "covers" are often things."""
    token = words[at]
    told = is_past(token) or (at > 0 and does(words[at - 1].word, "helping"))
    takes = at + 1 < len(words) and does(words[at + 1].word, "article") and token.word.endswith(("s", "ed", token.stem))
    return token.weight >= TELLING and ((told and verb_share(token.stem) >= _VERB) or (at > 0 and takes))


def is_past(token: Token) -> bool:
    """True for the form of a verb that tells what was."""
    return token.word.endswith("ed") or (token.word in irregular() and verb_share(token.stem) >= _VERB)


def _deed(facts: Facts, at: int) -> Sides | None:
    """Who does it, and what stands behind it, in the clause of a verb; of a passive the one behind "by" does it."""
    deed, text = facts.tokens[at], facts.text
    start = max((i + 1 for i in range(deed.start) if text[i] in _ENDS), default=0)
    end = next((i for i in range(deed.end, len(text)) if text[i] in _ENDS), len(text))
    agent = _agent(facts, at, end)
    passive = agent is not None or any(does(one.word, "passive") for one in facts.tokens[max(0, at - 2) : at])
    if passive and agent is None:
        return None
    begin = agent.end if agent else deed.end
    parting = (one for one in facts.tokens if does(one.word, "preposition") or one.word in _connectors())
    behind = (one.start for one in parting if begin < one.start < end)
    left, right = _stems(facts, start, deed.start), _stems(facts, begin, min(behind, default=end))
    return Sides(f"deed {deed.stem}", deed.span, *((right, left) if passive else (left, right)))


def _agent(facts: Facts, at: int, end: int) -> Token | None:
    """The "by" of this verb: no other verb stands between, and no time or number behind."""
    for place in range(at + 1, len(facts.tokens)):
        one = facts.tokens[place]
        if one.end >= end or _is_deed(facts.tokens, place):
            return None
        if one.word == "by":
            counted = (*facts.moments, *facts.quantities)
            return None if any(0 <= each.span[0] - one.end <= _NEAR for each in counted) else one
    return None


def _points_back(words: Sequence[Token], at: int) -> bool:
    """ "From then on", "after that": what it relates to stands in another sentence."""
    behind = words[at + 1].word if at + 1 < len(words) else ""
    return (at > 0 and words[at - 1].word == "from") or does(behind, "back")


def _stems(facts: Facts, start: int, end: int) -> Stems:
    """Telling stems between two offsets; a name is told by each of its words."""
    return frozenset(one.stem for one in facts.tokens if one.weight >= TELLING and start <= one.start < end)


@lru_cache(maxsize=1)
def _connectors() -> dict[str, tuple[str, str]]:
    return {word: (relation, first) for word, relation, first in lexicon_rows("connectors.tsv")}
