"""The commands of the command line with their options; imports nothing heavy, so that help is immediate."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from groundsight import __version__
from groundsight.doors.cli_govern_options import GOVERN, GOVERN_ADD, GOVERN_EXAMPLES
from groundsight.doors.cli_receipts import add_audit, add_lineage, add_receipt
from groundsight.doors.cli_rights import add_consent, add_rights
from groundsight.doors.usage import Parser

COMMANDS = {
    "ingest": "read files and folders into the index",
    "watch": "keep folders in step with the index: what is added, changed, renamed or deleted",
    "list": "list the documents: names, kinds, dates, sizes, what was left out",
    "why": "say why a file was not read, or why a question does not find it",
    "forget": "remove files and folders from the index, with all that was made from them",
    "rights": "show or set who owns a document, who may use it for what, and how long it is kept",
    "consent": "write what holds of all documents as a table, or take it back from one",
    "search": "find passages, tables, figures and pictures",
    "ask": "answer a question from the evidence",
    "chat": "ask one question after another; a follow-up keeps the subject",
    "verify": "check an answer sentence by sentence",
    "explain": "say what an answer rested on, from its receipt",
    "replay": "ask again what a receipt was given for, and name what has changed",
    "lineage": "say where a document or passage comes from, and which receipts used it",
    "audit": "check the audit trail and the receipts: verify",
    "show": "show a passage on the picture of its page, in the terminal or as a PNG",
    "open": "open a document with this machine's own program for it",
    "ocr": "read the words in a picture or a scanned page",
    "describe": "say what a picture shows",
    "view": "show a page in the browser: ask, search, look at evidence and at the library",
    "install": "put this server into a chat host: Claude, Cursor, VS Code and others",
    "serve": "serve the tools over MCP, or the encoders to other machines",
    "status": "say what is indexed and which models answer",
    "migrate": "move the index to another back end, or to another schema of it",
    "snapshot": "write a consistent copy of the index",
    "restore": "put a snapshot in place of the index",
    "tenants": "list the tenants of a Weaviate index, and put unused ones to sleep",
    "doctor": "check this installation",
    **GOVERN,
    "completion": "print what makes a shell complete commands and options",
    "eval": "measure retrieval, grounding, OCR, redaction and speed",
}
EXAMPLES = {
    "ingest": "groundsight ingest ~/Documents/contracts",
    "watch": "groundsight watch ~/Documents",
    "list": "groundsight list --kind pdf --from 2025-05-01 --order newest",
    "why": "groundsight why contract.pdf 'How long is the notice period?'",
    "forget": "groundsight forget ~/Documents/contracts/old.pdf",
    "rights": "groundsight rights ~/Documents/staff --labels hr --consent-until 2030-12-31",
    "consent": "groundsight consent export consent.csv",
    "search": "groundsight search 'notice period' --kind text --limit 5",
    "ask": "groundsight ask 'How long is the notice period?' --json",
    "chat": "groundsight chat",
    "explain": "groundsight explain r019ad3f2c1b7d41c0aa93f1",
    "replay": "groundsight replay r019ad3f2c1b7d41c0aa93f1",
    "lineage": "groundsight lineage contracts/lease.pdf",
    "audit": "groundsight audit verify",
    "show": "groundsight show E1",
    "open": "groundsight open contract.pdf --page 2",
    "verify": "groundsight verify --answer answer.txt --evidence contract.pdf notes.md",
    "ocr": "groundsight ocr scan.pdf --page 2",
    "describe": "groundsight describe photo.jpg",
    "view": "groundsight view --port 8100",
    "install": "groundsight install claude-desktop --root ~/Documents",
    "serve": "groundsight serve --root ~/Documents",
    "status": "groundsight status --json",
    "migrate": "groundsight migrate --to weaviate",
    "snapshot": "groundsight snapshot ~/backups --keep 7",
    "restore": "groundsight restore ~/backups/20260131T020000Z --yes",
    "tenants": "groundsight tenants --sleep-after 90d --dry-run",
    "doctor": "groundsight doctor",
    **GOVERN_EXAMPLES,
    "completion": "groundsight completion bash",
    "eval": "groundsight eval --help",
}
OF_ALL = "ocr describe install serve migrate snapshot restore tenants doctor eval completion".split()
OF_A_TENANT = frozenset(COMMANDS) - {*OF_ALL, "audit"}
KINDS = ("text", "table", "figure", "image", "page", "audio", "video")


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
        help="file or folder, there or gone: its path, or its source as search shows it",
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
    command.add_argument("--kind", action="append", choices=KINDS, help="only this kind; repeatable")
    command.add_argument("--source", default="", metavar="PREFIX", help="only sources that start so")
    command.add_argument("--explain", action="store_true", help="show how each score adds up")
    command.add_argument(
        "--from", dest="created_from", default="", metavar="DATE", help="created on or after YYYY-MM-DD"
    )
    command.add_argument("--to", dest="created_to", default="", metavar="DATE", help="created until YYYY-MM-DD")
    command.add_argument("--fusion", choices=("rrf", "weighted"), help="how channels are joined")
    command.add_argument("--limit", type=int, default=10, help="most hits, 1 to 100 (default 10)")
    command.add_argument("--hops", type=int, default=1, help="2 or more follows names and ids (default 1)")


def _add_ask(command: argparse.ArgumentParser) -> None:
    command.add_argument("question", help="a full question")
    command.add_argument("--html", type=_path, metavar="FILE", help="also write the answer as one page for a browser")
    _add_model(command)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--llm", metavar="PROVIDER:MODEL", help="language model, for example ollama:llama3")
    command.add_argument("--base-url", metavar="URL", help="address of the language model")


def _add_show(command: argparse.ArgumentParser) -> None:
    _add_named(command)
    command.add_argument("--out", type=_path, metavar="FILE", help="write the picture here, as PNG")
    command.add_argument("--open", action="store_true", help="open the picture with this machine's program")


def _add_open(command: argparse.ArgumentParser) -> None:
    _add_named(command)


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
    command.add_argument("--page", type=int, default=1, help="page of a PDF (default 1)")


def _add_view(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=0, help="port on this machine (default: a free one)")


def _add_serve(command: argparse.ArgumentParser) -> None:
    from groundsight.server import add_arguments

    add_arguments(command)


def _add_migrate(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", choices=("weaviate", "local"), help="copy the whole index there, with its vectors")
    what.add_argument(
        "--schema", choices=("plan", "apply", "rollback", "forget"), help="change the collections of a Weaviate index"
    )


def _add_snapshot(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="folder to write; it must be new or empty, but with --keep")
    command.add_argument(
        "--keep", type=int, metavar="N", help="write into FOLDER/TIME instead, and keep only the N newest there"
    )


def _add_restore(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path, help="folder that snapshot wrote")
    command.add_argument("--yes", action="store_true", help="replace an index that is not empty")


def _add_tenants(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sleep-after", nargs="?", const="", metavar="DAYS",
        help="let tenants sleep that are unused for so long, such as 90d (default weaviate.sleep_days)",
    )  # fmt: skip
    command.add_argument(
        "--offload-after", nargs="?", const="", metavar="DAYS",
        help="move tenants to object storage that are unused for so long (default weaviate.offload_days)",
    )  # fmt: skip
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")


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
    "chat": _add_model,
    "explain": add_receipt,
    "replay": add_receipt,
    "lineage": add_lineage,
    "audit": add_audit,
    "show": _add_show,
    "open": _add_open,
    "verify": _add_verify,
    "ocr": _add_picture,
    "describe": _add_picture,
    "view": _add_view,
    "serve": _add_serve,
    "status": _add_nothing,
    "migrate": _add_migrate,
    "snapshot": _add_snapshot,
    "restore": _add_restore,
    "tenants": _add_tenants,
    "doctor": _add_nothing,
    **GOVERN_ADD,
    "completion": _add_completion,
    "eval": _add_nothing,
}
