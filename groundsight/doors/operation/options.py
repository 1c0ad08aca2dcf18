"""The commands ``cost`` and ``cache`` with their options; imports nothing heavy."""

from __future__ import annotations

import argparse
from datetime import date

BY = ("modality", "tag", "person", "day", "model", "kind", "verb")
OPERATE = {
    "cost": "say what the work of models cost, and what it will cost",
    "cache": "say how often an answer was given again, or forget what would be",
}
OPERATE_EXAMPLES = {
    "cost": "groundsight cost --by tag --since 2026-01-01 --forecast",
    "cache": "groundsight cache stats",
}


def add_cost(command: argparse.ArgumentParser) -> None:
    """Describe ``cost``."""
    command.add_argument("--by", choices=BY, default="modality", help="one line for each of these (default modality)")
    command.add_argument("--since", type=_day, metavar="DATE", help="from this day on (default: this month)")
    command.add_argument("--forecast", action="store_true", help="and what the next 30 days will cost")


def add_cache(command: argparse.ArgumentParser) -> None:
    """Describe ``cache``."""
    command.add_argument("deed", choices=("stats", "clear"), help="what to do")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it as YYYY-MM-DD") from error


OPERATE_ADD = {"cost": add_cost, "cache": add_cache}
