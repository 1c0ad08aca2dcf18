"""``groundsight models``: put a model in place, say which lane it lifts, and check that its files are unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.cli_show import say, say_json
from groundsight.doors.learn.versions import trained_versions
from groundsight.encoders.model_store import StoredModel, add_model, changed_files, stored_models

if TYPE_CHECKING:
    import argparse

    from groundsight.settings import Settings

MIB = 1024**2


def models(settings: Settings, options: argparse.Namespace) -> int:
    """List, add or verify models, or do what ``learn`` does; 1 when a file is not what was added.

    Raises:
        ConfigError, ModelFailed, StorageFailed: as ``add_model``.
    """
    if options.action not in ("add", "list", "verify"):
        from groundsight.doors.learn.commands import run_version

        return run_version(settings, options)
    # To tell whether documents have drifted, their vectors are read: only where that is shown.
    learnt = trained_versions(settings) if options.json or options.action == "list" else ()
    if options.action == "add":
        found = (add_model(settings.home, options.source, hub=options.hub),)
    else:
        found = stored_models(settings.home)
    verify = options.action == "verify"
    wrong = {one.name: changed_files(settings.home, one) for one in found} if verify else {}
    if options.json:
        trained = [one.card.model_dump(mode="json") | {"in_use": one.used, "retrain": one.retrain} for one in learnt]
        say_json({"models": [one.model_dump(mode="json") for one in found], "changed": wrong, "trained": trained})
    else:
        for one in found or ():
            say(
                _told(one, wrong.get(one.name), used=one.setting.split("'")[1] in settings.models.model_dump().values())
            )
        for one in learnt:
            say(str(one))
        if not found and not learnt:
            say("No model is in place. Next: groundsight models add FOLDER")
    return int(any(wrong.values()))


def _told(one: StoredModel, wrong: tuple[str, ...] | None, *, used: bool) -> str:
    head = f"{one.name}: lifts the lane {one.lane}, {one.bytes / MIB:.1f} MiB, licence: {one.licence}"
    state = "" if wrong is None else f"\n  changed since it was added: {', '.join(wrong)}" if wrong else "\n  unchanged"
    files = "\n".join(f"  {file.sha256}  {file.path}" for file in one.files)
    return f"{head}\n{files}{state}\n  {'in use' if used else 'to use it, set ' + one.setting}"
