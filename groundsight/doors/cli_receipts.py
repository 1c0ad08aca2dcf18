"""The commands of an auditor: ``explain`` and ``replay`` a receipt, ``lineage``, and ``audit verify``."""

from __future__ import annotations

import argparse
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import InvalidArgument

if TYPE_CHECKING:
    from groundsight.doors.terminal.call import Call
    from groundsight.settings import Settings
    from groundsight.tools.results import Result

DONE, FAILED = 0, 1
KEY_BYTES_AT_MOST = 200
_KEY_STEP = "name the file receipts/public that was handed out, or its 44 signs"


def add_receipt(command: argparse.ArgumentParser) -> None:
    """Declare the argument of ``explain`` and ``replay``."""
    command.add_argument("receipt", metavar="RECEIPT", help="the receipt of an answer or a check, as --json shows it")


def add_lineage(command: argparse.ArgumentParser) -> None:
    """Declare the argument of ``lineage``."""
    command.add_argument("id", metavar="ID", help="a label (E1), the id of a passage or document, or a source")


def add_audit(command: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``audit``."""
    command.add_argument("what", choices=("verify",), help="check every record and every receipt")
    command.add_argument(
        "--key", default="", metavar="KEY", help="public key (base64) or its file; none: that beside them"
    )


def explain(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Tell what a receipt of this home holds."""
    from groundsight.tools.explain import EXPLAIN_ANY, Explained

    return call(Explained, EXPLAIN_ANY, {"receipt_id": options.receipt}), DONE


def replay(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Ask again as the caller of then; 1 unless everything is the same."""
    from groundsight.doors.cli_evidence import REPLAY_ANY
    from groundsight.tools.replay import Replayed

    done = call(Replayed, REPLAY_ANY, {"receipt_id": options.receipt})
    return done, DONE if done.outcome == "same" else FAILED


def lineage(call: Call, options: argparse.Namespace) -> tuple[Result, int]:
    """Tell where a document or passage comes from."""
    from groundsight.tools.lineage import LINEAGE, Origin

    return call(Origin, LINEAGE, {"id": options.id}), DONE


def audit(settings: Settings, options: argparse.Namespace) -> int:
    """Check the audit trail and the receipts; 1 when something was tampered with or lost."""
    from groundsight.doors.cli_show import say, say_json
    from groundsight.governance.audit_check import verify_chain
    from groundsight.governance.receipt_check import check_receipts

    trail, kept = verify_chain(settings.home / "audit"), check_receipts(settings.home, _key(options.key))
    bad = [*trail.problems, *trail.losses, *kept.problems]
    if options.json:
        say_json({"sound": not bad, "trail": vars(trail), "receipts": vars(kept)})
        return FAILED if bad else DONE
    say(f"audit trail: {trail.lines} records, {'sound' if not (trail.problems or trail.losses) else 'NOT SOUND'}")
    say(
        f"receipts: {kept.receipts} with {kept.parts} parts, {kept.emptied} of them emptied, "
        f"{'sound' if not kept.problems else 'NOT SOUND'}"
    )
    for line in (*bad, *trail.torn, *trail.unfinished):
        say(f"  {line}")
    if kept.public:
        say(f"public key: {kept.public}")
    return FAILED if bad else DONE


def _key(given: str) -> str:
    """Return the key that is given or that a file holds; its content is never shown, as it may be any file.

    Raises:
        InvalidArgument: it is no key, and no file that holds one.
    """
    if not given or _is_key(given):
        return given
    try:
        with Path(given).expanduser().open("rb") as file:
            held = file.read(KEY_BYTES_AT_MOST).decode("ascii", "replace").strip()
    except (OSError, ValueError, RuntimeError) as error:
        what = f"there is no such key: {getattr(error, 'strerror', None) or 'it names no file'}"
        raise InvalidArgument(what, which=f"--key {given[:200]}", next_step=_KEY_STEP) from None
    if not _is_key(held):
        raise InvalidArgument("this file holds no public key", which=f"--key {given[:200]}", next_step=_KEY_STEP)
    return held


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == 32
    except ValueError:
        return False
