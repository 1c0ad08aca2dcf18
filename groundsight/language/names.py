"""Names of people, places and organisations: aliases, initials, acronyms and possessives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundsight.language.licences import is_known
from groundsight.language.stems import irregular, lexicon_lines, word_list
from groundsight.language.tokens import Token, ocr_alike

_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ][\w.&'’]*|[A-Z]{2,}\d*|\d*[A-Z][\w-]*")
_LINKS = frozenset({"of", "de", "van", "von", "der", "den", "la", "le", "du", "da", "di", "del", "al", "bin"})
_MALE, _FEMALE = frozenset({"mr", "sir", "lord", "king"}), frozenset({"mrs", "ms", "miss", "lady", "queen", "madam"})
_CALENDAR = frozenset(line.split()[1] for name in ("months.tsv", "weekdays.tsv") for line in lexicon_lines(name))
_VERB_NEXT = re.compile(r"['’]s\b|\s+(?:is|was|has|had|will|would|can|could|may|does|did|(?P<verb>[a-z]+))\b")
_ENDS_AS_VERB = re.compile(r"[a-z]{2,}(?:ed|es)|[a-z]{3,}s")
_COMMON_ENDINGS = ("tion", "ment", "ness", "ing", "ity", "ance", "ence", "ship", "ism")


@dataclass(frozen=True, slots=True)
class Name:
    """A name at ``span``; ``words`` are its folded words without titles; ``sure`` is False for what may be a plural.

    ``title`` is how the person is addressed, where that tells a man from a woman.
    """

    span: tuple[int, int]
    text: str
    words: tuple[str, ...]
    sure: bool
    title: str = ""


def find_names(text: str, tokens: Sequence[Token], *, title_case: bool = False) -> tuple[Name, ...]:
    """Find runs of capitalised words; a lone word at the start of a sentence only when it acts as a name."""
    if title_case:
        return ()
    runs = _runs(text, tokens)
    if not any(token.text[0].islower() for token in tokens):
        # "Treasurer: Tom Hale": only what a label introduces, and no dictionary knows, is a name among capitals.
        label = text.find(": ")
        runs = [run for run in runs if 0 <= label < tokens[run[0]].start and not _all_known(tokens, run)]
    found = (_name(text, tokens, run) for run in runs)
    return tuple(name for name in found if name is not None)


def _all_known(tokens: Sequence[Token], run: Sequence[int]) -> bool:
    return all(is_known(tokens[at].stem) for at in run)


def covered_by(name: Name, words: Iterable[str], names: Sequence[Name], *, ocr: bool = False) -> bool:
    """True when a source with these words and names speaks of the same thing.

    Its words may also stand apart, unless a name of the source has its last word and other parts before it.
    """
    if any(same_name(name, other) for other in names):
        return True
    have = frozenset(words)
    if any(_rivals(name, other) for other in names) and not _shared_surname(name, names, have):
        return False
    if all(_present(word, have, ocr) for word in name.words):
        return True
    return any(all(part in have for part in form.split()) for form in _aliases(name))


def same_name(name: Name, other: Name) -> bool:
    """Compare part by part: given names may be initials or left out; or one is the acronym of the other."""
    mine, theirs = name.words, other.words
    if not mine or not theirs or _other_person(name, other):
        return False
    if mine == theirs or (mine[-1] == theirs[-1] and len(mine[-1]) > 2):
        return _fits(mine[:-1], theirs[:-1])
    return _is_acronym(name.text, other.words) or _is_acronym(other.text, name.words)


def ambiguous(name: Name, names: Sequence[Name], everyone: Sequence[Name]) -> bool:
    """A shorter form says nothing where the text has two people whom it fits."""
    matched = [one for one in names if same_name(name, one) and one.words[-1] == name.words[-1]]
    if not matched or any(one.words == name.words for one in matched):
        return False
    short, full = sorted((name, matched[0]), key=lambda one: (sum(map(len, one.words)), one.words))
    fitting = [one for one in everyone if one.words[-1:] == short.words[-1:] and same_name(short, one)]
    return any(not same_name(full, one) for one in fitting)


def _present(word: str, have: frozenset[str], ocr: bool) -> bool:
    return word in have or (ocr and any(ocr_alike(word, other) for other in have))


def _rivals(name: Name, other: Name) -> bool:
    mine, theirs = name.words, other.words
    parted = len(mine) > 1 and len(theirs) > 1 and mine[-1] == theirs[-1] and not _fits(mine[:-1], theirs[:-1])
    return parted or (mine[-1:] == theirs[-1:] and _other_person(name, other))


def _shared_surname(name: Name, names: Sequence[Name], have: frozenset[str]) -> bool:
    """ "Anna and Paul Weber" names Anna Weber, too."""
    first = name.words[0]
    return len(name.words) == 2 and first in have and not any(first in one.words[:-1] for one in names)


def _other_person(name: Name, other: Name) -> bool:
    return {name.title, other.title} == {"mr", "ms"}


def _fits(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """The given names of the shorter form stand in the longer one, in their order."""
    short, long = sorted((mine, theirs), key=len)
    rest = iter(long)
    return all(any(one == other or _initial(one, other) for other in rest) for one in short)


def _initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


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
    for line in lexicon_lines("aliases.txt"):
        forms = tuple(form.replace(".", "") for form in line.split("\t"))
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
    title = next(("mr" if tokens[at].word in _MALE else "ms" for at in run if tokens[at].word in _MALE | _FEMALE), "")
    starts = _starts_sentence(text, tokens[run[0]].start)
    if starts:
        run = run[_skipped(tokens, run) :]
    kept = [tokens[at] for at in run if tokens[at].word not in word_list("titles.txt")]
    if not kept or all(_plain(token) for token in kept):
        return None
    still_first = starts and tokens[run[0]].start == tokens[run[0]].start and _starts_sentence(text, kept[0].start)
    if still_first and len(kept) == 1 and not _acts_as_name(text, kept[0]):
        return None
    span = (kept[0].start, kept[-1].end)
    words = tuple(token.word for token in kept if token.word not in _LINKS)
    alone = still_first and len(kept) == 1
    return Name(span, text[slice(*span)], words, not (alone and kept[0].word.endswith("s")), title)


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
    if token.word.endswith(_COMMON_ENDINGS) or token.weight < 1 or is_known(token.stem):
        return False
    if token.stem != token.word and token.word.endswith(("ed", "ly")):
        return False
    after = _VERB_NEXT.match(text, token.start + len(token.text.removesuffix("'s").removesuffix("’s")))
    verb = after and after["verb"]
    if not verb or verb in irregular():
        return after is not None
    return verb not in word_list("stop_words.txt") and bool(_ENDS_AS_VERB.fullmatch(verb))
