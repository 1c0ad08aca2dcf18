"""Time by stage of one question: wall and processor milliseconds, from the watch and from the answer's trace."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from groundsight.tracing import Watch
from groundsight.types import Answer


@dataclass
class Clock:
    """Collects stages; ``search.*`` come from the watch, ``answer.*`` from the trace."""

    watch: Watch = field(default_factory=Watch)
    wall_ms: dict[str, float] = field(default_factory=dict[str, float])
    cpu_ms: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Time a block as one stage."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall_ms[name] = 1000 * (time.perf_counter() - wall)
        self.cpu_ms[name] = 1000 * (time.process_time() - cpu)

    def take_search(self) -> None:
        """Take over what the watch saw so far; the parts of an answer's own searches come later and are not taken."""
        self.wall_ms |= {name: 1000 * spent for name, spent in self.watch.seconds.items()}
        self.cpu_ms |= {name: 1000 * spent for name, spent in self.watch.cpu_seconds.items()}

    def take_trace(self, answer: Answer) -> None:
        """Add the seconds of every step of the answer, by node."""
        for step in answer.trace:
            name = f"answer.{step.node}"
            self.wall_ms[name] = self.wall_ms.get(name, 0.0) + 1000 * step.seconds
