"""Log lines on stderr that carry no content: an exception is shown by its type and place, never by its text."""

from __future__ import annotations

import logging
import sys

from groundsight.tools.bounds import one_line
from groundsight.tools.gate import frames_of

MESSAGE_CHARS = 500


class QuietFormatter(logging.Formatter):
    """One line a record: time, level, logger, message; of exceptions only type and frames."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with control characters escaped away."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {one_line(_message(record), MESSAGE_CHARS)}"
        error = record.exc_info[1] if record.exc_info else None
        return f"{line} [{type(error).__name__} at {frames_of(error)}]" if error else line


def _message(record: logging.LogRecord) -> str:
    # A message built from an exception would carry its text past this formatter: it is told by its type.
    if isinstance(record.msg, BaseException):
        return "an exception"
    told, given = str(record.msg), record.args
    if isinstance(given, tuple):
        given = tuple(type(each).__name__ if isinstance(each, BaseException) else each for each in given)
    try:
        return told % given if given else told
    except (TypeError, ValueError):
        return told


def log_quietly(level: int = logging.WARNING) -> None:
    """Send every log record of the process to stderr through QuietFormatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
