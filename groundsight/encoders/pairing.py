"""A claim or a question beside a passage, as the packaged reader sees them: word pieces, and how each word matches."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from groundsight.language.content import function_words, words_of
from groundsight.language.licences import related

CLS, SEP = 101, 102
MOST_TOKENS, MOST_ASKED = 192, 64
KINDS = 14
# What a word is to the other side. A claim's or question's word (0-6), a passage's word (7-11), the task (12, 13).
IDLE, MATCHED, ELSEWHERE, MISSING, MISSING_NUMBER, LICENSED, OPPOSITE = range(7)
P_IDLE, P_MATCHED, P_ELSEWHERE, P_UNMATCHED, P_LICENSED = range(7, 12)
OF_TASK = {"question": 12, "claim": 13}
Task = Literal["question", "claim"]
_CUT = re.compile(r"(?<=[.!?;])[\"')\]]*\s+|\n+")


@dataclass(frozen=True)
class Paired:
    """Token ids, their match kinds, and where each token of the passage stands in it (None for the others)."""

    ids: list[int]
    kinds: list[int]
    offsets: list[tuple[int, int] | None]


def paired(asked: str, passage: str, task: Task, tokenizer: Any, most: int = MOST_TOKENS) -> Paired:
    """Lay ``[CLS] asked [SEP] passage [SEP]`` out, at most ``most`` tokens, with the kind of every token."""
    first = tokenizer.encode(asked, add_special_tokens=False)
    second = tokenizer.encode(passage, add_special_tokens=False)
    mine, theirs = _kinds(asked, passage)
    left = min(len(first.ids), MOST_ASKED)
    right = min(len(second.ids), most - left - 3)
    ids = [CLS, *first.ids[:left], SEP, *second.ids[:right], SEP]
    kinds = [
        OF_TASK[task], *_spread(first.offsets[:left], mine, IDLE), IDLE,
        *_spread(second.offsets[:right], theirs, P_IDLE), P_IDLE,
    ]  # fmt: skip
    return Paired(ids, kinds, [*[None] * (left + 2), *second.offsets[:right], None])


def _kinds(asked: str, passage: str) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    mine, theirs = words_of(asked), words_of(passage)
    given, wanted = {word for *_, word in theirs}, {word for *_, word in mine}
    idle = function_words()
    of_given = {word: related(word) for word in given - idle if not word[0].isdigit()}
    licensed = {like for one in of_given.values() for like in one.licensed}
    opposite = {unlike for one in of_given.values() for unlike in one.opposite}
    best = _best_sentence(passage, theirs, (wanted & given) - idle)

    def kind_of(word: str) -> int:
        if word in idle:
            return IDLE
        if word in given:
            return MATCHED if word in best[1] else ELSEWHERE
        if word[0].isdigit():
            return MISSING_NUMBER
        return OPPOSITE if word in opposite else LICENSED if word in licensed else MISSING

    kinds = [(start, end, kind_of(word)) for start, end, word in mine]
    turned = {word for (*_, word), (*_, kind) in zip(mine, kinds, strict=True) if kind in (LICENSED, OPPOSITE)}
    stand_in = {word for word, one in of_given.items() if turned & one.licensed or turned & one.opposite}
    return kinds, [(a, b, _theirs(word, idle, wanted, stand_in, best[0], a)) for a, b, word in theirs]


def _theirs(
    word: str, idle: frozenset[str], wanted: set[str], stand_in: set[str], best: tuple[int, int], at: int
) -> int:
    if word in idle:
        return P_IDLE
    if word in wanted:
        return P_MATCHED if best[0] <= at < best[1] else P_ELSEWHERE
    return P_LICENSED if word in stand_in else P_UNMATCHED


def _best_sentence(
    passage: str, theirs: Sequence[tuple[int, int, str]], shared: set[str]
) -> tuple[tuple[int, int], set[str]]:
    """Return the stretch of the sentence or row that holds most of the shared words, rare ones counting more."""
    cuts = [found.end() for found in _CUT.finditer(passage)]
    said: list[set[str]] = [set() for _ in range(len(cuts) + 1)]
    for start, _, word in theirs:
        if word in shared:
            said[bisect_right(cuts, start)].add(word)
    common = Counter(word for one in said for word in one)
    at = max(range(len(said)), key=lambda n: sum(1 / common[word] for word in said[n]))
    edges = [0, *cuts, len(passage) + 1]
    return (edges[at], edges[at + 1]), said[at]


def _spread(offsets: Sequence[tuple[int, int]], words: Sequence[tuple[int, int, int]], idle: int) -> list[int]:
    """Give every word piece the kind of the word that it is part of."""
    kinds: list[int] = []
    at = 0
    for start, end in offsets:
        while at < len(words) and words[at][1] <= start:
            at += 1
        kinds.append(words[at][2] if at < len(words) and words[at][0] < end else idle)
    return kinds
