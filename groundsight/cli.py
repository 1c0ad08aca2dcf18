"""The command line door. Exit codes: 0 done, 1 failed or not verified, 2 settings or usage, 3 the index needs
repair, 130 interrupted, 141 nobody reads the output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from groundsight.doors.cli_options import build_parser

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _open_streams()
    try:
        try:
            return _main(list(sys.argv[1:] if argv is None else argv))
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        from groundsight.doors.cli_show import UNREAD, unread

        unread(sys.stdout)
        return UNREAD


def _open_streams() -> None:
    """A stream that the caller closed leads nowhere: else the next file would get its number and what is said.

    What is typed or piped in and is no text is replaced.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            if nowhere > 2:
                os.close(nowhere)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - to the end
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # pyright: ignore[reportUnknownMemberType]


def _main(arguments: list[str]) -> int:
    if arguments[:1] == ["eval"]:
        return _evaluate(arguments[1:])
    options = build_parser().parse_args(arguments or ["--help"])
    if options.command == "completion":
        from groundsight.doors.terminal.completion import print_script

        return print_script(options.shell)
    if options.command == "serve":
        from groundsight.server import serve

        return serve(options)
    from groundsight.doors.cli_run import run

    return run(options)


def _evaluate(arguments: list[str]) -> int:
    from groundsight.evals.run import main as evaluate

    return evaluate(arguments)


if __name__ == "__main__":
    sys.exit(main())
