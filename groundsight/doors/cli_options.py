"""The commands of the command line with their options; imports nothing heavy, so that help is immediate."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from groundsight import __version__
from groundsight.doors.cli_commands import COMMANDS, EXAMPLES
from groundsight.doors.cli_govern_options import GOVERN_ADD
from groundsight.doors.cli_operate_options import add_migrate, add_restore, add_snapshot, add_tenants
from groundsight.doors.cli_receipts import add_audit, add_lineage, add_receipt
from groundsight.doors.cli_rights import add_consent, add_rights
from groundsight.doors.learn.commands import add_models, add_train
from groundsight.doors.operation.options import OPERATE, OPERATE_ADD
from groundsight.doors.usage import Parser, port
from groundsight.tools import KINDS, kinds_made

OF_ALL = ["models", *"ocr describe install serve migrate snapshot restore tenants doctor eval completion".split()]
OF_A_TENANT = frozenset(COMMANDS) - {*OF_ALL, *OPERATE, "audit"}


class _Kinds(tuple[str, ...]):
    """What can be made here is shown; of another kind an index from elsewhere may hold something."""

    def __contains__(self, kind: object) -> bool:
        return kind in KINDS


def build_parser() -> Parser:
    """Describe every command."""
    parser = Parser(
        prog="groundsight",
        description="Search your own documents and pictures, and get only answers that the evidence supports.",
        epilog="Start with: groundsight ingest FOLDER; then: groundsight ask 'QUESTION'",
    )
    parser.add_argument("--version", action="version", version=f"groundsight {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(
            name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.", epilog=f"example: {EXAMPLES[name]}"
        )
        _ADD[name](command)
        if name not in ("serve", "completion", "eval"):
            _add_common(command)
        if name in OF_A_TENANT:
            command.add_argument("--tenant", metavar="NAME", help="whose documents (default governance.tenant)")
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument("--home", type=Path, help="folder of the index (default ~/.groundsight)")
    command.add_argument("--config", type=Path, help="settings file (default HOME/groundsight.toml)")


def _path(name: str) -> Path:
    # An empty one would be the folder one stands in.
    if not name.strip():
        raise argparse.ArgumentTypeError("the name is empty; name a file or a folder, . for this one")
    return Path(name)


def _date(text: str) -> str:
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it as YYYY-MM-DD") from error


def _add_ingest(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="+", type=_path, metavar="PATH", help="file or folder")
    command.add_argument("--prune", action="store_true", help="also forget files that are gone")
    command.add_argument("--strict", action="store_true", help="exit code 1 when a file was left unread")


def _add_install(command: argparse.ArgumentParser) -> None:
    from groundsight.doors.hosts import HOSTS

    command.add_argument("host", choices=list(HOSTS), metavar="HOST", help=", ".join(HOSTS))
    command.add_argument("--root", action="extend", nargs="+", type=_path, default=[], help="folders that may be read")
    command.add_argument("--allow-write", action="store_true", help="let models ingest and forget under the roots")
    command.add_argument("--watch", action="store_true", help="keep the folders in step while the host runs")
    command.add_argument("--print", action="store_true", help="show what to add, and change nothing")
    command.add_argument("--uninstall", action="store_true", help="take the server out again")


def _add_watch(command: argparse.ArgumentParser) -> None:
    command.add_argument("folders", nargs="*", type=_path, metavar="FOLDER", help="none: all that were read before")
    command.add_argument("--once", action="store_true", help="compare once, as ingest --prune does, and end")


def _add_list(command: argparse.ArgumentParser) -> None:
    command.add_argument("path", nargs="?", default="", help="only sources that hold this text")
    command.add_argument("--kind", default="", help="pdf, word, spreadsheet, picture, mail, an ending or a media type")
    command.add_argument(
        "--from", dest="dated_from", type=_date, default="", metavar="DATE", help="dated on or after YYYY-MM-DD"
    )
    command.add_argument("--to", dest="dated_to", type=_date, default="", metavar="DATE", help="dated until YYYY-MM-DD")
    command.add_argument("--order", default="source", choices=("source", "newest", "oldest", "largest"))
    command.add_argument("--limit", type=int, default=50, help="most documents, 1 to 200 (default 50)")
    command.add_argument("--hidden", action="store_true", help="only those with hidden text or orders to a model")


def _add_why(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help="its path, its source, or the end of its source")
    command.add_argument("question", nargs="?", default="", help="a question that should find it")


def _add_forget(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="file or folder, there or gone: its path, its source as list shows it, or the end of that",
    )
    command.add_argument(
        "--opt-out", action="store_true", help="and never read it again, nor the same content elsewhere"
    )
    command.add_argument("--rewrite-snapshots", action="store_true", help="write the snapshots that hold it afresh")
    command.add_argument("--opted-out", action="store_true", help="list what is never read again")
    command.add_argument("--lift", action="store_true", help="let NAME be read again: a path, a source, or a listed id")


def _add_search(command: argparse.ArgumentParser) -> None:
    command.add_argument("query", nargs="?", default="", help="words or a question")
    command.add_argument("--picture", type=Path, metavar="FILE", help="find what looks like this picture")
    command.add_argument("--kind", action="append", choices=_Kinds(kinds_made()), help="only this kind; repeatable")
    command.add_argument("--source", default="", metavar="PREFIX", help="only sources that start so")
    command.add_argument("--explain", action="store_true", help="show how each score adds up")
    command.add_argument(
        "--from", dest="created_from", type=_date, default="", metavar="DATE", help="created on or after YYYY-MM-DD"
    )
    command.add_argument(
        "--to", dest="created_to", type=_date, default="", metavar="DATE", help="created until YYYY-MM-DD"
    )
    command.add_argument("--fusion", choices=("rrf", "weighted"), help="how channels are joined")
    command.add_argument("--limit", type=int, default=10, help="most hits, 1 to 100 (default 10)")
    command.add_argument("--hops", type=int, default=1, help="2 or more follows names and ids (default 1)")


def _add_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", help="a full question")
    command.add_argument("--picture", type=_path, metavar="FILE", help="the picture that the question is about")
    command.add_argument("--html", type=_path, metavar="FILE", help="also write the answer as one page for a browser")
    _add_model(command)


def _add_chat(command: argparse.ArgumentParser) -> None:
    command.add_argument("--picture", type=_path, metavar="FILE", help="the picture that every question is about")
    _add_model(command)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--llm", metavar="PROVIDER:MODEL", help="language model, for example ollama:llama3")
    command.add_argument("--base-url", metavar="URL", help="address of the language model")


def _add_show(command: argparse.ArgumentParser) -> None:
    _add_named(command)
    command.add_argument("--out", type=_path, metavar="FILE", help="write the picture here, as PNG")
    command.add_argument("--open", action="store_true", help="open the picture with this machine's program")
    command.add_argument(
        "--boxes", action="store_true", help="draw a box around every passage of the page, or line read in a picture"
    )


def _add_named(command: argparse.ArgumentParser) -> None:
    command.add_argument("id", metavar="ID", help="a label (E1), an id, or a document as list names it, or its end")
    command.add_argument("--page", type=int, help="this page of the document (default: that of the passage, else 1)")


def _add_completion(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def _add_verify(command: argparse.ArgumentParser) -> None:
    command.add_argument("--answer", required=True, metavar="FILE", help="the text to check; - reads standard input")
    command.add_argument(
        "--evidence", nargs="+", type=Path, default=[], metavar="FILE", help="what it must follow from; none: search"
    )


def _add_picture(command: argparse.ArgumentParser) -> None:
    command.add_argument("picture", help="picture or PDF file, or the id of a unit")
    command.add_argument("--page", type=int, help="page of a PDF (default 1)")


def _add_ocr(command: argparse.ArgumentParser) -> None:
    _add_picture(command)
    sides = ("X0", "Y0", "X1", "Y1")
    command.add_argument("--part", nargs=4, type=float, metavar=sides, help="read this part larger; fractions")


def _add_describe(command: argparse.ArgumentParser) -> None:
    _add_picture(command)
    command.add_argument("--label", action="append", metavar="WORDS", help="how well does this fit? repeatable")


def _add_view(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=port, default=0, help="port on this machine (default: a free one)")


def _add_serve(command: argparse.ArgumentParser) -> None:
    from groundsight.server import add_arguments

    add_arguments(command)


def _add_nothing(command: argparse.ArgumentParser) -> None:
    command.set_defaults()


_ADD = {
    "ingest": _add_ingest,
    "watch": _add_watch,
    "install": _add_install,
    "list": _add_list,
    "why": _add_why,
    "forget": _add_forget,
    "rights": add_rights,
    "consent": add_consent,
    "search": _add_search,
    "ask": _add_ask,
    "chat": _add_chat,
    "explain": add_receipt,
    "replay": add_receipt,
    "lineage": add_lineage,
    "audit": add_audit,
    "show": _add_show,
    "open": _add_named,
    "verify": _add_verify,
    "ocr": _add_ocr,
    "describe": _add_describe,
    "view": _add_view,
    "serve": _add_serve,
    "status": _add_nothing,
    "models": add_models,
    "train": add_train,
    "migrate": add_migrate,
    "snapshot": add_snapshot,
    "restore": add_restore,
    "tenants": add_tenants,
    "doctor": _add_nothing,
    **GOVERN_ADD,
    **OPERATE_ADD,
    "completion": _add_completion,
    "eval": _add_nothing,
}
