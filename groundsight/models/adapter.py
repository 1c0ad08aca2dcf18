"""The text encoder as it is in use: with the adapter that was promoted for it, if one was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.encoders.transformer import TransformerEncoder
from groundsight.models.lora import Delta, add_delta
from groundsight.models.projection import turned_name
from groundsight.models.store import active, card_named, weights_of

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.encoders import TextEncoder


def with_delta(encoder: TransformerEncoder, delta: Delta, name: str) -> TransformerEncoder:
    """Add an adapter to an encoder, whose fingerprint then names it.

    Raises:
        ModelFailed: the adapter is of another model.
    """
    add_delta(encoder.model, delta)
    return encoder.renamed(turned_name(encoder.fingerprint, name))


def in_adapter(home: Path, encoder: TextEncoder | None) -> TextEncoder | None:
    """Return the encoder with the adapter in use, where it was trained on this encoder.

    Raises:
        NotFound, ModelFailed: the adapter is not there, or not what was trained.
    """
    now = active(home, "adapter")
    if now is None or not now.id or not isinstance(encoder, TransformerEncoder):
        return encoder
    card = card_named(home, now.id)
    return with_delta(encoder, weights_of(home, card), card.id) if card.parent == encoder.fingerprint else encoder
