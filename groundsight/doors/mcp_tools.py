"""Tools behind the gate as MCP tools: closed arguments, progress, cancellation, errors as data."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.to_thread
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field

from groundsight.doors.access_log import note_call
from groundsight.doors.call_metrics import CallMetrics
from groundsight.doors.govern.measuring import Lookout
from groundsight.doors.mcp_app import meta_of
from groundsight.doors.mcp_results import refusal, reply
from groundsight.doors.mcp_rounds import ask_now, asking_result, client_of, in_rounds
from groundsight.doors.schema import input_schema, output_schema
from groundsight.errors import GroundsightError, InputRequired, PolicyRefused
from groundsight.rounds import Shelf
from groundsight.tools.gate import Gate, ToolSpec, internal_error
from groundsight.tools.registry import build_results
from groundsight.tools.results import Result
from groundsight.tracing import Watch
from groundsight.types import Principal

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

    from groundsight.suite import Suite

log = logging.getLogger("groundsight.server")
PROGRESS_SECONDS = 0.1
AT_ONCE = 16
LAST_SECONDS = 5.0
Ended = CallToolResult | InputRequired


class Door:
    """One server: its suite, opened on the first call, its gate, who is calling, and the calls that wait.

    ``caller`` tells who makes the present call; without it everyone is the suite's own principal, and nobody an
    administrator: a model that writes for a person must not give itself what rights keep from it.
    """

    def __init__(
        self,
        suite_factory: Callable[[], Suite],
        *,
        writable: bool,
        caller: Callable[[], Principal | None] | None = None,
    ) -> None:
        self._factory, self.writable, self._caller = suite_factory, writable, caller
        self.admin = writable and caller is not None
        self.metrics = CallMetrics(lambda: self._running, lambda: self.slots.statistics().tasks_waiting)
        self._opening = threading.Lock()
        self._calls, self._running = threading.Condition(), 0
        self._open: tuple[Suite, Gate] | None = None
        self._lookout: Lookout | None = None
        self.slots, self.shelf = anyio.CapacityLimiter(AT_ONCE), Shelf()

    def call(self, spec: ToolSpec, arguments: Mapping[str, Any], watch: Watch) -> Result:
        """Run a tool through the gate for the present caller.

        Raises:
            GroundsightError: any failure; a bug comes as Internal without its text.
        """
        with self.metrics.timed(spec.name):
            return self._call(spec, arguments, watch)

    def suite(self) -> Suite:
        """Return the suite, opened now if it was not."""
        return self._opened()[0]

    def _call(self, spec: ToolSpec, arguments: Mapping[str, Any], watch: Watch) -> Result:
        try:
            with self._under_way():
                suite, gate = self._opened()
                return gate.call(spec, suite.acting_for(self._principal(suite), watch), arguments)
        except GroundsightError as error:
            if self._caller and PurePath(error.which).is_absolute():
                error.which = PurePath(error.which).name  # where a home lies is not for callers with tokens
            raise
        except Exception as error:  # noqa: BLE001 - the outermost door
            raise internal_error(spec.name, error) from None

    def close(self) -> None:
        """Release the suite; a call whose caller went away may first write its line of the trail."""
        with self._calls:
            self._calls.wait_for(lambda: self._running == 0, timeout=LAST_SECONDS)
        if self._open and self._lookout:
            self._lookout.close()
            self._open[0].close()

    @contextmanager
    def _under_way(self) -> Generator[None]:
        with self._calls:
            self._running += 1
        try:
            yield
        finally:
            with self._calls:
                self._running -= 1
                self._calls.notify_all()

    def _opened(self) -> tuple[Suite, Gate]:
        with self._opening:
            if self._open is None:
                suite = self._factory()
                build_results()
                _sweep(suite)
                suite.parts.calls.listeners.append(self.metrics.heard)
                self._lookout = Lookout(suite)
                self._open = (suite, Gate.open(suite.settings, "mcp"))
            return self._open

    def _principal(self, suite: Suite) -> Principal:
        who = self._caller() if self._caller else suite.principal
        if who is None:
            raise PolicyRefused("the caller is not known", next_step="send a token that this server gave out")
        held = {"may_write": self.writable and who.may_write, "may_admin": self.admin and who.may_admin}
        return who.model_copy(update=held)


def _sweep(suite: Suite) -> None:
    """Forget what is to be kept no longer; it is hidden already, so a disk that refuses keeps nobody from serving."""
    from groundsight.ingestion.rights.sweep import sweep

    try:
        sweep(suite.parts, suite.watch)
    except GroundsightError as error:
        log.warning("what is to be kept no longer could not be forgotten: %s", error)


class GatedTool(Tool):
    """An MCP tool whose call goes through the door instead of straight to its function."""

    door: Any = Field(exclude=True)
    spec: Any = Field(exclude=True)

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Run the tool; every failure comes back as an error result, never as an exception."""
        return await run_watched(self.door, self.spec, unquoted(arguments), context)


def mcp_tool(door: Door, spec: ToolSpec) -> Tool:
    """Describe a tool to MCP."""
    return GatedTool(
        fn=spec.function,
        name=spec.name,
        title=spec.title,
        description=spec.description,
        parameters=input_schema(spec.arguments),
        fn_metadata=FuncMetadata(arg_model=ArgModelBase, output_schema=output_schema(spec.result)),
        is_async=True,
        context_kwarg=None,
        annotations=ToolAnnotations(
            read_only_hint=not spec.writes,
            destructive_hint=spec.destructive,
            idempotent_hint=spec.idempotent,
            open_world_hint=False,
        ),
        meta=meta_of(spec.name),
        door=door,
        spec=spec,
    )


def unquoted(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with lists that came as JSON text turned back into lists, as some clients send them."""
    return {name: _unquoted(value) for name, value in arguments.items()}


def _unquoted(value: Any) -> Any:
    if not (isinstance(value, str) and value.startswith("[") and value.endswith("]")):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return cast("list[Any]", parsed) if isinstance(parsed, list) else value


async def run_watched(
    door: Door, spec: ToolSpec, arguments: Mapping[str, Any], context: Context[Any, Any]
) -> CallToolResult | InputRequiredResult:
    """Run a tool on a worker thread; forward its progress, and stop it when the caller goes away.

    A tool that has to ask its client first is run again with the reply: in the caller's next round in the era of
    2026-07-28, at once in the handshake era.
    """
    progress, client = _Latest(), client_of(context, door.shelf)
    while True:
        watch = Watch(progress, client=client)
        ended = await _while_forwarding(progress, context, watch, partial(_worked, door, spec, arguments, watch), door)
        if not isinstance(ended, InputRequired):
            note_call(context.request_context.request, spec.name, ended)
            return ended
        if in_rounds(context):
            return asking_result(ended)
        client = replace(client, ticket=ended.ticket, reply=await ask_now(context, ended))


async def _while_forwarding(
    progress: _Latest, context: Context[Any, Any], watch: Watch, work: Callable[[], Ended], door: Door
) -> Ended:
    done: list[Ended] = []
    async with anyio.create_task_group() as group:
        group.start_soon(_forward, progress, context)
        try:
            done.append(await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=door.slots))
        except anyio.get_cancelled_exc_class():
            watch.cancel()
            raise
        group.cancel_scope.cancel()
    await _send(progress, context)
    return done[0]


def _worked(door: Door, spec: ToolSpec, arguments: Mapping[str, Any], watch: Watch) -> Ended:
    try:
        return reply(door.call(spec, arguments, watch))
    except GroundsightError as error:
        return error if isinstance(error, InputRequired) and error.ticket else refusal(error)


class _Latest:
    """The newest progress that is larger than what was sent; called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: tuple[float, float | None, str] | None = None
        self._highest = 0.0

    def __call__(self, done: float, total: float | None, message: str) -> None:
        with self._lock:
            if done > self._highest:
                self._highest, self._news = done, (done, total, message)

    def take(self) -> tuple[float, float | None, str] | None:
        with self._lock:
            news, self._news = self._news, None
            return news


async def _forward(progress: _Latest, context: Context[Any, Any]) -> None:
    while True:
        await anyio.sleep(PROGRESS_SECONDS)
        await _send(progress, context)


async def _send(progress: _Latest, context: Context[Any, Any]) -> None:
    if news := progress.take():
        await context.report_progress(*news)
