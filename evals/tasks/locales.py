"""Everyday files in German, French and Spanish, asked in the language of the file, without a model.

The folders and questions are told as in ``everyday``; half of the questions are ``sealed``: no rule may be made from
them, and nobody who makes one should read them.
"""

from __future__ import annotations

from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import Context
from groundsight.evals.tasks.everyday import asked_folders


def run(context: Context) -> TaskResult:
    """Ask one folder for each language."""
    return asked_folders("locales", context)
