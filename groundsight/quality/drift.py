"""Drift: what was read and answered since the baseline, held against what was there when it was taken.

The baseline names documents by a keyed hash and holds no vector: those are read from the index again, so that what
is forgotten leaves it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import StorageFailed
from groundsight.governance.answer_figures import Given, given_since
from groundsight.governance.incidents import Alarm
from groundsight.governance.pii import keyed
from groundsight.governance.pseudonyms import home_key
from groundsight.types import VECTOR_NAMES, Condition, Filter, UnitKind, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.index import Exported, Index
    from groundsight.limits import Incidents

FILE, HEX, SAMPLE, NAMED = "baseline.json", 24, 200, 3
# Over all figures that are looked at together (Bonferroni): chance alone raises an alarm in one look of a hundred.
LEVEL = 0.01
WEEK = timedelta(days=7)
Verdict = Literal["drifted", "steady", "too few"]
KINDS: tuple[UnitKind, ...] = get_args(UnitKind)
Rows = dict[str, "NDArray[np.float32]"]


class Baseline(Word):
    """When it was taken, the documents of then, and the hashes of prompts and encoders that count as accepted."""

    made: datetime
    documents: tuple[str, ...]
    prompts: Mapping[str, str]
    encoders: Mapping[str, str]


class Drifted(Word):
    """One figure held against the baseline: numbers of items, distance in 0 to 1, p of chance, and what moved it.

    ``evidence`` are ids of documents, or times of answers in seconds since 1970, furthest first.
    """

    what: str
    before: int
    now: int
    distance: float | None = None
    p: float | None = None
    verdict: Verdict = "too few"
    evidence: tuple[str, ...] = ()


def baseline_of(home: Path) -> Baseline | None:
    """Return the baseline of a home, None where none was taken.

    Raises:
        StorageFailed: it is damaged.
    """
    try:
        return Baseline.model_validate_json((home / FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise StorageFailed(
            "the baseline can't be read", which=FILE, next_step="take it anew: groundsight drift baseline"
        ) from error


def take_baseline(home: Path, index: Index, prompts: Mapping[str, str], now: datetime) -> Baseline:
    """Accept what is there now as what is usual."""
    documents = hashes_of_documents(home, index)
    made = Baseline(made=now, documents=documents, prompts=prompts, encoders=dict(index.fingerprints()))
    write_whole(home / FILE, made.model_dump_json())
    return made


def other_hashes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names whose hash is another one, or that were not there."""
    return tuple(sorted(name for name in now if before.get(name) != now[name]))


def drift_since(home: Path, index: Index, baseline: Baseline, rules: Incidents) -> tuple[Drifted, ...]:
    """Compare documents and answers since the baseline with those before it, at most 200 of each."""
    answers = _answers(given_since(home), baseline.made, None)
    return _judged([*_documents(home, index, baseline.documents), *answers], rules)


def hashes_of_documents(home: Path, index: Index) -> tuple[str, ...]:
    """Return the hashes under which a baseline knows the documents of now, in order."""
    return tuple(sorted(name for name, _ in _named(home, index)))


def drift_of_documents(home: Path, index: Index, known: Sequence[str], rules: Incidents) -> tuple[Drifted, ...]:
    """Compare the documents that came later with those ``known`` by their hashes, at most 200 of each."""
    return _judged(_documents(home, index, known), rules)


def drift_of_week(home: Path, now: datetime, rules: Incidents) -> tuple[Drifted, ...]:
    """Compare the answers of the last seven days with those of the seven before."""
    return _judged(list(_answers(given_since(home, (now - 2 * WEEK).timestamp()), now - WEEK, now - 2 * WEEK)), rules)


def alarms_of_drift(found: Iterable[Drifted], rules: Incidents) -> tuple[Alarm, ...]:
    """Return an alarm for each figure that drifted."""
    return tuple(
        Alarm(
            kind="DRIFT",
            rule="drift",
            cause=each.what,
            what=f"{each.what} of {each.now} items differs from that of {each.before} before",
            measured=f"{each.distance:.3f}, p {each.p:.4f}",
            threshold=f"{rules.drift:.3f} (governance.incidents.drift), p {LEVEL} over all",
            seen=each.evidence,
        )
        for each in found
        if each.verdict == "drifted"
    )


def _named(home: Path, index: Index) -> list[tuple[str, str]]:
    """Return the hash and the id of every document, in order of the hash."""
    key, ids = home_key(home), [each.asset_id for each in index.assets(Filter())]
    return sorted((keyed(key, "document", each).hex()[:HEX], each) for each in ids)


class _Pair(NamedTuple):
    """A figure: its name, its rows before and now, and the names of the latter."""

    what: str
    before: NDArray[np.float32]
    now: NDArray[np.float32]
    names: Sequence[str]


def _compared(before: Mapping[str, Rows], now: Mapping[str, Rows]) -> Iterator[_Pair]:
    for what in (*(f"{name} vectors" for name in VECTOR_NAMES), "kinds"):
        old, new = ({name: rows[what] for name, rows in side.items() if what in rows} for side in (before, now))
        if old or new:
            yield _Pair(what, _stacked(old.values()), _stacked(new.values()), tuple(new))


def _document_rows(index: Index, ids: Sequence[str]) -> Mapping[str, Rows]:
    """Return one row a document and figure: passages of one document are no independent draws."""
    if not ids:
        return {}
    where = Filter(conditions=(Condition(field="asset_id", op="in", value=tuple(ids)),))
    return {each.asset.asset_id: _rows_of(each) for each in index.export(where)}


def _rows_of(each: Exported) -> Rows:
    import numpy as np

    found: Rows = {f"{name} vectors": rows.mean(axis=0) for name, rows in each.vectors.items() if len(rows)}
    counts = np.array([sum(unit.kind == kind for unit in each.units) for kind in KINDS], np.float32)
    return found | ({"kinds": counts / counts.sum()} if counts.sum() else {})


def _documents(home: Path, index: Index, known: Sequence[str]) -> list[_Pair]:
    before, there = set(known), _named(home, index)
    old, new = ([each for name, each in there if (name in before) is side][:SAMPLE] for side in (True, False))
    return list(_compared(_document_rows(index, old), _document_rows(index, new)))


def _answers(given: Sequence[Given], since: datetime, first: datetime | None) -> Iterator[_Pair]:
    asked = [one for one in given if one.door == "ask" and (first is None or one.time >= first.timestamp())]
    for what, read in FIGURES.items():
        values = [(one, value) for one in asked if (value := read(one)) is not None]
        old = [value for one, value in values if one.time < since.timestamp()][-SAMPLE:]
        new = [(f"{one.time:.3f}", value) for one, value in values if one.time >= since.timestamp()][-SAMPLE:]
        if old or new:
            yield _Pair(what, _stacked(old), _stacked([value for _, value in new]), [name for name, _ in new])


# What is compared of each answer: a row of numbers, None where there is nothing to compare.
FIGURES: Mapping[str, Callable[[Given], Sequence[float] | None]] = {
    "score": lambda one: None if one.score is None else [one.score],
    "grounding ratio": lambda one: None if one.ratio is None else [one.ratio],
    "refusals": lambda one: [float(one.status not in ("answered", "partial"))],
    "kinds of evidence": lambda one: [(kind in one.kinds) / len(one.kinds) for kind in KINDS] if one.kinds else None,
}


def _judged(pairs: Sequence[_Pair], rules: Incidents) -> tuple[Drifted, ...]:
    return tuple(_one(pair, rules, LEVEL / len(pairs)) for pair in pairs)


def _one(pair: _Pair, rules: Incidents, level: float) -> Drifted:
    from groundsight.quality.shift import energy_distance, strangest

    what, before, now, names = pair
    if min(len(before), len(now)) < rules.least or before.shape[1] != now.shape[1]:
        return Drifted(what=what, before=len(before), now=len(now))
    moved = energy_distance(before, now)
    far = moved.distance >= rules.drift and moved.p <= level
    found = tuple(names[at] for at in strangest(before, now, NAMED)) if far else ()
    told = {"distance": round(moved.distance, 4), "p": moved.p, "verdict": "drifted" if far else "steady"}
    return Drifted.model_validate({"what": what, "before": len(before), "now": len(now), "evidence": found, **told})


def _stacked(rows: Iterable[NDArray[np.float32] | Sequence[float]]) -> NDArray[np.float32]:
    import numpy as np

    listed = [np.asarray(row, np.float32) for row in rows]
    return np.stack(listed) if listed else np.zeros((0, 1), np.float32)
