"""The chat graph: messages with a memory, each question made whole by the one before and answered from the evidence."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from typing_extensions import TypedDict

from groundsight.agent.followup import whole
from groundsight.agent.state import Answered, Json
from groundsight.errors import InvalidArgument
from groundsight.graphs.answer import Asking, build_answer_graph
from groundsight.graphs.office import compiled, new_flow
from groundsight.graphs.telling import Event, recorded_events, told_by
from groundsight.types import Answer

if TYPE_CHECKING:
    from groundsight.suite import Suite


def _joined(old: list[Any], new: Any) -> list[Any]:
    from langgraph.graph.message import add_messages  # pyright: ignore[reportMissingTypeStubs]

    return list(add_messages(old, new))  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]


class Spoken(TypedDict):
    """What the chat graph is given: the messages that are new, the last of them the question, and its picture."""

    messages: Annotated[list[Any], _joined]
    picture: NotRequired[str]


class Replied(Spoken, Answered):
    """What the chat graph gives: all messages, and the last answer with its evidence and verdicts."""


class ChatState(Replied, total=False):
    """What a thread remembers; ``question`` is the last one, made whole."""

    question: str


def graph() -> Any:
    """Build the graph for a server that brings its own checkpointer; settings come from the environment."""
    return build_chat_graph()


def build_chat_graph(suite: Suite | None = None) -> Any:
    """Wire understand, answer and reply; with a checkpointer a thread keeps its subject."""
    flow = new_flow(ChatState, Spoken, Replied, Asking)
    flow.add_node("understand", _understand)
    flow.add_node("answer", build_answer_graph(suite))
    flow.add_node("reply", _reply)
    flow.add_edge("__start__", "understand")
    flow.add_edge("understand", "answer")
    flow.add_edge("answer", "reply")
    flow.add_edge("reply", "__end__")
    return compiled(flow, "chat")


class Conversation:
    """Questions that follow one another, remembered by this process alone; each may lean on the one before."""

    def __init__(self) -> None:
        from langgraph.checkpoint.memory import InMemorySaver

        self._memory = InMemorySaver()

    def stream(self, suite: Suite, words: str, picture: str = "") -> Generator[Event]:
        """Ask, and yield what is known as it comes, the answer last; a question that is stopped leaves its subject.

        Raises:
            GroundsightError: as ``answer_question``.
        """
        chat = build_chat_graph(suite)
        chat.checkpointer = self._memory
        events = told_by(chat, {"messages": [("user", words)], "picture": picture}, "conversation")
        return recorded_events(suite, events)


def _understand(state: ChatState) -> Json:
    last = next(reversed(state["messages"]), None)
    if last is None or last.type != "human":
        raise InvalidArgument("the last message is no question of a person", next_step="end with a message of the user")
    return {"question": whole(last.text, state.get("question", ""))}


def _reply(state: ChatState) -> Json:
    return {"messages": [{"role": "assistant", "content": Answer.model_validate(state["answer"]).text}]}
