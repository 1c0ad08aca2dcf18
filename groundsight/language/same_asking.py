"""The form of a question that is the same for another one only where both ask for the very same thing.

Forms of courtesy, the place of the question word, ``X's Y`` for ``Y of X``, ``does ... end`` for ``ends`` and a few
words that always mean the same are put alike. All else has to be equal, in order: numbers, names, dates, units, small
words, denials, comparatives, number and tense. Outside of English it is the words themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from groundsight.language.framing import asked_in
from groundsight.language.stems import irregular, known_stems, lexicon_rows, stem, word_list

_TOKEN = re.compile(r"'s\b|(?<!\w)[.,]?\d+(?:[.,:/-]\d+)*|[^\W_]+(?:-[^\W_]+)*|[^\w\s,.?!:;'\"()]")
_BE, _WAS = frozenset("is are am".split()), frozenset("was were".split())
_DO, _HAVE = frozenset("do does did".split()), frozenset("has have".split())
_OTHERS = ("frame", "given", "same", "relation")
_DOUBLED = re.compile(r"([bdgklmnprt])\1$")
_PLURALS = ("s", "men", "ren", "oxen", "a", "i", "ae", "teeth", "feet", "mice", "people")
_SHORT = (
    ("what's", "what is"), ("who's", "who is"), ("where's", "where is"), ("can't", "can not"), ("cannot", "can not"),
    ("won't", "will not"), ("n't", " not"),
)  # fmt: skip


@dataclass(frozen=True)
class _Said:
    """One word: how it is written (folded where its capital says nothing), its root, and how it is inflected."""

    word: str
    root: str
    form: str = ""

    @property
    def told(self) -> str:
        return f"{self.root}+{self.form}" if self.form else self.root


@lru_cache(maxsize=1_024)
def asking(question: str) -> tuple[str, ...]:
    """Return the form of a question: equal forms ask for the same, unequal ones may or may not."""
    code = asked_in(question)
    words = _TOKEN.findall(question.replace("’", "'"))
    plain = question.casefold().replace("’", "'")
    if code or not any(word.casefold() in word_list("function_words.txt") for word in words):
        return (code or "?", *words)
    full = _spelled_out(question, plain)
    kind, before, after = _parted(full)
    said = _ordered(kind, before, after)
    # "Who's paid" is who has paid, and "who is paid" another one.
    return ("?", *words) if "passive" in said and "'s " in plain and full.casefold() != plain else (kind, *said)


def _spelled_out(question: str, plain: str) -> str:
    """Write contractions in full; where casefolding changes the length, letters are folded."""
    shown = question.replace("’", "'") if len(plain) == len(question) else plain
    for short, full in _SHORT:
        shown = re.sub(
            rf"{re.escape(short)}\b", lambda found, full=full: _cased(found.group(), full), shown, flags=re.I
        )
    return " ".join(shown.split())


def _cased(found: str, full: str) -> str:
    return full[0].upper() + full[1:] if found[:1].isupper() else full


def _parted(shown: str) -> tuple[str, list[str], list[str]]:
    """Return what kind of thing is asked for, and the words before and behind what asks it."""
    shown = shown.strip(" ?!.")
    framed = _leading("frame").match(shown)
    rest = shown[framed.end() :].lstrip(" ,:") if framed else shown
    again = _leading("frame").match(rest)
    rest = rest[again.end() :].lstrip(" ,:") if again else rest
    if given := _leading("given").match(rest):
        return "what", [], _TOKEN.findall(_folded_first(rest[given.end() :].strip()))
    rest = _folded_first(rest)
    found = _kinds().search(rest)
    if found is None or (found.lastgroup == "yesno" and found.start() > 0):
        return ("told" if framed else "yesno"), [], _TOKEN.findall(rest)
    kind, before, after = str(found.lastgroup), rest[: found.start()], rest[found.end() :]
    if kind == "howmuch" and re.search(r"\bcosts?\b", after):
        kind = "what"
    return kind, _TOKEN.findall(before), _TOKEN.findall(after)


def _folded_first(text: str) -> str:
    """The capital of a sentence says nothing where its word is an ordinary one."""
    first = re.match(r"\w+", text)
    ordinary = first and (first.group().istitle() or len(first.group()) == 1) and _is_ordinary(first.group())
    return text[: first.end()].casefold() + text[first.end() :] if first and ordinary else text


def _ordered(kind: str, before: list[str], after: list[str]) -> list[str]:
    """Put what stands before the question word behind the rest, and say tense and voice first."""
    words = [*map(_said, after), *map(_said, before)]
    held = {one.word for one in words}
    past = [one for one in words if one.form == "past"]
    marks = sorted(held & (_WAS | ({"are"} if kind != "howmany" else set[str]())))
    copular = not past and not held & _DO and bool(held & (_BE | _WAS))
    if past and held & (_BE | _WAS | {"be", "been", "being"}):
        marks.append("passive")
    elif past and held & _HAVE:
        marks.append("perfect")
    elif past or "did" in held:
        marks.append("past")
    if kind in ("who", "what") and held & _DO:
        # "What did she report" is not "which she reported".
        marks.append("object")
    words = _possessed(words) if copular else words
    words = _supported(words) if "does" in held else words
    if kind == "who" and marks == ["was", "passive"] and words[-1].word == "by" and words[-2:-1] == past:
        # "Who was it founded by" is "who founded it".
        marks, words = ["past"], [*past, *words[:-2]]
    alone = len(past) + ("did" in held) == 1  # of two verbs each keeps its own tense
    support = next((at for at, one in enumerate(words) if one.word in _DO), -1)
    dropped = _BE | _WAS | {"the"} | (_HAVE if "perfect" in marks or kind == "howmany" else frozenset[str]())
    last = len(words) - 1
    kept = [
        _Said(one.word, one.root, "" if one.form == "past" and alone else one.form)
        for at, one in enumerate(words)
        if one.word not in dropped
        and at != support
        and not (one.word == "of" and at < last)
        and not (one.word == "there" and words[at - 1].word in _BE | _WAS)
    ]
    return [*marks, "|", *(one.told for one in kept)]


def _possessed(words: list[_Said]) -> list[_Said]:
    """Say ``Y of X`` for ``X's Y``, where there is one of these and nothing is done in the question."""
    owners = [at for at, one in enumerate(words) if one.word == "'s"]
    if len(owners) != 1:
        return words
    at = owners[0]
    start, end = at, at + 1
    while start and not _is_small(words[start - 1].word):
        start -= 1
    if start and words[start - 1].word in ("and", "or"):
        return words
    while end < len(words) and not _is_small(words[end].word):
        end += 1
    return [*words[:start], *words[at + 1 : end], _Said("of", "of"), *words[start:at], *words[end:]]


def _supported(words: list[_Said]) -> list[_Said]:
    """Say ``ends`` for ``does ... end``: the verb is the last word before a small one, and not the first."""
    at = next(place for place, one in enumerate(words) if one.word == "does")
    run = at + 1
    while run < len(words) and words[run].word not in _relations():
        run += 1
    verb = run - 1
    if verb <= at + 1 or words[verb].word == "the":
        return [*words[:at], _Said("dothat", "dothat"), *words[at + 1 :]]
    done = _Said(words[verb].word, words[verb].root, f"{words[verb].form}s")
    return [*words[:verb], done, *words[verb + 1 :]]


def _said(written: str) -> _Said:
    word = written.casefold() if written[:1].islower() or not _is_ordinary(written) else written
    if word == "has":
        return _Said(word, "have", "s")
    if word[:1].isupper() or not word.isalpha() or _is_small(word):
        return _Said(word, _same().get(word, word))
    root, form = _root(word)
    return _Said(word, _same().get(root, root), form)


def _root(word: str) -> tuple[str, str]:
    """Take regular and irregular endings off: the form says which."""
    if lemma := irregular().get(word):
        form = "ing" if word.endswith("ing") else "s" if word.endswith(_PLURALS) else "past"
        return _bare(lemma), form
    if len(word) > 4 and word.endswith("ing"):
        return _bare(_DOUBLED.sub(r"\1", word[:-3])), "ing"
    if len(word) > 4 and word.endswith("ed") and not word.endswith("eed"):
        return _bare(word[:-3] + "y" if word.endswith("ied") else _DOUBLED.sub(r"\1", word[:-2])), "past"
    if len(word) > 3 and word.endswith("s") and word[-2] not in "siu":
        return _bare(word[:-3] + "y" if word.endswith("ies") else word[:-1]), "s"
    return _bare(word), ""


def _bare(root: str) -> str:
    """Leave a last ``e``, as in ``approve`` and ``approv(ed)``."""
    return root.removesuffix("e") if len(root) > 3 else root


def _is_small(word: str) -> bool:
    return word == "'s" or word in word_list("function_words.txt") or word in _relations()


@lru_cache(maxsize=1)
def _relations() -> frozenset[str]:
    return frozenset(
        word for kind, said in lexicon_rows("same_asking.tsv") if kind == "relation" for word in said.split()
    )


def _is_ordinary(word: str) -> bool:
    """A word of English, whose capital may make it a name: may and May, polish and Polish, it and IT."""
    folded = word.casefold()
    return _is_small(folded) or stem(folded) in known_stems()


@lru_cache(maxsize=1)
def _same() -> dict[str, str]:
    rows = [words.split() for kind, words in lexicon_rows("same_asking.tsv") if kind == "same"]
    return {_bare(word): _bare(row[0]) for row in rows for word in row}


@lru_cache(maxsize=4)
def _leading(kind: str) -> re.Pattern[str]:
    said = [phrase for name, listed in lexicon_rows("same_asking.tsv") if name == kind for phrase in listed.split(", ")]
    longest = "|".join(re.escape(phrase) for phrase in sorted(said, key=len, reverse=True))
    return re.compile(rf"(?:{longest})(?![\w-])", re.IGNORECASE)


@lru_cache(maxsize=1)
def _kinds() -> re.Pattern[str]:
    """What asks, the longest phrase first, each in the group of its kind."""
    rows = [(kind, phrase) for kind, listed in lexicon_rows("same_asking.tsv") for phrase in listed.split(", ")]
    asks = sorted(((kind, one) for kind, one in rows if kind not in _OTHERS), key=lambda row: -len(row[1]))
    kinds = dict.fromkeys(kind for kind, _ in asks)
    by_kind = (f"(?P<{kind}>{'|'.join(re.escape(one) for name, one in asks if name == kind)})" for kind in kinds)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(by_kind)})(?![\w-])", re.IGNORECASE)
