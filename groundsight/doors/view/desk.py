"""The tools as the page calls them: through the gate, for the person at this machine, who only reads here."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from groundsight.governance.review import note_opened
from groundsight.suite import local_principal
from groundsight.tools.gate import Gate, ToolSpec
from groundsight.tools.registry import build_results, tool

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.tools.results import Result
    from groundsight.tracing import Watch

R = TypeVar("R", bound="Result")


class Desk:
    """One suite and its gate; safe from any thread."""

    def __init__(self, suite: Suite, door: str = "view") -> None:
        build_results()
        who = local_principal(suite.settings, may_write=False)
        self._suite, self._gate = suite.acting_for(who), Gate.open(suite.settings, door)
        self.limits = suite.settings.limits

    def opened(self, question: str, unit_id: str) -> None:
        """Note that somebody opened a hit of a search, where that is wanted."""
        note_opened(self._suite.settings, self._suite.principal.tenant, question, unit_id)

    def call(self, kind: type[R], spec: ToolSpec | str, watch: Watch | None = None, /, **arguments: object) -> R:
        """Run a tool and return its result, which is a ``kind``.

        Raises:
            GroundsightError: as the tool raised it; a bug comes as Internal without its text.
        """
        named = tool(spec) if isinstance(spec, str) else spec
        return cast("R", self._gate.call(named, self._suite.acting_for(watch=watch), arguments))

    @contextmanager
    def lent(self, name: str, data: bytes) -> Generator[str]:
        """Hold a file that a person handed over, under a name that the tools understand, for the time of a block."""
        # Hidden, so that a scratch folder which is read and watched does not take it in.
        ending = Path(name).suffix.lower()[:6]
        with tempfile.TemporaryDirectory(prefix=".handed-over-") as folder:
            file = Path(folder) / f"picture{ending if ending[1:].isalnum() else ''}"
            file.write_bytes(data)
            with self._suite.parts.roots.lent(file) as source:
                yield source
