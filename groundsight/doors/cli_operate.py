"""The commands of those who keep an index running: ``forget``, ``snapshot``, ``restore`` and ``tenants``."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.errors import ConfigError, Disabled, IndexCorrupt, InvalidArgument, Locked, StorageFailed
from groundsight.index import snapshots
from groundsight.index.held import note_snapshot
from groundsight.index.snapshots import MANIFEST
from groundsight.tracing import Watch
from groundsight.types import Filter
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.settings import Settings, WeaviateSettings

PARTIAL = ".partial"
STAMP = re.compile(r"\d{8}T\d{6}(?:\.\d{6})?Z")
SAID = {"assets": "documents"}
DAYS = re.compile(r"(\d{1,5})d?")


def operate(settings: Settings, options: argparse.Namespace) -> int:
    """Run one of these commands and print what was done."""
    from groundsight.doors.cli_show import Bar, say, say_json

    bar = Bar()
    with bar:
        watch = Watch(bar.step)
        match options.command:
            case "forget":
                done = forget(settings, options, watch)
            case "snapshot":
                done = snapshot(settings, options.folder.expanduser(), options.keep, watch, tested=options.test_restore)
            case "restore":
                done = restore(settings, options.folder.expanduser(), watch, replace=options.yes)
            case _:
                done = tenants(settings, options)
    say_json({name: each for name, each in done.items() if name != "text"}) if options.json else say(_as_text(done))
    return 0


def forget(settings: Settings, options: argparse.Namespace, watch: Watch) -> dict[str, Any]:
    """Forget files and folders; say which are still there and what still holds them. Or list and lift opt-outs.

    Raises:
        NotFound: nothing of a name is indexed, or opted out; then nothing is changed.
        InvalidArgument: no name is given.
    """
    from groundsight.suite import open_suite

    with open_suite(settings) as suite:
        if options.opted_out:
            return {"opted_out": [each.model_dump(mode="json") for each in suite.opted_out()]}
        if not options.names:
            raise InvalidArgument("nothing is named", next_step="groundsight forget FILE, or --opted-out for the list")
        if options.lift:
            return {"lifted": [each.model_dump(mode="json") for each in suite.lift(options.names)]}
        chosen = {name: getattr(options, name) for name in ("opt_out", "rewrite_snapshots")}
        done = suite.acting_for(watch=watch).forget(options.names, **chosen)
        return done.model_dump(mode="json") | {"text": str(done)}


def snapshot(
    settings: Settings, folder: Path, keep: int | None, watch: Watch, *, tested: bool = False
) -> dict[str, Any]:
    """Write a snapshot that appears whole or not at all; with ``keep`` under its time, and forget the oldest.

    ``tested``: it is restored beside the index first, and no older one goes where that fails.

    Raises:
        IndexCorrupt: it was restored for a test and is not what was written.
        InvalidArgument: the folder holds something or lies in the home, or ``keep`` is under 1.
        Locked: another run writes into the folder.
        StorageFailed: the disk refused.
    """
    if keep is not None and keep < 1:
        raise InvalidArgument("--keep counts snapshots", limit="1 or more", next_step="name how many to keep")
    if folder.expanduser().resolve().is_relative_to(settings.home.resolve()):
        step = "name a place outside, best on another disk"
        raise InvalidArgument("the home holds no copies of itself", which=str(folder), next_step=step)
    try:
        if keep is not None:
            return _one_of(settings, folder, keep, watch, tested=tested)
        done = _written(settings, folder, watch)
        return done | (_tested(settings, folder, watch) if tested else {})
    except OSError as error:
        raise StorageFailed(
            f"the folder can't be used: {error.strerror}", which=folder.name, next_step="check the disk"
        ) from error


def restore(settings: Settings, folder: Path, watch: Watch, *, replace: bool) -> dict[str, Any]:
    """Put a snapshot in place of the index, in one step.

    Raises:
        InvalidArgument: the index is not empty and ``replace`` is false, or this is no snapshot of this back end.
        IndexCorrupt: the snapshot is damaged.
    """
    from groundsight.index import open_index
    from groundsight.ingestion.rights.applying import hold_again

    _require_own(folder, settings.index.backend)
    with closing(open_index(settings)) as index:
        if not replace and (held := index.count(Filter())).assets:
            raise InvalidArgument(
                f"the index holds {number_of(held.assets, 'document')}, which a restore replaces",
                next_step="add --yes, or snapshot it first",
            )
        index.restore(folder, watch)
        hold_again(settings.home, index, 0, remove=lambda out: index.delete([one.asset_id for one in out], Filter()))
        return {"restored": str(folder), **asdict(index.count(Filter()))}


def tenants(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    """List the tenants, and move those that are unused for long enough where that was asked.

    Raises:
        Disabled: the index is not on Weaviate, or its server can't offload.
    """
    if settings.index.backend != "weaviate":
        raise Disabled(
            "tenants have states on Weaviate only",
            which="index.backend",
            next_step="groundsight migrate --to weaviate, then set index.backend = 'weaviate'",
        )
    from groundsight.index.weaviate.tenants import Tenants

    rules = settings.weaviate
    sleep, offload = _days(options.sleep_after, rules.sleep_days), _days(options.offload_after, rules.offload_days)
    with closing(Tenants.open(rules)) as opened:
        moves = opened.due(sleep_days=sleep, offload_days=offload)
        if not options.dry_run and (sleep or offload):
            opened.apply(moves)
        done = "due" if options.dry_run else "moved"
        return {"tenants": [asdict(each) for each in opened.all()], done: [asdict(each) for each in moves]}


def _written(settings: Settings, folder: Path, watch: Watch) -> dict[str, Any]:
    from groundsight.index import open_index

    if folder.exists() and any(folder.iterdir()):
        raise InvalidArgument("a snapshot needs an empty folder", which=folder.name, next_step="name a new folder")
    partial = folder.with_name(f".{folder.name}.{os.getpid()}{PARTIAL}")
    try:
        with closing(open_index(settings)) as index:
            index.snapshot(partial, watch)
            counted = index.count(Filter())
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        note_snapshot(settings.home, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return {"snapshot": str(folder), **asdict(counted), "bytes": size}


def _one_of(settings: Settings, folder: Path, keep: int, watch: Watch, *, tested: bool) -> dict[str, Any]:
    """Write a snapshot beside earlier ones; only one run at a time, so what is unfinished was left by a killed one."""
    from filelock import FileLock, Timeout

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            for unfinished in folder.glob(f".*{PARTIAL}"):
                shutil.rmtree(unfinished)
            done = _written(settings, folder / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ"), watch)
            done |= _tested(settings, Path(done["snapshot"]), watch) if tested else {}
            return {**done, "forgotten": _forget(folder, keep)}
    except Timeout:
        raise Locked("another snapshot is being written", which=folder.name, next_step="wait for it") from None


def _tested(settings: Settings, made: Path, watch: Watch) -> dict[str, Any]:
    """Restore a snapshot beside the index, check it whole, and return how long the restore took, in seconds."""
    from groundsight.index import open_index

    told, start = json.loads((made / MANIFEST).read_bytes()), time.perf_counter()
    with _beside(settings, made.parent) as apart, closing(open_index(apart)) as index:
        index.restore(made, watch)
        seconds, counted, problems = time.perf_counter() - start, index.count(Filter()), index.check().problems
    if problems or (counted.assets, counted.units) != (told["assets"], told["units"]):
        what = "; ".join(problems) or f"{counted.units} of {told['units']} units came back"
        step = "check the disk and write another one; older snapshots were kept"
        raise IndexCorrupt(f"the restored snapshot is not what was written: {what}", which=made.name, next_step=step)
    return {"restore_tested": True, "restore_seconds": round(seconds, 3)}


@contextmanager
def _beside(settings: Settings, folder: Path) -> Generator[Settings]:
    """Give settings of an index of its own, on the same back end, that is gone afterwards."""
    name = f"{settings.weaviate.collection}RestoreTest"
    remote = settings.weaviate.model_copy(update={"collection": name})
    with tempfile.TemporaryDirectory(dir=folder, prefix=".", suffix=PARTIAL) as home:
        try:
            yield settings.model_copy(update={"home": Path(home), "weaviate": remote})
        finally:
            if settings.index.backend == "weaviate":
                _drop(remote)


def _drop(remote: WeaviateSettings) -> None:
    """Drop all collections of an index."""
    from groundsight.index.weaviate.wire import Wire

    with closing(Wire(remote)) as wire:
        for each in (name for name in wire.collections() if name.startswith(remote.collection)):
            wire.drop(each)


def _forget(folder: Path, keep: int) -> list[str]:
    """Delete all but the newest finished snapshots; nothing else in the folder is touched."""
    there = sorted(each for each in folder.iterdir() if STAMP.fullmatch(each.name) and (each / MANIFEST).is_file())
    for old in there[:-keep]:
        shutil.rmtree(old)
    return [old.name for old in there[:-keep]]


def _require_own(folder: Path, backend: str) -> None:
    """Refuse a folder that is no snapshot, or one of the other back end, before anything is opened."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())["format"]
    except (OSError, ValueError, LookupError, TypeError):
        raise InvalidArgument(
            "this folder holds no finished snapshot", which=folder.name, next_step="name a folder made by snapshot"
        ) from None
    other = _backends().get(str(found))
    if other and other != backend:
        raise InvalidArgument(
            f"the snapshot is of the back end {other!r}, the settings name {backend!r}",
            which=folder.name,
            next_step=f"restore it with index.backend = {other!r}, then: groundsight migrate --to {backend}",
        )


def _backends() -> dict[str, str]:
    """Return the back end of each format of snapshots."""
    from groundsight.index.weaviate import snapshots as remote

    made = {"local": snapshots.Manifest, "weaviate": remote.Manifest}
    return {manifest.model_fields["format"].default: name for name, manifest in made.items()}


def _days(given: str | None, default: int) -> int | None:
    if given is None or given == "":
        return default if given == "" else None
    found = DAYS.fullmatch(given)
    if not found or not int(found[1]):
        raise ConfigError("this is no number of days", which=given, next_step="write 90 or 90d")
    return int(found[1])


def _as_text(done: dict[str, Any]) -> str:
    if "text" in done:
        return str(done["text"])
    for word in ("opted_out", "lifted"):
        if word in done:
            return "\n".join(f"{word.replace('_', ' ')}: {_entry(each)}" for each in done[word]) or f"{word}: none"
    if "tenants" not in done:
        return "\n".join(f"{SAID.get(name, name)}: {_shown(value)}" for name, value in done.items())
    rows = [
        ("tenant", "state", "documents", "units", "last use"),
        *(tuple(map(_shown, each.values())) for each in done["tenants"]),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(_move(word, each) for word in ("due", "moved") for each in done.get(word, []))])


def _entry(each: dict[str, Any]) -> str:
    return f"{each['id']} ({each['kind']}, since {each['since']})"


def _move(word: str, move: dict[str, Any]) -> str:
    unused = number_of(move["unused_days"], "day")
    return f"{word}: {move['tenant']}, unused for {unused}, {move['before']} to {move['after']}"


def _shown(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "".join(f"\n  {each['place']}\n    {each['next_step']}" for each in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return "-" if value is None else str(value)
