"""``groundsight train``: learn from judged lines, measure beside what is in use, and keep the version with its card."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundsight.doors.learn.encoder_learners import ON_PICTURES
from groundsight.doors.learn.judged import Lesson, lessons, named_for_good
from groundsight.doors.learn.learners import learner_of
from groundsight.doors.learn.trial import gains_of, scores_of, verdict_of
from groundsight.doors.learn.versions import DOCUMENTS, known_documents
from groundsight.encoders.model_store import CHECKPOINTS
from groundsight.errors import InvalidArgument
from groundsight.models.store import WEIGHTS, Card, packed, save_version, version_id
from groundsight.models.training import Schedule
from groundsight.suite import Suite

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.models.nets import Form
    from groundsight.models.store import Kind
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal

LEAST = 8


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
    started, learner = time.process_time(), learner_of(settings, who, order.kind, order.form)
    with closing(learner):
        known, data = lessons(order.source, Suite(learner.before, who), pictures=order.kind in ON_PICTURES)
        taught, held = _enough(*split(known, order.seed, order.share), order.source)
        checkpoint = _checkpoint(settings.home, data, order, learner.parent)
        arrays = learner.learn(taught, Schedule(order.seed, order.epochs, watch, checkpoint))
        runs = [scores_of(each, who, held, watch) for each in (learner.before, learner.after(arrays, watch))]
        documents = known_documents(settings.home, learner.before.index)
    metrics, weights = gains_of(runs[0], runs[1], held), packed(arrays)
    form = {"projection": "turn", "adapter": "lora", "picture_adapter": "lora"}.get(order.kind, order.form)
    card = Card(
        id=version_id(form, weights, data), kind=order.kind, form=form, parent=learner.parent,
        source=named_for_good(order.source),
        data=data, seed=order.seed, settings={"epochs": order.epochs, "share": order.share},
        trained=len(taught), held_out=len(held), metrics=metrics, verdict=verdict_of(metrics),
        seconds=round(time.process_time() - started, 1), created=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    card = save_version(settings.home, card, {WEIGHTS: weights, DOCUMENTS: documents})
    checkpoint.unlink(missing_ok=True)
    return card


def split(known: Sequence[Lesson], seed: int, share: float) -> tuple[list[Lesson], list[Lesson]]:
    """Return what is taught and what is held out."""
    held = [one for one in known if one.held_out(seed, share)]
    return [one for one in known if not one.held_out(seed, share)], held


def _enough(taught: list[Lesson], held: list[Lesson], source: str) -> tuple[list[Lesson], list[Lesson]]:
    if min(len(taught), len(held)) < LEAST:
        limit = f"{LEAST} to learn from and {LEAST} held out; there are {len(taught)} and {len(held)}"
        raise InvalidArgument("too few judged queries", which=source, limit=limit, next_step="judge more")
    return taught, held


def _checkpoint(home: Path, data: str, order: Training, parent: str) -> Path:
    """Name the checkpoint by all that the training depends on: another order begins afresh."""
    told = json.dumps([data, astuple(order), parent])
    folder = home / CHECKPOINTS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.pt"
