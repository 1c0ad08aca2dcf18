"""What one sentence states: its words, numbers, dates, names and negations, all with offsets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from groundsight.language.dates import Moment, find_moments
from groundsight.language.framing import small_words
from groundsight.language.ids import Ident, find_ids, id_keys, running_numbers
from groundsight.language.names import Name, find_names
from groundsight.language.quantities import Quantity, find_quantities
from groundsight.language.sentences import numbered
from groundsight.language.stems import word_list
from groundsight.language.tokens import Token, keys_of, repair_digits, tokenise

_BREAK = re.compile(
    r"[;()—☐☑☒]|\[[ x]\]|[,:](?!\d)|\b(?:but|although|though|while|whereas|because|however|and|if|unless)\b",
    re.IGNORECASE,
)
_NOT_NEGATIVE = re.compile(
    r"\b(?:not?\s+(?:more|less|\w{2,}er)\s+than|not\s+only|no\s+doubt|not\s+just|no\.\s?\d|whether\s+or\s+not|nothing\s+but)",
    re.IGNORECASE,
)
_FAILING = frozenset({"fail", "lack", "absenc", "absent"})
_SCOPE = 5
AT_A_DATE = 9


@dataclass(frozen=True, slots=True)
class Negation:
    """A negating word at token ``at``; ``head`` has the keys of the first word it governs, ``scope`` of all of them."""

    at: int
    stem: str
    head: frozenset[str]
    scope: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """The analysed sentence; offsets count in ``text``. Its ``language`` is "" where none is known."""

    text: str
    tokens: tuple[Token, ...]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]
    names: tuple[Name, ...]
    negations: tuple[Negation, ...]
    words: tuple[Token, ...] = field(default=())
    ids: tuple[Ident, ...] = ()
    language: str = ""

    @cached_property
    def keys(self) -> frozenset[str]:
        """Match keys of the content words, numbers and dates left out."""
        return keys_of(self.words)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the content words: what the text itself says, without what its words license."""
        return frozenset(token.stem for token in self.words)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """Every folded word."""
        return frozenset(token.word for token in self.tokens)

    @cached_property
    def id_keys(self) -> frozenset[str]:
        """Every identifier and word, and neighbours written as one, to find identifiers in."""
        return id_keys(self.tokens) | {one.key for one in self.ids}


# A claim is read three times in a check, and the passages of an answer once a draft.
@lru_cache(maxsize=1_024)
def read_facts(text: str, *, ocr: bool = False, source: bool = False, language: str = "") -> Facts:
    """Analyse one sentence; in the ``ocr`` reading letters that look like digits count as digits.

    The ``language`` (ISO 639-1) of its document decides numbers and dates that may be read in two ways.

    The words of a ``source`` have among their keys what they license ("purchased" says "bought"); those of a claim not.
    """
    shown = repair_digits(text) if ocr else text
    tokens = tokenise(shown, source=source)
    running = running_numbers(shown)
    named = [one.span for one in running]
    moments = tuple(one for one in find_moments(shown, language) if not _mixed(one, named))
    ids = (*running, *find_ids(shown, (*named, *(moment.span for moment in moments))))
    # The number of a point counts nothing: "3. The hall seats 240 people" is not of 3 people.
    taken = ((0, numbered(shown)), *(one.span for one in (*moments, *ids)))
    quantities = find_quantities(shown, taken, language)
    spans = [*taken, *(one.whole for one in quantities)]
    small = small_words().get(language, frozenset())
    telling = (token for token in tokens if token.content and token.word not in small)
    words = tuple(token for token in telling if not _within(token, spans))
    names = tuple(name for name in find_names(shown, tokens) if not _mixed(name, spans))
    if language == "de":
        # Every noun has a capital: a lone one, and one behind an article, may be no name.
        names = tuple(replace(one, sure=len(one.words) > 1 and one.words[0] not in small) for one in names)
    # What denies a date alone denies nothing else: "but not in July".
    excepted = [one.span[0] for one in moments if one.denied]
    negations = tuple(
        one
        for one in find_negations(shown, tokens, words)
        if not any(0 < start - tokens[one.at].end < AT_A_DATE for start in excepted)
    )
    return Facts(text, tokens, quantities, moments, names, negations, words, ids, language)


def find_negations(text: str, tokens: Sequence[Token], words: Sequence[Token]) -> tuple[Negation, ...]:
    """Find negating words and what they govern, up to the end of their clause."""
    idle = [found.span() for found in _NOT_NEGATIVE.finditer(text)]
    stops = [found.start() for found in _BREAK.finditer(text)]
    negative = (at for at, token in enumerate(tokens) if _negates(token) and not _within(token, idle))
    found = (_negation(tokens, at, stops, words) for at in negative)
    return tuple(one for one in found if one.scope)


def joined(facts: Facts, extra: Facts) -> Facts:
    """Return ``facts`` with the words, names, dates and denials of ``extra`` added; its numbers and offsets stay."""
    return replace(
        facts,
        tokens=facts.tokens + extra.tokens,
        words=facts.words + extra.words,
        names=facts.names + extra.names,
        moments=facts.moments + extra.moments,
        ids=facts.ids + extra.ids,
        negations=facts.negations + tuple(replace(one, at=one.at + len(facts.tokens)) for one in extra.negations),
    )


def _negates(token: Token) -> bool:
    told = token.word in word_list("negations.txt") or token.stem in _FAILING
    return told or token.word.endswith("n't") or token.word.startswith("n'")


def _negation(tokens: Sequence[Token], at: int, stops: Sequence[int], words: Sequence[Token]) -> Negation:
    limit = next((stop for stop in stops if stop > tokens[at].end), None)
    governed = [t for t in words if t.start > tokens[at].start and (limit is None or t.start < limit)][:_SCOPE]
    if tokens[at].word == "no" and governed and governed[0].word == "longer":
        governed = governed[1:]
    counted = at + 1 < len(tokens) and tokens[at + 1].text[0].isdigit()
    if not governed and not counted and not _of_others(tokens, at):
        governed = [t for t in words if t.start < tokens[at].start][-1:]
    head, base = (governed[0].keys, governed[0].stem) if governed else (frozenset[str](), "")
    return Negation(at, base, head, keys_of(governed))


def _of_others(tokens: Sequence[Token], at: int) -> bool:
    """ "Than those who did not": what is denied is denied of somebody else."""
    return any(one.word in ("who", "which", "that") for one in tokens[max(0, at - 2) : at])


def _within(token: Token, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= token.start and token.end <= end for start, end in spans)


def _mixed(one: Name | Moment, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < one.span[1] and one.span[0] < end for start, end in spans)
