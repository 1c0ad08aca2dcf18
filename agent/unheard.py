"""Nobody listens in: LangChain and LangGraph give no question and no evidence to a tracer, whatever is set around."""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def unheard() -> Generator[None]:
    """Trace to nobody in this block and in the tasks and threads that inherit its context.

    The environment stays as it is: a host that embeds a graph keeps its own tracing.
    """
    from langchain_core.runnables.config import var_child_runnable_config
    from langchain_core.tracers.context import tracing_v2_callback_var
    from langsmith.run_helpers import tracing_context  # pyright: ignore[reportUnknownVariableType]

    inherited = without_tracers(var_child_runnable_config.get())
    quiet = var_child_runnable_config.set(inherited)  # pyright: ignore[reportArgumentType]
    alone = tracing_v2_callback_var.set(None)
    try:
        with tracing_context(enabled=False, parent=False):
            yield
    finally:
        tracing_v2_callback_var.reset(alone)
        var_child_runnable_config.reset(quiet)


def without_tracers(config: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a run's configuration without the tracers that its caller brought; its other callbacks stay."""
    callbacks = (config or {}).get("callbacks")
    if config is None or callbacks is None:
        return config
    if isinstance(callbacks, list):
        return {**config, "callbacks": _untraced(cast("list[Any]", callbacks))}
    manager = copy.copy(callbacks)
    manager.handlers = _untraced(manager.handlers)
    manager.inheritable_handlers = _untraced(manager.inheritable_handlers)
    return {**config, "callbacks": manager}


def _untraced(handlers: list[Any]) -> list[Any]:
    from langchain_core.tracers.langchain import LangChainTracer

    return [each for each in handlers if not isinstance(each, LangChainTracer)]
