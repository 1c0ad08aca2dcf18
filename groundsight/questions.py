"""Questions that take longer than their caller waits: worked on meanwhile, kept in the home, and taken up again."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import GroundsightError, NotFound, RateLimited
from groundsight.governance.access import visible_to
from groundsight.governance.receipts import new_receipt
from groundsight.ingestion.folder.notebook import FOLDER, HELD_SECONDS, let_go_of_questions, notebook
from groundsight.journal import Journal
from groundsight.tracing import Watch
from groundsight.types import Answer, Principal

if TYPE_CHECKING:
    from filelock import FileLock

    from groundsight.suite import Suite

AT_ONCE, MOST_UNDER_WAY, MOST_EACH, CLAIMS = 8, 64, 16, "asked"
TURN_SECONDS = 0.1


class Work:
    """One question on its way. ``handle`` is empty until it was given out; ``claim`` keeps other processes off then."""

    def __init__(self, question: str, journal: Journal, handle: str = "") -> None:
        self.question, self.journal, self.handle = question, journal, handle
        self.claim: FileLock | None = None
        self.future: Future[Answer] = Future()
        self.watch = Watch(self._told, journal=journal)
        self._said: deque[tuple[float, float | None, str]] = deque()

    def wait(self, seconds: float, watch: Watch) -> Answer | None:
        """Wait for the answer, at most so long, and pass progress on; None when there is none yet.

        Raises:
            Cancelled: the caller went away; work that has no handle ends with that.
            GroundsightError: as the work raised it.
        """
        until = time.monotonic() + seconds
        try:
            while not self._ended(until) and time.monotonic() < until:
                self._pass_on(watch)
            self._pass_on(watch)
        finally:
            if watch.cancelled and not self.handle:
                self.watch.cancel()
        return self.future.result() if self.future.done() else None

    def _ended(self, until: float) -> bool:
        left = max(0.0, min(TURN_SECONDS, until - time.monotonic()))
        return bool(wait([self.future], left).done)

    def _pass_on(self, watch: Watch) -> None:
        watch.check()
        while self._said:
            watch.step(*self._said.popleft())

    def _told(self, done: float, total: float | None, message: str) -> None:
        self._said.append((done, total, message))


class Elsewhere(Work):
    """A question that is not worked on here; ``look`` returns its answer as JSON, empty until it is there."""

    def __init__(self, question: str, journal: Journal, handle: str, look: Callable[[], str]) -> None:
        super().__init__(question, journal, handle)
        self._look = look

    def _ended(self, until: float) -> bool:
        if not self.future.done() and (answer := self._look()):
            self.future.set_result(Answer.model_validate_json(answer))
        return super()._ended(until)


class Questions:
    """The questions of one process, and those of its home under their handles.

    A handle is held for an hour, for the very rights of whoever asked. What is kept is the state after the last step,
    so work goes on where a process died; it goes with the first document that is forgotten or changes.
    """

    def __init__(self, home: Path) -> None:
        self._home, self._lock, self._keeping = home, threading.Lock(), threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="question")
        self._under_way: dict[Work, str] = {}

    def begin(self, suite: Suite, question: str, picture: str = "") -> Work:
        """Start to work on a question; of a picture that it is about the name alone is noted.

        Raises:
            RateLimited: too many are under way.
        """
        return self._started(suite, Work(question, Journal(state={"picture": picture} if picture else None)))

    def hand_out(self, suite: Suite, work: Work) -> str:
        """Keep a question that takes longer, and return its handle."""
        if not work.handle:
            handle, who, (node, state) = new_receipt().replace("r", "q", 1), suite.principal, work.journal.noted
            row = (handle, who.tenant, _owner(who), work.question, node, json.dumps(state), "", time.time())
            let_go_of_questions(self._home)
            with notebook(self._home) as book:
                book.execute("INSERT INTO questions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            work.handle, work.claim = handle, self._claimed(handle)
            self._keep(work)  # what was noted meanwhile
            if work not in self._under_way:
                _give_up(work.claim)
        return work.handle

    def take_up(self, suite: Suite, handle: str) -> Work:
        """Go on with a question: with what still runs, what has ended, or from where its process died.

        Raises:
            NotFound: it is not held for this principal: too late, never there, or a document of then is gone.
        """
        with self._lock:
            self._row(suite.principal, handle)
            running = next((one for one in tuple(self._under_way) if one.handle == handle), None)
            if running is not None:
                return running
            claim = self._claimed(handle)
            try:
                # Read again once it is claimed: whoever had it may have ended a moment ago.
                question, node, state, answer = self._row(suite.principal, handle)
            except GroundsightError:
                _give_up(claim)
                raise
            journal = Journal(node, json.loads(state))
            if claim is None or answer:
                _give_up(claim)
                return Elsewhere(question, journal, handle, lambda: self._row(suite.principal, handle)[3])
            work = Work(question, journal, handle)
            work.claim = claim
            return self._started(suite, work)

    def close(self) -> None:
        """End all work; what was handed out is gone on with by the next process."""
        for work in tuple(self._under_way):
            work.watch.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _started(self, suite: Suite, work: Work) -> Work:
        owner, under_way = _owner(suite.principal), tuple(self._under_way.values())
        if len(under_way) >= MOST_UNDER_WAY or under_way.count(owner) >= MOST_EACH:
            _give_up(work.claim)
            raise RateLimited(
                "too many questions are under way",
                limit=f"{MOST_EACH} of one caller, {MOST_UNDER_WAY} of all",
                next_step="wait until one has its answer",
            )
        self._under_way[work], work.watch.queued = owner, time.monotonic()
        work.journal.heard = lambda: self._keep(work)
        asked = (work.question, *filter(None, [work.journal.noted[1].get("picture")]))
        # A picture that a person lends may be read in the context of the call alone.
        work.future = self._pool.submit(copy_context().run, suite.acting_for(watch=work.watch).ask, *asked)
        work.future.add_done_callback(lambda _: self._ended(work))
        return work

    def _ended(self, work: Work) -> None:
        # What the disk refuses is worked on again, from the last step that was kept.
        with suppress(GroundsightError):
            self._keep(work)
        self._under_way.pop(work, None)
        _give_up(work.claim)

    def _claimed(self, handle: str) -> FileLock | None:
        """Take a question for this process, None where another one has it; a process that dies gives it up."""
        from filelock import FileLock, Timeout

        folder = self._home / FOLDER / CLAIMS
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        claim = FileLock(folder / handle, thread_local=False)
        try:
            claim.acquire(timeout=0)
        except Timeout:
            return None
        return claim

    def _keep(self, work: Work) -> None:
        """Write how far a question is that was handed out; one that is not held any more ends."""
        if not work.handle:
            return
        with self._keeping, notebook(self._home) as book:
            future, (node, state) = work.future, work.journal.noted
            ended = future.done() and not future.cancelled() and future.exception() is None
            told = ("", "{}", future.result().model_dump_json()) if ended else (node, json.dumps(state), "")
            asked = "UPDATE questions SET node = ?, state = ?, answer = ?, updated = ? WHERE id = ?"
            if not book.execute(asked, (*told, time.time(), work.handle)).rowcount:
                work.watch.cancel()

    def _row(self, who: Principal, handle: str) -> tuple[str, str, str, str]:
        with notebook(self._home, reading=True) as book:
            asked = "SELECT question, node, state, answer FROM questions WHERE id = ? AND owner = ? AND updated >= ?"
            row = book.execute(asked, (handle, _owner(who), time.time() - HELD_SECONDS)).fetchone()
        if row is None:
            raise NotFound(
                "no question of yours is held under this handle, or a document has changed since",
                which=handle[:60],
                limit=f"{HELD_SECONDS / 60:.0f} minutes",
                next_step="ask the question again",
            )
        return row


def _give_up(claim: FileLock | None) -> None:
    if claim is not None:
        Path(claim.lock_file).unlink(missing_ok=True)
        claim.release()


def _owner(who: Principal) -> str:
    """What was found with one's rights of a day is given to nobody with others, not even to the same person."""
    told = who.model_dump_json(exclude={"may_read", "may_write", "may_admin"})
    return hashlib.sha256(f"{told}{visible_to(who).model_dump_json()}".encode()).hexdigest()
