"""The encoders as they are in use: one that was promoted in the place of that of the settings, adapters, a projection.

A version speaks for one encoder, its parent: over any other it is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from groundsight.encoders import open_picture_encoder, open_text_encoder
from groundsight.governance.policy import require_setting
from groundsight.models.lora import Delta, add_delta
from groundsight.models.projection import Projected, turned_name
from groundsight.models.store import active, card_named, weights_of

if TYPE_CHECKING:
    from groundsight.encoders import PictureEncoder, TextEncoder
    from groundsight.models.lora import Adaptable
    from groundsight.models.store import Card, Kind
    from groundsight.settings import Settings

Instead = Mapping["Kind", str]
Encoder = TypeVar("Encoder", "TextEncoder", "PictureEncoder")


def encoder_in_use(settings: Settings, instead: Instead | None = None) -> TextEncoder | None:
    """Return the text encoder in use; ``instead`` names versions that take the place of those in use, empty for none.

    Raises:
        NotFound, ModelFailed: a version is not there, or not what was trained. PolicyRefused: the policy forbids it.
    """
    chosen = text_in_use(settings, instead)
    require_setting(chosen, "models.text")
    encoder = open_text_encoder(chosen.models)
    return encoder and _adapted(settings, encoder, "adapter", instead)


def looks_in_use(
    settings: Settings, words: Callable[[], TextEncoder | None], instead: Instead | None = None
) -> PictureEncoder | None:
    """Return the picture encoder in use; ``words`` opens the text encoder in use, and raises what it raises.

    ConSe speaks in the words of the encoder that the settings name, whatever was promoted: pictures are not kept, so
    that nobody could encode them anew.
    """
    text = None
    if settings.models.visual == "conse":
        own = _card(settings, "encoder", None) or _card(settings, "adapter", None)
        text = open_text_encoder(settings.models) if own else words()
    encoder = open_picture_encoder(settings.models, text)
    if encoder is None:
        return None
    encoder = _adapted(settings, encoder, "picture_adapter", instead)
    card = _card(settings, "projection", instead)
    if card is None or card.parent != encoder.fingerprint:
        return encoder
    return Projected(encoder, weights_of(settings.home, card)["turn"], card.id)


def adapted_by(encoder: Encoder, delta: Delta, name: str) -> Encoder:
    """Add an adapter to an encoder, whose fingerprint then names it.

    Raises:
        ModelFailed: the adapter is of another model.
    """
    plain = cast("Adaptable", encoder)
    add_delta(plain.model, delta)
    plain.rename(turned_name(encoder.fingerprint, name))
    return encoder


def text_in_use(settings: Settings, instead: Instead | None = None) -> Settings:
    """Return the settings with the text encoder that was promoted over the one that they name."""
    card, models = _card(settings, "encoder", instead), settings.models
    if card is None or card.settings.get("named") != models.text:
        return settings
    return settings.model_copy(update={"models": models.model_copy(update={"text": card.form})})


def _adapted(settings: Settings, encoder: Encoder, kind: Kind, instead: Instead | None) -> Encoder:
    card = _card(settings, kind, instead)
    if card is None or card.parent != encoder.fingerprint:
        return encoder
    return adapted_by(encoder, weights_of(settings.home, card), card.id)


def _card(settings: Settings, kind: Kind, instead: Instead | None) -> Card | None:
    now = active(settings.home, kind)
    name = instead[kind] if instead and kind in instead else now.id if now else ""
    return card_named(settings.home, name) if name else None
