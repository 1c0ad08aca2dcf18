"""What a part adds: a task with all parts, and again with one function after the other saying nothing.

``python -m groundsight.bench.leave_out TASK --without MODULE:FUNCTION`` prints, for each function, what the task gains
or loses without it, item by item, with intervals.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from groundsight.doors.usage import Parser
from groundsight.errors import InvalidArgument
from groundsight.evals.compare import compare
from groundsight.evals.result import write_result
from groundsight.evals.run import add_arguments, run_task
from groundsight.evals.shown import comparison

EMPTY: dict[Any, Callable[[], object]] = {Iterator: lambda: iter(()), Sequence: tuple}


@contextmanager
def left_out(target: str) -> Generator[None]:
    """Let ``module:function`` return nothing of its own while the block runs, wherever it is held.

    Raises:
        InvalidArgument: there is no such function, or nothing is known that it could return.
    """
    module, _, name = target.partition(":")
    held: Any = getattr(import_module(module), name, None)
    if not callable(held):
        raise InvalidArgument("there is no such function", which=target, next_step="name it as module:function")
    function: Any = inspect.unwrap(held)
    before = function.__code__, function.__kwdefaults__, function.__defaults__
    nothing = _nothing_of(function, target)
    function.__code__, function.__kwdefaults__ = _silent.__code__, {"nothing": nothing}
    _forget(held)
    try:
        yield
    finally:
        function.__code__, function.__kwdefaults__, function.__defaults__ = before
        _forget(held)


def _silent(*_: object, nothing: Callable[[], object] = object, **__: object) -> object:
    return nothing()


def _nothing_of(function: Callable[..., Any], target: str) -> Callable[[], object]:
    """What makes an empty result: None where the result may be None, else its type without arguments."""
    given = get_type_hints(function).get("return")
    if NoneType in (given, *get_args(given)):
        return NoneType
    kind: Any = get_origin(given) or given
    made: Any = EMPTY.get(kind, kind)
    try:
        made()
    except TypeError as error:
        raise InvalidArgument("its result can't be empty", which=target, next_step="name another function") from error
    return made


def _forget(held: Any) -> None:
    if hasattr(held, "cache_clear"):
        held.cache_clear()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a task whole and without each function, and compare."""
    parser = Parser(prog="python -m groundsight.bench.leave_out", description=main.__doc__)
    add_arguments(parser)
    parser.add_argument("--without", action="append", required=True, metavar="MODULE:FUNCTION", help="repeatable")
    options = parser.parse_args(argv)
    folder: Path = options.report or Path("report") / "leave-out"
    write_result(run_task(options, options.config), whole := folder / "whole.json")
    for target in options.without:
        with left_out(target):
            write_result(run_task(options, options.config), less := folder / f"{target.replace(':', '.')}.json")
        print(f"without {target}")
        print(comparison(compare(whole, less)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
