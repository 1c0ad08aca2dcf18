"""``groundsight review``: what a person is to judge, within what that person may see."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.doors.govern.policy_desk import columns
from groundsight.doors.terminal.own_file import named_outside, write_own
from groundsight.errors import InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.governance.events import note_event
from groundsight.governance.named import named
from groundsight.governance.pii import redact
from groundsight.governance.review import Judged, ReviewedSentence, ReviewItem, review_items, set_verdict
from groundsight.grounding.judged import Shift, keep_shift, kept_shift, shift_of
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
                *(
                    f"  {at}. {_said(each)} {each.probability:.2f}: {each.text}"
                    for at, each in enumerate(told.sentences, 1)
                ),
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


class Calibrated(Result):
    """What the judged sentences make of the threshold, what is in force, and what was just done."""

    found: Shift
    in_force: Shift | None
    done: str = ""

    def as_text(self) -> str:
        """What was judged with its figures, and what is in force."""
        now = f"in force: {self.in_force}" if self.in_force else "in force: the packaged threshold"
        return "\n".join([str(self.found), now, *([f"changed: {self.done}"] if self.done else [])])


def list_reviews(suite: Suite, judged: bool) -> ReviewList:
    """List what waits for a person, and with ``judged`` all that was judged."""
    return ReviewList(items=tuple(each for each in reviewable(suite) if judged or not each.verdict))


def show_review(suite: Suite, id: str) -> ReviewShown:
    """Show one item."""
    return ReviewShown(item=_one(suite, id))


def judge_review(suite: Suite, id: str, verdict: Judged, answer: str, note: str, wrong: list[int]) -> ReviewShown:
    """Store what a person says of an item, with who and when; ``wrong`` are the sentences that are, from 1."""
    item = _one(suite, id)
    if any(not 0 < number <= len(item.told.sentences) for number in wrong) or (wrong and verdict != "wrong"):
        step = f"of a wrong item, 1 to {len(item.told.sentences)}"
        raise InvalidArgument("there is no such sentence to call wrong", which="--wrong", next_step=step)
    if not verdict:
        step = "add --verdict right, wrong or unanswerable"
        raise InvalidArgument("nothing is said of the item", which="--verdict", next_step=step)
    kinds = suite.settings.governance.redact
    said = {"correction": redact(answer, kinds).text, "note": redact(note, kinds).text}
    who = {"who": suite.principal.user, "judged": time.time()}
    told = item.told.model_copy(update={"sentences": judged_sentences(item.told.sentences, verdict, wrong)})
    done = item.model_copy(update={"told": told, "verdict": verdict, **said, **who})
    set_verdict(suite.settings.home, done)
    note_event(suite.settings, suite.principal, "change", "review", f"{verdict} {done.id}", door="cli")
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


def calibrate_reviews(suite: Suite, apply: bool, lift: bool) -> Calibrated:
    """Work out what the judged sentences make of the threshold of the check, and put it into force where that is said.

    Raises:
        InvalidArgument: too little was judged, or nothing is gained.
    """
    home, packaged = suite.settings.home, suite.parts.arbiter.calibration
    sentences = (one for each in reviewable(suite) if each.verdict for one in each.told.sentences)
    judged = [(one.probability, one.right) for one in sentences if one.right is not None and one.label == "supported"]
    found, done = shift_of(judged, packaged.threshold, packaged.version), ""
    if apply and not found.is_enough:
        raise InvalidArgument("too little speaks for another threshold", which=str(found), next_step="judge more")
    if apply or lift:
        made = found.model_copy(update={"made": datetime.now(UTC).date()}) if apply else None
        keep_shift(home, made)
        done = f"threshold {made.threshold:.4f} of {len(judged)} judged sentences" if made else "packaged threshold"
        note_event(suite.settings, suite.principal, "change", "calibration", done, door="cli")
    return Calibrated(found=found, in_force=kept_shift(home, packaged.version), done=done)


def judged_sentences(
    sentences: Sequence[ReviewedSentence], verdict: Judged, wrong: Sequence[int]
) -> tuple[ReviewedSentence, ...]:
    """Return sentences with what a verdict on the whole says of each: of a wrong whole it says nothing of the parts
    unless they are named, or there is one alone."""
    named = [at for at, each in enumerate(sentences, 1) if each.label == "supported"] if not wrong else [*wrong]
    known = verdict == "right" or (verdict == "wrong" and (bool(wrong) or len(named) == 1))
    bad = named if verdict == "wrong" else []
    return tuple(
        each.model_copy(update={"right": at not in bad if known else None}) for at, each in enumerate(sentences, 1)
    )


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
    return named(reviewable(suite), name, "item", "groundsight review list")


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


def _said(one: ReviewedSentence) -> str:
    judged = "" if one.right is None else " (judged right)" if one.right else " (judged wrong)"
    return f"{one.label}{judged}"


def _row(one: ReviewItem) -> tuple[str, ...]:
    day = datetime.fromtimestamp(one.time, UTC).strftime("%Y-%m-%d %H:%M")
    return (one.id, one.told.kind, day, one.verdict or "-", one.told.why, beginning(one.told.question or one.told.text))


LIST_REVIEWS, SHOW_REVIEW = ToolSpec(list_reviews, "List what to review"), ToolSpec(show_review, "Show what to review")
JUDGE_REVIEW = ToolSpec(judge_review, "Judge", writes=True)
CALIBRATE_REVIEWS = ToolSpec(calibrate_reviews, "Calibrate the check", writes=True)
EXPORT_REVIEWS = ToolSpec(export_reviews, "Export what was judged")
