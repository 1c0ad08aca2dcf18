"""``groundsight review``: what a person is to judge, within what that person may see."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.doors.govern.policy_desk import columns
from groundsight.doors.terminal.own_file import named_outside, write_own
from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.heed import write_change
from groundsight.governance.pii import redact
from groundsight.governance.review import Judged, ReviewItem, review_items, set_verdict
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result
from groundsight.types.showing import beginning, number_of

if TYPE_CHECKING:
    from groundsight.suite import Suite


class ReviewList(Result):
    """What waits, oldest first, and what was judged where that was asked for."""

    items: tuple[ReviewItem, ...]

    def as_text(self) -> str:
        """A line an item."""
        if not self.items:
            return "Nothing to review yet."
        rows = [("id", "kind", "since", "verdict", "why", "what")]
        return "\n".join(columns([*rows, *map(_row, self.items)]))


class ReviewShown(Result):
    """One item in full."""

    item: ReviewItem

    def ids(self) -> tuple[str, ...]:
        """Return the units that it shows."""
        return tuple(each.unit_id for each in self.item.told.sources)

    def as_text(self) -> str:
        """The question, the text, each sentence by its verdict, and where it comes from."""
        one, told = self.item, self.item.told
        judged = f"{one.verdict} by {one.who}{f': {one.note}' if one.note else ''}" if one.verdict else "not judged yet"
        return "\n".join(
            [
                f"{one.id} {told.kind}: {told.why}; {judged}",
                *([f"question: {told.question}"] if told.question else []),
                told.text,
                *(f"  {each.label} {each.probability:.2f}: {each.text}" for each in told.sentences),
                *(
                    f"  from {each.source}{f', page {each.page}' if each.page else ''}: {each.quote}"
                    for each in told.sources
                ),
                *([f"right answer: {one.correction}"] if one.correction else []),
            ]
        )


class ReviewExported(Result):
    """What was written, and what was left out because no verdict says what would be right."""

    file: str
    written: int
    left_out: int

    def as_text(self) -> str:
        """One line."""
        left = f", {number_of(self.left_out, 'item')} left out: wrong without a right answer, or no answer at all"
        return f"{self.file}: {number_of(self.written, 'question')}{left if self.left_out else ''}"


def list_reviews(suite: Suite, judged: bool) -> ReviewList:
    """List what waits for a person, and with ``judged`` all that was judged."""
    return ReviewList(items=tuple(each for each in reviewable(suite) if judged or not each.verdict))


def show_review(suite: Suite, id: str) -> ReviewShown:
    """Show one item."""
    return ReviewShown(item=_one(suite, id))


def judge_review(suite: Suite, id: str, verdict: Judged, answer: str, note: str) -> ReviewShown:
    """Store what a person says of an item, with who and when."""
    item = _one(suite, id)
    if not verdict:
        step = "add --verdict right, wrong or unanswerable"
        raise InvalidArgument("nothing is said of the item", which="--verdict", next_step=step)
    kinds = suite.settings.governance.redact
    said = {"correction": redact(answer, kinds).text, "note": redact(note, kinds).text}
    who = {"who": suite.principal.user, "judged": time.time()}
    done = item.model_copy(update={"verdict": verdict, **said, **who})
    set_verdict(suite.settings.home, done)
    write_change(suite.settings, suite.principal, "cli", "review", f"{verdict} {done.id}")
    return ReviewShown(item=done)


def export_reviews(suite: Suite, file: str) -> ReviewExported:
    """Write what was judged as questions that ``groundsight eval house`` reads."""
    if not file:
        step = "groundsight review export FOLDER/questions.jsonl"
        raise InvalidArgument("no file is named", which="ID", next_step=step)
    target = named_outside(Path(file), ".jsonl", suite.settings.home)
    if target.exists() and not _is_exported(target):
        step = "name a new file"
        raise InvalidArgument("this file holds something else than an export", which=file, next_step=step)
    judged = [each for each in reviewable(suite) if each.verdict]
    rows = [row for each in judged if (row := _question(each))]
    write_own(target, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return ReviewExported(file=str(target), written=len(rows), left_out=len(judged) - len(rows))


def _is_exported(file: Path) -> bool:
    """Tell whether every line of a file is one that ``export`` writes."""
    try:
        rows: list[Any] = [json.loads(line) for line in file.read_bytes().splitlines()] if file.is_file() else [None]
    except (OSError, ValueError, RecursionError):
        return False
    return all(isinstance(row, dict) and "judged_by" in row for row in rows)


def reviewable(suite: Suite) -> tuple[ReviewItem, ...]:
    """Return the items whose every unit the principal may see now; all others are not there."""
    where, index = visible_to(suite.principal), suite.parts.index
    found: list[ReviewItem] = []
    for item in review_items(suite.settings.home, suite.principal.tenant):
        units = {each.unit_id for each in item.told.sources}
        if len(index.get(tuple(units), where)) == len(units):
            found.append(item)
    return tuple(found)


def _one(suite: Suite, name: str) -> ReviewItem:
    found = [each for each in reviewable(suite) if name and each.id.startswith(name)]
    if len(found) != 1:
        step = "write more of the id" if found else "groundsight review list"
        raise NotFound("there is no such item, or several begin so", which=name[:40], next_step=step)
    return found[0]


def _question(item: ReviewItem) -> dict[str, Any] | None:
    """Return a line of a question set: what is right has an answer and its place, what can't be answered has none."""
    told = item.told
    if told.kind != "answer":
        return None
    row = {"id": item.id, "question": told.question, "kind": "judged", "segments": {"tier": told.tier}}
    judged = {"judged_by": item.who, "judged": datetime.fromtimestamp(item.judged or 0, UTC).isoformat()}
    if item.verdict == "unanswerable":
        return {**row, **judged, "answers": [], "gold": []}
    quoted = [each for each in told.sources if each.quote]
    answers = [item.correction] if item.correction else [each.quote for each in quoted]
    if not answers or (item.verdict == "wrong" and not item.correction):
        return None
    held = [each for each in quoted if item.verdict == "right" or item.correction in each.quote]
    gold = [{"source": each.source, "contains": each.quote} for each in held or quoted[:1]]
    return {**row, **judged, "answers": answers, "gold": gold}


def _row(one: ReviewItem) -> tuple[str, ...]:
    day = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m-%d %H:%M")
    return (one.id, one.told.kind, day, one.verdict or "-", one.told.why, beginning(one.told.question or one.told.text))


LIST_REVIEWS, SHOW_REVIEW = ToolSpec(list_reviews, "List what to review"), ToolSpec(show_review, "Show what to review")
JUDGE_REVIEW = ToolSpec(judge_review, "Judge", writes=True)
EXPORT_REVIEWS = ToolSpec(export_reviews, "Export what was judged")
