"""What is left of personal data after an ingest, and of anything after it was forgotten: every byte of a home."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from groundsight.index.held import note_snapshot
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.canaries import CARRIERS, build, planted
from tests.trust.rows import Row

FORMS = ("utf-8", "utf-16-le")


def residue(short: bool) -> Iterator[Row]:
    """Plant every declared kind in every carrier, look for it, forget half and look for that."""
    with tempfile.TemporaryDirectory(prefix="trust-") as folder:
        place = Path(folder)
        paths = build(place / "files")
        home = place / "home"
        with open_suite(load_settings(home)) as suite:
            suite.ingest(paths)
            suite.search("contact email")
            suite.parts.index.snapshot(home / "snapshot")
            note_snapshot(home, home / "snapshot")
            yield _personal(home)
            yield from _forgotten(suite, home)


def _personal(home: Path) -> Row:
    values = [(carrier, value) for carrier in CARRIERS for value in planted(carrier).values()]
    left = [f"{carrier}: {value}" for carrier, value in values if _found(home, value)]
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    what = f"personal data in {len(CARRIERS)} carriers, {size:,} bytes of a home searched"
    return Row("residue", what, len(values), len(left), detail="\n".join(left[:8]))


def _forgotten(suite: object, home: Path) -> Iterator[Row]:
    sources = sorted(asset.source for asset in suite.list().documents)  # type: ignore[attr-defined]
    gone = sources[::2]
    report = suite.forget(gone, opt_out=True, rewrite_snapshots=True)  # type: ignore[attr-defined]
    proof = report.proof
    broken = 1 if proof is None else proof.found
    what = f"forget of {len(gone)} documents: pieces of them looked for by its own proof"
    yield Row("residue", what, 0 if proof is None else proof.pieces, broken, detail=str(proof))
    kept = [path for path in (home / "proofs").glob("*.json") if path.stat().st_size]
    yield Row("residue", "the proof is kept", 1, int(not kept))
    again = suite.ingest([home.parent / "files"])  # type: ignore[attr-defined]
    back = [each.source for each in again.files if each.source in gone and each.status != "opted out"]
    yield Row("residue", "what is opted out is not read again", len(gone), len(back), detail="\n".join(back[:8]))


def _found(home: Path, value: str) -> bool:
    """A value as it was planted, and without its spaces and dashes."""
    spelled = {value, *(value.translate(str.maketrans("", "", drop)) for drop in (" ", " -"))}
    # Nine signs or less without a sign between them stand in hashes by chance.
    wanted = [form.encode(code) for form in spelled if len(form) > 9 for code in FORMS]
    for path in home.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if any(one in data for one in wanted) or any(one in os.fsencode(path.name) for one in wanted):
            return True
    return False
