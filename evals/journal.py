"""Finished items on disk as they come, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.evals.result import ItemResult, code_digest

if TYPE_CHECKING:
    from io import TextIOWrapper

Make = Callable[[], ItemResult]
Keep = Callable[[str, Make], ItemResult]


@contextmanager
def kept_items(path: Path, *key: object) -> Generator[Keep]:
    """Give a function that makes an item, or takes it from an interrupted run under the same ``key``.

    Every finished item is one line of ``path`` at once. The file goes when the block ends well; another
    key (settings, index content, seed) or other code starts it anew. An item of a torn last line is made again.
    """
    head = hashlib.sha256(repr((code_digest(), *key)).encode()).hexdigest()
    known = _read(path, head)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        _write(file, head)
        for item in known.values():
            _write(file, asdict(item))

        def keep(name: str, make: Make) -> ItemResult:
            if name not in known:
                known[name] = make()
                _write(file, asdict(known[name]))
            return known[name]

        yield keep
    path.unlink()


def _read(path: Path, head: str) -> dict[str, ItemResult]:
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    if not lines or lines[0] != json.dumps(head):
        return {}
    items = [_item(line) for line in lines[1:]]
    return {item.id: item for item in items if item is not None}


def _item(line: str) -> ItemResult | None:
    try:
        data: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return ItemResult(**data)


def _write(file: TextIOWrapper, data: object) -> None:
    file.write(json.dumps(data, ensure_ascii=False) + "\n")
    file.flush()
