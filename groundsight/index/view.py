"""What a process keeps in memory of one committed state, to scan it: codes, and the asset of every slot.

A view is made from the mapped file plus the changes since, or from SQLite alone when that file is
missing, damaged or of another history. It never answers for a state other than its stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundsight.index import filters
from groundsight.index.database import Connection, integers
from groundsight.index.mapped import read_arrays, write_arrays
from groundsight.index.schema import Stamp, current, is_known
from groundsight.index.vectors import NAMES_PER_SLOT, Codes, codes_of, decode, empty_codes, joined, name_of
from groundsight.types import Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE_NAME = "derived.bin"
KEPT_MASKS = 16
READ_AT_ONCE = 4_096


@dataclass(frozen=True)
class View:
    """``assets[slot]`` is the number of the slot's asset, 0 when there is no unit; ``codes`` by vector name.

    ``pending`` counts the changes that the mapped file does not hold.
    """

    stamp: Stamp
    assets: NDArray[np.int32]
    codes: Mapping[str, tuple[Codes, ...]]
    pending: int = 0
    masks: dict[Filter, NDArray[np.bool_]] = field(default_factory=lambda: dict[Filter, "NDArray[np.bool_]"]())

    @property
    def slots(self) -> int:
        """One more than the highest slot."""
        return len(self.assets)

    def mask(self, connection: Connection, where: Filter) -> NDArray[np.bool_]:
        """Return, for every slot, whether its unit passes the filter; kept for the next query."""
        known = self.masks.pop(where, None)
        mask = _mask(connection, where, self.assets) if known is None else known
        # Hops ask with ever new filters; the oldest goes, and the filter of the search itself stays.
        while len(self.masks) >= KEPT_MASKS:
            del self.masks[next(iter(self.masks))]
        self.masks[where] = mask
        return mask


def fresh(connection: Connection, known: View | None, folder: Path) -> View:
    """Return the view of the state that this transaction sees, at a cost that follows the changes."""
    stamp = current(connection)
    if known is not None and known.stamp == stamp:
        return known
    start = known if known is not None and is_known(connection, known.stamp) else load(connection, folder)
    return _advanced(connection, start or View(Stamp(-1, ""), np.zeros(1, np.int32), {}), stamp)


def load(connection: Connection, folder: Path) -> View | None:
    """Return the mapped file as a view, None unless it is sound and part of this index's history."""
    found = read_arrays(folder / FILE_NAME)
    if found is None:
        return None
    version, _, token = found[0].partition("-")
    stamp, arrays = Stamp(int(version), token), found[1]
    if not is_known(connection, stamp):
        return None
    names = [key.partition("/")[0] for key in arrays if key.endswith("/codes")]
    codes = {n: (Codes(arrays[f"{n}/codes"], arrays[f"{n}/scales"], arrays[f"{n}/slots"]),) for n in names}
    return View(stamp, arrays["assets"], codes)


def save(view: View, folder: Path) -> None:
    """Write the view as the mapped file, without what was deleted.

    Raises:
        OSError: the disk refused; the file is derived, so nothing is lost.
    """
    arrays: dict[str, NDArray[Any]] = {"assets": view.assets}
    for name, parts in view.codes.items():
        whole = joined(parts)
        keep = view.assets[whole.slots] > 0
        arrays |= {
            f"{name}/codes": whole.codes[keep],
            f"{name}/scales": whole.scales[keep],
            f"{name}/slots": whole.slots[keep],
        }
    write_arrays(folder / FILE_NAME, str(view.stamp), arrays)


def _advanced(connection: Connection, view: View, stamp: Stamp) -> View:
    """Add the units that came after the view and drop those that went."""
    if view.stamp == stamp:
        return view
    assets = _assets(connection, view)
    gone = integers(connection, "SELECT slot FROM gone WHERE version > ?", view.stamp.version).ravel()
    assets[gone[gone < len(assets)]] = 0
    added = _added_codes(connection, view.slots)
    codes = {name: _grown(view.codes.get(name), added.get(name)) for name in {*view.codes, *added}}
    changes = len(gone) + sum(len(more.slots) for more in added.values())
    return View(stamp, assets, codes, view.pending + changes)


def _assets(connection: Connection, view: View) -> NDArray[np.int32]:
    added = integers(connection, "SELECT slot, asset FROM unit WHERE slot >= ? ORDER BY slot", view.slots)
    top = int(added[-1, 0]) + 1 if len(added) else 0
    assets = np.zeros(max(top, view.slots), np.int32)
    assets[: view.slots] = view.assets
    if len(added):
        assets[added[:, 0]] = added[:, 1]
    return assets


def _added_codes(connection: Connection, first: int) -> dict[str, Codes]:
    parts: dict[str, list[Codes]] = {}
    cursor = connection.execute("SELECT id, data FROM vector WHERE id >= ? ORDER BY id", (first * NAMES_PER_SLOT,))
    waiting: dict[str, list[tuple[int, bytes]]] = {}
    for key, data in cursor:
        name = name_of(key)
        waiting.setdefault(name, []).append((key, data))
        if len(waiting[name]) == READ_AT_ONCE:
            parts.setdefault(name, []).append(_coded(waiting.pop(name)))
    for name, pairs in waiting.items():
        parts.setdefault(name, []).append(_coded(pairs))
    return {name: joined(listed) for name, listed in parts.items()}


def _coded(pairs: list[tuple[int, bytes]]) -> Codes:
    return codes_of(np.stack([decode(data, key) for key, data in pairs]), [key // NAMES_PER_SLOT for key, _ in pairs])


def _grown(parts: tuple[Codes, ...] | None, more: Codes | None) -> tuple[Codes, ...]:
    """Keep the mapped part as it is and grow the part in memory."""
    if parts is None or more is None:
        return parts or ((more,) if more else ())
    if parts[0].codes.shape[1] != more.codes.shape[1]:
        return (empty_codes(more.codes.shape[1]), more)
    return (parts[0], joined((*parts[1:], more)))


def _mask(connection: Connection, where: Filter, assets: NDArray[np.int32]) -> NDArray[np.bool_]:
    if not where.conditions:
        return assets > 0
    if filters.asks_units(where):
        clause = filters.for_units(where)
        sql = f"SELECT u.slot FROM unit u JOIN asset a ON a.number = u.asset WHERE {clause.sql}"
        return _flags(connection, sql, clause.values, len(assets))
    clause = filters.for_assets(where)
    most = int(assets.max(initial=0)) + 1
    return _flags(connection, f"SELECT a.number FROM asset a WHERE {clause.sql}", clause.values, most)[assets]


def _flags(connection: Connection, sql: str, values: tuple[str | int, ...], length: int) -> NDArray[np.bool_]:
    flags = np.zeros(length, np.bool_)
    numbers = integers(connection, sql, *values).ravel()
    flags[numbers[numbers < length]] = True
    return flags
