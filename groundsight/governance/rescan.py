"""The coverage of the redaction, measured: what is stored is looked at again, value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from groundsight.governance.pii import PLACEHOLDER, Memory, apply, find
from groundsight.governance.pii_tables import clean_cells, clean_lines
from groundsight.settings import PiiKind
from groundsight.types import TEXT_FIELDS, Asset, Unit, Word


class Exposure(Word):
    """Of units of one kind: how many there are, and how many are open: personal data was found there and no label
    narrows who reads them."""

    units: int = 0
    open: int = 0


class Rescanned(Word):
    """What a re-scan saw: documents and units, values that were ``replaced``, ``values`` that are left and where.

    ``left`` holds (asset id, source) of the documents with values left, ``found`` in how many units each kind of value
    is left; ``clean`` units hold none. ``kinds`` is the exposure by kind of unit.
    """

    documents: int = 0
    units: int = 0
    clean: int = 0
    found: Mapping[str, int] = {}
    replaced: int = 0
    values: int = 0
    left: tuple[tuple[str, str], ...] = ()
    kinds: Mapping[str, Exposure] = {}

    @property
    def share(self) -> float:
        """Values replaced among all that were found; 1 where none was."""
        return self.replaced / (self.replaced + self.values) if self.replaced + self.values else 1.0


def rescan(
    rows: Iterable[tuple[Unit, Asset]], kinds: Sequence[PiiKind], known: Callable[[], Memory] = Memory
) -> Rescanned:
    """Look at stored units again for values of these kinds, and for the names that are ``known`` by then."""
    documents: set[str] = set()
    left: dict[str, str] = {}
    counts: Counter[str] = Counter()
    units: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for unit, asset in rows:
        documents.add(asset.asset_id)
        held, replaced = _values(unit, kinds, known()), _replaced(unit)
        values = held.total()
        found.update(held.keys())
        units[unit.kind] += 1
        opened[unit.kind] += bool(values or replaced) and not asset.labels
        counts.update(values=values, replaced=replaced, clean=not values)
        if values:
            left[asset.asset_id] = asset.source
    return Rescanned(
        documents=len(documents),
        units=units.total(),
        clean=counts["clean"],
        found=found,
        replaced=counts["replaced"],
        values=counts["values"],
        left=tuple(sorted(left.items(), key=lambda each: each[1])),
        kinds={kind: Exposure(units=units[kind], open=opened[kind]) for kind in units},
    )


def _values(unit: Unit, kinds: Sequence[PiiKind], memory: Memory) -> Counter[str]:
    """Count what is left by kind; the text of a table is its cells once more."""
    texts = (*_texts(unit), unit.heading, unit.unseen, unit.place.section or "")
    aside = memory.aside()
    for text in filter(None, texts):
        rest = apply(text, 0, len(text), find(text, kinds, aside))
        for line in rest.split("\n"):
            clean_lines(line, kinds, aside)
    clean_cells(unit.cells, kinds, aside)
    return +aside.counts


def _replaced(unit: Unit) -> int:
    texts = (*_texts(unit), *(cell for row in unit.cells for cell in row))
    return sum(len(PLACEHOLDER.findall(text)) for text in texts)


def _texts(unit: Unit) -> list[str]:
    return [unit.field(name) for name in TEXT_FIELDS if name != "text" or not unit.cells]
