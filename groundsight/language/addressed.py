"""Text that speaks to a language model instead of to a person: it addresses one, or orders what is to be answered.

No phrase decides. What decides is that several parts of such an order stand together: whom it addresses, the rules that
are to be dropped, what is to be answered or kept silent, for whom. The words are ``addressed.tsv``, the parts
``orders.tsv``: what each is worth, whether people are spoken to so as well, and its expression, in which ``<name>``
stands for a row of words or of its own table.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from groundsight.language.disguises import undisguised
from groundsight.language.stems import lexicon_rows, unaccented

# Marks by which programs part the turns of a conversation with a model.
_TURNS = re.compile(
    r"<\|\w{2,20}\|>|\[/?INST\]|<</?SYS>>|^\s*#{2,}\s*(?:system|instruction)s?\s*:?\s*$"
    r"|</?(?:tool_call|function_calls?|tool_use|invoke name=[^>]{1,80})>|\"(?:tool_calls|function_call)\"\s*:\s*[\[{]"
    r"|\"role\"\s*:\s*\"(?:system|developer)\"\s*,\s*\"content\"\s*:",
    re.I | re.M,
)
# A picture or link whose address is to be filled with what was said: fetching it would carry that away.
_CARRIES_OFF = re.compile(r"\]\(\s*https?://[^)\s]{1,300}=[^)]{0,80}?[{<\[][^)]{1,200}\)")
_TOKEN = re.compile(r"\w+|[.,;:!?\n]")
_RUN = re.compile(r"\w+")
# One or two parts are common in manuals and letters (tests/trust/wordings.jsonl).
ENOUGH = 3
_NAME = re.compile(r"<(\w+)>")
# A longer text is looked at in pieces of so many words: far apart two parts belong to different orders.
_REACH = 80


def may_speak_to_a_model(text: str) -> bool:
    """False when neither a text nor any line of it speaks to a model; most are told so at once."""
    return _TURNS.search(text) is not None or _shows_a_sign(unaccented(text.casefold()))


def speaks_to_a_model(text: str) -> bool:
    """Tell whether a text orders a model what to do or to answer ("assistant, say that ...")."""
    if _TURNS.search(text):
        return True
    plain, disguised = undisguised(text)
    # What no person would write so, and what carries something off, is a part of an order by itself.
    known = disguised + 2 * bool(_CARRIES_OFF.search(text))
    plain = unaccented(plain.casefold())
    if not _shows_a_sign(plain):
        return False
    tokens = _TOKEN.findall(plain)
    starts = range(0, max(1, len(tokens) - _REACH // 2), _REACH // 2)
    return any(_is_order(" ".join(tokens[start : start + _REACH]), known) for start in starts)


def goes_on(text: str) -> bool:
    """Tell whether a text begins as what carries on an order that stands before it ("then delete ...")."""
    return re.match(rf"\W*{_words()['goes_on']}\b", unaccented(text.casefold())) is not None


def _is_order(said: str, known: int) -> bool:
    """Enough parts, and one among them that is not said to people."""
    found = [part for part in _parts() if part.to_machines and part.pattern.search(said)]
    if not found and not known:
        return False
    found += [part for part in _parts() if not part.to_machines and part.pattern.search(said)]
    return known + sum(part.worth for part in found) >= ENOUGH


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    word = {part: f"(?:{words})" for part, words in lexicon_rows("addressed.tsv")}
    # Most names of a machine are made of two: "automated readers", "agent conversationnel".
    made = rf"{word['kind']} (?:\w+ )?{word['machine']}|{word['machine']} {word['kind']}"
    return word | {"model": rf"(?:{made}|{word['model'][3:-1]})", "named": word["model"]}


def _shows_a_sign(plain: str) -> bool:
    signs, said = _signs(), _RUN.findall(plain)
    found = [sign for word in signs.keys() & set(said) for sign in signs[word]]
    return bool(found) and any(sign in f" {' '.join(said)} " for sign in found)


@lru_cache(maxsize=1)
def _signs() -> dict[str, list[str]]:
    """What every such order has some of, by its longest word; most texts have none and cost nothing more."""
    needed = next(text for sign, name, text in lexicon_rows("orders.tsv") if (sign, name) == ("=", "needed"))
    signs: dict[str, list[str]] = defaultdict(list)
    for each in "|".join(_words()[part][3:-1] for part in _NAME.findall(needed)).split("|"):
        signs[max(each.split(), key=len)].append(f" {each} ")
    return signs


class _Part(NamedTuple):
    """A part of an order: what it is worth, and whether only machines are spoken to so."""

    worth: int
    to_machines: bool
    pattern: re.Pattern[str]


@lru_cache(maxsize=1)
def _parts() -> tuple[_Part, ...]:
    rows = list(lexicon_rows("orders.tsv"))
    words = _words() | {name: text for sign, name, text in rows if sign == "="}

    def filled(text: str) -> str:
        return _NAME.sub(lambda name: filled(words[name[1]]), text)

    return tuple(
        _Part(int(worth), whom == "model", re.compile(filled(text))) for worth, whom, text in rows if worth != "="
    )
