"""A graph that runs on its caller's terms alone: traced by nobody, and stopped when nobody waits for it any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from langgraph.graph.state import CompiledStateGraph  # pyright: ignore[reportMissingTypeStubs]
from langgraph.types import Command
from pydantic import TypeAdapter, ValidationError

from groundsight.agent.unheard import unheard, without_tracers
from groundsight.errors import InvalidArgument
from groundsight.limits import misfit
from groundsight.tracing import Watch

RUN: ContextVar[Watch | None] = ContextVar("run", default=None)
_Compiled = cast("type[Any]", CompiledStateGraph)


class Graph(_Compiled):
    """A compiled graph whose nodes find the watch of their run in ``RUN``.

    However a run is begun (``invoke``, ``stream``, events, batches, a server), it passes ``stream`` or ``astream``.
    """

    def __init__(self, **parts: Any) -> None:
        above: Any = super()
        above.__init__(**parts)
        self.config = without_tracers(self.config)

    def stream(self, input: Any, config: Any = None, **options: Any) -> Generator[Any]:
        """Run step by step; closing the generator stops the work."""
        above: Any = super()
        self._refuse_misfit(input)
        steps = above.stream(input, without_tracers(config), **options)
        watch, ended = Watch(), object()
        try:
            while True:
                with _inside(watch):
                    part = next(steps, ended)
                if part is ended:
                    return
                yield part
        finally:
            watch.cancel()
            steps.close()

    async def astream(self, input: Any, config: Any = None, **options: Any) -> AsyncGenerator[Any]:
        """Run step by step; a cancelled task and a closed generator stop the work, nodes in threads too."""
        above: Any = super()
        self._refuse_misfit(input)
        steps = above.astream(input, without_tracers(config), **options)
        watch, ended = Watch(), object()
        try:
            while True:
                with _inside(watch):
                    part = await anext(steps, ended)
                if part is ended:
                    return
                yield part
        finally:
            watch.cancel()
            await steps.aclose()

    def _refuse_misfit(self, given: object) -> None:
        """Say in our words what is wrong with an input, before the first step."""
        if given is None or isinstance(given, Command):
            return
        try:
            TypeAdapter(self.builder.input_schema).validate_python(given, strict=True)
        except ValidationError as error:
            wanted = ", ".join(self.builder.input_schema.__annotations__)
            step = f"give it as JSON with {wanted}"
            raise InvalidArgument(misfit(error, "input"), which=str(self.name), next_step=step) from None

    def bulk_update_state(self, *what: Any, **options: Any) -> Any:
        """Write what a person changed, which a tracer would see as well."""
        above: Any = super()
        with unheard():
            return above.bulk_update_state(*what, **options)

    async def abulk_update_state(self, *what: Any, **options: Any) -> Any:
        """Write what a person changed, which a tracer would see as well."""
        above: Any = super()
        with unheard():
            return await above.abulk_update_state(*what, **options)


@contextmanager
def _inside(watch: Watch) -> Generator[None]:
    # Entered for each step, so that nothing of it is left in the caller's context between two steps.
    token = RUN.set(watch)
    try:
        with unheard():
            yield
    finally:
        RUN.reset(token)
