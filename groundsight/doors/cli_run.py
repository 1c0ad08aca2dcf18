"""Runs one command: settings, suite, gate, signal, printing, exit code."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from groundsight.doors.cli_show import Bar, say_json, show, show_error
from groundsight.errors import (
    Cancelled,
    ConfigError,
    GroundsightError,
    IndexCorrupt,
    IndexVersion,
    InvalidArgument,
    NotFound,
)
from groundsight.tools.ask import MOST_SECONDS
from groundsight.tools.gate import Gate, ToolSpec, internal_error
from groundsight.tools.ingest import LONGEST
from groundsight.tools.registry import tool
from groundsight.tools.results import Result
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.governance.roots import Roots
    from groundsight.settings import Settings
    from groundsight.suite import Suite
    from groundsight.tools.ingest import IngestSummary
    from groundsight.tools.verify import Verification

DONE, FAILED, USAGE, REPAIR, SOME_FILES, INTERRUPTED = 0, 1, 2, 3, 4, 130


def run(options: argparse.Namespace) -> int:
    """Run a command; errors are printed with their code and next step, never as a traceback."""
    from groundsight.doors.logs import log_quietly

    log_quietly()
    try:
        return _run(options)
    except GroundsightError as error:
        return _failed(error, options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost door
        return _failed(internal_error(options.command, error), options)


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
    if options.command == "doctor":
        from groundsight.doors.cli_doctor import doctor

        return doctor(settings, as_json=options.json)
    if options.command == "migrate":
        from groundsight.doors.cli_migrate import run_migration

        return run_migration(settings, options)
    if options.command == "watch":
        from groundsight.doors.cli_watch import watch_folders

        return watch_folders(settings, options)
    if options.command == "view":
        from groundsight.doors.view.start import view

        return view(settings, options)
    if options.command in ("forget", "snapshot", "restore", "tenants"):
        from groundsight.doors.cli_operate import operate

        return operate(settings, options)
    from groundsight.suite import open_suite

    bar = Bar()
    watch = Watch(bar.step)
    with open_suite(settings) as suite, _interrupt(watch), bar:
        gate = Gate.open(settings, "cli")
        result, code = _COMMANDS[options.command](_Call(suite.acting_for(watch=watch), gate), options)
    _print(result, options)
    return code


class _Call:
    """Calls tools through the gate for the person at this machine."""

    def __init__(self, suite: Suite, gate: Gate) -> None:
        self.suite, self._gate = suite, gate

    def __call__(self, spec: ToolSpec | str, arguments: Mapping[str, Any]) -> Result:
        return self._gate.call(tool(spec) if isinstance(spec, str) else spec, self.suite, arguments)


def _ingest(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    paths = [_ingested(path, call.suite.parts.roots) for path in options.paths]
    result = cast("IngestSummary", call("ingest", {"paths": paths, "prune": options.prune, "seconds": LONGEST}))
    return result, SOME_FILES if result.failed else DONE


def _search(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    arguments = {
        "query": options.query,
        "picture": _shown(options.picture, call.suite.parts.roots) if options.picture else "",
        "kinds": options.kind,
        "source": options.source,
        "created_from": options.created_from,
        "created_to": options.created_to,
        "limit": options.limit,
        "hops": options.hops,
        "fusion": options.fusion,
        "explain": options.explain,
    }
    return call("search", arguments), DONE


def _ask(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    return call("ask", {"question": options.question, "seconds": MOST_SECONDS}), DONE


def _verify(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    from groundsight.doors.cli_evidence import VERIFY_FILES

    answer = sys.stdin.read() if options.answer == "-" else _text_of(Path(options.answer))
    files = [str(path) for path in options.evidence]
    found = call(VERIFY_FILES, {"answer": answer, "files": files}) if files else call("verify", {"answer": answer})
    return found, DONE if cast("Verification", found).verdict == "pass" else FAILED


def _picture(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    picture = _shown(Path(options.picture), call.suite.parts.roots)
    return call(options.command, {"picture": picture, "page": options.page}), DONE


def _status(call: _Call, _: argparse.Namespace) -> tuple[Result, int]:
    return call("status", {}), DONE


def _list(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    names = ("path", "kind", "dated_from", "dated_to", "order", "limit")
    return call("list", {name: getattr(options, name) for name in names}), DONE


def _why(call: _Call, options: argparse.Namespace) -> tuple[Result, int]:
    return call("why", {"file": options.file, "question": options.question}), DONE


_COMMANDS: dict[str, Callable[[_Call, argparse.Namespace], tuple[Result, int]]] = {
    "ingest": _ingest,
    "search": _search,
    "ask": _ask,
    "verify": _verify,
    "ocr": _picture,
    "describe": _picture,
    "status": _status,
    "list": _list,
    "why": _why,
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


def _shown(named: Path, roots: Roots) -> str:
    """A person who names a picture on the command line allows this one run to read its folder."""
    file = named.expanduser()
    if not file.is_file():
        return str(named)
    roots.admit(file, kept=False)
    return roots.source_of(file)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise NotFound(
            f"the answer cannot be read: {error.strerror}", which=str(file), next_step="check the path after --answer"
        ) from error


def _print(result: Result, options: argparse.Namespace) -> None:
    if options.json:
        say_json(result.model_dump(mode="json"))
    else:
        show(result)


@contextmanager
def _interrupt(watch: Watch) -> Generator[None]:
    """The first Ctrl-C stops the work at its next step, the second at once."""

    def stop(number: int, frame: FrameType | None) -> None:
        watch.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
