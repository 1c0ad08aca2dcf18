"""Every promise of the README has a test, and every listed test stands for a promise of the README."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.promises import PROMISES

ROOT = Path(__file__).resolve().parent.parent
SECTION = re.compile(r"^## Promises\n(.*?)(?=^## )", re.M | re.S)


def promised() -> list[str]:
    """The bullets of the README's section "Promises"."""
    match = SECTION.search((ROOT / "README.md").read_text("utf-8"))
    assert match
    return [" ".join(line[2:].split()) for line in re.split(r"\n(?=- )", match[1].strip())]


def test_every_promise_of_the_readme_is_listed() -> None:
    assert [line for line in promised() if line not in PROMISES] == []


def test_every_listed_promise_stands_in_the_readme() -> None:
    assert [line for line in PROMISES if line not in promised()] == []


def test_every_promise_names_a_test_that_exists() -> None:
    for promise, tests in PROMISES.items():
        assert tests, promise
        for test in tests:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
            assert name in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}, (
                test
            )
