"""May, must or will; all or some; before or after; once a week or once a month: the manner of a statement."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from groundsight.grounding.align import Pair
from groundsight.grounding.checks_compared import check_compared
from groundsight.grounding.checks_relations import is_past
from groundsight.language.facts import Facts
from groundsight.language.stems import does, lexicon_lines
from groundsight.language.tokens import Token
from groundsight.types import Reason

_APART = frozenset({("must", "may"), ("may", "must"), ("plan", "done"), ("done", "plan")})
_HELPERS = frozenset({"was", "were", "has", "have", "had", "did", "already"})
_OFTEN = ("hourly", "daily", "weekly", "monthly", "yearly")
_EACH = frozenset({"a", "an", "per", "every", "each"})
_SIDES = {"before": "after", "after": "before", "until": "from", "from": "until"}


def check_manner(pair: Pair) -> tuple[Reason, ...]:
    """Return what differs in manner between a claim and a passage that says the same otherwise."""
    return (*_modality(pair), *_quantity(pair), *_sides(pair), *_frequency(pair), *check_compared(pair))


def _modality(pair: Pair) -> Iterator[Reason]:
    """The same word of both sides, governed by another class of modal."""
    if pair.passage.tabular or pair.claim.negations:
        return
    mine, theirs = _governed_by(pair.claim), _governed_by(pair.passage.facts)
    for word in (one for one in mine if one in theirs):
        (one, at), (other, there) = mine[word], theirs[word]
        if (one, other) in _APART:
            message = f"{at.text} {word} in the answer, {there.text} {word} in the source"
            yield pair.reason("modality_mismatch", message, at.span, there.span)
            return


def _governed_by(facts: Facts) -> dict[str, tuple[str, Token]]:
    """Return by stem the class of the modal before a word, or that it is told as past."""
    found: dict[str, tuple[str, Token]] = {}
    last: tuple[str, Token] | None = None
    gap = 0
    for at, token in enumerate(facts.tokens):
        behind = facts.tokens[at + 1] if at + 1 < len(facts.tokens) else token
        both = f"{token.word}_{behind.word}"
        kind = next((name for name in ("must", "may", "plan") if {token.word, both} & _lists()[name]), "")
        if kind == "plan" and at and does(facts.tokens[at - 1].word, "article"):
            kind = ""  # the plan, an offer
        kind = "plan" if token.word in ("nearly", "almost") and is_past(behind) else kind
        if kind:
            last, gap = (kind, token), 0
        elif token.word in _HELPERS and last is None:
            last, gap = ("done", token), 0
        elif token.weight >= 0.6:
            own = last or (("done", token) if is_past(token) else None)
            if own:
                found.setdefault(token.stem, own)
            last = None
        else:
            gap += 1
            last = last if gap <= 3 else None
    return found


def _quantity(pair: Pair) -> Iterator[Reason]:
    """All of them in the answer, and only a part in the source."""
    (every, some), (whole, part) = ([_listed(one, kind) for kind in ("all", "part")] for one in _both(pair))
    if every and part and not some and not whole:
        message = f"{every.text} in the answer, {part.text} in the source"
        yield pair.reason("quantifier_mismatch", message, every.span, part.span)


def _both(pair: Pair) -> tuple[Facts, Facts]:
    return pair.claim, pair.passage.facts


def _listed(facts: Facts, kind: str) -> Token | None:
    return next((token for token in facts.tokens if token.word in _lists()[kind]), None)


def _sides(pair: Pair) -> Iterator[Reason]:
    """The same event or date, before it on one side and after it on the other."""
    theirs = dict(_governed(pair.passage.facts))
    for (word, head), (token, _) in dict(_governed(pair.claim)).items():
        other = theirs.get((_SIDES[word], head))
        if other and (word, head) not in theirs:
            message = f"{word} in the answer, {other[0].text} in the source"
            yield pair.reason("time_mismatch", message, token.span, other[0].span)
            return


def _governed(facts: Facts) -> Iterator[tuple[tuple[str, str], tuple[Token, Token]]]:
    for at, token in enumerate(facts.tokens):
        if token.word in _SIDES:
            head = next((t for t in facts.tokens[at + 1 : at + 4] if t.weight >= 0.6 or t.text[0].isdigit()), None)
            if head:
                yield (token.word, head.stem), (token, head)


def _frequency(pair: Pair) -> Iterator[Reason]:
    mine, theirs = _often(pair.claim), _often(pair.passage.facts)
    if mine and theirs and not mine.keys() & theirs.keys():
        (one, token), (_, other) = next(iter(mine.items())), next(iter(theirs.items()))
        yield pair.reason("rate_mismatch", f"{one} in the answer, {other.text} in the source", token.span, other.span)


def _often(facts: Facts) -> dict[str, Token]:
    found: dict[str, Token] = {}
    for at, token in enumerate(facts.tokens):
        for name in _OFTEN:
            listed = _lists()[name]
            near = facts.tokens[at - 1].word if at else ""
            if token.word in listed and (token.word != min(listed, key=len) or near in _EACH):
                found[name] = token
    return found


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    rows = (line.split("\t") for line in lexicon_lines("manner_words.tsv"))
    return {name: frozenset(words.split()) for name, words in rows}
