"""A chat-completions server on loopback that follows a script: real HTTP, no model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Reply = str | Response | dict[str, Any]
Script = Callable[[dict[str, Any]], Reply]


@dataclass
class ChatServer:
    """What was asked, and the script that answers. A text is wrapped as a completion."""

    script: Script
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def prompts(self) -> list[str]:
        """Return the text of each request: system and user together."""
        return ["\n".join(str(message["content"]) for message in one["messages"]) for one in self.requests]

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        reply = self.script(body)
        if isinstance(reply, Response):
            return reply
        return JSONResponse(completion(reply) if isinstance(reply, str) else reply)


def completion(text: str | None, **message: Any) -> dict[str, Any]:
    """A chat completion with one message and its usage."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {"prompt_tokens": 70, "completion_tokens": 30, "total_tokens": 100},
    }


def failing(status: int, **headers: str) -> Response:
    """An error as providers send it."""
    return JSONResponse({"error": {"message": "no", "type": "x", "code": "x"}}, status, headers)


def is_plan(body: dict[str, Any]) -> bool:
    """Say whether a request asks for a plan."""
    return str(body["messages"][0]["content"]).startswith("You plan")


def is_revision(body: dict[str, Any]) -> bool:
    """Say whether a request asks for a revision."""
    return str(body["messages"][0]["content"]).startswith("You correct")


def plan_of(*questions: str, join: str = "last", after: dict[int, list[int]] | None = None) -> str:
    """A plan as a model writes it."""
    steps = [{"question": one, "after": (after or {}).get(at, [])} for at, one in enumerate(questions, 1)]
    return json.dumps({"steps": steps, "join": join})


def draft_of(*sentences: tuple[str, list[str]], **more: Any) -> str:
    """A draft as a model writes it."""
    return json.dumps({"sentences": [{"text": text, "cites": cites} for text, cites in sentences], **more})


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Serve a script until the block ends."""
    double = ChatServer(script)
    app = Starlette(routes=[Route("/v1/chat/completions", double.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    double.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield double
    finally:
        server.should_exit = True
        thread.join(10)
