"""The proof that nothing is left: pieces of what is forgotten, looked for in every byte of a home afterwards."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.atomic import write_whole
from groundsight.errors import StorageFailed
from groundsight.types import Asset, Filter, Shown, Unit
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.parts import Parts

FOLDER = "proofs"
# Letters that no encoding of ours escapes; shorter runs stand elsewhere by chance.
_RUN = re.compile(r"[A-Za-z0-9 ,.()-]{16,40}")
# Each piece is looked for by itself: at about a GB a second, 48 of them in a home of 100 MB take five seconds.
_MOST, _A_DOCUMENT = 48, 6
# What is to stay, and why.
STAYS = {
    "rights": "what was stated of the name stays, so that it holds if the document comes back",
    "roots.json": "the folder stays: it may be read again",
}
_PART = 1 << 24
_FIELDS = ("text", "ocr", "transcript", "caption", "unseen")


class Searched(Shown):
    """One store of the home: how many files and bytes of it were searched, and how many pieces were found there."""

    name: str
    files: int
    bytes: int
    found: int

    def _text(self) -> str:
        why = f" ({STAYS[self.name]})" if self.found and self.name in STAYS else ""
        return f"{self.name}: {number_of(self.files, 'file')}, {self.bytes:,} bytes, {self.found} found{why}"


class Proof(Shown):
    """What was looked for, and where. It holds no word of what is gone; it is kept under ``<home>/proofs``."""

    made: str
    pieces: int
    stores: tuple[Searched, ...]

    @property
    def found(self) -> int:
        """How many pieces are left, over all stores."""
        return sum(each.found for each in self.stores)

    def _text(self) -> str:
        pieces = number_of(self.pieces, "piece")
        head = f"proof: {pieces} of it looked for in every byte of the home, {self.found} found"
        return "\n".join([head, *(f"  {each}" for each in self.stores)])


def pieces_of(parts: Parts, gone: Sequence[Asset]) -> tuple[bytes, ...]:
    """Choose pieces of what is about to go: sources, and runs of its texts that no other document holds."""
    wanted: dict[str, None] = {}
    for asset in gone[:_MOST]:
        units = parts.index.units(asset.asset_id, Filter())
        runs = dict.fromkeys(run for unit in units for run in _runs(unit))
        step = max(1, len(runs) // _A_DOCUMENT)
        wanted |= dict.fromkeys([asset.source, *list(runs)[::step][:_A_DOCUMENT]])
    return tuple(piece.encode() for piece in list(wanted)[: 4 * _MOST])


def prove(parts: Parts, pieces: Sequence[bytes], receipt: str) -> Proof | None:
    """Search the home, keep the proof and return it; None where nothing went.

    Raises:
        StorageFailed: a file of the home can't be read, or the proof can't be written.
    """
    shared = _shared(parts, pieces) if pieces else frozenset[bytes]()
    own = [piece for piece in pieces if piece not in shared][:_MOST]
    if not own:
        return None
    home = parts.settings.home
    try:
        made = datetime.now(UTC).isoformat(timespec="seconds")
        proof = Proof(made=made, pieces=len(own), stores=tuple(_searched(home, own)))
        (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
        write_whole(home / FOLDER / f"{receipt or made}.json", json.dumps(proof.model_dump(mode="json"), indent=1))
    except OSError as error:
        raise StorageFailed("the proof can't be made", which=FOLDER, next_step="what was forgotten is gone") from error
    return proof


def _runs(unit: Unit) -> Iterator[str]:
    yield from (found.group().strip() for text in said_by(unit) for found in _RUN.finditer(text))


def _shared(parts: Parts, pieces: Sequence[bytes]) -> frozenset[bytes]:
    """Return the pieces that a document which stays holds as well."""
    told = {piece: piece.decode() for piece in pieces}
    names = [asset.source for asset in parts.index.assets(Filter())]
    held = {piece for piece, text in told.items() if any(text in name for name in names)}
    for unit, _ in parts.index.scan(Filter()):
        texts = "\n".join(said_by(unit))
        held |= {piece for piece, text in told.items() if piece not in held and text in texts}
    return frozenset(held)


def said_by(unit: Unit) -> Iterable[str]:
    """Return all that a unit says."""
    return (*(str(getattr(unit, field)) for field in _FIELDS), *(cell for row in unit.cells for cell in row))


def _searched(home: Path, pieces: Sequence[bytes]) -> Iterator[Searched]:
    files, sizes, found = Counter[str](), Counter[str](), Counter[str]()
    paths = (Path(folder, name) for folder, _, names in os.walk(home) for name in names)
    for path in sorted(each for each in paths if each.is_file() and not each.is_symlink()):
        store = path.relative_to(home).parts[0]
        # What another process takes away meanwhile holds nothing.
        with suppress(FileNotFoundError):
            size, held = _held_by(path, pieces)
            files[store] += 1
            sizes[store] += size
            found[store] += held
    yield from (Searched(name=name, files=files[name], bytes=sizes[name], found=found[name]) for name in files)


def _held_by(path: Path, pieces: Sequence[bytes]) -> tuple[int, int]:
    """Return the size of a file and how many pieces it holds; read, as a map of it ends with whoever cuts the file."""
    named = sum(piece.decode() in path.name for piece in pieces)
    left = {form: piece for piece in pieces for form in (piece, _wide(piece))}
    longest, size, before, held = max(map(len, left)), 0, b"", set[bytes]()
    with path.open("rb") as file:
        while part := file.read(_PART):
            size, data = size + len(part), before + part
            held |= {piece for form, piece in left.items() if piece not in held and form in data}
            before = data[-longest:]
    return size, named + len(held)


def _wide(piece: bytes) -> bytes:
    return piece.decode().encode("utf-16-le")
