"""Questions to the client in the middle of a call: its model by sampling, its person by elicitation, in both eras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types import (
    REQUEST_TIMEOUT,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    ImageContent,
    InputRequiredResult,
    InputResponse,
    SamplingMessage,
    TextContent,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from groundsight.errors import InputRequired
from groundsight.rounds import Client, Json, Shelf
from groundsight.tools.bounds import clip, one_line

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

KEY = "question"
SHOWN_CHARS = 4_000
FORM = {
    "type": "object",
    "properties": {"approved": {"type": "boolean", "title": "Approve", "description": "Go on as shown?"}},
    "required": ["approved"],
}


def client_of(context: Context[Any, Any], shelf: Shelf) -> Client:
    """Say what the calling client can be asked, and what it brings to a call that waited."""
    can = context.client_capabilities
    form = can.elicitation if can else None
    brought = (context.input_responses or {}).get(KEY)
    return Client(
        shelf=shelf,
        samples=bool(can and can.sampling is not None),
        # Clients from before the two modes declare neither and mean the form.
        approves=bool(form and (form.form is not None or form.url is None)),
        ticket=context.request_state or "",
        reply=None if brought is None else _reply(brought),
    )


def in_rounds(context: Context[Any, Any]) -> bool:
    """True for clients that are asked by a result and repeat their call, false for those that answer at once."""
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def asking_result(waits: InputRequired) -> InputRequiredResult:
    """Shape a question as the result of a round; the SDK seals the ticket and binds it to caller, tool and words."""
    return InputRequiredResult(input_requests={KEY: _request(waits.request)}, request_state=waits.ticket)


async def ask_now(context: Context[Any, Any], waits: InputRequired) -> Json:
    """Ask a client of the handshake era and wait for its reply; a refusal is a reply with its reason."""
    request = _request(waits.request)
    sampling = isinstance(request, CreateMessageRequest)
    kind = CreateMessageResult if sampling else ElicitResult
    # A model has its time limit; a person may think, and the client gives up when it wants.
    seconds = waits.request["sample"]["seconds"] if sampling else None
    own = ServerMessageMetadata(related_request_id=context.request_id)
    try:
        return _reply(await context.session.send_request(request, kind, seconds, own))
    except MCPError as error:
        reason = "no reply in time" if error.code == REQUEST_TIMEOUT else "the client declined"
    except ValidationError:
        reason = "the client's reply is malformed"
    return {"failed": reason, "approved": False, "why": reason}


def _request(asked: Mapping[str, Any]) -> CreateMessageRequest | ElicitRequest:
    if "sample" in asked:
        return _sampling(asked["sample"])
    return ElicitRequest(params=ElicitRequestFormParams(message=_shown(asked), requested_schema=FORM))


def _sampling(asked: Json) -> CreateMessageRequest:
    # One block a message: clients of before 2025-11 know no lists of them.
    blocks = asked.get("blocks") or [{"type": "text", "text": asked["user"]}]
    return CreateMessageRequest(
        params=CreateMessageRequestParams(
            messages=[SamplingMessage(role="user", content=_block(one)) for one in blocks],
            system_prompt=asked["system"],
            max_tokens=asked["tokens"],
            temperature=0,
            include_context="none",
        )
    )


def _block(one: Mapping[str, str]) -> TextContent | ImageContent:
    if one["type"] == "text":
        return TextContent(type="text", text=one["text"])
    return ImageContent(type="image", data=one["base64"], mime_type=one["mime_type"])


def _shown(asked: Mapping[str, Any]) -> str:
    if asked["approve"] == "plan":
        steps = "\n".join(f"{step['step']}. {one_line(step['question'], 500)}" for step in asked["plan"]["steps"])
        return clip(f"Search your documents for this?\n{steps}", SHOWN_CHARS)
    ratio = "not checkable" if asked["ratio"] is None else f"{asked['ratio']:.2f}"
    return clip(f"Give this answer? (grounding ratio: {ratio})\n{asked['text']}", SHOWN_CHARS)


def _reply(brought: InputResponse) -> Json:
    """Turn what a client sent into a reply; what does not fit the question is no text and no approval."""
    if isinstance(brought, CreateMessageResult | CreateMessageResultWithTools):
        blocks = brought.content if isinstance(brought.content, list) else [brought.content]
        return {
            "text": "".join(block.text for block in blocks if isinstance(block, TextContent)),
            "model": brought.model,
        }
    said = (isinstance(brought, ElicitResult) and brought.action == "accept" and brought.content) or {}
    return {"approved": said.get("approved") is True}
