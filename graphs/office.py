"""The desk of a graph: opened on first use, from a given suite or from the environment's settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, cast

from groundsight.agent.nodes import Desk, Update
from groundsight.governance.policy import require_setting
from groundsight.rounds import CLIENT
from groundsight.tools.gate import Gate
from groundsight.tools.recording import Check, checked_with_receipt, with_receipt
from groundsight.tools.registry import tool
from groundsight.tools.results import Result
from groundsight.tracing import Watch
from groundsight.types import Answer, GroundingReport

if TYPE_CHECKING:
    from groundsight.suite import Suite

DOOR = "graph"


class Office:
    """Opens the suite and its language model once, in whichever node asks first.

    A given suite brings its own principal, and whoever gave it answers for the call. A suite of the environment is a
    door: it writes only with ``server.allow_write``, and what its nodes read or write passes the gate.
    """

    def __init__(self, suite: Suite | None = None) -> None:
        self._given = suite
        self._opening = threading.Lock()

    @property
    def desk(self) -> Desk:
        """The suite with its language model, under the watch of the present run."""
        from groundsight.graphs.running import RUN

        with self._opening:
            desk, run = self._desk, RUN.get()
        require_setting(desk.suite.settings, "agent.llm")
        if run is None:
            return desk
        outer = desk.suite.watch
        watch = Watch(outer.step, client=outer.client, within=(run, outer))
        chat = replace(desk.chat, watch=watch) if desk.chat else None
        return replace(desk, suite=desk.suite.acting_for(watch=watch), chat=chat)

    def call(self, name: str, **arguments: Any) -> Result:
        """Call a tool, through the gate where the graph is a door."""
        suite, spec = self.desk.suite, tool(name)
        return self._gate.call(spec, suite, arguments) if self._gate else spec.function(suite, **arguments)

    def admitted(self, name: str, arguments: Mapping[str, Any], work: Callable[[Desk], Update]) -> Update:
        """Do a node's work as a call of a tool: admitted, limited and recorded where the graph is a door."""
        desk, done = self.desk, list[Update]()
        if self._gate is None:
            return work(desk)
        spec = tool(name)

        @wraps(spec.function)
        def worked(suite: Suite, **_: object) -> Result:
            done.append(work(replace(desk, suite=suite)))
            return _Seen(seen=tuple(done[0].get("evidence", ())))

        self._gate.call(replace(spec, function=worked), desk.suite, arguments)
        return done[0]

    def recorded(self) -> AbstractContextManager[object]:
        """Record and book the work of a node where the graph is a door; a suite records its own calls."""
        suite = self.desk.suite
        return suite.parts.calls.recorded("ask", suite.principal) if self._gate else nullcontext()

    def with_receipt(self, update: Update) -> Update:
        """Keep a receipt of the answer in an update where the graph is a door, and name it there."""
        if self._gate is None or "answer" not in update:
            return update
        answer = with_receipt(self.desk.suite, Answer.model_validate(update["answer"]), DOOR)
        return {**update, "answer": answer.model_dump(mode="json")}

    def checked(self, check: Check) -> GroundingReport:
        """Check a text, and keep a receipt of that where the graph is a door."""
        suite = self.desk.suite
        return checked_with_receipt(suite, check, DOOR) if self._gate else suite.verify(check.text, check.evidence)

    @cached_property
    def _gate(self) -> Gate | None:
        return None if self._given else Gate.open(self.desk.suite.settings, DOOR)

    @cached_property
    def _desk(self) -> Desk:
        from groundsight.agent.provider import open_chat

        suite = self._given or _suite_of_the_environment()
        require_setting(suite.settings, "agent.llm")
        if suite.settings.agent.llm == CLIENT:
            return _desk_with_the_client(suite)
        return Desk(suite, open_chat(suite.settings.agent, suite.watch))


class _Seen(Result):
    """What the work of a node showed."""

    seen: tuple[str, ...]

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the evidence."""
        return self.seen


def _suite_of_the_environment() -> Suite:
    from groundsight.settings import load_settings
    from groundsight.suite import local_principal, open_suite

    settings = load_settings()
    return open_suite(settings, local_principal(settings, may_write=settings.server.allow_write))


def _desk_with_the_client(suite: Suite) -> Desk:
    from groundsight.agent.client_model import NO_CLIENT_MODEL, client_chat

    client = suite.watch.client
    if client is None or not client.samples:
        return Desk(suite, lacking=(NO_CLIENT_MODEL,))
    return Desk(suite, client_chat(suite.settings.agent, suite.watch, _suspended))


def _suspended(request: dict[str, Any]) -> object:
    from langgraph.types import interrupt

    return interrupt(request)


def new_flow(state: type, given: type, gives: type, context: type | None = None) -> Any:
    """Start a state graph; its library ships no types, so the builder is untyped from here on."""
    from langgraph.graph import StateGraph  # pyright: ignore[reportMissingTypeStubs]

    return cast("Any", StateGraph)(state, input_schema=given, output_schema=gives, context_schema=context)


def compiled(flow: Any, name: str) -> Any:
    """Compile a flow into a graph that is traced by nobody and stops when nobody waits; it brings no checkpointer."""
    from groundsight.graphs.running import Graph

    return Graph(**vars(flow.compile(name=name)))
