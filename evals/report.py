"""The HTML report: one file that stands alone, made to be read by people, in light and dark."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from groundsight.evals.charts import interval_bar, number
from groundsight.evals.compare import read_report
from groundsight.evals.gates import Bound, load_gates, miss
from groundsight.evals.metrics import Estimate
from groundsight.evals.report_items import worst_items
from groundsight.evals.report_plots import plots
from groundsight.evals.result import write_atomically

CSS = Path(__file__).resolve().parent / "report.css"
TIMES = ("_ms", "_s", "_items", "_item", "_page")
LEGEND = (
    "The bar is the value, the whisker its 95 % interval, the vertical line the gate. "
    "A control is what a method without the product, or with one lane alone, reaches."
)


def write_html(reports: Sequence[Path], target: Path, gates: Mapping[str, Mapping[str, Bound]] | None = None) -> None:
    """Write one page about the given JSON reports, with trends over older reports in the same folder."""
    bounds = gates if gates is not None else load_gates()
    sections = [_section(path, bounds) for path in reports]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>Groundsight evaluation</title><style>{CSS.read_text('utf-8')}</style>"
        f"</head><body>{''.join(sections)}</body></html>\n"
    )
    write_atomically(target, page)


def pretty(name: str) -> str:
    """A metric's name for people: ``recall_at_10`` is Recall@10, ``map`` is mAP."""
    known = {"map": "mAP", "mrr": "MRR", "auroc": "AUROC", "ece": "ECE", "cer": "CER", "wer": "WER", "f1": "F1"}
    if name in known:
        return known[name]
    words = name.replace("_at_", "@").replace("_", " ").replace("ndcg", "NDCG").replace("bm25", "BM25")
    for written in ("PII", "CPU", "F1", "AUROC"):
        words = words.replace(written.lower(), written)
    return words[:1].upper() + words[1:]


def _section(path: Path, bounds: Mapping[str, Mapping[str, Bound]]) -> str:
    data = read_report(path)
    items = _items(path.parent / data["per_item_file"])
    return (
        f"<main><header><h1>{escape(data['task'].capitalize())} on {escape(data['dataset'])}</h1>"
        f"{_about(data)}{_verdict(data, bounds.get(data['task'], {}))}</header>"
        f"<h2>Figures</h2>{_headline(data, bounds.get(data['task'], {}))}"
        f'<h2>Where it is strong and weak</h2><div class="charts">{plots(data, path)}</div>'
        f"{worst_items(items)}{_foot(data)}</main>"
    )


def _about(data: Mapping[str, Any]) -> str:
    created = data["created"].replace("T", " ").replace("+00:00", " UTC")
    told = f"<b>{data['n']} items</b> · {created} · {data['cpu_s']:.1f} CPU s, {data['wall_s']:.1f} s"
    weak = f"<p class='sub'>Degraded: {escape('; '.join(data['degraded']))}</p>" if data["degraded"] else ""
    return f"<p class='sub'>{told}</p>{weak}"


def _verdict(data: Mapping[str, Any], bounds: Mapping[str, Bound]) -> str:
    if not bounds:
        return ""
    estimates = _estimates(data)
    missed = [pretty(name) for name, bound in bounds.items() if miss(name, estimates.get(name), bound)]
    if missed:
        told = f"{len(missed)} of {len(bounds)} gates missed"
        return f'<p><span class="pill missed">{told}</span> {escape(", ".join(missed))}</p>'
    return f'<p><span class="pill ok">All {len(bounds)} gates hold</span></p>'


def _estimates(data: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate(**row) for group in ("controls", "metrics") for name, row in data[group].items()}


def _headline(data: Mapping[str, Any], bounds: Mapping[str, Bound]) -> str:
    metrics, controls = data["metrics"], data["controls"]
    timed = {name: row for name, row in metrics.items() if name.endswith(TIMES) or name.startswith("bytes_")}
    groups = {
        "Held against a gate": {name: row for name, row in {**metrics, **controls}.items() if name in bounds},
        "Quality": {name: row for name, row in metrics.items() if name not in bounds and name not in timed},
        "Controls": {name: row for name, row in controls.items() if name not in bounds},
        "Time and cost": {name: row for name, row in timed.items() if name not in bounds},
    }
    names = '<th>Metric</th><th class="number">Value</th><th>95 % interval</th><th></th><th>Gate</th>'
    head = f"<thead><tr>{names}</tr></thead>"
    bodies = [_group(title, rows, bounds) for title, rows in groups.items() if rows]
    return f'<div class="scroll"><table>{head}{"".join(bodies)}</table></div><p class="legend">{LEGEND}</p>'


def _group(title: str, rows: Mapping[str, Mapping[str, float]], bounds: Mapping[str, Bound]) -> str:
    shown = "".join(_row(name, Estimate(**row), bounds.get(name)) for name, row in rows.items())
    return f'<tbody><tr><th class="group" colspan="5" scope="rowgroup">{title}</th></tr>{shown}</tbody>'


def _row(name: str, estimate: Estimate, bound: Bound | None) -> str:
    value, low, high = estimate
    limit = bound.shown() if bound is not None else None
    largest = max(value, high, limit or 0.0)
    top = 1.0 if largest <= 1.0 else 1.15 * largest
    spread = f"{number(low)} to {number(high)}" if high > low else ""
    told = "" if name.startswith(("bytes_", "cost_")) else interval_bar(value, low, high, limit, top)
    return (
        f'<tr><td title="{escape(name, quote=True)}">{escape(pretty(name))}</td><td class="number">{number(value)}</td>'
        f'<td class="range">{spread}</td><td>{told}</td><td>{_gate_words(name, estimate, bound)}</td></tr>'
    )


def _gate_words(name: str, estimate: Estimate, bound: Bound | None) -> str:
    if bound is None:
        return ""
    held = not miss(name, estimate, bound)
    return f'<span class="{"ok" if held else "missed"}">{"✓" if held else "✗"} {bound.words()}</span>'


def _foot(data: Mapping[str, Any]) -> str:
    tier = " · ".join(f"{lane}: {model}" for lane, model in data["tier"].items())
    versions = " · ".join(f"{name} {version}" for name, version in data["versions"].items())
    return f"<footer><p>{escape(tier)}</p><p>{escape(versions)}</p><p>Index: {escape(data['fingerprint'])}</p></footer>"


def _items(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
