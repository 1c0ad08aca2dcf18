"""Redaction: which marked spans are gone, by type, and how much else was taken with them.

Rows: ``{"id", "text", "spans": [{"type", "start", "end", "value"}]}``. Only the types that the
redactor declares count for ``declared_recall``; the others are reported for what they are.
"""

from __future__ import annotations

import time
from collections import defaultdict

from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.reading import Item, first_file, read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import Context, exact
from groundsight.governance.pii import Memory, redact

DECLARED = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip",
}


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
    """Redact every text and count what is left and what was taken needlessly."""
    path = first_file(context.folder, "*.jsonl.gz", "*.jsonl")
    rows = read_rows(path, Sentence, context.limit)
    cpu, wall = time.process_time(), time.perf_counter()
    items = [_score(row, context) for row in rows]
    spent = time.process_time() - cpu
    return TaskResult(
        task="pii",
        dataset=context.folder.name,
        n=len(items),
        metrics=_metrics(rows, items, context.seed),
        items=items,
        tier={"redactor": "structured-v1"},
        degraded=("names, addresses and organisations are outside the declared class",),
        fingerprint=f"redact={','.join(context.settings.governance.redact)}",
        cpu_s=spent,
        wall_s=time.perf_counter() - wall,
    )


def _score(row: Sentence, context: Context) -> ItemResult:
    redacted = redact(row.text, context.settings.governance.redact, Memory())
    taken = {place for found in redacted.spans for place in range(found.start, found.end)}
    marked = {place for span in row.spans for place in range(span.start, span.end)}
    missed = [span for span in row.spans if span.type in DECLARED and not set(range(span.start, span.end)) <= taken]
    scores = {
        "leaks": float(len(missed)),
        "needless_chars": float(len(taken - marked)),
        "taken_chars": float(len(taken)),
    }
    for span in row.spans:
        scores[f"found {span.type}"] = float(set(range(span.start, span.end)) <= taken)
    return ItemResult(row.id, scores, cluster=str(row.template_id), detail={"missed": [s.value for s in missed]})


def _metrics(rows: list[Sentence], items: list[ItemResult], seed: int) -> dict[str, Estimate]:
    by_type: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row, item in zip(rows, items, strict=True):
        for span in row.spans:
            by_type[span.type].append((item.scores[f"found {span.type}"], item.cluster))
    declared = [pair for name in DECLARED for pair in by_type.get(name, [])]
    taken = sum(item.scores["taken_chars"] for item in items)
    needless = sum(item.scores["needless_chars"] for item in items)
    found = {f"recall_{name.lower()}": _recall(pairs, seed) for name, pairs in sorted(by_type.items())}
    found["precision_chars"] = exact(1.0 - needless / taken if taken else 1.0)
    return ({"declared_recall": _recall(declared, seed)} if declared else {}) | found


def _recall(pairs: list[tuple[float, str]], seed: int) -> Estimate:
    return bootstrap([hit for hit, _ in pairs], [cluster for _, cluster in pairs], seed=seed)
