"""The ledger of a reader: what it met in a file and did not take in, and what of it no reader of the file sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar

from groundsight.types import LeftOut

# A reader that has no place for a hidden text in what it returns: one file is read at a time.
_UNSEEN: ContextVar[dict[str, None] | None] = ContextVar("unseen", default=None)
UNSHOWN = "hidden text"
UNCHOSEN, PROMPT = ("choice", "of a list only what was chosen is read"), ("prompt", "it only tells what to fill in")
TIP, REMARK = ("tooltip", "only the pointer shows it"), ("remark in the source", "nobody sees it on the page")


@contextmanager
def unseen_texts() -> Generator[dict[str, None]]:
    """Collect what ``lay_aside`` is given while one file is read, each text once, in order."""
    found = dict[str, None]()
    token = _UNSEEN.set(found)
    try:
        yield found
    finally:
        _UNSEEN.reset(token)


def lay_aside(text: str) -> None:
    """Hand over what the file holds and does not show; it is marked, and never quoted."""
    found = _UNSEEN.get()
    if found is not None and any(char.isalnum() for char in text):
        found[text.strip()] = None


class Ledger:
    """Counts what was met and not taken in, by kind of part and reason."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()

    def note(self, kind: str, why: str, count: int = 1) -> None:
        """Add ``count`` parts of one kind, named in the singular; neither word may quote the file."""
        self._counted[kind, why] += count

    def add(self, left_out: Iterable[LeftOut]) -> None:
        """Take over what the ledger of a part counted."""
        for one in left_out:
            self.note(one.kind, one.why, one.count)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was counted, in the order in which it was met."""
        return tuple(LeftOut(kind=kind, why=why, count=count) for (kind, why), count in self._counted.items() if count)
