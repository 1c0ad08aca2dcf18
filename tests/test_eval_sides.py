"""Two settings files side by side: the task runs under each, in homes of their own, and the reports are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundsight.evals import run as command
from tests.eval_house import write_set


def test_two_settings_files_are_run_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_set(tmp_path / "set")
    for fusion in ("rrf", "weighted"):
        (tmp_path / f"{fusion}.toml").write_text(f'models = {{ text = "none" }}\nsearch = {{ fusion = "{fusion}" }}\n')
    where = ["--home", str(tmp_path / "home"), "--json", str(tmp_path / "out.json"), "--limit", "3"]
    sides = [str(tmp_path / "rrf.toml"), str(tmp_path / "weighted.toml")]
    assert command.main(["house", str(data), *where, "--compare", *sides]) == 0
    said = capsys.readouterr().out
    assert "3 items in common" in said
    assert "recall_at_10" in said
    assert {path.name for path in (tmp_path / "out").glob("*.json")} == {"rrf.json", "weighted.json"}
