"""``groundsight eval``: run a task, write JSON, HTML and JUnit, hold the gates, compare runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundsight.errors import GroundsightError, InvalidArgument
from groundsight.evals.gates import GATES, broken, load_gates
from groundsight.evals.result import TaskResult, write_atomically, write_result
from groundsight.evals.tasks import TASKS, Context, find_task
from groundsight.tracing import Watch

EPILOG = """examples:
  groundsight eval                                   the house set that ships with the project
  groundsight eval retrieval my-questions --corpus my-files
  groundsight eval --compare before.json after.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``groundsight eval``."""
    parser.add_argument("task", nargs="?", default="house", metavar="TASK", help=f"one of {', '.join(TASKS)}")
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="folder of the data set")
    parser.add_argument("--corpus", type=Path, help="folder of the files that the questions are about")
    parser.add_argument("--json", dest="report", type=Path, metavar="FILE", help="write the report here")
    parser.add_argument("--limit", type=int, help="only the first N items")
    parser.add_argument("--seed", type=int, default=0, help="seed of the intervals")
    parser.add_argument("--home", type=Path, default=Path(".groundsight/eval"), help="keeps indexes and caches")
    parser.add_argument("--config", type=Path, help="settings file")
    parser.add_argument("--gate", action="store_true", help="fail when a bound of gates.toml is missed")
    parser.add_argument("--gates", type=Path, default=GATES, help="another file of bounds")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="compare two reports of one task")
    parser.add_argument("--kpi", type=Path, metavar="FILE", help="write the key figures of a house run here")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the harness; 0 when all is well, 1 when a gate is missed or a task fails, 2 for bad arguments."""
    parser = argparse.ArgumentParser(
        prog="groundsight eval", description=main.__doc__, epilog=EPILOG, formatter_class=argparse.RawTextHelpFormatter
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    try:
        return _compare(*options.compare) if options.compare else _run(options)
    except GroundsightError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, InvalidArgument) else 1


def _run(options: argparse.Namespace) -> int:
    from groundsight.settings import load_settings
    from groundsight.tools.bounds import one_line

    def progress(done: float, total: float | None, message: str) -> None:
        if sys.stderr.isatty():
            print(
                f"\r\x1b[K{done:.0f}{f'/{total:.0f}' if total else ''} {one_line(message, 60)}", end="", file=sys.stderr
            )

    context = Context(
        folder=_folder(options),
        settings=load_settings(None, options.config),
        home=(options.home / options.task / (options.folder.name if options.folder else "house")).resolve(),
        corpus=options.corpus,
        limit=options.limit,
        seed=options.seed,
        watch=Watch(progress),
    )
    result = find_task(options.task)(context)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return _report(result, options)


def _folder(options: argparse.Namespace) -> Path:
    if options.folder is not None:
        return options.folder.resolve()
    if options.task != "house":
        raise InvalidArgument("the task needs a folder", which=options.task, next_step="groundsight eval TASK DIR")
    from groundsight.evals.tasks.house import HOUSE

    return HOUSE


def _report(result: TaskResult, options: argparse.Namespace) -> int:
    from groundsight.evals.report import write_html

    path: Path = options.report or Path("report") / f"{result.task}-{result.dataset.replace('/', '-')}.json"
    write_result(result, path)
    gates = load_gates(options.gates)
    missed = broken(result.task, {name: estimate.value for name, estimate in result.metrics.items()}, gates)
    write_html([path], path.with_suffix(".html"), gates)
    write_atomically(path.with_suffix(".junit.xml"), _junit(result, missed))
    if options.kpi:
        write_atomically(options.kpi, json.dumps(key_figures(result), indent=2) + "\n")
    _print(result, path)
    for line in missed if options.gate else ():
        print(f"gate missed: {line}", file=sys.stderr)
    return 1 if options.gate and missed else 0


def _print(result: TaskResult, path: Path) -> None:
    print(f"{result.task} on {result.dataset}: {result.n} items, {result.cpu_s:.1f} CPU s, {result.wall_s:.1f} s")
    width = max(len(name) for name in (*result.metrics, *result.controls)) + 9
    for name, estimate in result.metrics.items():
        print(f"  {name:<{width}} {estimate.value:9.4g}   {estimate.low:.4g} to {estimate.high:.4g}")
    for name, estimate in result.controls.items():
        print(f"  {'control: ' + name:<{width}} {estimate.value:9.4g}   {estimate.low:.4g} to {estimate.high:.4g}")
    print(f"tier: {', '.join(f'{lane} {model}' for lane, model in result.tier.items())}")
    print(f"degraded: {', '.join(result.degraded) or 'nothing'}\nreport: {path.with_suffix('.html')}")


def _junit(result: TaskResult, missed: Sequence[str]) -> str:
    """Write each gated metric as a test case, so that any CI shows a missed bound by name."""
    from xml.sax.saxutils import quoteattr

    cases = [f"<testcase classname={quoteattr(result.task)} name={quoteattr(name)}/>" for name in result.metrics]
    cases += [
        f'<testcase classname={quoteattr(result.task)} name="gate"><failure message={quoteattr(line)}/></testcase>'
        for line in missed
    ]
    head = (
        f'<testsuite name="groundsight eval" tests="{len(cases)}" failures="{len(missed)}" time="{result.wall_s:.1f}">'
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(cases)}</testsuite>\n'


def key_figures(result: TaskResult) -> dict[str, Any]:
    """Return the figures that a dashboard shows, from one house run."""
    from groundsight.evals.metrics import percentile, risk_score

    value = {name: estimate.value for name, estimate in result.metrics.items()}
    times = [item.scores["search_ms"] for item in result.items]
    gap = max((figure for name, figure in value.items() if name.startswith("parity_gap")), default=0.0)
    volatility = 1.0 - percentile(times, 0.5) / max(percentile(times, 0.95), 1e-9)
    deficit = 1.0 - value.get("grounding_ratio", 0.0)
    return {
        "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
        "recall_at_10": value.get("recall_at_10"),
        "map": value.get("map"),
        "grounding_ratio": value.get("grounding_ratio"),
        "cache_hit_ratio": value.get("cache_hit_ratio"),
        "bias_parity_gap": gap,
        "pii_redaction_coverage": 1.0 if value.get("pii_leakage") == 0 else 0.0,
        "avg_retrieval_latency_ms": sum(times) / len(times),
        "risk_score": risk_score(value.get("pii_leakage", 1.0), gap, deficit, volatility),
    }


def _compare(before: Path, after: Path) -> int:
    from groundsight.evals.compare import compare

    seen = compare(before, after)
    print(f"{seen['task']}, {seen['n']} items in common")
    if seen["fingerprint_changed"]:
        print("the index or a model changed between the runs")
    for name, row in seen["metrics"].items():
        print(f"  {name:<24} {row['value']:+.4f}   {row['low']:+.4f} to {row['high']:+.4f}   {row['verdict']}")
        print(f"      wins {len(row['wins'])}: {' '.join(row['wins'][:12])}")
        print(f"      losses {len(row['losses'])}: {' '.join(row['losses'][:12])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
