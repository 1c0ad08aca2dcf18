"""A bar on the terminal, and nothing where nobody is watching."""

from __future__ import annotations

import sys

WIDTH = 24


class Bar:
    """One line that is drawn over itself on standard error, when that is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, done: float, total: float | None, message: str) -> None:
        """Show how far the work is."""
        if self._shown:
            print(f"\r\x1b[K{line(done, total, message)}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def line(done: float, total: float | None, message: str) -> str:
    """The bar as text: ``[======      ] 12/24 message``, or only the count where the end is unknown."""
    from groundsight.tools.bounds import one_line

    told = one_line(message, 48)
    if not total:
        return f"{done:.0f} {told}"
    filled = round(WIDTH * min(done / total, 1.0))
    return f"[{'=' * filled}{' ' * (WIDTH - filled)}] {done:.0f}/{total:.0f} {told}"
