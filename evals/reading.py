"""Reads evaluation files line by line; a bad line is named by file, line and field."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from groundsight.errors import InvalidArgument, NotFound

Row = TypeVar("Row", bound="Item")


class Item(BaseModel):
    """Base of the rows that tasks read; fields that a task doesn't need are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def read_rows(path: Path, kind: type[Row], limit: int | None = None) -> list[Row]:
    """Read a ``.jsonl`` or ``.jsonl.gz`` file into rows.

    Raises:
        NotFound: the file is missing.
        InvalidArgument: a line is no JSON, a field is missing or wrong, there is no line at all, or no text.
    """
    return [row for _, row in numbered_rows(path, kind)][:limit]


def numbered_rows(path: Path, kind: type[Row]) -> list[tuple[int, Row]]:
    """Read as ``read_rows`` does, each row with the number of its line."""
    rows = [(number, _row(path, number, line, kind)) for number, line in enumerate(_lines(path), 1) if line.strip()]
    if not rows:
        raise InvalidArgument("an empty set has no score", which=str(path), next_step="check the file")
    return rows


def first_file(folder: Path, *patterns: str) -> Path:
    """Return the first file in ``folder`` that matches a pattern, or ``folder`` itself when it is a file.

    Raises:
        NotFound: none matches.
    """
    if folder.is_file():
        return folder
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            return path
    raise NotFound(
        "no data file of this task", which=f"{folder} ({' or '.join(patterns)})", next_step="check DIR and TASK"
    )


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise NotFound("the data file is not there", which=str(path), next_step="check the path")
    try:
        data = path.read_bytes()
        # A line of JSON may hold U+2028 and its like, which splitlines cuts at.
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig").split("\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        what = f"the data file can't be read as UTF-8: {error}"
        raise InvalidArgument(what, which=str(path), next_step="check the file and its rights") from error


def _row(path: Path, number: int, line: str, kind: type[Row]) -> Row:
    where = f"{path}, line {number}"
    try:
        data: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidArgument(
            f"the line is not JSON: {error.msg}", which=where, next_step="correct the line"
        ) from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(f"field {field}: {first['msg']}", which=where, next_step="correct the line") from error
