"""Runs one command: settings, suite, gate, signal, printing, exit code."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.doors import cli_receipts
from groundsight.doors.cli_show import Bar, say_json, show, show_error
from groundsight.doors.terminal.call import Call, file_shown, interruptible
from groundsight.errors import (
    Cancelled,
    ConfigError,
    GroundsightError,
    IndexCorrupt,
    IndexVersion,
    InvalidArgument,
    NotFound,
    StorageFailed,
)
from groundsight.tools.gate import Gate, internal_error
from groundsight.tools.ingest import LONGEST, IngestSummary
from groundsight.tools.registry import tool
from groundsight.tools.results import Result
from groundsight.tools.verify import Verification
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.settings import Settings

DONE, FAILED, USAGE, REPAIR, INTERRUPTED = 0, 1, 2, 3, 130


def run(options: argparse.Namespace) -> int:
    """Run a command; errors are printed with their code and next step, never as a traceback."""
    from groundsight.doors.logs import log_quietly

    log_quietly()
    try:
        return _run(options)
    except GroundsightError as error:
        return _failed(error, options)
    except OSError as error:
        return _failed(_refused(error) if error.filename else internal_error(options.command, error), options)
    except Exception as error:  # noqa: BLE001 - the outermost door
        return _failed(internal_error(options.command, error), options)


def _refused(error: OSError) -> StorageFailed:
    step = "check the name, and the rights of the file and its folder"
    return StorageFailed(f"the system refuses: {error.strerror}", which=str(error.filename), next_step=step)


def exit_code(error: GroundsightError) -> int:
    """Return the exit code of an error."""
    match error:
        case ConfigError() | InvalidArgument():
            return USAGE
        case IndexCorrupt() | IndexVersion():
            return REPAIR
        case Cancelled():
            return INTERRUPTED
        case _:
            return FAILED


def _failed(error: GroundsightError, options: argparse.Namespace) -> int:
    if options.json:
        say_json({"error": error.as_data()}, None)
    show_error(error)
    return exit_code(error)


def _run(options: argparse.Namespace) -> int:
    if options.command == "install":
        from groundsight.doors.cli_install import install

        return install(options)
    settings = _settings(options)
    if own := _OWN.get(options.command):
        place, name = own
        return int(getattr(import_module(f"groundsight.doors.{place}"), name)(settings, options))
    from groundsight.suite import open_suite

    bar = Bar()
    watch = Watch(bar.step)
    with open_suite(settings) as suite, interruptible(watch), bar:
        gate = Gate.open(settings, "cli")
        command = _COMMANDS.get(options.command) or govern
        result, code = command(Call(suite.acting_for(watch=watch), gate), options)
    _print(result, options)
    return code


def govern(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Run a command of those who answer for an index."""
    from groundsight.doors.cli_govern import run_govern

    return run_govern(call, options)


def _ingest(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    roots = call.suite.parts.roots
    paths = [_ingested(path, roots) for path in options.paths]
    named = {path for path, given in zip(paths, options.paths, strict=True) if not given.expanduser().is_dir()}
    done = call(IngestSummary, "ingest", {"paths": paths, "prune": options.prune, "seconds": LONGEST})
    unread = done.failed if options.strict else any(each.source in named for each in done.files if each.problem)
    return done, FAILED if unread else DONE


def _search(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    arguments = {
        "query": options.query,
        "kinds": options.kind,
        "source": options.source,
        "created_from": options.created_from,
        "created_to": options.created_to,
        "limit": options.limit,
        "hops": options.hops,
        "fusion": options.fusion,
        "explain": options.explain,
    }
    with file_shown(options.picture, call.suite.parts.roots) as picture:
        return call(Result, "search", {**arguments, "picture": picture}), DONE


def _ask(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    from groundsight.doors.terminal.ask_aloud import ask_aloud

    with file_shown(options.picture, call.suite.parts.roots) as picture:
        return ask_aloud(call, options, picture), DONE


def _show(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    from groundsight.doors.terminal.show_page import look_at

    return look_at(call, options), DONE


def _open(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    from groundsight.doors.terminal.open_file import OPEN, Opened

    return call(Opened, OPEN, {"id": options.id, "page": options.page}), DONE


def _verify(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    from groundsight.doors.cli_evidence import VERIFY_FILES

    answer = sys.stdin.read() if options.answer == "-" else _text_of(Path(options.answer))
    files = [str(path) for path in options.evidence]
    spec, given = (VERIFY_FILES, {"files": files}) if files else (tool("verify"), {})
    found = call(Verification, spec, {"answer": answer, **given})
    return found, DONE if found.verdict == "pass" else FAILED


def _picture(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    with file_shown(Path(options.picture), call.suite.parts.roots) as picture:
        named = {"candidates": options.label} if options.command == "describe" else {"part": options.part}
        return call(Result, options.command, {"picture": picture, "page": options.page, **named}), DONE


def _told(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    return call(Result, options.command, {name: getattr(options, name) for name in _TOLD[options.command]}), DONE


_TOLD: dict[str, tuple[str, ...]] = {
    "status": (),
    "list": ("path", "kind", "dated_from", "dated_to", "order", "limit", "hidden"),
    "why": ("file", "question"),
}


# Commands that open what they need by themselves; each is imported when it is called.
_OWN = {
    "doctor": ("cli_doctor", "doctor"),
    "models": ("cli_models", "models"),
    "train": ("learn.commands", "run_train"),
    "migrate": ("cli_migrate", "run_migration"),
    "watch": ("cli_watch", "watch_folders"),
    "chat": ("terminal.chat", "chat"),
    "view": ("view.start", "view"),
    "audit": ("cli_receipts", "audit"),
    "cost": ("operation.cost_desk", "show_cost"),
    "cache": ("operation.cache_desk", "run_cache"),
    **dict.fromkeys(("forget", "snapshot", "restore", "tenants"), ("cli_operate", "operate")),
    **dict.fromkeys(("rights", "consent"), ("cli_rights", "run_rights")),
}
_COMMANDS: dict[str, Callable[[Call, argparse.Namespace], tuple[Result, int]]] = {
    "ingest": _ingest,
    "search": _search,
    "ask": _ask,
    "show": _show,
    "open": _open,
    "verify": _verify,
    "explain": cli_receipts.explain,
    "replay": cli_receipts.replay,
    "lineage": cli_receipts.lineage,
    "ocr": _picture,
    "describe": _picture,
    **dict.fromkeys(_TOLD, _told),
}


def _settings(options: argparse.Namespace) -> Settings:
    from groundsight.settings import load_settings

    settings = load_settings(options.home, options.config)
    chosen = {"llm": getattr(options, "llm", None), "llm_base_url": getattr(options, "base_url", None)}
    agent = settings.agent.model_copy(update={name: value for name, value in chosen.items() if value})
    rules = settings.governance.of_tenant(getattr(options, "tenant", None))
    return settings.model_copy(update={"agent": agent, "governance": rules})


def _ingested(path: Path, roots: Roots) -> str:
    """A folder that a person ingests may be read from now on; inside a known folder nothing changes."""
    roots.admit(path)
    try:
        return roots.source_of_any(path)
    except NotFound:
        raise NotFound("there is no such file or folder", which=str(path), next_step="check the path") from None


def _text_of(file: Path) -> str:
    try:
        # A device may never end.
        if file.is_char_device() or file.is_block_device():
            raise OSError(errno.EINVAL, "it is no file")
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise NotFound(
            f"the answer cannot be read: {error.strerror}",
            which=str(file),
            next_step="check the path after --answer; - reads standard input",
        ) from error


def _print(result: Result, options: argparse.Namespace) -> None:
    if options.json:
        say_json(result.model_dump(mode="json"))
    else:
        show(result)
