"""The commands of those who keep an index running, with their options; imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_migrate(command: argparse.ArgumentParser) -> None:
    """Describe ``migrate``."""
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", choices=("weaviate", "local"), help="copy the whole index there, with its vectors")
    what.add_argument(
        "--schema", choices=("plan", "apply", "rollback", "forget"), help="change the collections of a Weaviate index"
    )


def add_snapshot(command: argparse.ArgumentParser) -> None:
    """Describe ``snapshot``."""
    command.add_argument("folder", type=Path, help="folder to write; it must be new or empty, but with --keep")
    command.add_argument(
        "--keep", type=int, metavar="N", help="write into FOLDER/TIME instead, and keep only the N newest there"
    )
    command.add_argument(
        "--test-restore", action="store_true", help="restore it beside the index and check it; then older ones go"
    )


def add_restore(command: argparse.ArgumentParser) -> None:
    """Describe ``restore``."""
    command.add_argument("folder", type=Path, help="folder that snapshot wrote")
    command.add_argument("--yes", action="store_true", help="replace an index that is not empty")


def add_tenants(command: argparse.ArgumentParser) -> None:
    """Describe ``tenants``."""
    command.add_argument(
        "--sleep-after", nargs="?", const="", metavar="DAYS",
        help="let tenants sleep that are unused for so long, such as 90d (default weaviate.sleep_days)",
    )  # fmt: skip
    command.add_argument(
        "--offload-after", nargs="?", const="", metavar="DAYS",
        help="move tenants to object storage that are unused for so long (default weaviate.offload_days)",
    )  # fmt: skip
    command.add_argument("--dry-run", action="store_true", help="only say what would be done")
