"""The queue of what a person is to judge: answers that are not sure, and captions by sample.

An item holds redacted text of the documents that it names: it goes when one of them is forgotten or changes, and who
opens it has to see all of them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from groundsight.errors import NotFound
from groundsight.governance.daybook import FILE, daybook
from groundsight.governance.pii import keyed, redact
from groundsight.governance.pseudonyms import home_key
from groundsight.types import Answer, VerdictLabel, Word

if TYPE_CHECKING:
    from groundsight.settings import Settings

Judged = Literal["", "right", "wrong", "unanswerable"]
_COLUMNS = "id, time, tenant, told, verdict, who, judged, correction, note"


class ReviewedSentence(Word):
    """A sentence of what is judged, as the check saw it; ``right`` is what the person says, None for nothing."""

    text: str
    label: VerdictLabel
    probability: float
    right: bool | None = None


class ReviewedSource(Word):
    """A place that is cited: the unit, its source and the words there."""

    unit_id: str
    source: str
    page: int | None = None
    quote: str = ""


class Reviewed(Word):
    """What is put before a person: ``why`` it is here, the question (of an answer), the text, and where it is from."""

    kind: Literal["answer", "caption", "detection"]
    why: str
    question: str = ""
    text: str
    sentences: tuple[ReviewedSentence, ...] = ()
    sources: tuple[ReviewedSource, ...] = ()
    tier: str = ""

    @property
    def assets(self) -> tuple[str, ...]:
        """The ids of the documents that it comes from."""
        return tuple(dict.fromkeys(asset_of_unit(each.unit_id) for each in self.sources))


class ReviewItem(Word):
    """One item with what a person said of it: ``verdict`` empty while nobody did, ``correction`` the right answer."""

    id: str
    time: float
    tenant: str
    told: Reviewed
    verdict: Judged = ""
    who: str = ""
    judged: float | None = None
    correction: str = ""
    note: str = ""


def asset_of_unit(unit_id: str) -> str:
    """Return the document of a unit."""
    return unit_id.rpartition("-")[0]


def unsure(answer: Answer, below: float) -> str:
    """Say why a person should look at an answer, empty where none needs to."""
    if answer.status not in ("answered", "partial") or not answer.citations:
        return ""
    sure = [one.probability for one in answer.verdicts if one.label == "supported"]
    if sure and min(sure) < below:
        return f"a sentence is {min(sure):.2f} sure, under {below:.2f}"
    if answer.fit.value == "partly":
        return "it may answer a part of the question only"
    return "" if sure else "nothing of it could be checked"


def queue_answer(settings: Settings, tenant: str, answer: Answer) -> None:
    """Queue an answer that is not sure, once, its question redacted.

    Raises:
        StorageFailed: the disk refused.
    """
    why = unsure(answer, settings.governance.review_below)
    if not why:
        return
    cited = [
        ReviewedSource(unit_id=one.evidence_id, source=one.source, page=one.page, quote=one.quote)
        for one in answer.citations
    ]
    said = [
        ReviewedSentence(text=one.claim.text, label=one.label, probability=one.probability) for one in answer.verdicts
    ]
    told = Reviewed(
        kind="answer",
        why=why,
        question=redact(answer.question, settings.governance.redact).text,
        text=answer.text,
        sentences=tuple(said),
        sources=tuple(cited),
        tier=answer.tier.name,
    )
    queue(settings.home, tenant, (told,))


def queue(home: Path, tenant: str, found: Sequence[Reviewed]) -> None:
    """Queue items, each under the keyed hash of what it says, so that the same is asked once.

    Raises:
        StorageFailed: the disk refused.
    """
    if not found:
        return
    sql = f"INSERT OR IGNORE INTO review ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    key = home_key(home)
    with daybook(home) as book:
        for told in found:
            said = "\0".join((tenant, told.kind, told.question, told.text, *told.assets))
            name = f"v{keyed(key, 'review', said).hex()[:16]}"
            row = (name, time.time(), tenant, told.model_dump_json(), "", "", None, "", "")
            if book.execute(sql, row).rowcount:
                book.executemany("INSERT INTO review_assets VALUES (?, ?)", [(name, asset) for asset in told.assets])


def in_sample(unit_id: str, one_of: int) -> bool:
    """True for one unit of so many, chosen by its id and not by the clock."""
    return int.from_bytes(hashlib.sha256(unit_id.encode()).digest()[:8]) % one_of == 0


def review_items(home: Path, tenant: str) -> tuple[ReviewItem, ...]:
    """Return the items of a tenant, oldest first; the caller decides which of them may be seen."""
    with daybook(home, reading=True) as book:
        found = book.execute(f"SELECT {_COLUMNS} FROM review WHERE tenant = ? ORDER BY time, id", (tenant,)).fetchall()
    return tuple(_item(row) for row in found)


def set_verdict(home: Path, item: ReviewItem) -> None:
    """Store what a person said of an item.

    Raises:
        NotFound: the item is gone meanwhile.
    """
    set_to = "told = ?, verdict = ?, who = ?, judged = ?, correction = ?, note = ?"
    said = (item.told.model_dump_json(), item.verdict, item.who, item.judged, item.correction, item.note)
    with daybook(home) as book:
        if not book.execute(
            f"UPDATE review SET {set_to} WHERE id = ? AND tenant = ?", (*said, item.id, item.tenant)
        ).rowcount:
            raise NotFound("there is no such item", which=item.id[:40], next_step="groundsight review list")


def note_opened(settings: Settings, tenant: str, question: str, unit_id: str) -> None:
    """Note which hit of a search was opened, its question redacted, where ``governance.keep_clicks`` says so.

    Raises:
        StorageFailed: the disk refused.
    """
    if not settings.governance.keep_clicks or not question.strip():
        return
    asked = redact(question, settings.governance.redact).text
    row = (time.time(), tenant, asked, unit_id, asset_of_unit(unit_id))
    with daybook(settings.home) as book:
        book.execute("INSERT INTO opened VALUES (?, ?, ?, ?, ?)", row)


def opened_hits(home: Path, tenant: str) -> tuple[tuple[str, str], ...]:
    """Return question and unit of each hit that was opened, oldest first."""
    with daybook(home, reading=True) as book:
        rows = book.execute("SELECT question, unit FROM opened WHERE tenant = ? ORDER BY time", (tenant,)).fetchall()
    return tuple((str(question), str(unit)) for question, unit in rows)


def forget_reviews(home: Path, assets: Iterable[str]) -> None:
    """Remove every item, and every hit that was opened, that comes from one of these documents, to the byte.

    Raises:
        StorageFailed: the disk refused.
    """
    gone = [(asset,) for asset in assets]
    if not gone or not (home / FILE).exists():
        return
    with daybook(home) as book:
        book.executemany("DELETE FROM review WHERE id IN (SELECT id FROM review_assets WHERE asset = ?)", gone)
        book.executemany("DELETE FROM opened WHERE asset = ?", gone)
        book.execute("DELETE FROM review_assets WHERE id NOT IN (SELECT id FROM review)")


def _item(row: Sequence[object]) -> ReviewItem:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return ReviewItem.model_validate({**values, "told": Reviewed.model_validate_json(str(values["told"]))})
