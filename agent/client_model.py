"""The MCP client's own language model: asked through whoever runs the graph, never trusted more than any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel

from groundsight.agent.llm import REPLY_TOKENS, Chat, Message, Model, Unanswered, blocks_of, text_of
from groundsight.rounds import CLIENT
from groundsight.settings import Agent
from groundsight.tools.bounds import one_line
from groundsight.tracing import Watch
from groundsight.types import Degraded

NAME_CHARS = 60
NO_CLIENT_MODEL = Degraded(
    lane="language model",
    reason="agent.llm is the client's model, and this client offers none",
    remedy="use an MCP client with sampling, or set agent.llm to provider:model; quoted evidence answered instead",
)


@dataclass(frozen=True)
class Said:
    """A text with the name that the client gives to the model that wrote it."""

    content: str
    by: str


@dataclass(frozen=True)
class ClientModel:
    """Asks for one text at a time. ``send`` stops the graph with ``{"sample": ...}`` and returns the reply to it.

    A reply is ``{"text": ..., "model": ...}``, or ``{"failed": reason}`` when there is none.
    """

    send: Callable[[dict[str, Any]], object]
    seconds: float

    def batch(self, inputs: list[list[Message]], *, return_exceptions: bool) -> list[Any]:
        """Return one Said or Unanswered for each conversation."""
        return [self._said(messages) for messages in inputs]

    def with_structured_output(self, schema: type[BaseModel], *, include_raw: bool) -> Model:
        """Refuse: a client's model is asked in plain words."""
        raise NotImplementedError

    def _said(self, messages: list[Message]) -> Said | Unanswered:
        blocks = [one for role, content in messages if role == "human" for one in blocks_of(content)]
        system = "\n\n".join(text_of(content) for role, content in messages if role == "system")
        texts = [one["text"] for one in blocks if one["type"] == "text"]
        asked: dict[str, Any] = {
            "system": system,
            "user": "\n\n".join(texts),
            "tokens": REPLY_TOKENS,
            "seconds": self.seconds,
        }
        if len(texts) < len(blocks):
            asked["blocks"] = blocks
        given = self.send({"sample": asked})
        reply = cast("dict[str, object]", given) if isinstance(given, dict) else {}
        if reply.get("failed"):
            return Unanswered(str(reply["failed"]))
        return Said(str(reply.get("text", "")), f"{CLIENT}:{one_line(str(reply.get('model', '')), NAME_CHARS)}")


def client_chat(budget: Agent, watch: Watch, send: Callable[[dict[str, Any]], object]) -> Chat:
    """Open the model of the client that waits for the answer."""
    return Chat(
        ClientModel(send, budget.llm_seconds), CLIENT, budget.llm_seconds, watch, suspends=True, prompts=budget.prompts
    )
