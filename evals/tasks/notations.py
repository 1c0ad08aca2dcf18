"""One line of evidence in an everyday notation, a true and a false sentence, in four languages; no index, no model.

Pairs are told as in ``contrast``, with the ``language`` (ISO 639-1) of the line where it is not English. They are for
measuring only: no rule may be made from them, and nobody who makes one should read them.
"""

from __future__ import annotations

from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import Context
from groundsight.evals.tasks.contrast import checked_pairs


def run(context: Context) -> TaskResult:
    """Check every sentence against its line."""
    return checked_pairs("notations", context)
