"""``groundsight install HOST``: put this server into a chat host's file, or take it out again."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from groundsight.atomic import whole_file
from groundsight.doors.cli_show import say, say_json
from groundsight.doors.hosts import HOSTS, entry, printed, with_server
from groundsight.errors import NotFound, StorageFailed

BACKUP = ".before-groundsight"


def install(options: argparse.Namespace) -> int:
    """Write or print the entry; the same call twice changes nothing, and what was there before is kept beside."""
    host = HOSTS[options.host]
    file, told = host.path(Path.home()), entry(host, _arguments(options))
    if options.print:
        say_json({"file": str(file), "add": told}) if options.json else say(f"{file}\n\n{printed(host, told)}")
        return 0
    changed = change(options.host, file, None if options.uninstall else told)
    where = "taken out of" if options.uninstall else "written into"
    said = f"{where} {file}" if changed else f"nothing to change in {file}"
    if options.json:
        say_json({"file": str(file), "changed": changed, "backup": str(backup_of(file)) if changed else None})
    else:
        say(said + (f"\n{host.title}: {host.then}" if changed else ""))
    return 0


def change(name: str, file: Path, told: dict[str, Any] | None) -> bool:
    """Change a host's file in one step; False when it says so already. A link stays one.

    Raises:
        ConfigError: the file is not in its format. NotFound: nothing to take out. StorageFailed: it can't be written.
    """
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        if told is None and not before:
            raise NotFound(
                "the host has no file to take this server out of", which=str(file), next_step="nothing to do"
            )
        after = with_server(HOSTS[name], before, file, told)
        if after == before:
            return False
        _write(file.resolve(), after)
    except OSError as error:
        raise StorageFailed(
            f"the file can't be changed: {error.strerror}",
            which=str(file),
            next_step=f"run groundsight install {name} --print, and add its lines by hand",
        ) from error
    return True


def backup_of(file: Path) -> Path:
    """Return where the state before the last change is kept."""
    return file.with_name(file.name + BACKUP)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(file, mode=0o666) as draft:
        draft.write(text.encode())
        if file.exists():
            shutil.copymode(file, draft.name)
            shutil.copy2(file, backup_of(file))


def _arguments(options: argparse.Namespace) -> list[str]:
    roots = [word for root in options.root for word in ("--root", str(root.expanduser().resolve()))]
    flags = [flag for flag, on in (("--allow-write", options.allow_write), ("--watch", options.watch)) if on]
    home = ["--home", str(options.home.expanduser().resolve())] if options.home else []
    config = ["--config", str(options.config.expanduser().resolve())] if options.config else []
    return [*roots, *flags, *home, *config]
