"""Folders of everyday files, each asked as a person asks who keeps it, without a model.

``DIR`` holds ``everyday.jsonl`` (folder, file, text) and ``everyday_questions.jsonl``: folder and question, with
answer, also (other forms) and type as in the written set, or with ``near_miss`` where the folder only seems to answer.
Each folder is all that its tenant has. ``--limit N`` draws N questions and N near misses over the folders.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from groundsight.evals.asking import Asked, Asking, asked_result, drawn
from groundsight.evals.corpus import scoped, write_files
from groundsight.evals.journal import Make
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.reading import Item, read_rows
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import Context, made
from groundsight.suite import Suite


class File(Item):
    """A small file of a folder."""

    folder: str
    file: str
    text: str


class Line(Asked):
    """A question about a folder, or a near miss, which has no answer."""

    folder: str
    answer: str = ""
    type: str = ""
    near_miss: bool = False
    part: str = ""


def run(context: Context) -> TaskResult:
    """Ask the two folders in English."""
    return asked_folders("everyday", context)


def asked_folders(task: str, context: Context) -> TaskResult:
    """Index every folder, ask its questions and near misses, beside what the nearest passage alone would give."""
    files = read_rows(context.folder / "everyday.jsonl", File)
    lines = read_rows(context.folder / "everyday_questions.jsonl", Line)
    cpu, wall = time.process_time(), time.perf_counter()
    with context.open() as suite:
        folders = {name: _folder(name, files, suite, context.home) for name in sorted({file.folder for file in files})}
        first = next(iter(folders.values())).search(lines[0].question)
        fingerprint = fingerprint_of(suite)
        items = made(list(_jobs(lines, folders, context.limit)), context, suite.parts.index.version())
    return asked_result(task, context, items, first, fingerprint, (cpu, wall))


def _folder(name: str, files: list[File], suite: Suite, home: Path) -> Suite:
    folder = home / "files" / name
    write_files(folder, {file.file: file.text for file in files if file.folder == name})
    return scoped(suite, name, folder)


def _jobs(lines: list[Line], folders: Mapping[str, Suite], limit: int | None) -> Iterator[tuple[str, Make]]:
    for near_miss in (False, True):
        rows = [[(at, each) for at, each in enumerate(lines, 1) if each.folder == name] for name in folders]
        wanted = [[row for row in group if row[1].near_miss == near_miss] for group in rows]
        for at, line in drawn(wanted, limit):
            kinds = {"folder": line.folder, "part": line.part} | ({} if near_miss else {"question": line.type})
            asking = Asking(f"{line.folder}/{at}", folders[line.folder], kinds)
            ask = partial(asking.question, line.question, (line.answer, *line.also), line.answered_by)
            yield asking.name, partial(asking.near_miss, line.question) if near_miss else ask
