"""Writes docs/python.md from the public names of the package, their signatures and docstrings."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import groundsight
from groundsight import AsyncSuite, GroundsightError, OpenSuite
from groundsight.doors.python_governed import Governed
from groundsight.types import Word

PAGE = Path(__file__).resolve().parent / "python.md"
SUITE = ("OpenSuite", "AsyncSuite", "open_suite")
HEAD = """# Use it from Python

This page is written by `python docs/python_page.py` from the code. All names are imported from `groundsight`.

```python
from groundsight import open_suite

with open_suite("notes-index") as suite:
    print(suite.ingest("my-files"))
    print(suite.ask("How many seats does MS Birk have?"))
    print(suite.search("purchase order", limit=3))
    print(suite.verify("MS Birk has 240 seats."))
    print(suite.verify("The rent is EUR 900.", ["The monthly rent is EUR 950."]))
    for event in suite.stream("Who is the captain of MS Alva?"):
        print(type(event).__name__, event)
```

The last line of a notebook cell shows an answer, hits or verdicts in colours. For asyncio, `aio` has the same verbs:

```python
import asyncio
from groundsight import open_suite


async def main() -> None:
    async with open_suite("notes-index").aio as suite:
        await suite.ingest(["my-files/fleet", "my-files/policies"])
        answer = await suite.ask("How many seats does MS Birk have?")
        print(answer.status, answer.grounding_ratio, [cited.source for cited in answer.citations])
        async for report in suite.watch("my-files", once=True):
            print(report)


asyncio.run(main())
```
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *_suite(), "## Asyncio\n", _doc(AsyncSuite), *_words(), *_errors()]).rstrip() + "\n"


def _suite() -> Iterator[str]:
    given, _ = _signature(OpenSuite.__init__).split(" -> ")
    yield f"## open_suite{given} -> OpenSuite\n"
    yield _doc(OpenSuite)
    yield _doc(OpenSuite.__init__)
    for name, verb in (*vars(OpenSuite).items(), *vars(Governed).items()):
        if not name.startswith("_") and inspect.isfunction(verb):
            yield f"### {name}{_signature(verb)}\n"
            yield _doc(verb)


def _words() -> Iterator[str]:
    yield "## What it takes and gives\n"
    for name in groundsight.__all__:
        word = getattr(groundsight, name)
        if inspect.isclass(word) and issubclass(word, Word):
            yield f"### {name}\n"
            yield _doc(word)
            fields = ", ".join(f"`{name}: {kind}`" for name, kind in inspect.get_annotations(word).items())
            yield f"Fields: {fields}.\n"


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    tree = inspect.getdoc(inspect.getmodule(GroundsightError)) or ""
    yield f"```text\n{tree}\n```"


def _signature(verb: Any) -> str:
    """Return the signature as it stands in the code, without the first parameter."""
    node = ast.parse(dedent(inspect.getsource(verb))).body[0]
    assert isinstance(node, ast.FunctionDef)
    node.args.args = node.args.args[1:]
    return f"({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Constant(None))}"


def _doc(thing: Any) -> str:
    told = (inspect.getdoc(thing) or "").replace("``", "`")
    return re.sub(r"\n\nRaises:\n\s+", "\n\nRaises: ", told) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
