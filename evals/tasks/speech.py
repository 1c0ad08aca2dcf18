"""Transcription: registered, and refused with a clear error while the product has no audio lane."""

from __future__ import annotations

from groundsight.errors import Disabled
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import Context


def run(context: Context) -> TaskResult:
    """Refuse: recordings are not read yet.

    Raises:
        Disabled: always.
    """
    raise Disabled(
        "the audio lane is not part of this version", which=str(context.folder), next_step="run one of the other tasks"
    )
