"""What the packaged reader learns from: claims, questions and statements beside passages.

Two kinds of sources: the hand-written texts of ``evals/written`` and public sets (``docs/reader.md`` names them with
their licences). Of every text come its claims, its questions with the window that answers them and one that does not,
its near misses, and statements "question value", right and wrong.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from groundsight.encoders.pairing import Task
from groundsight.evals.tasks.written import Asked, Pair, Parted, Text
from groundsight.evidence.heads import lead_of
from groundsight.evidence.selected import Lines
from groundsight.language.content import content_of, words_of
from groundsight.language.sentences import sentence_spans
from groundsight.language.speech import YES_NO

WINDOW_CHARS = (250, 420, 420)
ELSEWHERE = 0.5
# A couple differs in as little as possible; below this neighbours are two sentences.
COUPLED = 0.5
_WORD = re.compile(r"\w+(?:[.,'’:-]\w+)*|[^\w\s]")
_VALUE = re.compile(r"\d[\d.,]*\d|[A-Z][\w-]+(?: [A-Z][\w-]+)*")


@dataclass(frozen=True)
class Row:
    """A claim with its label, or a question with its answer's place in the passage; (-1, -1): not answered there."""

    task: Task
    asked: str
    passage: str
    supported: bool = False
    span: tuple[int, int] = (-1, -1)
    false_words: tuple[tuple[int, int], ...] = ()


def lines_of(text: Text) -> list[str]:
    """Cut a text into sentences, and its table into rows of "head: value"."""
    said = [text.text[slice(*span)] for span in sentence_spans(text.text)]
    heads, *rows = text.cells or ((),)
    pairs = ([(head, cell) for head, cell in zip(heads, row, strict=False) if cell.strip()] for row in rows)
    return said + ["; ".join(f"{head}: {cell}" if head.strip() else cell for head, cell in row) for row in pairs]


def windows_of(text: Text, most: int) -> list[str]:
    """Join neighbouring lines to windows of at most ``most`` characters, each under the first line of the text."""
    found: list[str] = []
    for line in lines_of(text):
        if found and len(found[-1]) + len(line) < most:
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    lead = lead_of(text.text)
    return [one if one.startswith(lead) else f"{lead}\n{one}" for one in found]


def written(texts: Sequence[Text], lot: random.Random) -> Iterator[Row]:
    """Yield every row of the hand-written texts once; half of the questions are asked of another text, too."""
    pool = [(text.id, one, content_of(one)) for text in texts for one in windows_of(text, WINDOW_CHARS[-1])]
    for text in texts:
        lines = Lines(lines_of(text))
        yield from _claims(text, lines)
        yield from _questions(text, windows_of(text, lot.choice(WINDOW_CHARS)))
        yield from _statements(text, lines, lot)
        yield from _elsewhere(text, pool, lot)


def _claims(text: Text, lines: Lines) -> Iterator[Row]:
    """Every claim; the false one of a couple with the words in which it differs from the true one."""
    claims = text.claims
    for at, claim in enumerate(claims):
        partner = claims[at ^ 1] if at ^ 1 < len(claims) else claim
        right = claim.label == "supported"
        differs = not right and partner.label == "supported"
        false = _changed(claim.claim, partner.claim) if differs else ()
        yield Row("claim", claim.claim, lines.selected(claim.claim), right, false_words=false)


def _changed(false: str, true: str) -> tuple[tuple[int, int], ...]:
    """Where a sentence differs from another that shares most of its words: other words, or those around a gap."""
    mine, theirs = ([(one.group().casefold(), one.span()) for one in _WORD.finditer(each)] for each in (false, true))
    alike = SequenceMatcher(None, [word for word, _ in mine], [word for word, _ in theirs], autojunk=False)
    if alike.ratio() < COUPLED:
        return ()
    edits = [(start, end) for kind, start, end, _, _ in alike.get_opcodes() if kind != "equal"]
    touched = {at for start, end in edits for at in (range(start, end) if start < end else (start - 1, start))}
    return tuple(span for at, (_, span) in enumerate(mine) if at in touched)


def parted(pairs: Sequence[Pair], lot: random.Random) -> Iterator[Row]:
    """Yield the questions over pairs beside either text, and as statements with the value of either.

    The wording is the same on both sides, so that only the text tells what is answered.
    """
    for pair in pairs:
        first, second = pair.texts()
        for text, turned in ((first, False), (second, True)):
            shown, lines = windows_of(text, lot.choice(WINDOW_CHARS)), Lines(lines_of(text))
            for one in pair.questions:
                yield from _of_side(one, *((one.b, one.a) if turned else (one.a, one.b)), shown, lines)


def _of_side(one: Parted, mine: str | None, other: str | None, shown: Sequence[str], lines: Lines) -> Iterator[Row]:
    """A question beside the text whose answer is ``mine``, or None; ``other`` is that of its counterpart."""
    place = _place(Asked(question=one.question, answer=mine, type=one.type), shown) if mine else None
    if place:
        yield Row("question", one.question, shown[place[0]], span=place[1])
    elif not mine:
        yield Row("question", one.question, max(shown, key=lambda window: overlap(one.question, window)))
    for value, right in ((mine, True), (other, False)) if one.type != "list" else ():
        if value and (right or not mine or (mine not in value and value not in mine)):
            said = f"{one.question} {value}"
            yield Row("claim", said, lines.selected(said), right)


def _elsewhere(text: Text, pool: Sequence[tuple[str, str, frozenset[str]]], lot: random.Random) -> Iterator[Row]:
    """A question beside the window of another text that shares most words with it: the rent of another flat."""
    for asked in text.questions:
        if asked.type != "yes_no" and lot.random() < ELSEWHERE:
            wanted = content_of(asked.question)
            others = [one for one in pool if one[0] != text.id and asked.answer.casefold() not in one[1].casefold()]
            if others:  # "I" stands everywhere
                yield Row("question", asked.question, max(others, key=lambda one: len(wanted & one[2]))[1])


def _questions(text: Text, shown: Sequence[str]) -> Iterator[Row]:
    for asked in text.questions:
        if asked.type == "yes_no" or not (place := _place(asked, shown)):
            continue
        at, span = place
        yield Row("question", asked.question, shown[at], span=span)
        others = [one for one in shown if one != shown[at] and asked.answer not in one]
        if others:
            yield Row("question", asked.question, max(others, key=lambda one: overlap(asked.question, one)))
    for miss in text.near_misses:
        for one in sorted(shown, key=lambda one: -overlap(miss.question, one))[:2]:
            yield Row("question", miss.question, one)


def _place(asked: Asked, shown: Sequence[str]) -> tuple[int, tuple[int, int]] | None:
    """Return the window and the place of an answer: where most of the question stands around it."""
    if asked.type == "list":
        return next(((at, span) for at, one in enumerate(shown) if (span := _listed(asked.answer, one))), None)
    found = [
        (overlap(asked.question, one[max(0, hit.start() - 110) : hit.end() + 110]), -at, hit.span())
        for at, one in enumerate(shown)
        for hit in re.finditer(rf"(?<!\w){re.escape(asked.answer)}(?!\w)", one)
    ]
    best = max(found, default=None)
    return (-best[1], best[2]) if best else None


def _listed(answer: str, window: str) -> tuple[int, int] | None:
    """The stretch of a window that holds all items of a list and little else."""
    items = [item.strip() for item in answer.split(";")]
    at = [window.find(item) for item in items]
    if min(at) < 0:
        return None
    start, end = min(at), max(place + len(item) for place, item in zip(at, items, strict=True))
    return (start, end) if end - start <= sum(map(len, items)) + 30 * len(items) else None


def _statements(text: Text, lines: Lines, lot: random.Random) -> Iterator[Row]:
    values = [one.answer for one in text.questions if one.type not in ("yes_no", "list")]
    for asked in text.questions:
        wrong = [one for one in values if one not in asked.answer and asked.answer not in one]
        if asked.type == "yes_no":
            said = [("yes", asked.answer.startswith("yes")), ("no", asked.answer.startswith("no"))]
        else:
            said = [(asked.answer, True), *([(lot.choice(wrong), False)] if wrong else [])]
        for value, right in said if asked.type != "list" else ():
            yield Row("claim", f"{asked.question} {value}", lines.selected(f"{asked.question} {value}"), right)
    for miss in text.near_misses if values else ():
        value = lot.choice(["yes", "no"] if YES_NO.match(miss.question) else values)
        yield Row("claim", f"{miss.question} {value}", lines.selected(f"{miss.question} {value}"), False)


def shared_claims(path: Path, shares: dict[str, float], lot: random.Random) -> Iterator[Row]:
    """Yield a share of each source of a set of claims (fields claim, evidence, label, source, spans)."""
    for one in _json_lines(path):
        if lot.random() < shares.get(one["source"], 0.0):
            false = tuple((start, end) for start, end in one.get("spans") or ())
            yield Row("claim", one["claim"], one["evidence"], bool(one["label"]), false_words=false)


def shared_questions(path: Path, shares: dict[str, float], lot: random.Random) -> Iterator[Row]:
    """Yield a share of each source of a set of questions (fields q, c, s, e, src), cut to a window."""
    for one in _json_lines(path):
        if lot.random() >= shares.get(one["src"], 0.0):
            continue
        start, end, passage = one["s"], one["e"], one["c"]
        if len(passage) > WINDOW_CHARS[-1]:
            most = WINDOW_CHARS[-1]
            from_ = max(0, start - lot.randint(40, max(41, most - 30 - end + start))) if start >= 0 else 0
            cut = passage.rfind(" ", 0, from_) + 1 if from_ else 0
            passage = passage[cut : cut + most]
            start, end = (start - cut, end - cut) if start >= 0 else (-1, -1)
        if end > len(passage):
            continue
        yield Row("question", one["q"], passage, span=(start, end))
        values = one.get("others") or [found.group() for found in _VALUE.finditer(passage, 1)]
        if values and lot.random() < shares.get("statement", 0.0):
            right = start >= 0 and end - start < 80 and lot.random() < 0.5
            yield Row("claim", f"{one['q']} {passage[start:end] if right else lot.choice(values)}", passage, right)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def overlap(asked: str, passage: str) -> float:
    """The share of the words of a question that a passage says."""
    wanted = content_of(asked)
    said = {word for *_, word in words_of(passage)}
    return sum(word in said for word in wanted) / max(1, len(wanted))
