"""``groundsight install HOST``: put this server into a chat host's file, or take it out again."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path
from typing import Any

from groundsight.atomic import write_whole
from groundsight.doors.cli_show import say, say_json
from groundsight.doors.hosts import HOSTS, entry, printed, text_in, with_server
from groundsight.errors import NotFound, StorageFailed

BACKUP = ".before-groundsight"


def install(options: argparse.Namespace) -> int:
    """Write or print the entry; the same call twice changes nothing, and what was there before is kept beside."""
    host = HOSTS[options.host]
    file, told = host.path(Path.home()), entry(host, _arguments(options))
    if options.print:
        say_json({"file": str(file), "add": told}) if options.json else say(f"{file}\n\n{printed(host, told)}")
        return 0
    missing = next((root for root in options.root if not root.expanduser().is_dir()), None)
    if missing is not None and not options.uninstall:
        raise NotFound("there is no such folder", which=str(missing), next_step="check the name")
    there = file.exists()
    changed = change(options.host, file, None if options.uninstall else told)
    where = "taken out of" if options.uninstall else "written into"
    said = f"{where} {file}" if changed else f"nothing to change in {file}"
    if options.json:
        kept = str(backup_of(file)) if changed and there else None
        say_json({"file": str(file), "changed": changed, "backup": kept})
    else:
        then = "start it again to be rid of the server" if options.uninstall else host.then
        say(said + (f"\n{host.title}: {then}" if changed else ""))
    return 0


def change(name: str, file: Path, told: dict[str, Any] | None) -> bool:
    """Change a host's file in one step; False when it says so already. A link stays one.

    Raises:
        ConfigError: the file is not in its format. NotFound: nothing to take out. StorageFailed: it can't be written.
    """
    try:
        before = text_in(file)
        if told is None and not before:
            raise NotFound(
                "the host has no file to take this server out of", which=str(file), next_step="nothing to do"
            )
        after = with_server(HOSTS[name], before, file, told)
        if after == before:
            return False
        _write(Path(os.path.realpath(file)), after)
    except OSError as error:
        raise StorageFailed(
            f"the file can't be changed: {error.strerror}",
            which=str(file),
            next_step=f"run groundsight install {name} --print, and add its lines by hand",
        ) from error
    return True


def backup_of(file: Path) -> Path:
    """Return where the state before the last change is kept: beside the file itself, also where that is a link."""
    real = Path(os.path.realpath(file))
    return real.with_name(real.name + BACKUP)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o666
    if file.exists():
        write_whole(backup_of(file), file.read_bytes(), mode=mode)
    write_whole(file, text, mode=mode)


def _arguments(options: argparse.Namespace) -> list[str]:
    roots = [word for root in options.root for word in ("--root", str(root.expanduser().resolve()))]
    flags = [flag for flag, on in (("--allow-write", options.allow_write), ("--watch", options.watch)) if on]
    # A host does not hand on the variables of this shell.
    home = options.home or Path(os.environ.get("GROUNDSIGHT_HOME", ""))
    named = (("--home", home), ("--config", options.config))
    files = [word for name, file in named if file and file.parts for word in (name, str(file.expanduser().resolve()))]
    return [*roots, *flags, *files]
