"""Trained models of a home, each version whole in a folder of its own, and which version of a kind is in use.

``<home>/models/<kind>/<id>/`` holds ``card.json`` and the files that it names with their hashes. A version appears by
one rename and is never changed. ``active.json`` beside the versions names the one in use and those before it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import ValidationError

from groundsight.atomic import sync, write_whole
from groundsight.encoders.model_store import FOLDER, Trained
from groundsight.errors import ModelFailed, NotFound, StorageFailed
from groundsight.types import Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Trained
KINDS: tuple[Kind, ...] = get_args(Kind)
CARD, ACTIVE, WEIGHTS, DRAFTS = "card.json", "active.json", "weights.npz", ".drafts"
Verdict = Literal["better", "worse", "undecided"]


class Gain(Word):
    """A figure of the held-out part before and after, and the 95 % interval of the difference."""

    before: float
    after: float
    low: float
    high: float
    verdict: Verdict


class Card(Word):
    """What is known of a version. ``data`` is the hash of the judged lines, ``source`` where they lie.

    ``parent`` is what it was compared with: a version in use, or ``late``; of an adapter the encoder that it changes.
    ``created`` is ISO 8601 in UTC; ``files`` are SHA-256 by name; ``settings`` whatever the training was told.
    """

    id: str
    kind: Kind
    form: str
    parent: str
    source: str
    data: str
    seed: int
    settings: Mapping[str, int | float | str]
    trained: int
    held_out: int
    metrics: Mapping[str, Gain] = {}
    verdict: Verdict = "undecided"
    seconds: float = 0.0
    created: str = ""
    files: Mapping[str, str] = {}


class Active(Word):
    """The version in use, empty for the packaged one, and those that were before it, the last one last."""

    id: str = ""
    before: tuple[str, ...] = ()
    forced: bool = False
    why: str = ""


def packed(arrays: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Return arrays as the bytes of an npz file; equal arrays give equal bytes."""
    import numpy as np

    out = BytesIO()
    np.savez(out, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return out.getvalue()


def version_id(form: str, weights: bytes, data: str) -> str:
    """Name a version by its weights and the hash of its data, so that the same training gives the same name."""
    return f"{form}-{hashlib.sha256(data.encode() + weights).hexdigest()[:10]}"


def save_version(home: Path, card: Card, files: Mapping[str, bytes]) -> Card:
    """Keep a version: all of it is there, or nothing. The same one trained again replaces its card.

    Raises:
        StorageFailed: the disk refused.
    """
    place = home / FOLDER / card.kind / card.id
    draft = home / FOLDER / card.kind / DRAFTS / secrets.token_hex(4)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    card = card.model_copy(update={"files": hashes})
    try:
        if place.is_dir():
            write_whole(place / CARD, card.model_dump_json(indent=1))
            return card
        draft.mkdir(parents=True, mode=0o700)
        for name, data in {**files, CARD: card.model_dump_json(indent=1).encode()}.items():
            write_whole(draft / name, data)
        os.rename(draft, place)
        sync(place.parent)
    except OSError as error:
        raise StorageFailed("a model can't be kept", which=str(place), next_step="free some disk") from error
    finally:
        shutil.rmtree(draft.parent, ignore_errors=True)
    return card


def trained_cards(home: Path) -> tuple[Card, ...]:
    """Return every version, by kind and the time it was made."""
    found = [_card(path) for kind in KINDS for path in (home / FOLDER / kind).glob(f"[!.]*/{CARD}")]
    return tuple(sorted(found, key=lambda card: (card.kind, card.created, card.id)))


def card_named(home: Path, name: str) -> Card:
    """Return the version of an id, or of the only id that begins so.

    Raises:
        NotFound: there is none, or there are several.
    """
    found = [card for card in trained_cards(home) if name and card.id.startswith(name)]
    exact = [card for card in found if card.id == name] or found
    if len(exact) != 1:
        raise NotFound("no one version has this name", which=name[:80], next_step="groundsight models list")
    return exact[0]


def weights_of(home: Path, card: Card) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a version, verified by their hash.

    Raises:
        ModelFailed: the file is gone or not what was trained.
    """
    return _arrays(home / FOLDER / card.kind / card.id / WEIGHTS, card.files.get(WEIGHTS, ""))


@lru_cache(maxsize=8)
def _arrays(path: Path, sha256: str) -> dict[str, NDArray[np.float64]]:
    import numpy as np

    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        step = "groundsight models rollback, or train it again"
        raise ModelFailed("weights are not what was trained", which=path.parent.name, next_step=step)
    with np.load(BytesIO(content), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def active(home: Path, kind: Kind) -> Active | None:
    """Return what is in use of a kind, None where nothing ever was promoted.

    Raises:
        NotFound: the pointer can't be read.
    """
    try:
        return Active.model_validate_json((home / FOLDER / kind / ACTIVE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        what, step = "which model is in use can't be read", "groundsight models promote ID"
        raise NotFound(what, which=f"{FOLDER}/{kind}/{ACTIVE}", next_step=step) from error


def in_use(home: Path, *kinds: Kind) -> tuple[str, ...]:
    """Return the id of the version in use of each of these kinds, empty for a packaged one."""
    return tuple(now.id if (now := active(home, kind)) else "" for kind in kinds)


def promote(home: Path, card: Card, *, forced: bool = False, why: str = "") -> Active:
    """Put a version in use, once; whoever searches at the same time sees the former or this one."""
    now = active(home, card.kind) or Active()
    before = now.before if now.id == card.id else (*now.before, now.id)
    return _point(home, card.kind, Active(id=card.id, before=before, forced=forced, why=why))


def roll_back(home: Path, kind: Kind) -> Active:
    """Put in use what was in use before; at the end that is the packaged one.

    Raises:
        NotFound: nothing was promoted.
    """
    now = active(home, kind)
    if now is None or not now.before:
        raise NotFound("nothing was promoted", which=kind, next_step="groundsight models list")
    return _point(home, kind, Active(id=now.before[-1], before=now.before[:-1], why="rolled back"))


def _point(home: Path, kind: Kind, to: Active) -> Active:
    try:
        write_whole(home / FOLDER / kind / ACTIVE, to.model_dump_json())
    except OSError as error:
        raise StorageFailed("the model in use can't be noted", which=kind, next_step="check the disk") from error
    return to


def _card(path: Path) -> Card:
    try:
        return Card.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        step = "remove its folder, or train it again"
        raise NotFound("a card can't be read", which=f"{path.parent.name}/{CARD}", next_step=step) from error
