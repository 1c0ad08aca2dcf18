"""Files that are written whole or not at all, and no second spelling of that."""

from __future__ import annotations

import ast
import os
from contextlib import suppress
from pathlib import Path

import pytest

from groundsight.atomic import whole_file, write_whole
from tests.test_shape import ROOT, sources, tree_of

# These give another name to a whole file that is there already.
RENAMES = {
    "groundsight/index/store.py", "groundsight/index/snapshots.py", "groundsight/index/held.py",
    "groundsight/models/store.py",
}  # fmt: skip


def test_a_file_takes_its_new_content_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_whole(file, "é")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_draft_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_whole(file, "old")
    with suppress(ZeroDivisionError), whole_file(file) as draft:
        draft.write(b"half")
        assert file.read_text() == "old"
        raise ZeroDivisionError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_content_is_on_the_disk_before_it_takes_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, lambda *_, name=name: done.append(name))
    write_whole(tmp_path / "a", "x")
    assert done == ["fsync", "replace", "fsync"]
    write_whole(tmp_path / "b", "x", durable=False)
    assert done[3:] == ["replace"]


def test_nobody_else_puts_a_draft_in_place_of_a_file() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.replace", "os.rename", "tempfile.mkstemp")
    }
    assert found == {"groundsight/atomic.py", *RENAMES}
