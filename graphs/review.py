"""What a person is asked between two steps, in the shape that chat front ends render, and what is made of the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from groundsight.agent.state import Json
from groundsight.errors import Fixable
from groundsight.limits import misfit

T = TypeVar("T")
ALLOWED = {"allow_accept": True, "allow_edit": True, "allow_respond": True, "allow_ignore": True}
AGAIN = "That reply was not understood. Accept, edit what is shown, ignore, or say why not."


class Action(TypedDict):
    """What an edit brings: the same action with other arguments."""

    action: str
    args: Json


class HumanResponse(TypedDict):
    """A reply: ``accept``, ``edit`` with an ``Action``, or ``ignore`` and ``response``, which decline."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues]

    type: Literal["accept", "edit", "ignore", "response"]
    args: str | Action | None


class Declined(Exception):
    """A person said no; the text is why."""


def reviewed(action: str, description: str, shown: Json, read: Callable[[Json], T]) -> T:
    """Ask a person about ``shown`` until the reply is understood; return what ``read`` makes of what was accepted.

    ``read`` raises ValueError or Fixable for an edit that can't be used, which asks again.

    Raises:
        Declined: the person did not accept.
    """
    from langgraph.types import interrupt

    told = description
    while True:
        asked = {"action_request": {"action": action, "args": shown}, "config": ALLOWED, "description": told}
        try:
            reply = _reply(interrupt([asked]))
            if reply["type"] in ("ignore", "response"):
                raise Declined(str(reply["args"] or f"a person declined the {action}"))
            return read(_edited(reply, action) if reply["type"] == "edit" else shown)
        except ValidationError as error:
            told = f"{AGAIN} ({misfit(error, 'argument')})\n\n{description}"
        except (ValueError, Fixable) as error:
            told = f"{AGAIN} ({error})\n\n{description}"


def as_client_request(value: object) -> Json:
    """Return what an MCP client is asked for an interrupt: its model as it is, its person by what is approved."""
    if not isinstance(value, list):
        return cast("Json", value)
    asked = cast("list[Json]", value)[0]["action_request"]
    return {"approve": asked["action"], "ratio": asked["args"].get("grounding_ratio"), **asked["args"]}


def as_response(reply: Mapping[str, Any]) -> Json:
    """Return the reply to an interrupt for what an MCP client said; a model's words as they are."""
    if "approved" not in reply or "text" in reply:
        return dict(reply)
    return (
        {"type": "accept", "args": None} if reply["approved"] is True else {"type": "ignore", "args": reply.get("why")}
    )


def _reply(brought: object) -> HumanResponse:
    one: object = cast("list[object]", brought)[0] if isinstance(brought, list) and brought else cast("object", brought)
    given: object = {"args": None, **cast("Json", one)} if isinstance(one, dict) else one
    return TypeAdapter(HumanResponse).validate_python(given)


def _edited(reply: HumanResponse, action: str) -> Json:
    edit = reply["args"]
    if not isinstance(edit, dict) or edit["action"] != action:
        raise ValueError(f"an edit names the action {action!r} and its arguments")
    return edit["args"]
