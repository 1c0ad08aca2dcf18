"""Which operation a question asks for, and which a free sentence may state: by its words of degree and operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundsight.computing.words import Ranked, Said, condition_words, degree, degrees, lasting, operations, said
from groundsight.language.facts import Facts
from groundsight.language.quantities import Quantity
from groundsight.language.speech import YES_NO
from groundsight.types.computed import Operation

_OTHER = re.compile(r"\b(?:why|how come|next)\b|\bfor\s*\?*$|^how\s+(?!many\b|much\b|often\b)", re.I)
_ASKING = re.compile(r"\b(who|whom|whose|when|where|which|what|how many|how much|how often|list|name)\b", re.I)
_ALL = re.compile(r"\bhow much\b.*\ball\b|\bwhat (?:do|does|did|will) all\b", re.I)
# WordNet: "indicate a certain reading", and what a display does. What the odometer reads is its value.
SHOWS = re.compile(r"^what (?:do|does|did)\b.*\b(read|register|record|show|say|display|indicate)\W*$", re.I)
# The microchip number of a cat counts nothing.
_NUMBER_OF = re.compile(r"(?:^|\b(?:the|total|average|mean) )number of\b", re.I)
DONE = re.compile(r"what (?:was|were) \w+ed\b", re.I)
WHETHER = "whether"
_IN_TIME = re.compile(
    r"\b(?:first|last)\s*\W*$|\b(?:is|are|was|were) (?:the )?(?:first|last) to\b|^when\b.*\b(?:first|last)\b", re.I
)


@dataclass(frozen=True)
class Stated:
    """An operation that a sentence asks for or may state; ``places`` are the words that say so.

    ``value`` is the number that a statement gives as its result. ``asks`` is the question word, ``focus`` the place of
    the noun that it asks for, -1 for none. ``end`` "both" is the difference of the two ends. ``paid`` speaks of money
    that changed hands.
    """

    operation: Operation
    places: frozenset[int]
    degree: Ranked | None = None
    value: Quantity | None = None
    asks: str = ""
    focus: int = -1
    end: str = ""
    paid: bool = False

    @property
    def measure(self) -> str:
        """What the word of degree measures, "" where it names nothing."""
        return self.degree.degree.measure if self.degree else ""

    @property
    def rank(self) -> int:
        """2 for the second highest."""
        return self.degree.rank if self.degree else 1

    @property
    def at(self) -> int:
        """The place of the word of degree, -1 for none."""
        return self.degree.at if self.degree else -1


def asked_for(facts: Facts) -> Stated | None:
    """Read the operation of a question; None for why and how questions, and for what hangs on today."""
    text, words = facts.text.strip(), said(facts.text)
    if measured := _how_measured(words):
        return Stated("cell", measured.places, measured, asks="how much", focus=-1)
    asking = YES_NO.match(text) or _ASKING.search(facts.text)
    if _OTHER.search(text) or asking is None:
        return None
    opening = frozenset(at for at, one in enumerate(words) if one.start < asking.end() and one.end > asking.start())
    asks = WHETHER if asking.re is YES_NO else asking[1].casefold()
    one = next((each for each in degrees(words) if _is_free(facts, words, each)), None)
    operation = _of_degree(text, one) if one else None
    if one and operation:
        used = opening | one.places | _places(words, "" if one.degree.form == "superlative" else "than")
    else:
        (operation, places), one = _of_words(facts, words, asks), None
        used = opening | places
    paid = bool(used & paying(words)) and one is None
    return Stated(operation, used, one, asks=asks, focus=_focus(words, used, max(opening)), paid=paid)


def _how_measured(words: Sequence[Said]) -> Ranked | None:
    """How long, how high, how heavy: a degree that asks for its measure; of how old, late and early no column tells."""
    if len(words) < 2 or words[0].text.casefold() != "how":
        return None
    asked = degree(words[1].text)
    if asked is None or asked.form != "base" or asked.measure == "date":
        return None
    lasts = asked.measure == "length" and any(one.stem in lasting() for one in words[2:])
    # The highest may be highest of anything; how high something is asks for its height.
    bare = "height" if words[1].text.casefold() in ("high", "low") else "size"
    measure = "duration" if lasts else asked.measure or bare
    return Ranked(1, asked._replace(measure=measure), 1, frozenset((0, 1)))


def _is_free(facts: Facts, words: Sequence[Said], one: Ranked) -> bool:
    """A word of degree that belongs to no number ("more than 300", "at least 4") and to no head ("Last surveyed")."""
    word = words[one.at]
    if word.text.casefold() in ("first", "last") and not _IN_TIME.search(facts.text):
        return False
    if word.text.casefold() in ("minimum", "maximum") and _bound_before(words, one.at):
        return False
    bounded = [each.span[0] for each in (*facts.quantities, *facts.moments)]
    close = any(0 <= start - word.end <= 7 and "than" in facts.text[word.end : start] for start in bounded)
    return not close and not (one.at and words[one.at - 1].text.casefold() == "at")


def _bound_before(words: Sequence[Said], at: int) -> bool:
    """Below the minimum: the word before, articles apart, bounds what follows."""
    before = next((one for one in reversed(words[:at]) if not one.small), None)
    return before is not None and condition_words().get(before.text.casefold()) in ("under", "over")


def _of_degree(text: str, one: Ranked) -> Operation | None:
    high = one.degree.end == "high"
    if one.degree.form == "superlative":
        return "most" if high else "least"
    if re.search(r"\bhow (?:much|many)\b.*\bthan\b|\bby\b.*\bthan\b", text, re.I):
        return "difference"
    compares = re.search(r"\bor\b", text, re.I) or (YES_NO.match(text) and re.search(r"\bthan\b", text, re.I))
    return ("larger" if high else "smaller") if compares else None


def _of_words(facts: Facts, words: Sequence[Said], asks: str) -> tuple[Operation, frozenset[int]]:
    cues = cues_of(words)
    counted, shows = _NUMBER_OF.search(facts.text), SHOWS.match(facts.text.strip())
    spans = [counted.span()] if counted else [shows.span(1)] if shows else []
    places = frozenset(at for at, one in enumerate(words) if any(start <= one.start < end for start, end in spans))
    for name in ("difference", "mean", "sum"):
        if name in cues:
            return name, places | cues[name] | _places(words, "between" if name == "difference" else "")
    if _ALL.search(facts.text):
        return "sum", places
    if asks in ("how much", "what") and (moved := paying(words)):
        # What was bought are things, how much was bought for is money.
        return ("cell" if asks == "what" and "spent" not in cues else "sum"), places | moved
    return ("count" if counted or asks in ("how many", "how often") else "cell"), places


def paying(words: Sequence[Said]) -> frozenset[int]:
    """Return the places of the words that say that money changed hands; the pay or an order does so as a verb alone."""
    cues = cues_of(words)
    told = cues.get("spent", frozenset[int]()) | cues.get("traded", frozenset[int]())
    helped = next((at for at, one in enumerate(words) if one.stem in ("do", "doe")), len(words))
    return frozenset(at for at in told if words[at].stem != words[at].text.casefold() or at > helped)


def _places(words: Sequence[Said], word: str) -> frozenset[int]:
    return frozenset(at for at, one in enumerate(words) if one.text.casefold() == word)


def _focus(words: Sequence[Said], used: frozenset[int], start: int) -> int:
    """The first word that carries meaning behind the question word."""
    behind = (at for at in range(start + 1, len(words)) if at not in used and not words[at].small)
    return next((at for at in behind if words[at].text.casefold() not in condition_words()), -1)


def stated(facts: Facts) -> Iterator[Stated]:
    """Yield every operation that the words of a sentence may state, the most specific first."""
    words = said(facts.text)
    numbers = [one for one in facts.quantities if one.kind != "ordinal"]
    yield from _compared(words, numbers)
    cues = cues_of(words)
    for one in numbers:
        for name in ("sum", "mean", "difference"):
            if name in cues:
                yield Stated(name, cues[name], value=one)
        if moved := paying(words):
            yield Stated("sum", moved, value=one, paid=True)
        if not one.kind:
            yield Stated("count", frozenset(), value=one)
        yield Stated("cell", frozenset(), value=one)
    yield Stated("cell", frozenset())


def _compared(words: Sequence[Said], numbers: Sequence[Quantity]) -> Iterator[Stated]:
    """A superlative picks a row; two of them, or a comparative, set two rows against each other."""
    found, than = degrees(words), _places(words, "than")
    top = [one for one in found if one.degree.form == "superlative"]
    if len(top) == 2 and top[0].degree.end != top[1].degree.end:
        places = than.union(*(one.places for one in found))
        yield from (Stated("difference", places, top[0], one, end="both") for one in numbers)
    if top:
        yield Stated("most" if top[0].degree.end == "high" else "least", top[0].places, top[0])
        return
    if len(found) == 1 and than:
        end = found[0].degree.end
        yield from (Stated("difference", found[0].places | than, found[0], one, end=end) for one in numbers)
        yield Stated("larger" if end == "high" else "smaller", found[0].places | than, found[0], end=end)


def cues_of(words: Sequence[Said]) -> dict[str, frozenset[int]]:
    """The words that say that something is worked out, by operation; phrases of two words too."""
    found: dict[str, frozenset[int]] = {}
    for at in range(len(words)):
        for places in ((at,), (at, at + 1)):
            phrase = " ".join(each.text.casefold() for each in words[at : places[-1] + 1])
            if len(words) > places[-1] and (name := operations().get(phrase)):
                found[name] = found.get(name, frozenset()) | {*places}
    return found
