"""How likely a program is what a question means: a log-linear model and a small net over what both say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.computing.columns import compared, head_stems, is_people
from groundsight.computing.parsing.programs import Program, TableQuestion
from groundsight.computing.words import condition_words, light_verbs, measures, stems
from groundsight.language.stems import word_list

if TYPE_CHECKING:
    import numpy as np

RANKED = ("most", "least", "larger", "smaller")
MEASURED = (*RANKED, "sum", "mean", "difference")
# Words that ask for a quantity, and those that go with two rows or with one.
QUANTITY = frozenset("times number amount total many much all altogether overall".split())
BOTH, SOLE = frozenset("both between than".split()), frozenset(("only",))
WEIGHTS = Path(__file__).with_name("programs.npz")


@lru_cache(maxsize=1)
def _weights() -> tuple[dict[str, int], dict[str, np.ndarray]]:
    import numpy as np

    with np.load(WEIGHTS) as held:
        names = {str(name): at for at, name in enumerate(held["names"])}
        return names, {name: held[name].astype(np.float32) for name in held.files if name != "names"}


def likelihoods(asked: TableQuestion, made: Sequence[tuple[Program, str]]) -> list[float]:
    """Return for programs with their results how likely each is meant; what lacks to 1 is that none is."""
    import numpy as np

    names, held = _weights()
    given = np.zeros((len(made), len(names)), np.float32)
    for row, (one, result) in enumerate(made):
        for name, value in features(asked, one, result):
            if name in names:
                given[row, names[name]] = value
    hidden = np.maximum(given @ held["first"] + held["bias"], 0.0)
    scores = np.append(given @ held["line"][:, 0] + hidden @ held["second"], held["none"])
    raised = np.exp(scores - scores.max())
    return [float(one) for one in raised[:-1] / raised.sum()]


def features(asked: TableQuestion, one: Program, result: str) -> Iterator[tuple[str, float]]:
    """Yield the features of a program that gives ``result``."""
    table, operation = asked.table, one.operation
    yield operation, 1.0
    yield f"{operation} {asked.asks}", 1.0
    cues = {each.text.casefold() for each in asked.words} & word_list("program_cues.txt")
    yield from ((f"{operation} {cue}", 1.0) for cue in cues)
    for each in asked.degrees:
        yield f"{operation} {each.degree.end} {each.degree.form}", 1.0
    yield f"{operation} degrees {bool(asked.degrees)}", 1.0
    yield f"{operation} paid {asked.paid}", 1.0
    yield from _of_column(asked, one, "label" if operation in RANKED else "value")
    if operation in MEASURED:
        yield from _of_measure(asked, one)
    yield f"{operation} rows {min(len(one.rows), 4)}", 1.0
    yield f"{operation} opens {' '.join(each.text.casefold() for each in asked.words[:2])}", 1.0
    yield from _of_result(asked, one, result)
    yield f"conditions {len(one.met)}", 1.0
    for met in one.met:
        yield f"met {met.where.test} {table.scale(met.column)}", 1.0
        yield f"met whole {met.whole}", 1.0
        yield f"met head {bool(asked.heads[met.column] - met.places)}", 1.0
        yield f"met key {met.column == table.key}", 1.0
        yield f"{operation} met focus {asked.focus in met.places}", 1.0
        yield "met words", float(len(met.places))
        parts = max(len(stems(value)) for value in met.where.values)
        yield "met part", 1.0 - min(1.0, len(met.places) / max(1, parts))
    if operation == "count":
        yield f"count focus {_focus_says(asked)}", 1.0
    used = _used(asked, one)
    columns = {one.column, one.label, *(met.column for met in one.met)}
    others = (places - used for at, places in enumerate(asked.heads) if at not in columns)
    yield "other heads", float(min(3, len({*filter(None, others)})))
    yield from _left(asked, used | asked.titled)


def _used(asked: TableQuestion, one: Program) -> frozenset[int]:
    """The places of the words that a program reads."""
    used = asked.heads[one.label] | asked.loose[one.label]
    used = used.union(*(met.places | asked.heads[met.column] for met in one.met))
    if one.operation in MEASURED:
        used |= asked.heads[one.column] | asked.loose[one.column]
    if one.operation == "count" and _focus_says(asked) != "other":
        used |= {asked.focus}
    read = QUANTITY | (BOTH if len(one.rows) == 2 or one.operation in RANKED else SOLE)
    used |= {at for at, each in enumerate(asked.words) if each.text.casefold() in read}
    if one.operation in (*RANKED, "difference"):
        used = used.union(*(each.places for each in asked.degrees if asked.measured_by(one.column, each)))
    return used.union(asked.cues.get({"difference": "difference", "mean": "mean"}.get(one.operation, "sum"), ()))


def _of_result(asked: TableQuestion, one: Program, result: str) -> Iterator[tuple[str, float]]:
    """What the answer looks like: words of the question say nothing new."""
    said = {each.stem for each in asked.words}
    parts = stems(result)
    yield f"echo {bool(parts) and said.issuperset(parts)}", 1.0
    shape = "number" if result.replace(",", "").replace(".", "").isdigit() else "words" if parts else "signs"
    yield f"{asked.asks} {one.operation} {shape}", 1.0
    yield f"{shape} {min(len(parts), 6)}", 1.0


def _left(asked: TableQuestion, used: frozenset[int]) -> Iterator[tuple[str, float]]:
    """What of the question a program does not use."""
    open_ = [(at, one) for at, one in enumerate(asked.words) if at not in used and not one.small]
    left = [(at, one) for at, one in open_ if one.stem not in light_verbs()]
    yield "left", float(min(len(left), 6))
    yield f"left {min(len(left), 3)}", 1.0
    yield from ((f"unread {one.stem}", 1.0) for _, one in left)
    yield "left capital", float(sum(one.text[:1].isupper() and at > 0 for at, one in left))
    yield "left digits", float(sum(any(map(str.isdigit, one.text)) for _, one in left))
    told = {condition_words().get(one.text.casefold(), "") for _, one in open_} - {""}
    yield from ((f"left {role}", 1.0) for role in told)
    if any(at in {place for each in asked.degrees for place in each.places} for at, _ in left):
        yield "left degree", 1.0
    if asked.focus >= 0:
        yield f"focus used {asked.focus in used}", 1.0


def _of_column(asked: TableQuestion, one: Program, role: str) -> Iterator[tuple[str, float]]:
    """How the column of the answer is named, and of what kind it is."""
    at, table = one.label, asked.table
    if one.operation in ("count", "sum", "mean", "difference"):
        return
    said = _said(asked, one, at)
    yield from _named(asked, one, at, role, range(len(table.head)))
    yield f"{role} loose {asked.focus in asked.loose[at]}", 1.0
    yield f"{role} key {at == table.key}", 1.0
    yield f"{role} measure {at == one.column}", 1.0
    yield f"{asked.asks} {role} {_kind(asked, at)}", 1.0
    yield f"{asked.asks} {role} key {at == table.key} said {bool(said)}", 1.0


def _of_measure(asked: TableQuestion, one: Program) -> Iterator[tuple[str, float]]:
    at, table = one.column, asked.table
    numbers = [other for other in range(len(table.head)) if table.measures[other]]
    yield from _named(asked, one, at, "measure", numbers)
    yield f"measure bare {not head_stems(table.head[at])}", 1.0
    yield f"{one.operation} {asked.asks} measure {_kind(asked, at)}", 1.0
    yield f"{one.operation} paid {asked.paid} measure {_kind(asked, at)}", 1.0
    yield f"measure numbered {at in table.numbered}", 1.0
    for each in asked.degrees:
        fits = compared(table, each.degree.measure)
        yield f"measure fits {at in fits} of {min(len(fits), 2)}", 1.0
        yield f"measure {each.degree.measure} {table.scale(at)}", 1.0
    yield f"measure sole {numbers in ([], [at])}", 1.0


def _named(asked: TableQuestion, one: Program, at: int, role: str, among: Sequence[int]) -> Iterator[tuple[str, float]]:
    """How much of a head is said, alone and beside the best of ``among``."""
    said, named = _said(asked, one, at), head_stems(asked.table.head[at])
    share = len({asked.words[place].stem for place in said}) / max(1, len(named))
    yield f"{role} share", share
    yield f"{role} below", max((_share(asked, other) for other in among), default=share) - share
    yield f"{role} unsaid", float(min(3, len(named) * (1 - share)))
    yield f"{role} said {bool(said)}", 1.0
    yield f"{role} focus {asked.focus in said}", 1.0
    yield f"{role} licensed {len(asked.loose[at] - asked.heads[at]) > 0}", 1.0


def _said(asked: TableQuestion, one: Program, at: int) -> frozenset[int]:
    """The places of the words of a head that no condition uses."""
    return asked.heads[at].difference(*(met.places for met in one.met))


def _share(asked: TableQuestion, at: int) -> float:
    """The share of a head that the question says."""
    named = head_stems(asked.table.head[at])
    return len({asked.words[place].stem for place in asked.heads[at]}) / max(1, len(named))


def _kind(asked: TableQuestion, at: int) -> str:
    """What a column holds: money, another unit, plain numbers, days, times, persons or words."""
    table, measured = asked.table, asked.table.measures[at]
    if measured is None or measured.scale != "number":
        return table.scale(at) or ("people" if is_people(table.columns[at]) else "words")
    if len(measured.kind) == 3 or head_stems(table.head[at]) & measures()["money"]:
        return "money"
    return "unit" if measured.kind else "number"


def _focus_says(asked: TableQuestion) -> str:
    """What the counted noun is: a head, the name of the table, or neither."""
    if asked.focus < 0:
        return "none"
    if any(asked.focus in places for places in asked.loose):
        return "head"
    return "title" if asked.focus in asked.titled else "other"
