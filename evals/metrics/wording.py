"""Metrics of wording: an answer, a caption or a transcript against references."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

Grams = Counter[tuple[str, ...]]
_WORD = re.compile(r"\w+(?:[.,:]\d+)*")
_ARTICLES = {"a", "an", "the"}


def words(text: str) -> list[str]:
    """Lower-cased words; figures keep their separators (``18,460.00`` is one word)."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def contains_answer(text: str, answers: Sequence[str]) -> bool:
    """True when any gold answer occurs in the text as whole words, articles ignored.

    Raises:
        ValueError: no gold answer has a word.
    """
    wanted = [" ".join(_content(answer)) for answer in answers if _content(answer)]
    if not wanted:
        raise ValueError("a gold answer without words can't be contained")
    heard = f" {' '.join(_content(text))} "
    return any(f" {answer} " in heard for answer in wanted)


def token_f1(text: str, reference: str) -> float:
    """Harmonic mean of word precision and recall (Rajpurkar et al. 2016); two empty texts give 1.0."""
    said, gold = Counter(_content(text)), Counter(_content(reference))
    if not said or not gold:
        return float(said == gold)
    shared = sum((said & gold).values())
    return 2 * shared / (sum(said.values()) + sum(gold.values()))


def rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, without stemming (Lin 2004); 0.0 when either is empty."""
    said, gold = re.findall(r"[a-z0-9]+", text.lower()), re.findall(r"[a-z0-9]+", reference.lower())
    if not said or not gold:
        return 0.0
    common = _longest_common(said, gold)
    return 2 * common / (len(said) + len(gold))


def bleu(texts: Sequence[str], references: Sequence[Sequence[str]], n: int = 4) -> float:
    """Corpus BLEU of tokens split on white space, brevity penalty, no smoothing (Papineni et al. 2002); 0 to 1."""
    matches, totals, said_length, gold_length = [0] * n, [0] * n, 0, 0
    for text, golds in zip(texts, references, strict=True):
        said, options = text.split(), [gold.split() for gold in golds]
        said_length += len(said)
        gold_length += min((abs(len(gold) - len(said)), len(gold)) for gold in options)[1]
        for size in range(1, n + 1):
            best: Grams = Counter()
            for gold in options:
                best |= _grams(gold, size)
            matches[size - 1] += sum((_grams(said, size) & best).values())
            totals[size - 1] += max(len(said) - size + 1, 0)
    if not all(matches):
        return 0.0
    logs = sum(math.log(match / total) for match, total in zip(matches, totals, strict=True)) / n
    return math.exp(logs + min(0.0, 1 - gold_length / said_length))


def cider(texts: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """CIDEr-D of each caption, sigma 6, tf-idf over the given references (Vedantam et al. 2015); 0 to 10.

    Tokens are split on white space: tokenise before. With one item every idf is zero, and so is the score.
    """
    frequency: Grams = Counter()
    for refs in references:
        frequency.update({gram for ref in refs for gram in _all_grams(ref.split())})
    total = math.log(max(len(references), 1))
    return [
        10 * sum(_cider_similarity(text.split(), ref.split(), frequency, total) for ref in refs) / (4 * len(refs))
        for text, refs in zip(texts, references, strict=True)
    ]


def scene_graph_f1(text: str, reference: str) -> float:
    """F1 of content words and of adjacent content-word pairs: a parser-free stand-in for SPICE.

    SPICE (Anderson et al. 2016) parses scene graphs with a Java program; this does not, and its
    numbers are not comparable with published SPICE. Two empty texts give 1.0.
    """
    said, gold = _tuples(text), _tuples(reference)
    if not said or not gold:
        return float(said == gold)
    return 2 * len(said & gold) / (len(said) + len(gold))


def character_error_rate(text: str, reference: str) -> float:
    """Edit distance in characters over the reference's length; above 1 when much is inserted.

    Raises:
        ValueError: the reference is empty.
    """
    return _edits(text, reference) / _length(reference)


def word_error_rate(text: str, reference: str) -> float:
    """Edit distance in words over the reference's words; words are split on white space.

    Raises:
        ValueError: the reference is empty.
    """
    return _edits(text.split(), reference.split()) / _length(reference.split())


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in _ARTICLES]


def _tuples(text: str) -> set[tuple[str, ...]]:
    content = [word for word in _content(text) if len(word) > 2]
    return {(word,) for word in content} | set(pairwise(content))


def _grams(tokens: Sequence[str], size: int) -> Grams:
    return Counter(tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1))


def _all_grams(tokens: Sequence[str]) -> set[tuple[str, ...]]:
    return {gram for size in range(1, 5) for gram in _grams(tokens, size)}


def _cider_similarity(said: Sequence[str], gold: Sequence[str], frequency: Grams, total: float) -> float:
    penalty = math.exp(-((len(said) - len(gold)) ** 2) / (2 * 6.0**2))
    return penalty * sum(_cosine(_grams(said, n), _grams(gold, n), frequency, total) for n in range(1, 5))


def _cosine(said: Grams, gold: Grams, frequency: Grams, total: float) -> float:
    def weigh(grams: Grams) -> dict[tuple[str, ...], float]:
        return {gram: count * (total - math.log(max(1, frequency[gram]))) for gram, count in grams.items()}

    left, right = weigh(said), weigh(gold)
    dot = sum(min(weight, right[gram]) * right[gram] for gram, weight in left.items() if gram in right)
    norms = math.sqrt(sum(w * w for w in left.values())) * math.sqrt(sum(w * w for w in right.values()))
    return dot / norms if norms else 0.0


def _longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    row = [0] * (len(right) + 1)
    for token in left:
        before = row
        row = [0]
        for place, other in enumerate(right):
            row.append(before[place] + 1 if token == other else max(before[place + 1], row[-1]))
    return row[-1]


def _edits(left: Sequence[str], right: Sequence[str]) -> int:
    row = list(range(len(right) + 1))
    for number, token in enumerate(left, 1):
        before, row = row, [number]
        for place, other in enumerate(right):
            row.append(min(before[place] + (token != other), before[place + 1] + 1, row[-1] + 1))
    return row[-1]


def _length(reference: Sequence[str]) -> int:
    if not reference:
        raise ValueError("an empty reference has no error rate")
    return len(reference)
