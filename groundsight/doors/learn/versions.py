"""The trained versions of a home as ``models list`` shows them, and whether the documents have moved on since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from groundsight.encoders.model_store import FOLDER
from groundsight.evals.drift import drift_between, stored_centroids
from groundsight.models.store import Card, active, trained_cards

if TYPE_CHECKING:
    from groundsight.settings import Settings

CENTROIDS = "centroids.json"
ROUNDING = 1e-3  # means are kept with five digits


@dataclass(frozen=True)
class Version:
    """A version with its card, whether it is in use, and why it should be trained again, empty where it need not."""

    card: Card
    used: bool
    retrain: str

    def __str__(self) -> str:
        one = self.card
        figures = ", ".join(f"{name} {each.after:.3f} after {each.before:.3f}" for name, each in one.metrics.items())
        state = (
            f"{one.verdict} than {one.parent}" if one.verdict != "undecided" else f"not surely better than {one.parent}"
        )
        again = f"\n  {self.retrain}" if self.retrain else ""
        return f"{one.kind} {one.id}{' (in use)' if self.used else ''}: {state}: {figures}; {one.created}{again}"


def trained_versions(settings: Settings) -> tuple[Version, ...]:
    """Return every trained version; of those in use it is told when the stored vectors have drifted. Trains nothing."""
    found: list[Version] = []
    for card in trained_cards(settings.home):
        now = active(settings.home, card.kind)
        used = bool(now and now.id == card.id)
        found.append(Version(card, used, proposal(settings, card, stored_centroids(settings)) if used else ""))
    return tuple(found)


def centroids_of(settings: Settings) -> bytes:
    """Return the mean vectors of an index, as a version keeps them beside its weights; the embedded index only."""
    return json.dumps(stored_centroids(settings), sort_keys=True).encode()


def proposal(settings: Settings, card: Card, now: dict[str, Any]) -> str:
    """Return what to run where the mean vectors of an index are further from those of its training than chance."""
    file = settings.home / FOLDER / card.kind / card.id / CENTROIDS
    before = cast("dict[str, Any]", json.loads(file.read_bytes())) if file.is_file() else {}
    told = drift_between(before, now)
    moved = [f"{name} {row['shift']:.3f} over {row['chance']:.3f}" for name, row in told.items() if _drifted(row)]
    step = f"groundsight train {card.kind} --form {card.form} --from {card.source}"
    return f"the documents have drifted since ({', '.join(moved)}): {step}" if moved else ""


def _drifted(row: dict[str, Any]) -> bool:
    return row["verdict"] == "drifted" and row["shift"] > ROUNDING
