"""The frame of a question in German, French or Spanish, its question words and small words, put into English.

What is asked about stays as it is written: it has to meet the words of a document in the language of the question.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from groundsight.language.stems import lexicon_rows, word_list

_WORD = re.compile(r"[^\W_]+")
# German writes every noun with a capital: only what stands behind a form of address, or is no plain word, is a name.
_NAMED = r"(?:Frau|Herrn?|Firma|Familie|Dr\.)(?:\s[A-ZÄÖÜ][\w-]+)+"
_NOUN = re.compile(rf"(?P<named>\b{_NAMED})|\b[A-ZÄÖÜ][a-zäöüß]+(?:-[A-ZÄÖÜ][a-zäöüß]+)*\b")
_TURNED = re.compile(r"(?<=\w)-(?:t-)?(?:ils?|elles?|on)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:wh(?:o(?:m|se)?|e(?:n|re)|y|ich|at)|how)\b", re.IGNORECASE)
# Of a lone small word nothing is told: "die" is English, too.
_LEAST = 2


class _Frame(NamedTuple):
    """The phrases of one language: what finds them, their English, and the single words among them."""

    found: re.Pattern[str]
    english: dict[str, str]
    words: frozenset[str]


@lru_cache(maxsize=1)
def small_words() -> dict[str, frozenset[str]]:
    """Return the articles, pronouns, prepositions and helping verbs of each language but English."""
    return {code: frozenset(words.split()) for code, words in lexicon_rows("stop_words_of.tsv")}


def asked_in(question: str) -> str:
    """Return ``de``, ``fr`` or ``es`` where more small words of a question are of that language than English ones."""
    said = [word.casefold() for word in _WORD.findall(question)]
    counts = {code: sum(word in frame.words for word in said) for code, frame in _frames().items()}
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] >= max(_LEAST, 1 + sum(word in _english() for word in said)) else ""


def spoken_in(text: str, otherwise: str) -> str:
    """Return the language of a statement by its small words, "" for English; ``otherwise`` where they don't tell."""
    said = _WORD.findall(text.casefold())
    counts = {code: sum(word in words for word in said) for code, words in small_words().items()}
    counts[""] = sum(word in word_list("stop_words.txt") for word in said)
    most = max(counts.values())
    best = [code for code, count in counts.items() if count == most]
    return best[0] if len(best) == 1 else otherwise if otherwise in best else ""


@lru_cache(maxsize=1024)
def framed(question: str) -> str:
    """Return a question with an English frame; one in English, or in a language that is not known, as it is."""
    code = asked_in(question)
    if not code:
        return question
    # It opens the grammar of facts (.25 CPU s), which the words of an index never need.
    from groundsight.language.speech import YES_NO

    frame = _frames()[code]
    # A pronoun that is tied to its verb ("a-t-elle") turns a sentence into a question and says nothing else.
    plain = _TURNED.sub("", question.strip(" ¿¡")) if code == "fr" else question.strip(" ¿¡")
    plain = _NOUN.sub(lambda found: found["named"] or found.group().casefold(), plain) if code == "de" else plain
    english = frame.found.sub(lambda found: _put(found, frame.english), plain)
    english = re.sub(r" {2,}", " ", re.sub(r"\s+(?=[?,.])", "", english)).strip()
    asks = _ASKS.search(english) or YES_NO.match(english) or not question.rstrip().endswith("?")
    return english if asks else f"is {english}"


def reframed(text: str, language: str) -> tuple[str, list[tuple[int, int]]]:
    """Return a passage with its small words in English, as a question is framed, for a net that reads English.

    Beside it stands, for every character, which stretch of the passage it was.
    """
    frame = _frames()[language]
    shown, places, at = "", list[tuple[int, int]](), 0
    for found in frame.found.finditer(text):
        said = _put(found, frame.english).strip()
        said += " " if text[found.end() : found.end() + 1].isalnum() else ""
        shown += text[at : found.start()] + said
        places += [(n, n + 1) for n in range(at, found.start())] + [found.span()] * len(said)
        at = found.end()
    return shown + text[at:], [*places, *((n, n + 1) for n in range(at, len(text)))]


def _put(found: re.Match[str], english: dict[str, str]) -> str:
    """Return the English of a phrase; between two capitals it is a part of a name ("Villanueva del Monte")."""
    before, after = found.string[: found.start()].split(), found.string[found.end() :].lstrip()
    named = len(before) > 1 and before[-1][0].isupper() and after[:1].isupper()
    return found.group() if named else f"{english[_key(found.group())]} "


def _key(shown: str) -> str:
    return re.sub(r"\s+", " ", shown.casefold().replace("’", "'"))


@lru_cache(maxsize=1)
def _frames() -> dict[str, _Frame]:
    english: dict[str, dict[str, str]] = {}
    for code, said, phrases in lexicon_rows("asking.tsv"):
        english.setdefault(code, {}).update({each: said for phrase in phrases.split(", ") for each in _forms(phrase)})
    for table in english.values():
        table.update(_months())
    return {code: _Frame(_finder(table), table, _words_of(table)) for code, table in english.items()}


def _months() -> dict[str, str]:
    """The names of months and weekdays that English does not have."""
    rows = [words.split() for name in ("months.tsv", "weekdays.tsv") for _, words in lexicon_rows(name)]
    return {word: row[0].title() for row in rows for word in row[1:] if word[:3] != row[0][:3] or len(word) > 4}


def _forms(phrase: str) -> list[str]:
    """A star stands for the endings of an adjective."""
    return (
        [phrase.removesuffix("*") + ending for ending in ("e", "er", "es", "en", "em")] if "*" in phrase else [phrase]
    )


def _words_of(table: dict[str, str]) -> frozenset[str]:
    return frozenset(word for phrase in table for word in _WORD.findall(phrase)) - _english()


def _finder(table: dict[str, str]) -> re.Pattern[str]:
    longest = sorted(table, key=len, reverse=True)
    phrases = "|".join(_spelled(phrase) for phrase in longest)
    return re.compile(rf"(?<![\w-])(?:{phrases})", re.IGNORECASE)


def _spelled(phrase: str) -> str:
    """A space may be wide, an apostrophe round; what ends with one touches the next word."""
    plain = re.escape(phrase).replace(r"\ ", r"\s+").replace("'", "['’]")
    return plain if phrase.endswith("'") else rf"{plain}(?![\w-])"


def _english() -> frozenset[str]:
    return word_list("function_words.txt")
