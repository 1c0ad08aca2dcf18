"""What goes on while things break: a writer of pairs, a reader, and the count of what they lost or saw torn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from groundsight.errors import GroundsightError
from groundsight.governance.redaction import seal_entry
from groundsight.index import ChannelQuery, Entry
from groundsight.index.weaviate import WeaviateIndex
from groundsight.types import Asset, Condition, Filter, Unit

ALL = Filter(conditions=(Condition(field="tenant", op="eq", value="default"),))
SOURCES, PARTS, DIMENSION = 20, 4, 32
PATIENCE_SECONDS = 120.0


class Work:
    """A writer and a reader that go on through every failure until they are stopped."""

    def __init__(self, index: WeaviateIndex) -> None:
        self.index = index
        self.acknowledged: dict[str, int] = {}
        self.turns = self.torn = self.empty = self.failures = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._write, self._read)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, turns: int) -> float:
        """Wait until further turns are acknowledged; return the seconds."""
        wanted = self.turns + turns
        return self._until(lambda: self.turns >= wanted)

    def wait_for_failures(self, failures: int) -> float:
        """Wait until further calls have failed; return the seconds."""
        wanted = self.failures + failures
        return self._until(lambda: self.failures >= wanted)

    def _until(self, reached: Callable[[], bool]) -> float:
        begun = time.monotonic()
        while not reached():
            if time.monotonic() - begun > PATIENCE_SECONDS:
                raise SystemExit("the index did not recover")
            time.sleep(0.02)
        return time.monotonic() - begun

    def _write(self) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                self.index.upsert([written(f"{side}{turn % SOURCES}", turn) for side in ("left", "right")])
            except GroundsightError:
                self.failures += 1
                self._stop.wait(0.1)
                continue
            self.acknowledged.update({f"{side}{turn % SOURCES}": turn for side in ("left", "right")})
            self.turns += 1

    def _read(self) -> None:
        query = ChannelQuery("bm25_text", text="common")
        while not self._stop.is_set():
            sure = self.turns > 0
            try:
                (found,) = self.index.search([query], ALL, 5)
                self.torn += torn_in(self.index)
            except GroundsightError:
                self.failures += 1
                self._stop.wait(0.05)
                continue
            self.empty += sure and not found.hits


def torn_in(index: WeaviateIndex) -> int:
    """Count the assets of which not exactly all parts of one turn are shown."""
    shown: dict[str, list[str]] = {}
    for unit, asset in index.scan(ALL):
        shown.setdefault(asset.source, []).append(unit.text)
    return sum(sorted(texts) != _texts(source, _turn(texts[0])) for source, texts in shown.items())


def lost_in(index: WeaviateIndex, acknowledged: dict[str, int]) -> int:
    """Count the acknowledged assets that are gone or older than acknowledged."""
    turns = {asset.source: _turn(unit.text) for unit, asset in index.scan(ALL)}
    return sum(turns.get(source, 0) < turn for source, turn in acknowledged.items())


def written(source: str, turn: int) -> Entry:
    """Return an asset whose every part names its source and the turn."""
    asset_id = f"{source}-{turn:09d}"
    asset = Asset(
        asset_id=asset_id, source=source, media_type="text/plain", title=source, sha256=f"{turn:064d}", bytes=1
    )
    units = tuple(
        Unit(unit_id=f"{asset_id}-{part}", asset_id=asset_id, ordinal=part, kind="text", text=text)
        for part, text in enumerate(_texts(source, turn))
    )
    proof = seal_entry(asset, units, ())
    return Entry(asset, units, proof, {"text": vectors(turn)}, {"text": tuple(range(PARTS))})


def vectors(turn: int) -> NDArray[np.float32]:
    """Return the vectors of a turn's parts."""
    return np.random.default_rng(turn).standard_normal((PARTS, DIMENSION)).astype(np.float32)


def _texts(source: str, turn: int) -> list[str]:
    return [f"common {source} turn{turn} part{part}" for part in range(PARTS)]


def _turn(text: str) -> int:
    return int(text.split("turn")[1].split()[0])
