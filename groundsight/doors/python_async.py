"""The verbs of an open suite for asyncio: one rule for those that return, one for those that yield."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from groundsight.doors.python import OpenSuite
from groundsight.tracing import Watch

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    verb: Callable[Concatenate[OpenSuite, P], T],
) -> Callable[Concatenate[AsyncSuite, P], Coroutine[None, None, T]]:
    """Run a verb in a thread; a cancelled task stops the work at its next step."""

    @wraps(verb)
    async def twin(self: AsyncSuite, *args: P.args, **kwargs: P.kwargs) -> T:
        watch, suite = self.watched()
        try:
            return await asyncio.to_thread(verb, suite, *args, **kwargs)
        finally:
            watch.cancel()

    return twin


def _yielded(
    verb: Callable[Concatenate[OpenSuite, P], Generator[T]],
) -> Callable[Concatenate[AsyncSuite, P], AsyncGenerator[T]]:
    """Take one item after another in a thread; leaving the loop, or a cancelled task, stops the work."""

    @wraps(verb)
    async def twin(self: AsyncSuite, *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T]:
        watch, suite = self.watched()
        # One thread, so that what closes the generator waits until its present step has ended.
        beside, run = ThreadPoolExecutor(1, verb.__name__), asyncio.get_running_loop().run_in_executor
        items = await run(beside, partial(verb, suite, *args, **kwargs))
        try:
            while not isinstance(item := await run(beside, next, items, _END), _End):
                yield cast("T", item)
        finally:
            watch.cancel()
            await run(beside, items.close)
            beside.shutdown()

    return twin


class _End:
    """What stands behind the last item."""


_END = _End()


class AsyncSuite:
    """What ``OpenSuite`` does, awaited; it is the same index and the same models."""

    def __init__(self, suite: OpenSuite) -> None:
        self._suite = suite

    def watched(self) -> tuple[Watch, OpenSuite]:
        """Return a watch inside that of the suite, and the suite under it."""
        outer = self._suite.suite.watch
        watch = Watch(outer.step, client=outer.client, within=(outer,))
        return watch, self._suite.acting_for(watch=watch)

    ingest = _awaited(OpenSuite.ingest)
    forget = _awaited(OpenSuite.forget)
    rights = _awaited(OpenSuite.rights)
    watch = _yielded(OpenSuite.watch)
    search = _awaited(OpenSuite.search)
    ask = _awaited(OpenSuite.ask)
    stream = _yielded(OpenSuite.stream)
    verify = _awaited(OpenSuite.verify)
    explain = _awaited(OpenSuite.explain)
    replay = _awaited(OpenSuite.replay)
    lineage = _awaited(OpenSuite.lineage)
    policy = _awaited(OpenSuite.policy)
    incidents = _awaited(OpenSuite.incidents)
    risk = _awaited(OpenSuite.risk)
    drift = _awaited(OpenSuite.drift)
    key_figures = _awaited(OpenSuite.key_figures)
    read = _awaited(OpenSuite.read)
    ocr = _awaited(OpenSuite.ocr)
    describe = _awaited(OpenSuite.describe)
    list = _awaited(OpenSuite.list)
    status = _awaited(OpenSuite.status)
    why = _awaited(OpenSuite.why)
    close = _awaited(OpenSuite.close)

    async def __aenter__(self) -> AsyncSuite:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
