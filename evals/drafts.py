"""Question drafts from an index: figures, names, table cells and words read from pictures, for a person to correct.

A machine can't know what people will ask. The drafts save typing: every one has its gold evidence and its answer,
and says in ``draft`` what is left to do. A third are near misses that the files don't answer.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from groundsight.errors import InvalidArgument
from groundsight.evals.result import write_atomically
from groundsight.governance.access import tenant_of
from groundsight.settings import Settings
from groundsight.suite import open_suite
from groundsight.types import Asset, Unit

TO_DO = "put it in your own words, check answer and gold, then delete this field"
TO_DO_UNANSWERABLE = "make sure that the files don't answer it, then delete this field"
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
FIGURE = re.compile(r"(?<![\w.,])\d[\d.,]*\d(?![\w])")
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)+")
GAP = "____"
SHORTEST, LONGEST = 30, 200
MISSES_TRIED = 10
KINDS = ("table", "figure", "name", "scan")


class Draft(NamedTuple):
    """A question with its answer and the words by which the right unit is known."""

    kind: str
    question: str
    answer: str
    source: str
    contains: str


def write_drafts(path: Path, corpus: Path, settings: Settings, home: Path, *, limit: int = 21, seed: int = 0) -> int:
    """Ingest the corpus and write at most ``limit`` drafts, one in three a near miss; return how many.

    Raises:
        InvalidArgument: the file exists (it may hold corrections), or nothing in the corpus makes a draft.
    """
    if path.exists():
        raise InvalidArgument("the file exists and may hold corrections", which=str(path), next_step="name another")
    with open_suite(settings.model_copy(update={"home": home})) as suite:
        suite.ingest([corpus])
        units = list(suite.parts.index.scan(tenant_of(suite.principal)))
        drafts = _mixed([draft for unit, asset in units for draft in drafts_of(unit, asset)], random.Random(seed))
    if not drafts:
        raise InvalidArgument("nothing in the corpus makes a draft", which=str(corpus), next_step="check --corpus")
    unused_first = [*drafts[limit:], *drafts[:limit]]
    misses = _near_misses(unused_first, " ".join(_words(unit) for unit, _ in units), limit // 3)
    rows = [_row(draft) for draft in drafts[: limit - len(misses)]] + [_missing(question) for question in misses]
    numbered = [{"id": f"q{number:03}", **row} for number, row in enumerate(rows, 1)]
    write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in numbered))
    return len(numbered)


def drafts_of(unit: Unit, asset: Asset) -> Iterator[Draft]:
    """Every draft that a unit gives, in reading order."""
    if unit.cells:
        yield from _of_cells(unit, asset)
    else:
        yield from _of_text("figure", unit.text, asset)
        yield from _of_text("name", unit.text, asset)
    yield from _of_text("scan", unit.ocr, asset)


def _of_cells(unit: Unit, asset: Asset) -> Iterator[Draft]:
    head, *rows = unit.cells
    for row in rows:
        label = row[0].strip()
        for place, (column, cell) in enumerate(zip(head[1:], row[1:], strict=False), 2):
            if label and column.strip() and cell.strip() and any(c.isalpha() for c in label + column):
                question = f"What is the {_lowered(column)} of {label}?"
                yield Draft("table", question, cell.strip(), asset.source, " ".join(row[:place]))


def _of_text(kind: str, text: str, asset: Asset) -> Iterator[Draft]:
    pattern = NAME if kind == "name" else FIGURE
    told = {"figure": "Which figure", "name": "Which name", "scan": "Which figure of the picture"}[kind]
    for sentence in SENTENCE.split(text):
        plain = " ".join(sentence.split())
        found = pattern.search(plain)
        if found and (kind == "scan" or SHORTEST <= len(plain) <= LONGEST) and _says_more(plain, found.group()):
            gapped = f"{plain[: found.start()]}{GAP}{plain[found.end() :]}"
            yield Draft(kind, f"{told} is missing: “{gapped}”", found.group(), asset.source, plain)


def _says_more(sentence: str, answer: str) -> bool:
    return sum(letter.isalpha() for letter in sentence.replace(answer, "")) >= 6


def _mixed(drafts: Sequence[Draft], rng: random.Random) -> list[Draft]:
    """Take kinds in turn and files in random order, so that twenty questions touch many files; no question twice."""
    once = list({draft.question: draft for draft in drafts}.values())
    rng.shuffle(once)
    queues = [_spread([draft for draft in once if draft.kind == kind]) for kind in KINDS]
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[place] for place in range(longest) for queue in queues if place < len(queue)]


def _spread(drafts: Sequence[Draft]) -> list[Draft]:
    """The first of every file, then the second of every file, and so on."""
    seen: dict[str, int] = {}
    ranks: list[int] = []
    for draft in drafts:
        ranks.append(seen.get(draft.source, 0))
        seen[draft.source] = ranks[-1] + 1
    return [draft for _, draft in sorted(zip(ranks, drafts, strict=True), key=lambda pair: pair[0])]


def _near_misses(drafts: Sequence[Draft], corpus: str, count: int) -> list[str]:
    """Questions like those that have an answer, about a number or a name that occurs nowhere in the files."""
    heard, other_name = corpus.casefold(), _other_name(drafts)
    found: dict[str, Draft] = {}
    for draft in drafts:
        changed = (change(draft.question) for change in (other_name, _next_figure))
        question = next((q for q in changed if q and _new_words(q, draft.question, heard)), None)
        if question:
            found[question] = draft._replace(question=question)
        if len(found) >= MISSES_TRIED * count:
            break
    return [draft.question for draft in _spread(list(found.values()))[:count]]


def _next_figure(question: str) -> str | None:
    """Raise the last whole number of the question by a step that keeps its length."""
    held = list(re.finditer(r"(?<![\d.,])\d{2,}(?![\d.,]*\d)", question))
    if not held:
        return None
    raised = str(int(held[-1].group()) + 3)
    return f"{question[: held[-1].start()]}{raised}{question[held[-1].end() :]}"


def _other_name(drafts: Sequence[Draft]) -> Callable[[str], str | None]:
    """Join the first word of one name to the last word of another."""
    names = list(dict.fromkeys(draft.answer for draft in drafts if draft.kind == "name"))

    def change(question: str) -> str | None:
        found = re.search(r"[A-Z][\w'-]+ [A-Z][\w'-]+", question[6:])
        if not found or not names:
            return None
        first, stranger = found.group().split()[0], names[len(question) % len(names)].split()[-1]
        return question.replace(found.group(), f"{first} {stranger}")

    return change


def _new_words(question: str, before: str, heard: str) -> bool:
    """True when a word, or a pair of words, of the changed question stands nowhere in the files."""
    words, known = re.findall(r"[\w'-]+", question.casefold()), re.findall(r"[\w'-]+", before.casefold())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    old = {*known, *(f"{first} {second}" for first, second in pairwise(known))}
    return any(piece not in old and piece not in heard for piece in (*words, *pairs))


def _row(draft: Draft) -> dict[str, Any]:
    return {
        "draft": TO_DO,
        "kind": draft.kind,
        "question": draft.question,
        "answers": [draft.answer],
        "gold": [{"source": draft.source, "contains": draft.contains}],
        "segments": {"file_kind": Path(draft.source).suffix.lstrip(".") or "file"},
    }


def _missing(question: str) -> dict[str, Any]:
    return {"draft": TO_DO_UNANSWERABLE, "kind": "unanswerable", "question": question}


def _words(unit: Unit) -> str:
    return " ".join([unit.heading, unit.text, unit.ocr, *(cell for row in unit.cells for cell in row)])


def _lowered(column: str) -> str:
    column = column.strip()
    return column if column.isupper() else column[:1].lower() + column[1:]
