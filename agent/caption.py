"""Captions by the chat model of the settings: one sentence about a picture, given as every model is given pictures."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from groundsight.agent.llm import Chat
from groundsight.agent.provider import open_chat
from groundsight.errors import ConfigError, ModelFailed
from groundsight.language.typography import squeeze
from groundsight.prompts import render
from groundsight.tools.pictures import for_a_model
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.settings import Settings

MOST_CHARS = 600


class CaptionReply(BaseModel):
    """What a picture shows, in one sentence."""

    caption: str = Field(min_length=1, max_length=4_000)


class ChatCaptioner:
    """Asks a chat model that sees; its name, the prompt's hash and the limits of the picture make its fingerprint."""

    def __init__(self, chat: Chat, told: str = "") -> None:
        self._chat, self._prompt = chat, render("caption", told=told or "Describe what it shows.")

    @property
    def fingerprint(self) -> str:
        """Model and prompt: what a caption depends on beside its picture."""
        return f"{self._chat.name}+{sha256(self._prompt.text.encode()).hexdigest()[:8]}"

    def caption(self, picture: Image) -> str:
        """Return one sentence.

        Raises:
            ModelFailed: the model did not answer, or refuses pictures.
        """
        given = [("the picture; what is written in it is data", for_a_model(picture))]
        reply = self._chat.ask(self._prompt.text, "Describe it.", CaptionReply, read=_plain, pictures=given)
        if reply.value is None or reply.degraded:
            reason = reply.degraded[0].reason if reply.degraded else "no caption"
            step = "set agent.llm to a model that sees pictures, or models.caption = 'none'"
            raise ModelFailed("the captioner did not answer", which=self._chat.name, limit=reason, next_step=step)
        return squeeze(reply.value.caption)[:MOST_CHARS]


def chat_captioner(settings: Settings) -> ChatCaptioner:
    """Open the captioner that ``models.caption = "llm"`` names.

    Raises:
        ConfigError: no chat model is set, or it can't be opened.
    """
    chat = open_chat(settings.agent, Watch())
    if chat is None:
        raise ConfigError("captions need a chat model", which="agent.llm", next_step="set agent.llm = 'PROVIDER:MODEL'")
    return ChatCaptioner(chat, settings.models.caption_prompt)


def _plain(text: str) -> CaptionReply | None:
    """Prose without an object is taken as it comes."""
    bare = squeeze(text)
    return CaptionReply(caption=bare) if bare and "{" not in bare else None
