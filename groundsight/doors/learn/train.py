"""``groundsight train``: learn from judged lines, measure beside what is in use, and keep the version with its card."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.doors.learn.judged import FROM_HOME, Lesson, lessons
from groundsight.doors.learn.trial import Recording, Trial, gains_of, parts_in_use, scores_of, verdict_of
from groundsight.doors.learn.versions import CENTROIDS, centroids_of
from groundsight.encoders.model_store import FOLDER
from groundsight.errors import InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.models.candidates import CHANNELS, FEATURES, candidates_of
from groundsight.models.fusers import Late, Learned
from groundsight.models.mining import hard_ones, near_duplicates, stage_of
from groundsight.models.rankers import LearnedRanker, features_of, first_look
from groundsight.models.store import WEIGHTS, Card, packed, save_version, version_id
from groundsight.models.training import Judged, Recipe, trained
from groundsight.retrieval.fusion import by_score
from groundsight.suite import Suite
from groundsight.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.models.nets import Form
    from groundsight.models.store import Kind
    from groundsight.retrieval.fusion import Fuser
    from groundsight.retrieval.rerank import Reranker
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal

LEAST = 8
CHECKPOINTS = ".training"


@dataclass(frozen=True)
class Training:
    """What is to be trained: kind, form, where the judged lines are, and how."""

    kind: Kind
    source: str
    form: Form
    seed: int = 0
    epochs: int = 30
    share: float = 0.4


def train(settings: Settings, who: Principal, order: Training, watch: Watch) -> Card:
    """Train, measure on the held-out part, and keep the version; killed, the same order goes on where it was.

    Raises:
        Disabled: torch is not installed. InvalidArgument: a line can't be used, or there are too few to learn from.
        Cancelled, TimedOut: as the watch says; a checkpoint stays, no version appears.
    """
    started, used = time.process_time(), parts_in_use(settings)
    recording = Recording(*used)
    parts = Trial(settings, recording, recording)
    try:
        known, data = lessons(order.source, Suite(parts, who))
        taught, held = _split(known, order)
        plan = Recipe(order.form, _start(order), order.seed, order.epochs)
        checkpoint = _checkpoint(settings.home, data, order, used)
        weights = trained(_lists(parts, who, taught, recording, order, watch), plan, watch, checkpoint)
        after = parts.alike(*with_candidate(settings, order.kind, order.form, weights, used))
        metrics = gains_of(*(scores_of(each, who, held, watch) for each in (parts.alike(*used), after)), held)
    finally:
        parts.close()
    files = {WEIGHTS: packed(weights), CENTROIDS: centroids_of(settings)}
    card = Card(
        id=version_id(order.form, files[WEIGHTS]), kind=order.kind, form=order.form,
        parent=used[order.kind == "reranker"].name, source=full_source(order.source), data=data, seed=order.seed,
        settings={"epochs": order.epochs, "share": order.share}, trained=len(taught), held_out=len(held),
        metrics=metrics, verdict=verdict_of(metrics), seconds=round(time.process_time() - started, 1),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    card = save_version(settings.home, card, files)
    checkpoint.unlink(missing_ok=True)
    return card


def with_candidate(
    settings: Settings, kind: str, form: Form, weights: Mapping[str, Any], used: tuple[Fuser, Reranker]
) -> tuple[Fuser, Reranker]:
    """Return the pair in use with a candidate in its place."""
    if kind == "fuser":
        return Learned(form, weights, settings.search, "candidate"), used[1]
    return used[0], LearnedRanker(form, weights, "candidate")


def full_source(source: str) -> str:
    """Return the path of a judged file in full, or ``review`` or ``clicks``."""
    return source if source in FROM_HOME else str(Path(source).expanduser().resolve())


def split(known: Sequence[Lesson], seed: int, share: float) -> tuple[list[Lesson], list[Lesson]]:
    """Return what is taught and what is held out."""
    held = [one for one in known if one.held_out(seed, share)]
    return [one for one in known if not one.held_out(seed, share)], held


def _split(known: Sequence[Lesson], order: Training) -> tuple[list[Lesson], list[Lesson]]:
    taught, held = split(known, order.seed, order.share)
    if min(len(taught), len(held)) < LEAST:
        limit = f"{LEAST} to learn from and {LEAST} held out; there are {len(taught)} and {len(held)}"
        raise InvalidArgument("too few judged queries", which=order.source, limit=limit, next_step="judge more")
    return taught, held


def _start(order: Training) -> NDArray[np.float64]:
    """Training starts from what is there without it: late fusion, or words."""
    import numpy as np

    return first_look() if order.kind == "reranker" else np.eye(1, len(FEATURES)).repeat(len(CHANNELS), 0)


def _checkpoint(home: Path, data: str, order: Training, used: tuple[Fuser, Reranker]) -> Path:
    """Name the checkpoint by all that the training depends on: another order begins afresh."""
    told = json.dumps([data, astuple(order), [one.name for one in used]])
    folder = home / FOLDER / CHECKPOINTS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.pt"


def _lists(
    parts: Trial, who: Principal, taught: Sequence[Lesson], recording: Recording, order: Training, watch: Watch
) -> list[Judged]:
    """Search each query as anybody would, and return its candidates as they were put before the part that learns."""
    suite, made = Suite(parts, who), list[Judged]()
    for place, lesson in enumerate(taught):
        watch.step(place, len(taught), "searching what was judged")
        suite.search(Query(text=lesson.query))
        take = _of_ranker if order.kind == "reranker" else _of_fuser
        taken = take(parts, who, lesson, recording)
        made += [taken] if taken.good.any() and not taken.good.all() else []
    if not made:
        what = "no query finds both what answers and what does not"
        raise InvalidArgument(what, which=order.source, next_step="judge queries that this index can answer")
    return made


def _of_fuser(parts: Trial, who: Principal, lesson: Lesson, recording: Recording) -> Judged:
    rules = parts.settings.search
    table = candidates_of(recording.lists, rules.weights, rules.rrf_k, rules.scale)
    fused = by_score(Late("rrf", rules).fuse(recording.lists))
    seen = next((each.hits for each in recording.lists if each.channel == "visual"), ())
    read = frozenset(unit_id for each in recording.lists if each.channel != "visual" for unit_id, _ in each.hits)
    hard = hard_ones(fused, [unit_id for unit_id, _ in seen], read)
    return _judged(parts, who, lesson, table.unit_ids, hard, table.cells, table.asked)


def _of_ranker(parts: Trial, who: Principal, lesson: Lesson, recording: Recording) -> Judged:
    import numpy as np

    cells = features_of(lesson.query, recording.hits) if recording.hits else np.zeros((0, *first_look().shape))
    unit_ids = tuple(hit.unit.unit_id for hit in recording.hits)
    return _judged(parts, who, lesson, unit_ids, hard_ones(unit_ids, (), frozenset()), cells, np.ones(cells.shape[1]))


def _judged(
    parts: Trial,
    who: Principal,
    lesson: Lesson,
    unit_ids: Sequence[str],
    hard: frozenset[str],
    cells: NDArray[np.float64],
    asked: NDArray[np.float64],
) -> Judged:
    """Mark the candidates of one query, without those that repeat what answers."""
    import numpy as np

    right, everything = sorted(lesson.right), visible_to(who)
    wrong = sorted((hard - lesson.right) - lesson.wrong)
    twice = near_duplicates(parts.index.get(wrong, everything), parts.index.get(right, everything))
    kept = [row for row, unit_id in enumerate(unit_ids) if unit_id not in twice]
    told = lesson.right | lesson.wrong
    stages = [stage_of(unit_ids[row], hard=hard, told=told, noisy=lesson.noisy) for row in kept]
    good = [unit_ids[row] in lesson.right for row in kept]
    return Judged(cells[kept], asked, np.array(good, bool), np.array(stages, np.int64))
