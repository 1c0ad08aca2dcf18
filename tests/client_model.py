"""A client whose language model and whose person are functions of the test, for both eras of the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from mcp_types import CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams, ElicitResult, ErrorData
from mcp_types import TextContent as Text

from tests.chat_server import draft_of, plan_of

DECLINED = ErrorData(code=-1, message="User rejected sampling request")
PERIOD = "How long is the notice period?"
Script = Callable[["Asked"], Any]


@dataclass(frozen=True)
class Asked:
    """What the client's model was asked."""

    system: str
    user: str

    @property
    def plans(self) -> bool:
        return self.system.startswith("You plan")

    def id_of(self, words: str) -> str:
        """The id under which the evidence with these words was shown."""
        blocks = re.findall(r"id=(E\d+) from=.*?>>>\n(.*?)\n<<<", self.user, re.S)
        return next((name for name, text in blocks if words in text), "E99")


def writes(text: str, words: str) -> Script:
    """A model that plans with the question alone and writes one sentence."""
    return lambda asked: plan_of(PERIOD) if asked.plans else draft_of((text, [asked.id_of(words)]))


GOOD = writes("The notice period is 90 days.", "90 days")


@dataclass
class Person:
    """Callbacks of a client: ``script`` stands for its model, ``approves`` for its person; None means it has none."""

    script: Script | None = None
    approves: Callable[[str], ElicitResult] | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    shown: list[str] = field(default_factory=list[str])

    def callbacks(self) -> dict[str, Any]:
        """The keyword arguments that make an SDK client of it."""
        offered: dict[str, Any] = {}
        if self.script:
            offered["sampling_callback"] = self._sample
        if self.approves:
            offered["elicitation_callback"] = self._elicit
        return offered

    async def _sample(self, _: Any, params: CreateMessageRequestParams) -> CreateMessageResult | ErrorData:
        content: Any = params.messages[0].content
        self.asked.append(Asked(params.system_prompt or "", content.text))
        assert params.include_context == "none"
        assert self.script is not None
        said = self.script(self.asked[-1])
        said = await said if isawaitable(said) else said
        if not isinstance(said, str):
            return said
        return CreateMessageResult(role="assistant", content=Text(type="text", text=said), model="scripted-1")

    async def _elicit(self, _: Any, params: ElicitRequestParams) -> ElicitResult:
        self.shown.append(params.message)
        assert self.approves is not None
        return self.approves(params.message)


def says(action: Any, **content: Any) -> Callable[[str], ElicitResult]:
    """A person who answers a form like this."""
    return lambda _: ElicitResult(action=action, content=content or None)
