"""The trained versions of a home as ``models list`` shows them, and whether the documents have moved on since."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from groundsight.encoders.model_store import FOLDER
from groundsight.index import open_index
from groundsight.models.store import Card, active, trained_cards
from groundsight.quality.drift import drift_of_documents, hashes_of_documents

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.index import Index
    from groundsight.settings import Settings

DOCUMENTS = "documents.json"


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
    """Return every trained version; of those in use it is told when the documents have drifted. Trains nothing."""
    cards = trained_cards(settings.home)
    used = {card.id for card in cards if (now := active(settings.home, card.kind)) and now.id == card.id}
    if not used:
        return tuple(Version(card, False, "") for card in cards)
    with closing(open_index(settings)) as index:
        return tuple(
            Version(card, card.id in used, proposal(settings, card, index) if card.id in used else "") for card in cards
        )


def known_documents(home: Path, index: Index) -> bytes:
    """Return the documents of an index by their hashes, as a version keeps them beside its weights."""
    return json.dumps(hashes_of_documents(home, index)).encode()


def proposal(settings: Settings, card: Card, index: Index) -> str:
    """Return what to run where the documents that came since differ from those of the training."""
    file = settings.home / FOLDER / card.kind / card.id / DOCUMENTS
    known = cast("list[str]", json.loads(file.read_bytes())) if file.is_file() else []
    found = drift_of_documents(settings.home, index, known, settings.governance.incidents)
    moved = [f"{each.what} by {each.distance:.3f}" for each in found if each.verdict == "drifted"]
    step = f"groundsight train {card.kind} --form {card.form} --from {card.source}"
    return f"the documents have drifted since ({', '.join(moved)}): {step}" if moved else ""
