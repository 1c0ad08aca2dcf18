"""The HTML report: one file that stands alone, made to be read by people, in light and dark."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from groundsight.evals.charts import bar_chart, interval_bar, line_chart
from groundsight.evals.gates import Bound, load_gates
from groundsight.evals.result import write_atomically

CSS = Path(__file__).resolve().parent / "report.css"
WORST = 20
PICTURE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}


def write_html(reports: Sequence[Path], target: Path, gates: Mapping[str, Mapping[str, Bound]] | None = None) -> None:
    """Write one page about the given JSON reports, with trends over older reports in the same folder."""
    bounds = gates if gates is not None else load_gates()
    sections = [_section(path, bounds) for path in reports]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>Groundsight evaluation</title><style>{CSS.read_text("utf-8")}</style>'
        f"</head><body><h1>Groundsight evaluation</h1>{''.join(sections)}</body></html>\n"
    )
    write_atomically(target, page)


def _section(path: Path, bounds: Mapping[str, Mapping[str, Bound]]) -> str:
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    items = _items(path.parent / data["per_item_file"])
    tier = ", ".join(f"{lane}: {model}" for lane, model in data["tier"].items())
    about = f"{data['n']} items, {data['created']}, {data['cpu_s']:.1f} CPU s, {data['wall_s']:.1f} s. {tier}"
    degraded = f"<p>Degraded: {escape('; '.join(data['degraded']))}</p>" if data["degraded"] else ""
    return (
        f"<h2>{escape(data['task'])}: {escape(data['dataset'])}</h2><p>{escape(about)}</p>{degraded}"
        f"{_headline(data, bounds.get(data['task'], {}))}"
        f'<div class="charts">{_charts(data, items)}{_trend(path, data)}</div>{_worst(items)}'
    )


def _headline(data: Mapping[str, Any], bounds: Mapping[str, Bound]) -> str:
    rows = [_row(name, estimate, bounds.get(name)) for name, estimate in data["metrics"].items()]
    rows += [_row(f"control: {name}", estimate, None) for name, estimate in data["controls"].items()]
    head = "<tr><th>Metric</th><th>Value</th><th>95 % interval</th><th></th><th>Gate</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _row(name: str, estimate: Mapping[str, float], bound: Bound | None) -> str:
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    limit = (
        None
        if bound is None
        else next((b for b in (bound.at_least, bound.at_most, bound.low_at_most) if b is not None), None)
    )
    top = 1.0 if max(value, high, limit or 0.0) <= 1.0 else 1.15 * max(value, high, limit or 0.0)
    return (
        f'<tr><td>{escape(name)}</td><td class="number">{value:.4g}</td>'
        f'<td class="number">{low:.4g} to {high:.4g}</td><td>{interval_bar(value, low, high, limit, top)}</td>'
        f"<td>{_gate_words(value, bound)}</td></tr>"
    )


def _gate_words(value: float, bound: Bound | None) -> str:
    if bound is None:
        return ""
    low_ok = bound.at_least is None or value >= bound.at_least
    high_ok = bound.at_most is None or value <= bound.at_most
    words = f"≥ {bound.at_least:g}" if bound.at_least is not None else f"≤ {bound.at_most:g}"
    return (
        f'<span class="{"ok" if low_ok and high_ok else "missed"}">{"✓" if low_ok and high_ok else "✗"} {words}</span>'
    )


def _charts(data: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> str:
    plots: Mapping[str, Any] = data["plots"]
    made: list[str] = []
    if plots.get("risk_coverage"):
        made.append(line_chart("Risk against coverage", plots["risk_coverage"], "share answered", "error rate"))
    if plots.get("reliability"):
        made.append(line_chart("Reliability", plots["reliability"], "confidence", "accuracy", diagonal=True))
    for name, title in (("by_hop", "Recall by hop count"), ("latency_ms", "Latency by stage, ms")):
        if plots.get(name):
            made.append(bar_chart(title, plots[name], "", 1.0 if name == "by_hop" else None))
    return "".join(made) + "".join(_segments(items))


def _segments(items: Sequence[Mapping[str, Any]]) -> list[str]:
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        main = next(iter(item["scores"].values()), None)
        for kind, name in item["segments"].items():
            if main is not None and name:
                groups[kind][name].append(main)
    metric = next((next(iter(item["scores"])) for item in items if item["scores"]), "")
    return [
        bar_chart(f"{metric} by {kind}", {name: sum(v) / len(v) for name, v in sorted(found.items())}, "", 1.0)
        for kind, found in groups.items()
    ]


def _trend(path: Path, data: Mapping[str, Any]) -> str:
    """The first metric over all reports of the same task and data set in the folder, oldest first."""
    seen: list[tuple[str, float]] = []
    metric = next(iter(data["metrics"]), "")
    for other in sorted(path.parent.glob("*.json")):
        report: Any = json.loads(other.read_text("utf-8"))
        same = isinstance(report, dict) and all(report.get(k) == data[k] for k in ("task", "dataset"))  # pyright: ignore[reportUnknownMemberType]
        if same and metric in report["metrics"]:
            seen.append((report["created"], report["metrics"][metric]["value"]))
    if len(seen) < 2:
        return ""
    ordered = [value for _, value in sorted(seen)]
    points = [(place / (len(ordered) - 1), min(1.0, value)) for place, value in enumerate(ordered)]
    return line_chart(f"Trend of {metric}", points, "earlier to later", metric)


def _worst(items: Sequence[Mapping[str, Any]]) -> str:
    ranked = sorted(items, key=lambda item: next(iter(item["scores"].values()), 1.0))[:WORST]
    cards = "".join(_card(item) for item in ranked)
    return f"<h3>Worst {len(ranked)} items</h3>{cards}"


def _card(item: Mapping[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.3g}" for name, value in item["scores"].items())
    detail: Mapping[str, Any] = item["detail"]
    shown = escape(json.dumps(detail, ensure_ascii=False, indent=1))
    title = escape(str(detail.get("question") or detail.get("answer") or item["id"])[:160])
    return (
        f"<details><summary>{title}</summary><p class='sub'>{escape(scores)}</p>{_picture(detail)}"
        f"<pre>{shown}</pre></details>"
    )


def _picture(detail: Mapping[str, Any]) -> str:
    """The picture of an item, embedded so that the page stands alone; nothing when it is gone or large."""
    path = Path(str(detail.get("picture_file", "")))
    kind = PICTURE_TYPES.get(path.suffix.lower())
    if kind is None or not path.is_file() or path.stat().st_size > 400_000:
        return ""
    return f'<img alt="evidence" src="data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}">'


def _items(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
