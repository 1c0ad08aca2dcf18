"""Questions beside tables, with every program that they may mean and whether its result is the answer.

Of WikiTableQuestions (ppasupat/WikiTableQuestions, CC BY-SA 4.0) each question stands beside its table, a part of them
also beside that table without a column or the rows that an answer needs, or beside another table: there nothing
answers. Of hand-written tables, and of texts that have one, come questions and near misses.
"""

from __future__ import annotations

import csv
import random
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

from pydantic import Field

from groundsight.computing.parsing.programs import Program, TableQuestion, programs
from groundsight.computing.parsing.scores import features
from groundsight.evals.asking import Asked
from groundsight.evals.metrics import contains_answer
from groundsight.evals.reading import Item
from groundsight.evals.tasks.written import NearMiss, Text
from groundsight.evidence.grids import Table, grids
from groundsight.ingestion.readers.table_elements import as_text
from groundsight.language.facts import read_facts
from groundsight.types import Evidence

Cells = tuple[tuple[str, ...], ...]


class Sheet(Item):
    """A table as a file that is called ``name``, with questions, answers worked out over it, and near misses."""

    id: str
    domain: str
    name: str
    cells: Cells
    questions: list[Asked] = Field(min_length=1)
    near_misses: list[NearMiss] = Field(default_factory=list[NearMiss])


WITHOUT, ELSEWHERE, TOGETHER = 0.6, 0.15, 150
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Choice:
    """A program: its features, its result, and whether that is the answer."""

    features: dict[str, float]
    result: str
    right: bool


@dataclass(frozen=True)
class Example:
    """A question beside a table, with its programs; ``held_out`` by the table."""

    source: str
    held_out: bool
    choices: list[Choice]


def of_wikipedia(questions: Path, folder: Path, seed: int, most: int | None = None) -> list[Example]:
    """Read the questions of WikiTableQuestions, ``most`` of them; ``folder`` holds its ``csv``."""
    with questions.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:][:most]
    rows.sort(key=lambda row: zlib.crc32(row[2].encode()))
    parts = [rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER)]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        made = pool.map(partial(_of_part, folder=folder), parts, range(seed, seed + len(parts)))
        return [example for part in made for example in part]


def of_sheets(sheets: Sequence[Sheet]) -> Iterator[Example]:
    """Yield the questions and near misses of tables."""
    for sheet in sheets:
        table = table_of(sheet.cells, sheet.name)
        for asked in sheet.questions if table else ():
            if table:
                yield _example("sheet", sheet.id, asked.question, table, partial(_says, asked))
        for miss in sheet.near_misses if table else ():
            if table:
                yield _example("tempting", sheet.id, miss.question, table, lambda _: False)


def of_texts(texts: Sequence[Text]) -> Iterator[Example]:
    """Yield the questions and near misses of the texts that have a table."""
    for text in texts:
        table = table_of(text.cells, text.text.split("\n")[0][:60]) if text.cells else None
        for asked in text.questions if table else ():
            if table and asked.type != "yes_no":
                yield _example("text", text.id, asked.question, table, partial(_says, asked))
        for miss in text.near_misses if table else ():
            if table:
                yield _example("miss", text.id, miss.question, table, lambda _: False)


def table_of(cells: Cells, name: str = "table") -> Table | None:
    """Return cells as a table, as if they were the only one of a file."""
    width = len(cells[0])
    whole = tuple((*row, *("",) * width)[:width] for row in cells)
    one = Evidence(
        evidence_id=name, kind="table", source=f"{name}.csv", text=as_text(whole), cells=whole, language="en"
    )
    found = grids([one])
    return found[0] if found else None


def _of_part(rows: Sequence[Sequence[str]], seed: int, folder: Path) -> list[Example]:
    made: list[Example] = []
    lot = random.Random(seed)
    for _, question, name, gold in rows:
        cells = _read(folder / name)
        table = table_of(cells)
        if table is None:
            continue
        right = partial(_answers, gold)
        made.append(_example("wikipedia", name, question, table, right))
        good = [one for one in programs(TableQuestion(read_facts(question), table)) if _right(one, table, right)]
        if good and lot.random() < WITHOUT and (less := _without(cells, table, lot.choice(good), lot)):
            made.append(_example("without", name, question, less, lambda _: False))
        other = lot.choice(rows)[2]
        if other != name and lot.random() < ELSEWHERE and (instead := table_of(_read(folder / other))):
            made.append(_example("elsewhere", name, question, instead, lambda _: False))
    return made


def _example(source: str, name: str, question: str, table: Table, right: Callable[[str], bool]) -> Example:
    asked = TableQuestion(read_facts(question), table)
    made = [(one, done.result) for one in programs(asked) if (done := one.run(table))]
    choices = [Choice(dict(features(asked, one, result)), result, right(result)) for one, result in made]
    return Example(source, zlib.crc32(name.encode()) % 7 == 0, choices)


def _right(one: Program, table: Table, right: Callable[[str], bool]) -> bool:
    made = one.run(table)
    return made is not None and right(made.result)


def _without(cells: Cells, table: Table, one: Program, lot: random.Random) -> Table | None:
    """The table without a column that a right program uses, or without the rows that meet a condition of it."""
    held = [met.column for met in one.met]
    if held and lot.random() < 0.25:
        met = lot.choice(one.met)
        gone = {table.rows[row].cells for row in met.rows}
        kept = tuple(row for row in cells if tuple(" ".join(cell.split()) for cell in row) not in gone)
    else:
        at = lot.choice([one.column, one.label, *held])
        kept = tuple(row[:at] + row[at + 1 :] for row in cells)
    return table_of(kept) if len(kept) > 2 and len(kept[0]) > 1 else None


@lru_cache(maxsize=64)
def _read(path: Path) -> Cells:
    with path.open(encoding="utf-8") as lines:
        rows = csv.reader(lines, escapechar="\\", doublequote=False)
        return tuple(tuple(cell.replace("\n", " ").strip() for cell in row) for row in rows)


def _says(asked: Asked, result: str) -> bool:
    forms = (asked.answer, *asked.also)
    if asked.type in ("list", "rows"):
        return all(contains_answer(result, [part]) for part in asked.answer.split("; "))
    return any(contains_answer(result, [one]) and len(result) < 2.5 * len(one) + 8 for one in forms)


def _answers(gold: str, result: str) -> bool:
    """Compare as the set's own evaluation does: signs and case apart, numbers by value, lists in any order."""
    wanted = gold.split("|")
    given = [result] if len(wanted) == 1 else result.split(", ")
    return all(any(_same(one, each) for one in given) for each in wanted)


def _same(given: str, wanted: str) -> bool:
    one, other = _plain(given), _plain(wanted)
    numbers = [_NUMBER.fullmatch(each.split(" ")[0].strip("$£€%")) for each in (given, wanted)]
    if all(numbers):
        values = [float(each[0].replace(",", "")) for each in numbers if each]
        return values[0] == values[1]
    return one == other or (bool(other) and other in one and 2 * len(other) >= len(one))


def _plain(text: str) -> str:
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if unicodedata.category(sign) != "Mn")
    bare = re.sub(r"\[[^\]]*\]|\([^)]*\)$", "", bare.replace("–", "-").replace("’", "'"))
    return " ".join(bare.casefold().strip(" .\"'").split())
