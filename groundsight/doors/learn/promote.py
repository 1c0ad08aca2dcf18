"""Versions measured against what is in use, put in use, taken back and compared."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from groundsight.doors.learn.encoder_learners import ON_PICTURES, encoder_learner
from groundsight.doors.learn.judged import lessons, named_for_good
from groundsight.doors.learn.learners import learner_of
from groundsight.doors.learn.reencode import put_in_place
from groundsight.doors.learn.train import split
from groundsight.doors.learn.trial import gains_of, scores_of, verdict_of
from groundsight.errors import InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.events import note_event
from groundsight.governance.policy import policy_of, policy_refusal
from groundsight.models.in_use import text_in_use
from groundsight.models.store import (
    KINDS,
    Active,
    Card,
    Kind,
    active,
    card_named,
    promote,
    roll_back,
    save_version,
    weights_of,
)
from groundsight.suite import Suite

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal

TOOL = "models"
ON_ENCODERS = ("adapter", *ON_PICTURES)


def encoder_card(settings: Settings, setting: str, judged: str) -> Card:
    """Return the card of a text encoder that may take the place of the one in use, ``transformers:FOLDER`` or another.

    Raises:
        InvalidArgument: no judged lines are named to measure it by.
    """
    if not judged:
        step = f"groundsight models promote {setting} --from JUDGED.jsonl"
        raise InvalidArgument("another encoder is measured by judged lines", which="--from", next_step=step)
    named, parent = settings.models.text, text_in_use(settings).models.text
    return Card(
        id=f"text-{hashlib.sha256(f'{named} {setting}'.encode()).hexdigest()[:10]}", kind="encoder", form=setting,
        parent=parent, source=named_for_good(judged), data="", seed=0, settings={"named": named, "share": 1.0},
        trained=0, held_out=0, created=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip


def measured(settings: Settings, who: Principal, card: Card, judged: str, watch: Watch) -> Card:
    """Measure a version against what is in use, over the judged queries that it has not learnt from.

    Raises:
        NotFound: the judged lines are not where they were. InvalidArgument: a line can't be used any more.
    """
    learner = learner_of(settings, who, card.kind, card.form)
    with closing(learner):
        if card.kind in ON_ENCODERS and card.parent != learner.parent:
            which = f"{card.id} of {card.parent}, in use {learner.parent}"
            raise InvalidArgument("it was trained on another encoder", which=which, next_step="train it again")
        source = judged or card.source
        known, _ = lessons(source, Suite(learner.before, who), pictures=card.kind in ON_PICTURES)
        _, held = split(known, card.seed, float(card.settings.get("share", 0.4)))
        if not held:
            raise InvalidArgument("nothing is held out", which=source, next_step="judge more")
        after = learner.after(weights_of(settings.home, card) if card.kind != "encoder" else {}, watch)
        runs = [scores_of(each, who, held, watch) for each in (learner.before, after)]
    metrics = gains_of(runs[0], runs[1], held)
    told = {"metrics": metrics, "verdict": verdict_of(metrics), "held_out": len(held)}
    return card.model_copy(update={**told, "parent": learner.parent})


def promoted(settings: Settings, who: Principal, card: Card, force: str, watch: Watch) -> Active:
    """Put a measured version in use and record it in the trail; ``force`` says why one that is not better may be.

    Raises:
        PolicyRefused: it is not better and nothing forces it, or the policy does not allow it.
    """
    allowed = policy_of(settings).models
    if allowed is not None and not any(fnmatchcase(f"trained:{card.id}", each) for each in allowed):
        raise policy_refusal("models", f"the policy does not allow trained:{card.id}", "choose another version")
    if card.verdict != "better" and not force:
        figures = "; ".join(f"{name} {one.after:.3f} after {one.before:.3f}" for name, one in card.metrics.items())
        step = "keep what is in use, or --force 'why'"
        what = f"it is {card.verdict}, not better than {card.parent}"
        raise PolicyRefused(what, which=card.id, limit=figures, next_step=step)
    if card.kind == "encoder":
        save_version(settings.home, card, {})
    _take_index(settings, who, card.kind, card.id, watch)
    now = promote(settings.home, card, forced=card.verdict != "better", why=force)
    note_event(settings, who, "change", TOOL, f"{card.kind} {card.id}{' forced' if now.forced else ''}", what=force)
    return now


def back(settings: Settings, who: Principal, kind: str, watch: Watch) -> Active:
    """Put in use what was before.

    Raises:
        InvalidArgument: there is no such kind. NotFound: nothing of it was promoted.
    """
    kinds: dict[str, Kind] = {each: each for each in KINDS}
    known = kinds.get(kind)
    if known is None:
        raise InvalidArgument("unknown kind of model", which=kind, next_step=f"use one of {', '.join(KINDS)}")
    before = active(settings.home, known)
    if before and before.before:
        _take_index(settings, who, known, before.before[-1], watch)
    now = roll_back(settings.home, known)
    note_event(settings, who, "change", TOOL, f"{kind} back to {now.id or 'the packaged one'}")
    return now


def version_gap(home: Path, card: Card, other: str) -> dict[str, Any]:
    """Return what differs between two versions: each field as ``before -> after``, and how far the weights lie apart.

    Raises:
        NotFound: there is no such version. InvalidArgument: they are of different kinds.
    """
    import numpy as np

    if not (other or card.parent.rpartition("-")[1]):
        raise NotFound("it was compared with no version", which=card.id, next_step="name one with --with ID")
    before = card_named(home, other or card.parent)
    if before.kind != card.kind:
        raise InvalidArgument("these are of two kinds", which=f"{before.id}, {card.id}", next_step="name two alike")
    old, new = before.model_dump(mode="json"), card.model_dump(mode="json")
    told = {name: f"{old[name]} -> {new[name]}" for name in new if old[name] != new[name] and name != "files"}
    first, second = weights_of(home, before), weights_of(home, card)
    shared = [name for name in second if name in first and first[name].shape == second[name].shape]
    apart = {name: round(float(np.linalg.norm(second[name] - first[name])), 4) for name in shared}
    return {**told, "weights": apart or "of other shapes"}


def _take_index(settings: Settings, who: Principal, kind: Kind, name: str, watch: Watch) -> None:
    """Encode the index anew beside itself where an encoder changes, and put that in place in one transaction.

    What is read in meanwhile would be encoded by the former one, so then nothing is changed.
    """
    learner = encoder_learner(settings, who, kind, "")
    if learner is None:
        return
    with closing(learner):
        index, before, encoder = learner.before.index, learner.before.index.version(), learner.named(name)
        if index.fingerprints().get(learner.lane) != encoder.fingerprint:
            put_in_place(settings, before, learner.anew(encoder, watch))
