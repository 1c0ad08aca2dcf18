"""Receipts: answers of the house set are replayed on the same files and on changed ones, then their records are
tampered with.

``DIR`` and ``--corpus`` as in the house task. The questions and the checks of as many written answers make the random
answers, ``--limit`` of them (default 200). Every third file is then changed, or removed where it is no plain text.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundsight.evals.gold import Question
from groundsight.evals.lanes import fingerprint_of
from groundsight.evals.reading import read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact, means
from groundsight.evals.tasks.house import corpus_of
from groundsight.governance.receipt_check import check_receipts
from groundsight.governance.receipts import FILE, FOLDER, Receipt, Receipts
from groundsight.suite import Suite
from groundsight.tools.recording import Check, checked_with_receipt, with_receipt
from groundsight.tools.replay import Replayed, replay
from groundsight.tools.verify import searched

ANSWERS, PLAIN = 200, (".txt", ".md", ".csv", ".html", ".eml")
DAYS = 365


@dataclass(frozen=True)
class _Given:
    """One answer or check that was given: its receipt, and what it cost beside the work itself."""

    id: str
    receipt: str
    cpu_ms: float


def run(context: Context) -> TaskResult:
    """Answer, replay at once, replay after changes, and tamper."""
    questions = read_rows(context.folder / "questions.jsonl", Question)
    cpu, wall, files = time.process_time(), time.perf_counter(), _copied(context)
    with context.open() as suite:
        suite.acting_for(watch=context.watch).ingest(files)
        first = suite.search(questions[0].question)
        fingerprint, given = fingerprint_of(suite), _answers(suite, questions, context)
    size = (context.home / FOLDER / FILE).stat().st_size / len(given)
    with context.open() as suite:
        before = [_replayed(suite, each) for each in given]
    altered = _changed(files, context)
    with context.open() as suite:
        after = [_replayed(suite, each) for each in given]
    kept = Receipts(context.home, DAYS)
    rested = [_sources(kept.find(each.receipt)) for each in given]
    items = [
        _item(one, same, other, sources & altered)
        for one, same, other, sources in zip(given, before, after, rested, strict=True)
    ]
    found = dict(_tampered(context.home))
    figures = {"bytes_a_receipt": size, "tampering_found": sum(found.values()) / len(found)}
    return TaskResult(
        task="receipts",
        dataset=context.folder.name,
        n=len(items),
        metrics=means(items, context.seed) | {name: exact(value) for name, value in figures.items()},
        items=[*items, *(ItemResult(f"tampering: {name}", {}, detail={"found": hit}) for name, hit in found.items())],
        tier={"tier": first.tier.name, **first.tier.models},
        degraded=[lane.lane for lane in first.degraded],
        fingerprint=fingerprint,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
    )


def _copied(context: Context) -> Path:
    """Begin with an empty home and with a copy of the files that may be changed."""
    shutil.rmtree(context.home, ignore_errors=True)
    files = context.home / "corpus"
    shutil.copytree(corpus_of(context), files)
    return files


def _answers(suite: Suite, questions: Sequence[Question], context: Context) -> list[_Given]:
    """Ask all questions and check the written answers, in an order drawn by the seed."""
    said = [f"{each.question} {each.answers[0]}." for each in questions if each.answers]
    jobs: list[tuple[str, Callable[[], tuple[str, float]]]] = [
        *((each.id, lambda each=each: _asked(suite, each.question)) for each in questions),
        *((f"check {number}", lambda text=text: _checked(suite, text)) for number, text in enumerate(said)),
    ]
    random.Random(context.seed).shuffle(jobs)
    given: list[_Given] = []
    for place, (name, work) in enumerate(jobs[: context.limit or ANSWERS], 1):
        context.watch.step(place, len(jobs), name)
        given.append(_Given(name, *work()))
    return given


def _asked(suite: Suite, question: str) -> tuple[str, float]:
    answer, start = suite.ask(question), time.process_time()
    return with_receipt(suite, answer, "eval").receipt, (time.process_time() - start) * 1_000


def _checked(suite: Suite, text: str) -> tuple[str, float]:
    check = Check(text, searched(suite, text), searched=True)
    start = time.process_time()
    suite.verify(check.text, check.evidence)
    work, start = time.process_time() - start, time.process_time()
    receipt = checked_with_receipt(suite, check, "eval").receipt
    return receipt, max(0.0, time.process_time() - start - work) * 1_000


def _replayed(suite: Suite, given: _Given) -> Replayed:
    return replay(suite, given.receipt)


def _changed(files: Path, context: Context) -> set[str]:
    """Change or remove every third file, read again, forget what is gone, and return the sources."""
    every = sorted(file for file in files.rglob("*") if file.is_file())
    chosen = every[context.seed % 3 :: 3]
    for file in chosen:
        if file.suffix in PLAIN:
            file.write_text(file.read_text("utf-8", "replace") + "\nThis line was added later.\n", "utf-8")
        else:
            file.unlink()
    with context.open() as suite:
        suite.ingest(files, prune=True)
    return {file.relative_to(files.parent).as_posix() for file in chosen}


def _sources(kept: Receipt | None) -> set[str]:
    """Return the sources of the candidates that were not emptied; what was emptied names its document by id."""
    return {each["source"] for each in kept.of_kind("candidate")} if kept else set()


def _item(given: _Given, before: Replayed, after: Replayed, touched: set[str]) -> ItemResult:
    named = {change.which for change in after.changes if change.what == "file"}
    scores = {
        "replays_the_same": float(before.outcome == "same"),
        "same_or_named": float(before.outcome == "same" and after.outcome != "unexplained"),
        "changed_after": float(after.outcome == "changed"),
    }
    if touched:
        scores["changed_file_named"] = float(touched <= named)
    detail = {"before": before.model_dump(mode="json"), "after": after.model_dump(mode="json")}
    return ItemResult(given.id, scores, cpu_ms={"receipt": given.cpu_ms}, detail=detail)


def _tampered(home: Path) -> Iterator[tuple[str, bool]]:
    """Yield for each kind of record and each deed whether the check names it; each on a copy of its own."""
    sound = not check_receipts(home).problems
    for name, deeds in _deeds().items():
        copy = home / "tampered"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home / FOLDER, copy / FOLDER)
        with sqlite3.connect(copy / FOLDER / FILE) as book:
            changed = sum(book.execute(deed).rowcount for deed in deeds)
        book.close()
        yield name, bool(sound and changed and check_receipts(copy).problems)
        shutil.rmtree(copy)


def _deeds() -> Mapping[str, Sequence[str]]:
    last = "(SELECT MAX(n) FROM receipts)"
    kinds = ("caller", "asked", "given", "candidate", "sentence")
    place = '(SELECT rowid FROM parts WHERE instr(body, \'"kind":"{}"\') ORDER BY n DESC LIMIT 1)'
    edits = {
        f"a part {kind} edited": [
            f"UPDATE parts SET body = replace(body, ':', ': ') WHERE rowid = {place.format(kind)}"
        ]
        for kind in kinds
    }
    lost = {f"a part {kind} removed": [f"DELETE FROM parts WHERE rowid = {place.format(kind)}"] for kind in kinds}
    mark = "(SELECT rowid FROM parts WHERE instr(body, '\"emptied\":') LIMIT 1)"
    heads = {
        f"{field} of a head edited": [
            f"UPDATE receipts SET head = replace(head, '\"{field}\":', '\"{field}\": ') WHERE n = 7"
        ]
        for field in ("status", "models", "policy", "index", "prev", "parts", "who", "ratio")
    }
    cuts = {
        f"the {name} receipt removed": [f"DELETE FROM receipts WHERE n = {n}", f"DELETE FROM parts WHERE n = {n}"]
        for name, n in (("first", "1"), ("seventh", "7"), ("last", last))
    }
    return {
        **edits,
        **lost,
        **heads,
        **cuts,
        "a mark edited": [f"UPDATE parts SET body = replace(body, '20', '19') WHERE rowid = {mark}"],
        "a mark removed": [f"DELETE FROM parts WHERE rowid = {mark}"],
        "a signature edited": ["UPDATE receipts SET signature = 'A' || substr(signature, 3) WHERE n = 7"],
        "two receipts swapped": ["UPDATE receipts SET n = -1 WHERE n = 7", "UPDATE receipts SET n = 7 WHERE n = 8",
                                 "UPDATE receipts SET n = 8 WHERE n = -1"],
        "the end edited": ["UPDATE ends SET told = replace(told, 'count', 'counts')"],
        "the end removed": ["DELETE FROM ends"],
    }  # fmt: skip
