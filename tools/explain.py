"""What a receipt holds of an answer or a check, told to the caller to whom it was given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundsight.errors import NotFound, StorageFailed
from groundsight.governance.access import visible_to
from groundsight.governance.receipt_chain import Json, fits, signed_by
from groundsight.governance.receipts import Receipt, Receipts
from groundsight.tools.bounds import one_line
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result, Shape
from groundsight.types import AskedPicture, Condition, Principal

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Share(Shape):
    """What one channel added to the score of a candidate."""

    channel: str
    raw: float
    rank: int | None
    weight: float
    contribution: float


class Candidate(Shape):
    """A candidate: where it lies, what it scored by channel, and the hashes of its document and of its text.

    ``source`` is empty where the document may not be seen any more.
    """

    id: str
    source: str
    page: int | None
    cited: bool
    tokens: int
    score: float
    channels: tuple[Share, ...]
    hop: int
    document_sha256: str
    text_sha256: str


class Judged(Shape):
    """A sentence of the answer with its verdict and why; ``rests_on`` and ``against`` are ids of candidates.

    ``text`` and ``reasons`` are empty where one of these may not be seen any more.
    """

    text: str
    verdict: str
    probability: float
    reasons: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


class Forgotten(Shape):
    """Parts that are gone with a forgotten document, which is known by its id alone."""

    document: str
    time: str
    parts: int


class Record(Shape):
    """The receipt as it is kept, for whoever checks it elsewhere: the lines that were hashed and signed."""

    head: str
    signature: str
    parts: tuple[str, ...]


class Explained(Result):
    """A receipt for a reader: what was asked, what was found, what each sentence rests on, and what was off.

    ``settings`` are those that were not the defaults. ``withheld`` counts what the caller may not see any more.
    """

    id: str
    time: str
    door: str
    tool: str
    question: str
    picture: AskedPicture | None = None
    status: str
    stop_reason: str = ""
    fit: str = ""
    grounding_ratio: float | None
    text_sha256: str = ""
    tier: str
    models: dict[str, str]
    degraded: tuple[str, ...] = ()
    prompts: dict[str, str]
    prompts_changed: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    policy: str
    version: str
    index: str
    candidates: tuple[Candidate, ...] = ()
    sentences: tuple[Judged, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()
    withheld: int = 0
    number: int
    record: Record | None = None

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the candidates."""
        return tuple(each.id for each in self.candidates)

    def as_text(self) -> str:
        """The same in lines."""
        from groundsight.tools.explain_text import lines_of

        return "\n".join(lines_of(self))


def explain(suite: Suite, receipt_id: str) -> Explained:
    """Tell what a receipt of this caller holds.

    Raises:
        NotFound: there is no such receipt, it is too old, or another's: all read alike.
    """
    return explained(suite, kept_for(suite, receipt_id))


def explain_any(suite: Suite, receipt_id: str) -> Explained:
    """Tell what any receipt of this home holds, as far as its own caller may still see it, with the record itself.

    Raises:
        NotFound: there is no such receipt, or it is too old.
    """
    kept = kept_for(suite, receipt_id, anyone=True)
    told = explained(suite.acting_for(asker(suite, kept)), kept)
    record = Record(head=kept.head, signature=kept.signature, parts=kept.parts)
    return told.model_copy(update={"record": record})


EXPLAIN = ToolSpec(explain, "What a receipt holds")
EXPLAIN_ANY = ToolSpec(explain_any, "What a receipt holds")


def kept_for(suite: Suite, receipt_id: str, *, anyone: bool = False) -> Receipt:
    """Return a receipt of the suite's principal, or of anyone for whoever keeps this home.

    Raises:
        NotFound: there is none of this id, it is too old, or another's. StorageFailed: it was changed.
    """
    receipts = Receipts.open(suite.settings)
    kept = receipts.find(receipt_id) if receipts else None
    if not receipts or not kept or not (anyone or kept.facts.get("who") == receipts.name_of(suite.principal)):
        raise no_such_receipt(receipt_id)
    if not _sound(kept):
        raise StorageFailed("this receipt was changed", which=receipt_id, next_step="groundsight audit verify")
    return kept


def no_such_receipt(receipt_id: str) -> NotFound:
    """Say that there is no such receipt; unknown, expired and foreign ids read alike."""
    return NotFound("there is no such receipt", which=one_line(receipt_id, 80), next_step="use that of a result")


def asker(suite: Suite, kept: Receipt) -> Principal:
    """Return who got a receipt, with the rights of then."""
    told = kept.one("caller")
    known = {name: told[name] for name in told if name in Principal.model_fields}
    return Principal.model_validate({**known, "roots": suite.principal.roots})


def explained(suite: Suite, kept: Receipt) -> Explained:
    """Shape a receipt for the suite's principal; what it may not see any more stays hidden."""
    facts, asked, given = kept.facts, kept.one("asked"), kept.one("given")
    candidates = kept.of_kind("candidate")
    seen = _seen_by(suite, candidates)
    hidden = {each["unit"] for each in candidates if each["asset"] and each["source"] not in seen}
    sentences = kept.of_kind("sentence")
    shut = [each for each in sentences if hidden & {*each["rests"], *each["against"]}]
    cited = set(given.get("cited", ()))
    return Explained(
        question=str(asked.get("ask", asked.get("check", ""))),
        picture=asked.get("picture"),
        stop_reason=given.get("stop", ""),
        fit=given.get("fit", ""),
        text_sha256=given.get("text", ""),
        grounding_ratio=facts["ratio"],
        settings=tuple(sorted(facts["settings"])),
        candidates=tuple(_found(each, each["unit"] in hidden, each["unit"] in cited) for each in candidates),
        sentences=tuple(_judged(each, each in shut) for each in sentences),
        forgotten=_forgotten(kept),
        withheld=len(hidden) + len(shut),
        number=facts["n"],
        prompts_changed=facts.get("prompts_changed", ()),
        time=time_of(facts["id"]),
        **{name: facts[name] for name in ("id", "door", "tool", "status", "tier", "models", "degraded", "prompts")},
        **{name: facts[name] for name in ("policy", "version", "index")},
    )


def _sound(kept: Receipt) -> bool:
    """True when the signature of a receipt and all its parts hold under the key that it names."""
    key, hashes = str(kept.facts.get("key", "")), kept.facts.get("parts", ())
    whole = len(hashes) == len(kept.parts) and all(map(lambda part, one: fits(part, one, key), kept.parts, hashes))
    return whole and signed_by(key, kept.head, kept.signature)


def time_of(receipt_id: str) -> str:
    """Return when a receipt was made, to the second: its id begins with that."""
    return datetime.fromtimestamp(int(receipt_id[1:12], 16) / 1000, UTC).isoformat(timespec="seconds")


def _seen_by(suite: Suite, candidates: Sequence[Json]) -> set[str]:
    """Return the sources among those of the candidates that may be seen today."""
    named = tuple(sorted({each["source"] for each in candidates if each["asset"]}))
    if not named:
        return set()
    where = visible_to(suite.principal).also(Condition(field="source", op="in", value=named))
    return {asset.source for asset in suite.parts.index.assets(where)}


def _found(told: Json, hidden: bool, cited: bool) -> Candidate:
    return Candidate(
        id=told["unit"],
        source="" if hidden else told["source"],
        page=told["page"],
        cited=cited,
        tokens=told["tokens"],
        score=told["score"],
        channels=tuple(
            Share(channel=name, raw=raw, rank=rank, weight=weight, contribution=added)
            for name, (raw, rank, weight, added) in told["channels"].items()
        ),
        hop=told["hop"],
        document_sha256=told["asset"],
        text_sha256=told["text"],
    )


def _judged(told: Json, hidden: bool) -> Judged:
    return Judged(
        text="" if hidden else told["text"],
        verdict=told["label"],
        probability=told["probability"],
        reasons=() if hidden else tuple(message for _, message in told["reasons"]),
        rests_on=tuple(told["rests"]),
        against=tuple(told["against"]),
    )


def _forgotten(kept: Receipt) -> tuple[Forgotten, ...]:
    counts: dict[tuple[str, str], int] = {}
    for mark in kept.emptied:
        key = (mark["document"], mark["time"])
        counts[key] = counts.get(key, 0) + 1
    return tuple(Forgotten(document=one, time=time, parts=count) for (one, time), count in counts.items())
