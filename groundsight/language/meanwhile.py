"""Questions in time: when something is said or shown, and what is shown or said meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import Literal

from groundsight.language.content import content_of
from groundsight.language.stems import phrases

Side = Literal["said", "shown"]
_ELIDED = re.compile(r"\b(l|d|qu|lorsqu)'(?=\w)")


@dataclass(frozen=True)
class InTime:
    """What finds the moment: ``topic``, the stems of ``words``, on the side ``by``.

    Where that is None the moment itself is asked for, else the other side, which has to hold the stems of ``about``.
    ``sure``: it names a slide or a screen, so that nothing but a clip can answer.
    """

    topic: frozenset[str]
    words: str
    by: Side | None = None
    about: frozenset[str] = frozenset()
    sure: bool = False


def read_in_time(question: str) -> InTime | None:
    """Read a question for a moment or for what happens meanwhile; None for every other question."""
    plain = " ".join(question.casefold().replace("’", "'").strip(" ?？!！.¿¡").split())
    text = _ELIDED.sub(r"\1' ", plain)
    found = next(filter(None, starmap(_meanwhile, _clauses(text))), None) or _moment(text)
    return found if found and found.topic else None


def _clauses(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is asked and while what: "what is shown while it is said", "while it is said, what is shown"."""
    for found in _phrases("while").finditer(text):
        before, after = text[: found.start()].strip(" ,"), text[found.end() :]
        condition, comma, asked = after.rpartition(",")
        if before:
            yield before, after
        elif comma:
            yield asked, condition


def _meanwhile(asked: str, condition: str) -> InTime | None:
    placed = bool(_phrases("surface", "slide").search(asked))
    wanted = "shown" if placed else _side(asked)
    by = "shown" if _phrases("surface").search(condition) else _side(condition, first="said", default=placed)
    if not _phrases("asks").search(asked) or wanted is None or by is None or wanted == by:
        return None
    about = content_of(_rest(asked, "asks", "surface", "slide", "kinds", "shown", "said", "filler"))
    # "The nurse" before "talks about" is who speaks; a name may be what is spoken of.
    told = re.sub(rf"^\s*(?:the|our|my)\s+\w+\s+(?={_phrases('said').pattern})", "", condition)
    words = _rest(told, "filler", "said") if by == "said" else _rest(condition, "filler", "shown", "surface", "slide")
    named = content_of(words) if by == "said" else content_of(_rest(words, "kinds")) or content_of(words)
    sure = _phrases(by, "surface").search(condition) and (placed or _phrases("surface", "slide").search(condition))
    return InTime(named, words, by, about, bool(sure))


def _side(clause: str, first: Side | None = None, *, default: bool = False) -> Side | None:
    """Tell by its verbs what a clause speaks of; of both the ``first``, of neither what is said where it may be."""
    said, shown = _phrases("said").search(clause), _phrases("shown", "slide").search(clause)
    if said and shown:
        return first
    return "said" if said or (default and not shown) else "shown" if shown else None


def _moment(text: str) -> InTime | None:
    """A plain "when" may ask for a date, most of all of what is past: it has to go with a verb of saying or a slide."""
    if _phrases("moment").search(text):
        words = _rest(text, "moment", "said", "shown", "surface", "slide", "filler")
    elif (when := _phrases("when").match(text)) and (
        _phrases("said", "surface").search(text)
        or (_phrases("shown", "slide").search(text) and not _phrases("past").search(text))
    ):
        words = _rest(text[when.end() :], "said", "shown", "surface", "slide", "filler")
    else:
        return None
    return InTime(content_of(words), words)


def _rest(text: str, *names: str) -> str:
    return " ".join(_phrases(*names).sub(" ", text).split())


def _phrases(*names: str) -> re.Pattern[str]:
    return phrases(names, "moment_words.tsv")
