"""The redaction task: recall by marked type, precision by kind, every span judged on its own."""

from __future__ import annotations

import json
from pathlib import Path

from groundsight.evals.tasks import Context
from groundsight.evals.tasks.pii import run
from groundsight.settings import Settings

ROWS = [
    {
        "id": "a",
        "text": "Write to ann@example.org or to bob at home.",
        "spans": [
            {"type": "EMAIL_ADDRESS", "start": 9, "end": 24, "value": "ann@example.org"},
            {"type": "EMAIL_ADDRESS", "start": 31, "end": 42, "value": "bob at home"},
        ],
    },
    {"id": "b", "text": "The server is 10.0.0.7 today.", "spans": []},
    {
        "id": "c",
        "text": "Ann Holm lives here.",
        "spans": [{"type": "PERSON", "start": 0, "end": 8, "value": "Ann Holm"}],
    },
]


def test_recall_and_precision_are_told_by_type(tmp_path: Path) -> None:
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    result = run(Context(tmp_path, Settings(home=tmp_path), tmp_path / "home"))
    value = {name: estimate.value for name, estimate in result.metrics.items()}
    assert (value["declared_recall"], value["recall_email_address"], value["precision_email"]) == (0.5, 0.5, 1.0)
    assert value["precision_ip"] == 0.0
    assert value["recall_person"] == 0.0
    assert result.items[0].detail["missed"] == ["bob at home"]
