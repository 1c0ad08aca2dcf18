"""JSON whose long lists are never held as a whole: each walk over one decodes its values anew, one at a time.

Numbers stay the text that the file shows: 0.10 is no 0.1, and 1e400 no infinity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

Data: TypeAlias = bool | str | Sequence["Data"] | Mapping[str, "Data"] | Iterable["Data"] | None

_SPACE = re.compile(r"\s*")


def _paired(pairs: list[tuple[str, Data]]) -> dict[str, Data]:
    """Keep each value of a name that stands twice."""
    found: dict[str, Data] = {}
    for name, value in pairs:
        number, key = 1, name
        while key in found:
            number += 1
            key = f"{name} ({number})"
        found[key] = value
    return found


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_paired)


class JsonList:
    """A list that begins at ``start`` of a text; ``end`` is known when all of it was walked over.

    Raises:
        ValueError, RecursionError: on a walk, where it is no JSON.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start, self.end = text, start, start

    def __iter__(self) -> Iterator[Data]:
        at = _after(self._text, self._start + 1)
        if self._text[at : at + 1] == "]":
            self.end = at + 1
            return
        while True:
            value, at = _decoded(self._text, at)
            yield value
            at = _after(self._text, at)
            if self._text[at : at + 1] == "]":
                self.end = at + 1
                return
            at = _after(self._text, _over(self._text, at, ","))


class JsonLines:
    """One value a line; ``bad`` counts on each walk the lines that hold none."""

    def __init__(self, text: str) -> None:
        self._text, self.bad = text, 0

    def __iter__(self) -> Iterator[Data]:
        self.bad = 0
        for line in _lines(self._text):
            try:
                if line.strip():
                    yield cast(Data, _DECODER.decode(line))
            except (ValueError, RecursionError):
                self.bad += 1


def json_value(text: str) -> Data:
    """Return what a text holds, a list at its top or in the object at its top as a ``JsonList``.

    Raises:
        ValueError, RecursionError: it is no JSON.
    """
    at = _after(text, 0)
    value, end = _object(text, at) if text[at : at + 1] == "{" else _listed(text, at)
    if _after(text, end) != len(text):
        raise ValueError("something stands behind the value")
    return value


def _object(text: str, at: int) -> tuple[Data, int]:
    pairs: list[tuple[str, Data]] = []
    at = _after(text, at + 1)
    while text[at : at + 1] != "}":
        name, at = _decoded(text, _after(text, _over(text, at, ",")) if pairs else at)
        if not isinstance(name, str):
            raise ValueError("the name of a value is no string")
        value, at = _listed(text, _after(text, _over(text, _after(text, at), ":")))
        pairs.append((name, value))
        at = _after(text, at)
    return _paired(pairs), at + 1


def _listed(text: str, at: int) -> tuple[Data, int]:
    if text[at : at + 1] != "[":
        return _decoded(text, at)
    found = JsonList(text, at)
    for _ in found:
        pass
    return found, found.end


def _decoded(text: str, at: int) -> tuple[Data, int]:
    return cast("tuple[Data, int]", _DECODER.raw_decode(text, at))


def _after(text: str, at: int) -> int:
    """Return the place of the next sign that is no space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _over(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign} is missing")
    return at + 1


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
