"""Names of people, places and organisations: aliases, initials, acronyms and possessives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundsight.grounding.tokens import Token, lexicon, ocr_alike

_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ][\w.&'’]*|[A-Z]{2,}\d*|\d*[A-Z][\w-]*")
_LINKS = frozenset({"of", "de", "van", "von", "der", "den", "la", "le", "du", "da", "di", "del", "al", "bin"})
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "professor",
        "sir",
        "lady",
        "president",
        "minister",
        "king",
        "queen",
        "captain",
        "general",
        "judge",
        "senator",
        "lord",
    ]
)
_CALENDAR = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "q1",
        "q2",
        "q3",
        "q4",
    ]
)
_VERB_NEXT = re.compile(
    r"['’]s\b|\s+(?:is|was|has|had|will|would|can|could|may|does|did|won|wrote|led|leads|sold|rose|fell|grew|became|built|"
    r"began|made|founded|[a-z]{2,}(?:ed|es)|[a-z]{3,}s)\b"
)
_COMMON_ENDINGS = ("tion", "ment", "ness", "ing", "ity", "ance", "ence", "ship", "ism", "ure", "age", "ery", "ware")


@dataclass(frozen=True, slots=True)
class Name:
    """A name at ``span``; ``words`` are its folded words without titles; ``sure`` is False for what may be a plural."""

    span: tuple[int, int]
    text: str
    words: tuple[str, ...]
    sure: bool


def find_names(text: str, tokens: Sequence[Token], *, title_case: bool = False) -> tuple[Name, ...]:
    """Find runs of capitalised words; a lone word at the start of a sentence only when it acts as a name."""
    if title_case or not any(token.text[0].islower() for token in tokens):
        return ()
    found = (_name(text, tokens, run) for run in _runs(text, tokens))
    return tuple(name for name in found if name is not None)


def covered_by(name: Name, words: Iterable[str], names: Sequence[Name], *, ocr: bool = False) -> bool:
    """True when a source with these words and names speaks of the same thing."""
    have = frozenset(words)
    if all(_present(word, have, ocr) for word in name.words):
        return True
    if any(_same(name, other) for other in names):
        return True
    return any(all(part in have for part in form.split()) for form in _aliases(name))


def _present(word: str, have: frozenset[str], ocr: bool) -> bool:
    return word in have or (ocr and any(ocr_alike(word, other) for other in have))


def _same(name: Name, other: Name) -> bool:
    """Surname alone, matching initials, or an acronym of the other."""
    mine, theirs = name.words, other.words
    if not mine or not theirs:
        return False
    if mine[-1] == theirs[-1] and len(mine[-1]) > 2:
        return len(mine) == 1 or len(theirs) == 1 or _initials_fit(mine[:-1], theirs[:-1])
    return _is_acronym(name.text, other.words) or _is_acronym(other.text, name.words)


def _initials_fit(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    one, other = mine[0], theirs[0]
    return one == other or ((len(one) == 1 or len(other) == 1) and one[0] == other[0])


def _is_acronym(text: str, words: Sequence[str]) -> bool:
    letters = re.sub(r"[^A-Za-z]", "", text)
    if len(letters) < 2 or not letters.isupper() or len(words) < 2:
        return False
    return letters.casefold() == "".join(word[0] for word in words if word not in _LINKS and word != "and")


def _aliases(name: Name) -> tuple[str, ...]:
    return _alias_table().get(" ".join(name.words).replace(".", ""), ())


@lru_cache(maxsize=1)
def _alias_table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for short, longs in lexicon().aliases.items():
        forms = tuple(form.replace(".", "") for form in (short, *longs))
        table.update({form: tuple(other for other in forms if other != form) for form in forms})
    return table


def _runs(text: str, tokens: Sequence[Token]) -> list[list[int]]:
    runs: list[list[int]] = []
    for at, token in enumerate(tokens):
        if not _CAPITAL.match(token.text) or token.word in _CALENDAR:
            continue
        if runs and _joined(text, tokens, runs[-1][-1], at):
            runs[-1] += range(runs[-1][-1] + 1, at + 1)
        else:
            runs.append([at])
    return runs


def _joined(text: str, tokens: Sequence[Token], before: int, at: int) -> bool:
    gap = text[tokens[before].end : tokens[at].start]
    if at == before + 1:
        return bool(re.fullmatch(r"\s|\.\s?|-|&|\s&\s", gap)) and not tokens[before].text.endswith(("'s", "’s"))
    return (
        at == before + 2 and tokens[before + 1].word in _LINKS and gap.count("\n") == 0 and not re.search("[,.;:]", gap)
    )


def _name(text: str, tokens: Sequence[Token], run: list[int]) -> Name | None:
    starts = _starts_sentence(text, tokens[run[0]].start)
    if starts:
        run = run[_skipped(tokens, run) :]
    kept = [tokens[at] for at in run if tokens[at].word not in _TITLES]
    if not kept or all(_plain(token) for token in kept):
        return None
    still_first = starts and tokens[run[0]].start == tokens[run[0]].start and _starts_sentence(text, kept[0].start)
    if still_first and len(kept) == 1 and not _acts_as_name(text, kept[0]):
        return None
    span = (kept[0].start, kept[-1].end)
    words = tuple(token.word for token in kept if token.word not in _LINKS)
    alone = still_first and len(kept) == 1
    return Name(span, text[slice(*span)], words, not (alone and kept[0].word.endswith("s")))


def _skipped(tokens: Sequence[Token], run: list[int]) -> int:
    """How many leading words of a sentence are ordinary ("The", "In", "All")."""
    return next((n for n, at in enumerate(run) if tokens[at].content), len(run))


def _plain(token: Token) -> bool:
    return not token.content and not (token.text.isupper() and len(token.text) > 1)


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘(*_|")
    return not before or (
        before[-1] in ".!?:;\n•-–" and not re.search(r"\b[A-Z]\.$|\b(?:Dr|Mr|Mrs|Ms|St|Prof)\.$", before)
    )


def _acts_as_name(text: str, token: Token) -> bool:
    if token.text.isupper() and len(token.text) > 1:
        return True
    if token.word.endswith(_COMMON_ENDINGS) or token.word in lexicon().common or token.weight < 1:
        return False
    if token.stem != token.word and token.word.endswith(("ed", "ly")):
        return False
    return bool(_VERB_NEXT.match(text, token.start + len(token.text.removesuffix("'s").removesuffix("’s"))))
