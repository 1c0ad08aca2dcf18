"""The commands ``rights`` and ``consent``: who owns what, who may use it for what and how long, and since when."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundsight.errors import InvalidArgument, NotFound, StorageFailed

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.suite import Suite
    from groundsight.types import Shown

NONE = "none"
FAILED = 1


def add_rights(command: argparse.ArgumentParser) -> None:
    """Declare the options of ``rights``."""
    command.add_argument("names", nargs="*", metavar="NAME", help="file or folder: its path, or its source")
    command.add_argument("--owner", help="who owns it and reads it whatever its labels; none: nobody")
    command.add_argument("--usage", choices=("approved", "restricted", "denied"), help="only approved is shown")
    command.add_argument("--consent-until", metavar="DATE", help="last day of the consent, YYYY-MM-DD; none: no limit")
    command.add_argument("--purpose", nargs="+", metavar="P", help="what it may be used for; none: anything")
    command.add_argument("--labels", nargs="+", metavar="L", help="groups that may read it; none: everyone")
    command.add_argument("--region", metavar="R", help="where it may be read; global: everywhere")
    command.add_argument("--retain", metavar="DAYS", help="forget it after so many days; none: keep it")
    also = command.add_mutually_exclusive_group()
    also.add_argument("--show", action="store_true", help="only show what holds (so without any option)")
    also.add_argument("--history", action="store_true", help="show what was stated before as well")
    also.add_argument("--sweep", action="store_true", help="forget what is to be kept no longer; without names")


def add_consent(command: argparse.ArgumentParser) -> None:
    """Declare the options of ``consent``."""
    command.add_argument("action", choices=("export", "import"), help="write the table, or state what it says")
    command.add_argument("file", type=Path, help="FILE.csv or FILE.json")


def run_rights(settings: Settings, options: argparse.Namespace) -> int:
    """Run ``rights`` or ``consent``, print what was done, and return the exit code."""
    from groundsight.doors.cli_show import say, say_json
    from groundsight.suite import open_suite

    with open_suite(settings) as suite:
        done = _rights(suite, options) if options.command == "rights" else _consent(suite, options)
    say_json(done.model_dump(mode="json")) if options.json else say(str(done))
    return FAILED if getattr(done, "refused", ()) else 0


def _rights(suite: Suite, options: argparse.Namespace) -> Shown:
    from groundsight.governance.rights import as_rights

    said = _said(options)
    if options.sweep or not options.names:
        return _swept(suite, options, said)
    if said and (options.show or options.history):
        raise InvalidArgument("what is shown is not set in the same call", which="rights", next_step="call it twice")
    return suite.rights(options.names, as_rights(said, "rights"), history=options.history)


def _swept(suite: Suite, options: argparse.Namespace, said: dict[str, Any]) -> Shown:
    from groundsight.ingestion.rights import RightsReport
    from groundsight.ingestion.rights.sweep import sweep

    if not options.sweep or options.names or said:
        raise InvalidArgument("name files or folders, or --sweep by itself", which="rights", next_step="see --help")
    return RightsReport(forgotten=sweep(suite.parts, suite.watch, suite.principal.tenant))


def _said(options: argparse.Namespace) -> dict[str, Any]:
    from groundsight.tools.rights import limits

    owner = "" if options.owner == NONE else options.owner
    given = {"owner": owner, "usage": options.usage, "region": options.region}
    lists = {"purposes": options.purpose, "labels": options.labels}
    given |= {name: [] if words == [NONE] else words for name, words in lists.items()}
    said = {name: value for name, value in given.items() if value is not None}
    return said | limits(options.consent_until, options.retain)


def _consent(suite: Suite, options: argparse.Namespace) -> Shown:
    from groundsight.ingestion.rights.consent import consent_from, consent_table

    file, form = options.file.expanduser(), _form(options.file)
    if options.action == "import":
        return consent_from(suite.parts, suite.principal, _text(file), form)
    return _written(file, consent_table(suite.parts, suite.principal, form))


def _form(file: Path) -> Literal["csv", "json"]:
    match file.suffix.lower():
        case ".csv":
            return "csv"
        case ".json":
            return "json"
        case _:
            raise InvalidArgument("a table is CSV or JSON", which=file.name, next_step="name FILE.csv or FILE.json")


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound("the table can't be read", which=str(file), next_step="check the name; it is UTF-8") from error


def _written(file: Path, text: str) -> Shown:
    from groundsight.atomic import write_whole
    from groundsight.ingestion.rights import Written

    try:
        write_whole(file, text)
    except OSError as error:
        raise StorageFailed(f"it can't be written: {error.strerror}", which=str(file), next_step="check it") from error
    return Written(file=str(file))
