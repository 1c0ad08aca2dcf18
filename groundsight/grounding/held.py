"""What the whole evidence holds, whatever passage says it, and which numbers follow from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage
from groundsight.grounding.checks_dates import says_time
from groundsight.grounding.checks_numbers import says
from groundsight.grounding.reckon import follows, reckons
from groundsight.language.dates import Moment, agree
from groundsight.language.facts import Facts
from groundsight.language.licences import is_known
from groundsight.language.names import Name, covered_by
from groundsight.language.quantities import Quantity
from groundsight.language.same_number import spelled
from groundsight.language.stems import stem

_WEEK, _COUNTED = 7, 20
_CALENDAR = frozenset({"day", "week", "month", "year"})
_ROOT = 5


@dataclass(frozen=True)
class Held:
    """Everything that some evidence states, whatever passage states it."""

    index: PassageIndex

    @cached_property
    def facts(self) -> tuple[Facts, ...]:
        """What every passage and every heading states, each once; cells of one text stand in different rows."""
        every = (facts for one in self.index.passages for facts in (one.facts, *one.context))
        return tuple({id(facts): facts for facts in every}.values())

    def headings(self, passage: Passage) -> dict[int, Facts]:
        """What the headings of the passage's text state, by their places in it."""
        return self._headings.get((passage.evidence.evidence_id, passage.channel), {})

    @cached_property
    def _headings(self) -> dict[tuple[str, str], dict[int, Facts]]:
        found: dict[tuple[str, str], dict[int, Facts]] = {}
        for one in self.index.passages:
            if one.is_heading:
                found.setdefault((one.evidence.evidence_id, one.channel), {})[one.at] = one.facts
        return found

    @cached_property
    def keys(self) -> frozenset[str]:
        """Match keys of every word."""
        return frozenset(key for facts in self.facts for key in facts.keys)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every folded word."""
        return frozenset(word for facts in self.facts for word in facts.all_words)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every number, each value of a kind once."""
        every = (one for facts in self.facts for one in facts.quantities)
        return tuple({(one.kind, one.low, one.high, one.per): one for one in every}.values())

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """Every date and time."""
        return tuple({one.text: one for facts in self.facts for one in facts.moments}.values())

    @cached_property
    def id_keys(self) -> frozenset[str]:
        """Every word, and neighbours written as one."""
        return frozenset(key for facts in self.facts for key in facts.id_keys)

    @cached_property
    def starts(self) -> frozenset[str]:
        """How every longer word of a name begins: Norwegian is what belongs to Norway."""
        return frozenset(word[:_ROOT] for name in self.names for word in name.words if len(word) >= _ROOT)

    def says_name(self, name: Name) -> bool:
        """True when the words of a name stand somewhere, in whatever form; "Road" may be left out, "Ayala" not."""
        lacking = [word for word in name.words if not self._holds(word)]
        telling = [word for word in lacking if not is_known(stem(word))]
        return not (telling or len(lacking) == len(name.words)) or covered_by(name, self.words, self.names)

    def _holds(self, word: str) -> bool:
        return (
            word in self.words
            or word.rstrip("s") in self.words
            or word[:3] in self.words
            or (len(word) > _ROOT and word[:_ROOT] in self.starts)
        )

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every name."""
        return tuple({one.words: one for facts in self.facts for one in facts.names}.values())

    def dates(self, wanted: Moment) -> bool:
        """True when some date says this, parts of it elsewhere included; a row may begin with "March" or "Fri"."""
        bare = wanted.day is None and wanted.year is None and wanted.hour is None
        named = bare and any(word in self.words or word[:3] in self.words for word in wanted.text.casefold().split())
        return named or agree(wanted, self.moments, self.moments) or any(says_time(wanted, one) for one in self.facts)

    def yields(self, wanted: Quantity, claim: Facts) -> bool:
        """True when one step of arithmetic over the evidence gives this number, or it may be a count.

        A claim that speaks of reckoning may combine what stands apart, any other only what stands together.
        """
        if self._counts(wanted):
            return True
        return follows(wanted, [self.quantities] if reckons(claim) else self._beside, self.moments)

    def says(self, wanted: Quantity) -> bool:
        """True when this very number stands somewhere, whatever bounds it."""
        plain = replace(wanted, bound="exact", denied=False)
        return bool(
            says(plain, self.quantities) or says(wanted, self.quantities) or says(plain, self._scaled, self._scales)
        )

    @cached_property
    def _scales(self) -> tuple[float, ...]:
        """What the bare numbers of some table may be counted in."""
        return tuple({scale for one in self.index.passages for scale in one.scales})

    @cached_property
    def _scaled(self) -> list[Quantity]:
        """The bare numbers of all tables."""
        return [one for passage in self.index.passages if passage.scales for one in passage.facts.quantities]

    def in_other_unit(self, wanted: Quantity, claim: Facts) -> bool:
        """True when the evidence has these digits in another unit, and nothing that says the number itself."""
        if not wanted.kind or self.says(wanted) or (reckons(claim) and self.yields(wanted, claim)):
            return False
        number = spelled(wanted)
        return any(one.kind and abs(spelled(one) - number) <= 1e-6 * max(1.0, abs(number)) for one in self.quantities)

    def _counts(self, wanted: Quantity) -> bool:
        """A small whole number of things, or of days that the evidence gives one by one."""
        number = spelled(wanted)
        if number != int(number) or wanted.low != wanted.high:
            return False
        days = wanted.unit in _CALENDAR and number <= _WEEK and number not in {spelled(one) for one in self.quantities}
        return days or (not wanted.kind and number <= _COUNTED)

    @cached_property
    def _beside(self) -> list[tuple[Quantity, ...]]:
        """The numbers of each passage, and of all cells of a column."""
        columns: dict[str, list[Quantity]] = {}
        for one in self.index.passages:
            if one.cell:
                columns.setdefault(one.facts.text.partition(":")[0], []).extend(one.facts.quantities)
        return [*(facts.quantities for facts in self.facts if len(facts.quantities) > 1), *map(tuple, columns.values())]
