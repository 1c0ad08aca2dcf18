"""Does an answer answer what was asked? Told by the type of the answer, whatever the evidence says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from groundsight.computing.columns import of_kind
from groundsight.computing.words import degree, degree_behind
from groundsight.language.facts import Facts, read_facts
from groundsight.language.framing import framed
from groundsight.language.speech import YES_NO
from groundsight.language.stems import lexicon_rows
from groundsight.language.units import unit_named
from groundsight.types import Fit

_WORDS = {
    name: re.compile(rf"\b(?:{phrases.replace(', ', '|')})\b", re.I)
    for name, phrases in lexicon_rows("answer_words.tsv")
}
# How long may ask for a time; no area tells how tall or heavy something is.
_DIMENSIONS = {"height": "length", "width": "length", "mass": "mass"}
_PLACE = re.compile(_WORDS["where"].pattern + r"\s+(?!\d)\w", re.I)
# What a sentence says of another thing stands behind these.
_CLAUSE = re.compile(r";|,(?= but\b)|,(?= the\b)")
_THAN = re.compile(r"\bthan\b", re.I)
_WORD = re.compile(r"\w+")
_SAID_YES = re.compile(r"^\W*yes\b", re.I)


def fit_of(question: str, said: Sequence[str]) -> Fit:
    """Say whether the sentences of an answer give what a question asks for.

    ``no``: nothing in them is of the asked type, or they only repeat the question. ``partly``: something of it is
    there. ``unknown``: what is asked has no type that can be told from words.
    """
    question = framed(question)
    asked, facts = read_facts(question), [read_facts(one) for one in said]
    if all(_repeats(one, asked) for one in facts):
        return Fit(value="no", reason="the answer repeats the question")
    plain = question.strip().casefold()
    judge = next((judge for opening, judge in _JUDGES if opening.search(plain)), None)
    if judge is None and (how := re.match(r"how (\w+)", plain)) and degree(how[1]):
        judge = _measured
    return judge(asked, facts) if judge else Fit(reason="what is asked has no type that can be told")


def _repeats(one: Facts, asked: Facts) -> bool:
    """Nothing that the question does not hold: no word and no number, and no yes, no or none."""
    new = {token.stem for token in one.tokens if token.content or not token.word.isalpha()} - set(asked.stems)
    return not new - asked.all_words and not _WORDS["none"].search(one.text) and not YES_NO.match(asked.text)


def _when(asked: Facts, said: Sequence[Facts]) -> Fit:
    if any(one.moments for one in said):
        return Fit(value="yes", reason="a date or time is given")
    if any(_WORDS["when"].search(one.text) or one.quantities for one in said):
        return Fit(reason="no date, but when in other words")
    return Fit(value="no", reason="no date or time is given")


def _who(asked: Facts, said: Sequence[Facts]) -> Fit:
    known = asked.all_words
    names = [name for one in said for name in one.names if not {*name.text.casefold().split()} <= known]
    if not names and all(map(_only_figures, said)):
        return Fit(value="no", reason="a number or a date is nobody")
    return Fit(value="yes", reason="a name is given") if names else Fit(reason="no name, perhaps a role")


def _only_figures(one: Facts) -> bool:
    """True for a bare number or date, with its unit."""
    spans = [figure.span for figure in (*one.quantities, *one.moments)]
    return bool(spans) and all(
        any(start <= word.start < end for start, end in spans) for word in one.tokens if word.text.isalnum()
    )


def _where(asked: Facts, said: Sequence[Facts]) -> Fit:
    if all(map(_only_figures, said)):
        return Fit(value="no", reason="a number or a date is no place")
    placed = any(_PLACE.search(one.text) or one.names for one in said)
    return Fit(value="yes", reason="a place is given") if placed else Fit(reason="no word that opens a place")


def _why(asked: Facts, said: Sequence[Facts]) -> Fit:
    told = any(_WORDS["why"].search(one.text) for one in said)
    return Fit(value="yes", reason="a reason is given") if told else Fit(reason="no word of a reason")


def _how_much(asked: Facts, said: Sequence[Facts]) -> Fit:
    """A number, of the unit where the question names one."""
    found = [quantity for one in said for quantity in one.quantities]
    if not found:
        none = any(_WORDS["none"].search(one.text) for one in said)
        return Fit(value="yes", reason="none") if none else Fit(value="no", reason="no number is given")
    wanted = re.search(r"\bhow many (\w+?)s?\b", asked.text, re.I)
    unit = unit_named(wanted[1].casefold()) if wanted else None
    if unit and all(quantity.kind not in ("", unit[0]) for quantity in found):
        return Fit(value="partly", reason=f"no number of {unit[1]}s is given")
    return Fit(value="yes", reason="a number is given")


def _measured(asked: Facts, said: Sequence[Facts]) -> Fit:
    """How long, early, wide: a number; words may say it too, but no date does."""
    counted = _how_much(asked, said)
    how = re.match(r"how (\w+)", asked.text.strip(), re.I)
    measure = getattr(degree(how[1]), "measure", "") if how else ""
    kinds = {one.kind for facts in said for one in facts.quantities if one.kind}
    if how and any(_otherwise(how[1], one) for one in said):
        return Fit(value="no", reason=f"what is given is not how {how[1]} it is")
    if measure in _DIMENSIONS and kinds and not any(of_kind(kind, _DIMENSIONS[measure]) for kind in kinds):
        return Fit(value="no", reason=f"no {_DIMENSIONS[measure]} is given")
    if counted.value != "no" or any(one.moments for one in said):
        return counted
    return Fit(reason="no number, perhaps in words")


def _otherwise(asked: str, said: Facts) -> bool:
    """Every figure is one of another measure: 22 metres long says nothing of how wide."""
    behind = [degree_behind(said.text, one.span[1]).casefold() for one in said.quantities if one.kind]
    return bool(behind) and all(behind) and asked.casefold() not in behind


def denies_as(asked: Facts, said: Facts) -> bool:
    """Say whether both deny or neither does: glazes are included; clay, of which nothing is asked, is not."""
    clauses = [read_facts(one, source=True) for one in _CLAUSE.split(said.text)]
    holder = max(clauses, key=lambda one: len(asked.stems & one.stems))
    whole = asked.stems & said.stems <= holder.stems
    return bool((holder if whole else said).negations) == bool(asked.negations)


def _whether(asked: Facts, said: Sequence[Facts]) -> Fit:
    first = said[0].text
    if _SAID_YES.match(first) and not asked.negations and not denies_as(asked, said[0]):
        return Fit(value="partly", reason="a yes whose sentence denies it")
    if _SAID_YES.match(first) or any(one.keys & asked.keys for one in said):
        return Fit(value="yes", reason="it is said or denied")
    return Fit(reason="neither said nor denied in the words of the question")


def beyond_than(asked: Facts, said: str, value: int) -> bool:
    """True where what is asked of stands behind "than" alone, and the value before it: 41, nine more than in 2024."""
    than = _THAN.search(said)
    if than is None or value >= than.start():
        return False
    before, behind = ({*_WORD.findall(part.casefold())} for part in (said[: than.start()], said[than.end() :]))
    named = [{*_WORD.findall(one.text.casefold())} for one in (*asked.moments, *asked.names, *asked.ids)]
    return any(words <= behind and not words & before for words in named)


_JUDGES: tuple[tuple[re.Pattern[str], Callable[[Facts, Sequence[Facts]], Fit]], ...] = (
    (YES_NO, _whether),
    (re.compile(r"^(?:on |since |until |by )?when\b|\b(?:what|which) (?:date|day|year|month|time)\b"), _when),
    (re.compile(r"^(?:\w+ )?how (?:many|much|far)\b"), _how_much),
    (re.compile(r"^(?:who|whom|whose|to whom|by whom)\b"), _who),
    (re.compile(r"^where\b"), _where),
    (re.compile(r"^why\b"), _why),
)
