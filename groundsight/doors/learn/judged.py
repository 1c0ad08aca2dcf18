"""Judged lines: a query, what answers it and what does not, as units of the index; a line that can't be used is named.

A line is ``{"query": ..., "relevant": [...], "irrelevant": [...]}``; the files of ``groundsight eval`` (``question``
and ``gold``) are such lines. What answers is the id of a unit, a document by the end of its source, or
``{"source": ..., "contains": ...}``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from groundsight.errors import InvalidArgument, NotFound
from groundsight.evals.gold import Gold, Library
from groundsight.evals.reading import Item, numbered_rows
from groundsight.governance.access import visible_to
from groundsight.governance.pii import Memory, find
from groundsight.governance.review import opened_hits, review_items
from groundsight.settings import ALL_PII

if TYPE_CHECKING:
    from groundsight.suite import Suite
    from groundsight.types import Asset, Unit

Named = str | Gold
FROM_HOME = ("review", "clicks")
LOOKS = ("image", "figure", "page")


class Line(Item):
    """One line as it is written; ``irrelevant`` None: nothing was said of what does not answer."""

    query: str
    relevant: list[Named]
    irrelevant: list[Named] | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_evaluated(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
        also = {"query": known.get("question"), "relevant": known.get("gold")}
        return {**{name: value for name, value in also.items() if value is not None}, **known}


@dataclass(frozen=True)
class Lesson:
    """One query with, for each thing that answers it, the units that hold it, and the units that do not answer."""

    where: str
    query: str
    groups: tuple[frozenset[str], ...]
    wrong: frozenset[str]
    noisy: bool = False
    first: str = ""

    @property
    def right(self) -> frozenset[str]:
        """Every unit that answers."""
        return frozenset[str]().union(*self.groups)

    def held_out(self, seed: int, share: float) -> bool:
        """Tell on which side it stands: queries that name the same first answer stand on one, whatever else is."""
        digest = hashlib.sha256(f"{seed}\0{self.first}".encode()).digest()
        return int.from_bytes(digest[:4]) < share * 2**32


def lessons(source: str, suite: Suite, *, pictures: bool = False) -> tuple[list[Lesson], str]:
    """Return the lessons of a file, or of what was judged (``review``) or opened (``clicks``) here, and their hash.

    Raises:
        NotFound: there is no such file. InvalidArgument: a line is no JSON, names what is not in the index or not a
            picture where pictures are asked for, has one side only, says what a line before it said, or holds
            personal data.
    """
    where = visible_to(suite.principal)
    known = _Known(list(suite.parts.index.scan(where)))
    if source in FROM_HOME:
        found = list(_from_home(suite, source, known))
        digest = hashlib.sha256(repr([(one.query, sorted(one.right)) for one in found]).encode())
    else:
        path = Path(source).expanduser()
        told = [known.lesson(f"{path.name}, line {number}", line) for number, line in numbered_rows(path, Line)]
        found = [known.looks_of(one) for one in told] if pictures else told
        digest = hashlib.sha256(path.read_bytes())
    _require_once(found)
    if not found:
        raise InvalidArgument("nothing was judged yet", which=source, next_step="judge some, or name a file")
    return found, digest.hexdigest()


def named_for_good(source: str) -> str:
    """Return where judged lines lie, so that it means the same from any folder."""
    return source if source in FROM_HOME else str(Path(source).expanduser().resolve())


class _Known:
    """The units that the caller may see."""

    def __init__(self, units: Sequence[tuple[Unit, Asset]]) -> None:
        self._library = Library(units)
        self._kinds = {unit.unit_id: unit.kind for unit, _ in units}

    def looks_of(self, lesson: Lesson) -> Lesson:
        """Keep the pictures of what was named; where a thing has none it is of the wrong modality."""
        groups = tuple(frozenset(one for one in group if self._kinds[one] in LOOKS) for group in lesson.groups)
        if not all(groups):
            other = min(lesson.groups[groups.index(frozenset())])
            raise _refused("a projection learns from pictures, this is none", lesson.where, other)
        return replace(lesson, groups=groups)

    def lesson(self, where: str, line: Line, *, noisy: bool = False) -> Lesson:
        if not line.query.strip() or (not line.relevant and line.irrelevant is None):
            raise _refused("one side is empty", where, "query or relevant")
        if not line.relevant:
            raise _refused("there is one class only: nothing answers", where, "relevant")
        if line.irrelevant == []:
            raise _refused("one side is empty; leave it out to have what does not answer mined", where, "irrelevant")
        if held := find(line.query, ALL_PII, Memory()):
            raise _refused("the query holds personal data, which is not trained on", where, held[0].kind)
        groups = tuple(self._units(where, one) for one in line.relevant)
        wrong = frozenset[str]().union(*(self._units(where, one) for one in line.irrelevant or ()))
        if len({*groups}) < len(groups):
            raise _refused("this pair stands in the line twice", where, str(line.relevant[0]))
        lesson = Lesson(where, " ".join(line.query.split()), groups, wrong, noisy, str(line.relevant[0]))
        if both := lesson.right & wrong:
            raise _refused("it stands on both sides", where, min(both))
        return lesson

    def holds(self, unit_id: str) -> bool:
        return unit_id in self._kinds

    def _units(self, where: str, named: Named) -> frozenset[str]:
        if isinstance(named, str) and named in self._kinds:
            return frozenset({named})
        try:
            return self._library.holders(Gold(source=named) if isinstance(named, str) else named)
        except NotFound as error:
            raise _refused(error.what, where, error.which) from error


def _from_home(suite: Suite, source: str, known: _Known) -> Iterator[Lesson]:
    """Yield one lesson a question: what a person called right, or opened, against what was called wrong."""
    right: dict[str, set[str]] = {}
    wrong: dict[str, set[str]] = {}
    for question, unit_ids, answers in _judged(suite, source):
        seen = {unit_id for unit_id in unit_ids if known.holds(unit_id)}
        (right if answers else wrong).setdefault(question, set()).update(seen)
    for question, units in right.items():
        others = sorted(wrong.get(question, set()) - units)
        if units and not find(question, ALL_PII, Memory()):
            line = Line(query=question, relevant=list[Named](sorted(units)), irrelevant=list[Named](others) or None)
            yield known.lesson(f"{source}: {question[:60]}", line, noisy=source == "clicks")


def _judged(suite: Suite, source: str) -> Iterable[tuple[str, list[str], bool]]:
    home, tenant = suite.settings.home, suite.principal.tenant
    if source == "clicks":
        yield from ((question, [unit_id], True) for question, unit_id in opened_hits(home, tenant))
        return
    for item in review_items(home, tenant):
        if item.told.kind == "answer" and item.verdict in ("right", "wrong"):
            yield item.told.question, [one.unit_id for one in item.told.sources], item.verdict == "right"


def _require_once(found: Sequence[Lesson]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for one in found:
        for unit_id in one.right | one.wrong:
            first = seen.setdefault((one.query.casefold(), unit_id), one.where)
            if first != one.where:
                raise _refused(f"this pair stands in {first} already", one.where, unit_id)


def _refused(what: str, where: str, which: str) -> InvalidArgument:
    return InvalidArgument(what, which=f"{where}: {which}", next_step="correct the line; nothing was trained")
