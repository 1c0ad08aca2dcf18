"""The command ``groundsight migrate``: an index to another back end, or to another schema."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from groundsight.tracing import Watch
from groundsight.types import Filter

if TYPE_CHECKING:
    from groundsight.index import Index
    from groundsight.index.schema import Upgrades
    from groundsight.index.weaviate.migrations import Migrations
    from groundsight.settings import Settings

BackEnd = Literal["local", "weaviate"]


def run_migration(settings: Settings, options: argparse.Namespace) -> int:
    """Move the index or change its schema, and print what was done; 1 when the check found a difference."""
    from groundsight.doors.cli_show import Bar, say, say_json

    bar = Bar()
    watch = Watch(bar.step)
    with bar:
        done = _schema(settings, options.schema, watch) if options.schema else _move(settings, options.to, watch)
    say_json(done) if options.json else say(_as_text(done))
    return int(bool(done.get("problems")))


def _move(settings: Settings, to: BackEnd, watch: Watch) -> dict[str, Any]:
    from groundsight.index.migrate import migrate

    other: BackEnd = "local" if to == "weaviate" else "weaviate"
    with _opened(settings, other) as source, _opened(settings, to) as target:
        return asdict(migrate(source, target, Filter(), watch, kinds=settings.governance.redact))


@contextmanager
def _opened(settings: Settings, backend: BackEnd) -> Generator[Index]:
    from groundsight.index import open_index

    chosen = settings.index.model_copy(update={"backend": backend})
    with closing(open_index(settings.model_copy(update={"index": chosen}))) as index:
        yield index


def _schema(settings: Settings, action: str, watch: Watch) -> dict[str, Any]:
    with closing(_migrations(settings)) as migrations:
        match action:
            case "apply":
                return {"applied": True, **asdict(migrations.apply(watch))}
            case "rollback":
                return {"rolled_back": True, **asdict(migrations.roll_back())}
            case "forget":
                migrations.forget()
                return {"forgotten": True, **asdict(migrations.plan())}
            case _:
                return asdict(migrations.plan())


def _migrations(settings: Settings) -> Migrations | Upgrades:
    if settings.index.backend == "local":
        from groundsight.index.schema import Upgrades

        return Upgrades(settings.home / "index")
    from groundsight.index.weaviate.migrations import Migrations

    return Migrations.open(settings.weaviate)


def _as_text(done: dict[str, Any]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {_shown(value)}" for name, value in done.items())


def _shown(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "; ".join(str(each) for each in value) or "none"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)
