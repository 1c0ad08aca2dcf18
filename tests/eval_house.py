"""A small data set and broken parts for the tests of the harness: the real index, and encoders that count words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundsight.evals.tasks import Context
from groundsight.index import ChannelQuery, ChannelResult, Entry
from groundsight.settings import Settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Filter
from tests.build import WordEncoder

FLEET = {
    "Alva": ("Norrvik", "14.5 knots", "Lars Wik"), "Birk": ("Sandholm", "11.2 knots", "Petra Dahl"),
    "Cissi": ("Tallbo", "9.8 knots", "Omar Haddad"), "Dagny": ("Ekvik", "17.3 knots", "Ingrid Solberg"),
    "Elna": ("Grano", "12.6 knots", "Jonas Falk"), "Frida": ("Holmsund", "8.1 knots", "Vera Lund"),
    "Greta": ("Bjurvik", "19.4 knots", "Sten Aker"), "Hilda": ("Lovanger", "6.7 knots", "Maja Brandt"),
}  # fmt: skip
CHATTER = (
    "weather quay coffee engine paint rope crew morning evening summer winter harbour signal lamp deck wave".split()
)


def write_set(folder: Path) -> Path:
    """A folder of files with questions: eight ships, one file each among many of idle talk, and four near misses."""
    files = folder / "files"
    files.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for number, (ship, (port, speed, captain)) in enumerate(FLEET.items()):
        text = f"The ferry {ship} is at home in {port}. {captain} is the captain of {ship}. {ship} runs at {speed}."
        text += f" Since {2001 + number} the hull of {ship} has the mark {4117 + 31 * number} on its side."
        (files / f"{ship.lower()}.txt").write_text(text)
        gold = [{"source": f"{ship.lower()}.txt", "contains": ship}]
        asked = {"question": f"Who is the captain of the ferry {ship}?", "answers": [captain], "gold": gold}
        rows.append(
            {"id": f"a{number}", "kind": "single", "segments": {"region": "even" if number % 2 else "odd"}, **asked}
        )
    for number in range(24):
        idle = [CHATTER[(number * step) % len(CHATTER)] for step in range(1, 9)]
        (files / f"talk{number:02}.txt").write_text(
            f"Talk {number}: {' '.join(idle)} and the ferry comes. The captain waits."
        )
    rows += [
        {"id": f"u{n}", "question": f"How many passengers did {ship} carry in 1911?"}
        for n, ship in enumerate(FLEET)
        if n < 4
    ]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


class Broken:
    """An index in front of the real one, with one thing wrong. Everything else goes through."""

    def __init__(self, inside: Any) -> None:
        self._inside = inside

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inside, name)


class Shuffled(Broken):
    """Stores every vector under another unit: all vectors are there, none is where it belongs."""

    def upsert(self, entries: Sequence[Entry]) -> None:
        rng = np.random.default_rng(7)
        made = []
        for entry in entries:
            noise = {name: rng.normal(size=rows.shape).astype(np.float32) for name, rows in entry.vectors.items()}
            unit = {name: rows / np.linalg.norm(rows, axis=1, keepdims=True) for name, rows in noise.items()}
            made.append(Entry(entry.asset, entry.units, entry.proof, unit, entry.rows))
        self._inside.upsert(made)


class Truncated(Broken):
    """Reads only the tail of every posting list: the best matches of each word are lost."""

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        found = self._inside.search(queries, where, 200)
        return tuple(
            ChannelResult(
                each.channel, each.hits[12:][:limit] if each.channel.startswith("bm25") else each.hits[:limit]
            )
            for each in found
        )


class PostFiltering(Broken):
    """Searches everything first and filters what came back: a file's units drown among the others'."""

    def search(self, queries: Sequence[ChannelQuery], where: Filter, limit: int) -> tuple[ChannelResult, ...]:
        tenant = Filter(conditions=tuple(test for test in where.conditions if test.field == "tenant"))
        found = self._inside.search(queries, tenant, limit)
        named = [unit for each in found for unit, _ in each.hits]
        kept = {unit.unit_id for unit, _ in self._inside.get(named, where)}
        return tuple(ChannelResult(e.channel, tuple(hit for hit in e.hits if hit[0] in kept)) for e in found)


def opener(broken: Callable[[Any], Any] | None = None, fingerprint: str = "") -> Callable[[Settings], Suite]:
    """Open a suite whose text encoder counts words, over an index that may be broken."""

    def opened(settings: Settings) -> Suite:
        suite = open_suite(settings)
        encoder = WordEncoder()
        encoder.fingerprint = fingerprint or encoder.fingerprint
        doubles = {"text_encoder": encoder, "picture_encoder": None, "ocr": None, "tagger": None}
        suite.parts.__dict__.update(doubles)
        if broken is not None:
            suite.parts.__dict__["index"] = broken(suite.parts.index)
        return suite

    return opened


def context_of(folder: Path, home: Path, broken: Callable[[Any], Any] | None = None, **fields: Any) -> Context:
    """A context of the small set under the word counting encoder."""
    fingerprint = fields.pop("fingerprint", "")
    return Context(folder=folder, settings=Settings(), home=home, opener=opener(broken, fingerprint), **fields)
