"""Does an answer answer what was asked? Told by the type of the answer, whatever the evidence says."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from groundsight.computing.words import degree
from groundsight.language.facts import Facts, read_facts
from groundsight.language.framing import framed
from groundsight.language.speech import YES_NO
from groundsight.types import Fit

_LIST = re.compile(r"^(?:list|name|enumerate)\b|\b(?:which|what) (?:are|were)\b", re.I)
_HOW = re.compile(r"how (\w+)")
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.I)
_RELATIVE = re.compile(r"\b(?:before|after|until|while|during|once|every|always|as soon as|daily|never)\b", re.I)
_PLACE = re.compile(r"\b(?:in|at|on|near|under|behind|from|to|between|beside|above|outside)\s+(?!\d)\w", re.I)
_REASON = re.compile(r"\b(?:because|since|as|due to|owing to|so that|in order|to avoid|therefore|for)\b", re.I)
_NONE = re.compile(r"\b(?:no|none|nobody|nothing|never|neither|not any)\b", re.I)
_SAID_YES, _SAID_NO = re.compile(r"^\W*yes\b", re.I), re.compile(r"^\W*no\b[,.:;!]", re.I)


def fit_of(question: str, said: Sequence[str]) -> Fit:
    """Say whether the sentences of an answer give what a question asks for.

    ``no``: nothing in them is of the asked type, or they only repeat the question. ``partly``: something of it is
    there. ``unknown``: what is asked has no type that can be told from words.
    """
    question = framed(question)
    asked, facts = read_facts(question), [read_facts(one) for one in said]
    if not any(_new(one, asked) for one in facts):
        return Fit(value="no", reason="the answer repeats the question")
    plain = question.strip().casefold()
    judge = next((judge for opening, judge in _JUDGES if re.search(opening, plain)), None)
    if judge is None and (how := _HOW.match(plain)) and degree(how[1]):
        judge = _measured
    return judge(asked, facts) if judge else Fit(reason="what is asked has no type that can be told")


def _new(one: Facts, asked: Facts) -> bool:
    """Something that the question does not hold: a word, a value, or that it is or is not so."""
    figures = [*one.quantities, *one.moments, *one.ids]
    values = any(value.text not in asked.text for value in figures) or bool(_NONE.search(one.text))
    return values or bool(one.keys - asked.keys) or bool(YES_NO.match(asked.text) and one.words)


def _when(asked: Facts, said: Sequence[Facts]) -> Fit:
    if any(one.moments or _WEEKDAY.search(one.text) for one in said):
        return Fit(value="yes", reason="a date or time is given")
    loose = any(_RELATIVE.search(one.text) or one.quantities for one in said)
    return (
        Fit(reason="no date, but when in other words") if loose else Fit(value="no", reason="no date or time is given")
    )


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
    told = any(_REASON.search(one.text) for one in said)
    return Fit(value="yes", reason="a reason is given") if told else Fit(reason="no word of a reason")


def _how_much(asked: Facts, said: Sequence[Facts]) -> Fit:
    """A number, of the unit where the question names one."""
    found = [quantity for one in said for quantity in one.quantities]
    if not found:
        none = any(_NONE.search(one.text) for one in said)
        return Fit(value="yes", reason="none") if none else Fit(value="no", reason="no number is given")
    wanted = _unit(asked.text)
    if wanted and not any(wanted == quantity.unit or wanted in quantity.text.casefold() for quantity in found):
        return Fit(value="partly", reason=f"no number of {wanted}s is given")
    return Fit(value="yes", reason="a number is given")


def _measured(asked: Facts, said: Sequence[Facts]) -> Fit:
    """How long, early, wide: a number; words may say it too, but no date does."""
    counted = _how_much(asked, said)
    if counted.value != "no" or any(one.moments for one in said):
        return counted
    return Fit(reason="no number, perhaps in words")


def _unit(question: str) -> str:
    """Return the unit of time, length, weight or share that follows "how many"."""
    asked = re.search(r"\bhow many (\w+?)s?\b", question, re.I)
    units = read_facts(f"2 {asked[1]}s").quantities if asked else ()
    return asked[1].casefold() if asked and units and units[0].kind not in ("", "count") else ""


def _whether(asked: Facts, said: Sequence[Facts]) -> Fit:
    first = said[0].text
    denies, denied = bool(said[0].negations), bool(asked.negations)
    if _SAID_YES.match(first) and denies and not denied:
        return Fit(value="partly", reason="a yes whose sentence denies it")
    if _SAID_YES.match(first) or _SAID_NO.match(first) or any(one.keys & asked.keys for one in said):
        return Fit(value="yes", reason="it is said or denied")
    return Fit(reason="neither said nor denied in the words of the question")


def _several(asked: Facts, said: Sequence[Facts]) -> Fit:
    many = len(said) > 1 or any(re.search(r",|\band\b", one.text) for one in said)
    return Fit(value="yes", reason="several are given") if many else Fit(value="partly", reason="one is given")


_JUDGES: tuple[tuple[str, Callable[[Facts, Sequence[Facts]], Fit]], ...] = (
    (YES_NO.pattern, _whether),
    (r"^(?:on |since |until |by )?when\b|\b(?:what|which) (?:date|day|year|month|time)\b", _when),
    (r"^(?:\w+ )?how (?:many|much|far)\b", _how_much),
    (r"^(?:who|whom|whose|to whom|by whom)\b", _who),
    (r"^where\b", _where),
    (r"^why\b", _why),
    (_LIST.pattern, _several),
)
