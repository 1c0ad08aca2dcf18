"""Questions under way: each is worked on in a thread of its own, and pages follow it as long as they like."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, NotFound, RateLimited
from groundsight.tools.ask import MOST_SECONDS, AnswerResult
from groundsight.tools.gate import internal_error
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.doors.view.desk import Desk

AT_ONCE, KEPT = 4, 20


class OpenQuestion:
    """A question, the steps told so far, and how it ended."""

    def __init__(self, question: str) -> None:
        self.id, self.question = secrets.token_urlsafe(12), question
        self.steps: list[str] = []
        self.ended: AnswerResult | GroundsightError | None = None
        self.watch = Watch(self._told)
        self._news = threading.Condition()

    def follow(self) -> Iterator[str]:
        """Yield what was told and what is told from now on, until the question has ended."""
        seen = 0
        while True:
            with self._news:
                self._news.wait_for(lambda: self.ended is not None or len(self.steps) > seen)  # noqa: B023
                fresh = self.steps[seen:]
            yield from fresh
            seen += len(fresh)
            if not fresh:
                return

    def work(self, desk: Desk) -> None:
        """Ask, and keep how it ended."""
        try:
            ended: AnswerResult | GroundsightError = desk.call(
                AnswerResult, "ask", self.watch, question=self.question, seconds=MOST_SECONDS
            )
        except GroundsightError as error:
            ended = error
        except Exception as error:  # noqa: BLE001 - the end of this thread is a door
            ended = internal_error("ask", error)
        with self._news:
            self.ended = ended
            self._news.notify_all()

    def _told(self, _done: float, _total: float | None, message: str) -> None:
        with self._news:
            self.steps.append(message)
            self._news.notify_all()


class Questions:
    """The last twenty questions of this process, in memory only; four are worked on at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._lock = desk, threading.Lock()
        self._asked: dict[str, OpenQuestion] = {}

    def ask(self, question: str, start: Callable[[Callable[[], None]], None] | None = None) -> OpenQuestion:
        """Begin to work on a question.

        Raises:
            RateLimited: four are under way.
        """
        asked = OpenQuestion(question)
        with self._lock:
            self._make_room()
            self._asked[asked.id] = asked
        (start or _in_a_thread)(lambda: asked.work(self._desk))
        return asked

    def find(self, asked_id: str) -> OpenQuestion:
        """Return a question that was asked here, or raise NotFound."""
        if found := self._asked.get(asked_id):
            return found
        raise NotFound("this answer is not held any more", limit=f"the last {KEPT} questions", next_step="ask again")

    def recent(self) -> tuple[OpenQuestion, ...]:
        """Return what was asked, the newest first."""
        return tuple(reversed(self._asked.values()))

    def stop(self) -> None:
        """End all that is under way at its next step."""
        for asked in self._asked.values():
            asked.watch.cancel()

    def _make_room(self) -> None:
        if sum(asked.ended is None for asked in self._asked.values()) >= AT_ONCE:
            raise RateLimited("questions are under way", limit=f"{AT_ONCE} at a time", next_step="wait for one of them")
        while len(self._asked) >= KEPT:
            del self._asked[next(key for key, asked in self._asked.items() if asked.ended is not None)]


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, daemon=True).start()
