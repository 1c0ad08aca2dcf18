"""The optional language model: structured replies, bounded retries, and a stated reason when it fails."""

from __future__ import annotations

import json
import queue
import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from groundsight.agent.unheard import unheard
from groundsight.limits import CHARS_A_TOKEN
from groundsight.tracing import Watch, span, tell
from groundsight.types import Degraded

T = TypeVar("T", bound=BaseModel)
TRIES = 3
FIRST_PAUSE = 0.5
REPLY_TOKENS = 4_096
REPLY_CHARS = 100_000
_POLL_SECONDS = 0.05
# The text of a message, or content blocks: a text, then each picture behind the line that names it.
Block = dict[str, str]
Message = tuple[str, str | list[Block]]
NO_PICTURES = Degraded(
    lane="pictures",
    reason="the language model refuses pictures; it was asked once more without",
    remedy="set agent.llm to a model that sees pictures",
)


class Unanswered(Exception):
    """Nothing was written; the text says why, in words of our own."""


class Model(Protocol):
    """The little that is used of a chat model; ``batch`` returns exceptions instead of raising them."""

    def batch(self, inputs: list[list[Message]], *, return_exceptions: bool) -> list[Any]: ...

    def with_structured_output(self, schema: type[BaseModel], *, include_raw: bool) -> Model: ...


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A valid reply or None, the model that wrote it, the tokens that it took, and why it failed."""

    value: T | None
    by: str = ""
    tokens: int = 0
    degraded: tuple[Degraded, ...] = ()


@dataclass
class _Spent:
    tokens: int = 0
    problem: str = ""
    refused: bool = False
    by: str = ""
    text: str = ""

    def saw(self, message: object, messages: list[Message]) -> None:
        """Count a reply and note who wrote it, where it says so."""
        self.tokens += _tokens(message, messages)
        self.by = str(getattr(message, "by", ""))
        self.text = _text(message)


@dataclass(frozen=True)
class Chat:
    """A chat model that answers in JSON of a given schema, within a deadline and a number of tries.

    ``suspends``: the model is asked by stopping the graph, so it is called in the graph's own thread and whoever runs
    the graph keeps the time. ``prompts`` is the folder of own wordings.
    """

    model: Model
    name: str
    seconds: float
    watch: Watch = field(default_factory=Watch)
    pause: Callable[[float], None] = time.sleep
    suspends: bool = False
    prompts: Path | None = None

    def ask(
        self,
        system: str,
        user: str,
        schema: type[T],
        *,
        seconds: float | None = None,
        read: Callable[[str], T | None] = lambda text: None,
        pictures: Sequence[tuple[str, bytes]] = (),
    ) -> Reply[T]:
        """Ask once; a malformed reply is repaired once; after that the value is None and the reason is given.

        ``read`` makes a value of a reply without a JSON object of the schema, or None. ``pictures`` are JPEGs, each
        with the line that names it; a model that refuses them is asked once without.
        """
        with span("model.chat", modality="image" if pictures else "text", items=1) as one:
            reply, spent = self._reply(system, user, schema, seconds, read, pictures)
            one.model = spent.by or self.name
            tell(tokens=spent.tokens, answered=reply.value is not None)
        return reply

    def _reply(
        self,
        system: str,
        user: str,
        schema: type[T],
        seconds: float | None,
        read: Callable[[str], T | None],
        pictures: Sequence[tuple[str, bytes]],
    ) -> tuple[Reply[T], _Spent]:
        deadline = time.monotonic() + min(self.seconds, seconds or self.seconds)
        spent, lanes = _Spent(), tuple[Degraded, ...]()
        messages: list[Message] = [("system", system), ("human", with_pictures(user, pictures))]
        value = self._value(_bound(self.model, schema), messages, schema, deadline, spent) or read(spent.text)
        if value is None and pictures and spent.refused:
            messages[1], spent.problem, lanes = ("human", user), "", (NO_PICTURES,)
            value = self._value(_bound(self.model, schema), messages, schema, deadline, spent) or read(spent.text)
        if value is None and not spent.problem.startswith("unreachable"):
            wrong = spent.problem or "the reply was not a JSON object of the schema"
            again = f"Reply with one JSON object of the schema and nothing else. Before: {wrong}"
            value = self._value(self.model, [*messages, ("human", again)], schema, deadline, spent) or read(spent.text)
        if value is not None:
            return Reply(value, spent.by or self.name, spent.tokens, lanes), spent
        remedy = "check agent.llm; quoted evidence answered instead"
        lane = Degraded(lane="language model", reason=spent.problem, remedy=remedy)
        return Reply(None, self.name, spent.tokens, (*lanes, lane)), spent

    def _value(
        self, model: Model, messages: list[Message], schema: type[T], deadline: float, spent: _Spent
    ) -> T | None:
        raw = self._patiently(model, messages, deadline, spent)
        if raw is None:
            return None
        parts = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {"raw": raw}
        spent.saw(parts.get("raw"), messages)
        parsed = parts.get("parsed")
        return parsed if isinstance(parsed, schema) else _parsed(schema, spent)

    def _patiently(self, model: Model, messages: list[Message], deadline: float, spent: _Spent) -> object | None:
        """Call until something comes back that is no passing failure; None when nothing does."""
        for attempt in range(TRIES):
            outcome = self._once(model, messages, deadline)
            if not isinstance(outcome, BaseException):
                return outcome
            spent.problem, spent.refused = _told(outcome), _is_refusal(outcome)
            wait = _wait(outcome, attempt)
            if not _passing(outcome) or attempt == TRIES - 1 or time.monotonic() + wait >= deadline:
                return None
            self.pause(wait)
        return None

    def _once(self, model: Model, messages: list[Message], deadline: float) -> object:
        """Call in a thread of its own, so that a reply that never ends can be left behind."""
        if self.suspends:
            return model.batch([messages], return_exceptions=True)[0]
        outcomes: queue.SimpleQueue[object] = queue.SimpleQueue()

        def call() -> None:
            with unheard():
                outcomes.put(model.batch([messages], return_exceptions=True)[0])

        threading.Thread(target=call, name="language-model", daemon=True).start()
        while time.monotonic() < deadline:
            self.watch.check()
            try:
                return outcomes.get(timeout=min(_POLL_SECONDS, max(0.001, deadline - time.monotonic())))
            except queue.Empty:
                continue
        return TimeoutError("no reply in time")


def with_pictures(text: str, pictures: Sequence[tuple[str, bytes]]) -> str | list[Block]:
    """Return a text, or with pictures the content blocks that langchain-core turns into any provider's own."""
    if not pictures:
        return text
    blocks: list[Block] = [{"type": "text", "text": text}]
    for line, jpeg in pictures:
        blocks.append({"type": "text", "text": line})
        blocks.append({"type": "image", "base64": b64encode(jpeg).decode(), "mime_type": "image/jpeg"})
    return blocks


def blocks_of(content: str | list[Block]) -> list[Block]:
    """Return the content of a message as blocks."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def text_of(content: str | list[Block]) -> str:
    """Return the words of a message, without its pictures."""
    return "\n".join(one["text"] for one in blocks_of(content) if one["type"] == "text")


def _is_refusal(error: BaseException) -> bool:
    """What was asked can't be answered by this model, however often: the request's own fault, or a provider's
    package that knows no pictures."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in (401, 402, 403) and not _passing(error)
    return isinstance(error, (ValueError, TypeError, NotImplementedError))


def _bound(model: Model, schema: type[BaseModel]) -> Model:
    """Ask for structured output where the model can; a model that can't is asked in plain words."""
    try:
        return model.with_structured_output(schema, include_raw=True)
    except (NotImplementedError, ValueError, AttributeError):
        return model


def _parsed(schema: type[T], spent: _Spent) -> T | None:
    """Find the first JSON object of the schema in the last reply, prose around it ignored."""
    decoder, text = json.JSONDecoder(), spent.text
    at = text.find("{")
    spent.problem = "malformed: no JSON object in the reply"
    while 0 <= at < REPLY_CHARS:
        try:
            return schema.model_validate(decoder.raw_decode(text, at)[0])
        except ValidationError as error:
            spent.problem = f"malformed: {error.error_count()} fields do not fit the schema"
        except (ValueError, RecursionError):
            pass
        at = text.find("{", at + 1)
    return None


def _text(message: object) -> str:
    content = getattr(message, "content", "")
    if isinstance(content, list):
        blocks = cast("list[object]", content)
        content = "".join(str(one.get("text", "")) if isinstance(one, Mapping) else str(one) for one in blocks)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return str(content)[:REPLY_CHARS]


def _tokens(message: object, messages: list[Message]) -> int:
    """Return the tokens that the provider counted, else an estimate from the characters."""
    usage = cast("Mapping[str, Any] | None", getattr(message, "usage_metadata", None))
    if usage and usage.get("total_tokens"):
        return int(usage["total_tokens"])
    return (sum(len(text_of(content)) for _, content in messages) + len(_text(message))) // CHARS_A_TOKEN


def _passing(error: BaseException) -> bool:
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return status in (408, 409, 425, 429) or status >= 500
    return isinstance(error, (ConnectionError,)) or "Connection" in type(error).__name__


def _wait(error: BaseException, attempt: int) -> float:
    """Wait as long as the server asks, else twice as long each time, spread by chance."""
    headers = cast("Mapping[str, str]", getattr(getattr(error, "response", None), "headers", {}))
    asked = headers.get("retry-after", "")
    spread = FIRST_PAUSE * 2**attempt * (0.5 + random.random())
    return float(asked) if asked.isdigit() else spread


def _told(error: BaseException) -> str:
    """Say what went wrong without the provider's words, which may carry keys or document text."""
    if isinstance(error, Unanswered):
        return f"unreachable: {error}"
    status, name = getattr(error, "status_code", None), type(error).__name__
    if isinstance(status, int):
        kind = "unreachable" if _passing(error) or status in (401, 403, 404) else "refused"
        return f"{kind}: HTTP {status}"
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return "unreachable: no reply in time"
    return f"unreachable: {name}" if _passing(error) else f"malformed: {name}"
