"""Gold evidence: from what a question file says to the units of an index that hold it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from groundsight.errors import NotFound
from groundsight.evals.reading import Item
from groundsight.types import TEXT_FIELDS, Asset, Unit


class Gold(Item):
    """One thing that has to be found: a file, and words that the right unit of it contains."""

    source: str
    contains: str = ""


class Question(Item):
    """A question with its gold evidence and answers; no gold means that the files can't answer it.

    ``draft`` is filled while a person has not yet corrected the question.
    """

    id: str
    question: str
    answers: list[str] = Field(default_factory=list)
    gold: list[Gold] = Field(default_factory=list[Gold])
    kind: str = ""
    draft: str = ""
    segments: Mapping[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Library:
    """Every unit of an index with its source, for looking up gold."""

    units: Sequence[tuple[Unit, Asset]]

    def holders(self, gold: Gold) -> frozenset[str]:
        """Return the ids of the units of the file that contain the words; a file is named by whole parts of its path.

        Raises:
            NotFound: the file is not in the index, or no unit of it contains the words.
        """
        end = f"/{gold.source.removeprefix('/')}"
        inside = [unit for unit, asset in self.units if f"/{asset.source}".endswith(end)]
        if not inside:
            raise NotFound("gold evidence names a file that is not in the corpus", which=gold.source)
        wanted = _plain(gold.contains)
        found = frozenset(unit.unit_id for unit in inside if wanted in _plain(_text(unit)))
        if not found:
            raise NotFound(
                "no unit of the file contains the gold words",
                which=f"{gold.source}: {gold.contains}",
                next_step="correct the question file, or look at what was read from the file",
            )
        return found

    def sides(self, gold: Sequence[frozenset[str]]) -> Mapping[str, str]:
        """Return what fairness is measured by, of the unit that holds the first gold: its kind, and of its document
        region, labels and language; nothing without gold.
        """
        for unit, asset in self.units if gold else ():
            if unit.unit_id in gold[0]:
                told = {"unit": unit.kind, "region": asset.region, "label": " ".join(asset.labels) or "none"}
                return told | ({"language": asset.language} if asset.language else {})
        return {}


def as_groups(found: Iterable[str], gold: Sequence[frozenset[str]]) -> tuple[list[str], list[str]]:
    """Turn found unit ids into names of gold groups, so that any holder of a gold fact counts once.

    Returns the ranked list (other units keep their own ids) and the names of all groups.
    """
    names = [f"gold{place}" for place in range(len(gold))]
    ranked: list[str] = []
    for unit_id in found:
        groups = [name for name, holders in zip(names, gold, strict=True) if unit_id in holders and name not in ranked]
        ranked += groups or ([] if any(unit_id in holders for holders in gold) else [unit_id])
    return ranked, names


def _text(unit: Unit) -> str:
    cells = " ".join(cell for row in unit.cells for cell in row)
    return " ".join([unit.heading, cells, *(unit.field(name) for name in TEXT_FIELDS)])


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
