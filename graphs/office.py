"""The desk of a graph: opened on first use, from a given suite or from the environment's settings."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from groundsight.agent.nodes import Desk

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Office:
    """Opens the suite and its language model once, in whichever node asks first."""

    def __init__(self, suite: Suite | None = None) -> None:
        self._given = suite
        self._opening = threading.Lock()

    @property
    def desk(self) -> Desk:
        """The suite with its language model."""
        with self._opening:
            return self._desk

    @cached_property
    def _desk(self) -> Desk:
        from groundsight.agent.llm import CLIENT, open_chat
        from groundsight.suite import open_suite

        suite = self._given or open_suite()
        if suite.settings.agent.llm == CLIENT:
            return _desk_with_the_client(suite)
        return Desk(suite, open_chat(suite.settings.agent, suite.watch))


def _desk_with_the_client(suite: Suite) -> Desk:
    from groundsight.agent.client_model import NO_CLIENT_MODEL, client_chat

    client = suite.watch.client
    if client is None or not client.samples:
        return Desk(suite, lacking=(NO_CLIENT_MODEL,))
    return Desk(suite, client_chat(suite.settings.agent, suite.watch, _suspended))


def _suspended(request: dict[str, Any]) -> object:
    from langgraph.types import interrupt

    return interrupt(request)


def new_flow(state: type, given: type, context: type | None = None) -> Any:
    """Start a state graph; its library ships no types, so the builder is untyped from here on."""
    from langgraph.graph import StateGraph  # pyright: ignore[reportMissingTypeStubs]

    return cast("Any", StateGraph)(state, input_schema=given, context_schema=context)
