"""``groundsight eval``: run a task, write JSON, HTML and JUnit, hold the gates, compare runs, draft questions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from groundsight.doors.usage import Parser
from groundsight.errors import ConfigError, GroundsightError, InvalidArgument
from groundsight.evals.gates import GATES, broken, load_gates
from groundsight.evals.progress import Bar
from groundsight.evals.result import TaskResult, write_atomically, write_result
from groundsight.evals.tasks import TASKS, Context, find_task
from groundsight.tracing import Watch

INTERRUPTED = 130
OWN_DATA = {
    **dict.fromkeys(("house", "refusal", "compression", "other_words", "renamed", "receipts"), "house"),
    **dict.fromkeys(("contrast", "answers", "models", "everyday"), "floors"),
    "written": "written",
    "locales": "locales",
    "notations": "notations",
}
EPILOG = """examples:
  groundsight eval                                       the house set that ships with the project
  groundsight eval written                               hand-written truths and lies, questions and near misses
  groundsight eval contrast                              sentences that differ in one thing from the truth
  groundsight eval new my-set/questions.jsonl --corpus my-files
  groundsight eval house my-set --corpus my-files        your own questions about your own files
  groundsight eval --compare before.json after.json      two reports of one task
  groundsight eval --compare a.toml b.toml               the same task under two settings files
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``groundsight eval``."""
    known = f"one of {', '.join(TASKS)}; or new, which drafts a question file"
    parser.add_argument("task", nargs="?", default="house", metavar="TASK", help=known)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="folder of the data set; new: the file")
    parser.add_argument("--corpus", type=Path, help="folder of the files that the questions are about")
    parser.add_argument("--json", dest="report", type=Path, metavar="FILE", help="write the report here")
    parser.add_argument("--limit", type=int, help="only the first N items; written: N drawn over all texts")
    parser.add_argument("--seed", type=int, default=0, help="seed of the intervals")
    parser.add_argument("--home", type=Path, default=Path(".groundsight/eval"), help="keeps indexes and caches")
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--gate", action="store_true", help="fail when a bound of gates.toml is missed")
    parser.add_argument("--gates", type=Path, default=GATES, help="another file of bounds")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two reports, or two settings files")
    parser.add_argument("--record", type=Path, metavar="HOME", help="note the figures in this home, for report kpi")
    parser.add_argument("--cpu-hour", type=float, default=0.05, metavar="PRICE", help="price of a processor hour")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the harness; 0 when all is well, 1 when a gate is missed or a task fails, 2 for bad arguments.

    An interrupted run returns 130; its finished items are kept, and the same command goes on from there.
    """
    parser = Parser(
        prog="groundsight eval", description=main.__doc__, epilog=EPILOG, formatter_class=argparse.RawTextHelpFormatter
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    try:
        return _chosen(options)
    except GroundsightError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ConfigError | InvalidArgument) else 1
    except KeyboardInterrupt:
        print("\ninterrupted: finished items are kept, the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


def _chosen(options: argparse.Namespace) -> int:
    if options.limit is not None and options.limit < 1:
        raise InvalidArgument("at least one item is needed", which="--limit", next_step="use 1 or more")
    if options.compare:
        return _compare(options)
    if options.task == "new":
        return _draft(options)
    return _report(run_task(options, options.config), options)


def run_task(options: argparse.Namespace, config: Path | None, home: str = "") -> TaskResult:
    """Run the chosen task under the settings of one file; ``home`` keeps runs of other settings apart."""
    from groundsight.evals.figures import with_cost
    from groundsight.settings import load_settings

    bar = Bar()
    folder = _folder(options)
    context = Context(
        folder=folder,
        settings=load_settings(None, config),
        home=(options.home / home / options.task / folder.name).resolve(),
        corpus=options.corpus,
        limit=options.limit,
        seed=options.seed,
        watch=Watch(bar),
    )
    try:
        return with_cost(find_task(options.task)(context), options.cpu_hour)
    finally:
        bar.clear()


def _folder(options: argparse.Namespace) -> Path:
    find_task(options.task)
    if options.folder is not None:
        return options.folder.resolve()
    if options.task not in OWN_DATA:
        raise InvalidArgument("the task needs a folder", which=options.task, next_step="groundsight eval TASK DIR")
    return Path(__file__).resolve().parent / OWN_DATA[options.task]


def _report(result: TaskResult, options: argparse.Namespace) -> int:
    from groundsight.evals.report import write_html
    from groundsight.evals.shown import junit, table

    path: Path = options.report or Path("report") / f"{result.task}-{result.dataset.replace('/', '-')}.json"
    write_result(result, path)
    gates = load_gates(options.gates)
    missed = broken(result.task, {**result.controls, **result.metrics}, gates)
    write_html([path], path.with_suffix(".html"), gates)
    write_atomically(path.with_suffix(".junit.xml"), junit(result, missed))
    if options.record:
        record(result, options.record.expanduser().resolve())
    print(table(result, path.with_suffix(".html")))
    for line in missed if options.gate else ():
        print(f"gate missed: {line}", file=sys.stderr)
    return 1 if options.gate and missed else 0


def record(result: TaskResult, home: Path) -> None:
    """Note the figures of a run in a home, and ask its rules: a gap over its policy opens an incident."""
    from groundsight.governance.lookout import ask_rules
    from groundsight.quality.evaluated import Evaluated, note_evaluated
    from groundsight.settings import load_settings
    from groundsight.suite import local_principal

    told = {"task": result.task, "dataset": result.dataset, "n": result.n, "fingerprint": result.fingerprint}
    figures = {"metrics": {name: tuple(each) for name, each in result.metrics.items()}, "segments": result.segments}
    note_evaluated(home, Evaluated.model_validate({"time": datetime.now(UTC), **told, **figures}))
    settings = load_settings(home)
    for each in ask_rules(settings, local_principal(settings)):
        print(f"incident opened: {each.id} {each.kind}: {each.what}", file=sys.stderr)


def _draft(options: argparse.Namespace) -> int:
    from groundsight.evals.drafts import write_drafts
    from groundsight.settings import load_settings

    if options.folder is None or options.corpus is None:
        raise InvalidArgument(
            "a file to write and a folder to read are needed", next_step="groundsight eval new FILE --corpus FOLDER"
        )
    settings = load_settings(None, options.config)
    home = (options.home / "house" / options.folder.resolve().parent.name).resolve()
    count = write_drafts(options.folder, options.corpus, settings, home, limit=options.limit or 21, seed=options.seed)
    print(f"{count} drafts in {options.folder}: correct each, then set its kind, or delete the line")
    return 0


def _compare(options: argparse.Namespace) -> int:
    from groundsight.evals.compare import compare
    from groundsight.evals.shown import comparison

    before, after = (_side(options, path) for path in options.compare)
    print(comparison(compare(before, after)))
    return 0


def _side(options: argparse.Namespace, path: Path) -> Path:
    """A report to compare: as it is, or made by running the task under a settings file."""
    if path.suffix != ".toml":
        return path
    target: Path = (options.report or Path("report") / f"{options.task}.json").with_suffix("") / f"{path.stem}.json"
    write_result(run_task(options, path, home=f"side-{path.stem}"), target)
    return target


if __name__ == "__main__":
    sys.exit(main())
