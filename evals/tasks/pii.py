"""Redaction: which marked spans are gone, by type, and how much of what was taken had to go.

Rows: ``{"id", "text", "spans": [{"type", "start", "end", "value"}]}``. Only the types that the
redactor declares count for ``declared_recall``; the others are reported for what they are. Where the settings ask for
names, ``masked_person`` is the share of persons of whose letters nine in ten are gone, under whatever kind;
``precision_person`` the share of what was taken for a person that touches one. A street counts as a place.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence

from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact
from groundsight.governance.pii import Replaced, redact
from groundsight.governance.pii_entities import names_model
from groundsight.governance.redaction import PROFILE
from groundsight.ingestion.names.reader import memory_of
from groundsight.parts import Parts
from groundsight.tracing import Watch

Judgements = list[tuple[str, float]]
DECLARED = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip",
}

NAMED = {"PERSON": "person", "GPE": "place", "STREET_ADDRESS": "place", "ORGANIZATION": "org"}
MASKED = 0.9


class Marked(Item):
    """A span that people marked."""

    type: str
    start: int
    end: int
    value: str


class Sentence(Item):
    """A text with its marked spans."""

    id: str
    text: str
    spans: list[Marked]
    template_id: int | str = ""


def run(context: Context) -> TaskResult:
    """Redact every text; recall by marked type, precision by kind of replacement, and needless characters."""
    path = first_file(context.folder, "*.jsonl.gz", "*.jsonl")
    rows = read_rows(path, Sentence, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    parts = Parts(context.settings)
    judged = [_judge(row, parts) for row in rows]
    parts.close()
    spent = time.process_time() - cpu
    items = [item for item, _ in judged]
    return TaskResult(
        task="pii",
        dataset=context.folder.name,
        n=len(items),
        metrics=_metrics(judged, context.seed),
        items=items,
        tier={"redactor": PROFILE, "names": names_model() if parts.names else "none"},
        degraded=() if parts.names else ("names, addresses and organisations are outside the declared class",),
        fingerprint=f"redact={','.join(context.settings.governance.redact)}",
        cpu_s=spent,
        wall_s=time.perf_counter() - wall,
    )


def _judge(row: Sentence, parts: Parts) -> tuple[ItemResult, Judgements]:
    """Score one text, and judge every marked span (was it taken?) and every replacement (had it to go?)."""
    redacted = redact(row.text, parts.settings.governance.redact, memory_of(parts, [row.text], Watch()))
    taken = {place for found in redacted.spans for place in range(found.start, found.end)}
    marked = {place for span in row.spans for place in range(span.start, span.end)}
    hits = [(span, set(range(span.start, span.end)) <= taken) for span in row.spans]
    missed = [span.value for span, hit in hits if span.type in DECLARED and not hit]
    scores = {
        "leaks": float(len(missed)),
        "needless_chars": float(len(taken - marked)),
        "taken_chars": float(len(taken)),
    }
    judgements = [(f"recall_{span.type.lower()}", float(hit)) for span, hit in hits]
    judgements += [("declared_recall", float(hit)) for span, hit in hits if span.type in DECLARED]
    if parts.names:
        judgements += [
            (f"masked_{NAMED[span.type]}", float(_mostly(row.text, span, taken)))
            for span in row.spans
            if span.type in NAMED and span.type != "STREET_ADDRESS"
        ]
    judgements += [(f"precision_{found.kind}", float(_had_to_go(found, row))) for found in redacted.spans]
    return ItemResult(row.id, scores, cluster=str(row.template_id), detail={"missed": missed}), judgements


def _had_to_go(found: Replaced, row: Sentence) -> bool:
    """True when the replacement touches a marked span of its own kind."""
    return any(
        (DECLARED | NAMED).get(span.type) == found.kind and span.start < found.end and found.start < span.end
        for span in row.spans
    )


def _mostly(text: str, span: Marked, taken: set[int]) -> bool:
    letters = [place for place in range(span.start, span.end) if text[place].isalnum()]
    return len(taken.intersection(letters)) >= MASKED * len(letters)


def _metrics(judged: Sequence[tuple[ItemResult, Judgements]], seed: int) -> dict[str, Estimate]:
    by_name: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for item, judgements in judged:
        for name, hit in judgements:
            by_name[name].append((hit, item.cluster or item.id))
    taken = sum(item.scores["taken_chars"] for item, _ in judged)
    needless = sum(item.scores["needless_chars"] for item, _ in judged)
    names = sorted(by_name, key=lambda name: (name != "declared_recall", name))
    found = {name: _mean(by_name[name], seed) for name in names}
    return found | {"precision_chars": exact(1.0 - needless / taken if taken else 1.0)}


def _mean(pairs: list[tuple[float, str]], seed: int) -> Estimate:
    return bootstrap([hit for hit, _ in pairs], [cluster for _, cluster in pairs], seed=seed)
