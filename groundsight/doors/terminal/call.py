"""Tools as the command line calls them: through the gate, for the person at this machine, who may interrupt."""

from __future__ import annotations

import signal
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar, cast

from groundsight.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from groundsight.governance.roots import Roots
    from groundsight.suite import Suite
    from groundsight.tools.gate import Gate, ToolSpec
    from groundsight.tools.results import Result
    from groundsight.tracing import Watch

R = TypeVar("R", bound="Result")


class Call:
    """Calls tools of one suite through one gate."""

    def __init__(self, suite: Suite, gate: Gate) -> None:
        self.suite, self._gate = suite, gate

    def __call__(self, kind: type[R], spec: ToolSpec | str, arguments: Mapping[str, Any]) -> R:
        """Run a tool and return its result, which is a ``kind``.

        Raises:
            GroundsightError: as the tool raised it; a bug comes as Internal without its text.
        """
        return cast("R", self._gate.call(tool(spec) if isinstance(spec, str) else spec, self.suite, arguments))

    def watched(self, watch: Watch) -> Call:
        """Return the same under another watch."""
        return Call(self.suite.acting_for(watch=watch), self._gate)


def file_shown(named: Path | None, roots: Roots) -> AbstractContextManager[str]:
    """A person who names a picture on the command line allows this one run to read it."""
    file = named.expanduser() if named else None
    return roots.lent(file) if file and file.is_file() else nullcontext(str(named or ""))


@contextmanager
def interruptible(watch: Watch) -> Generator[None]:
    """The first Ctrl-C stops the work at its next step, the second at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        watch.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
