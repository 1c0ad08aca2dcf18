"""The worst items of a run, each with what was asked, expected, said and found, and its picture."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, cast

from groundsight.evals.charts import shortened

WORST = 20
RANKED_BY = (
    "answer_contains", "recall_at_5", "recall_at_10", "refused", "correct", "right", "word_f1", "map", "caught",
    "near_misses_refused",
)  # fmt: skip
PICTURE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}
MOST_BYTES = 400_000
MOST_CHARS = 1_200
HIDDEN = ("question", "picture_file")


def worst_items(items: Sequence[Mapping[str, Any]]) -> str:
    """Cards of the items that scored worst; nothing when all are perfect."""
    scored = [(badness(item), item) for item in items]
    ranked = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])[:WORST]
    if not ranked:
        return "<h2>Worst items</h2><p class='sub'>No item lost anything.</p>"
    return f"<h2>Worst {len(ranked)} items</h2>{''.join(_card(item) for _, item in ranked)}"


def badness(item: Mapping[str, Any]) -> float:
    """How much the item lost over the scores that say whether it went well; leaks weigh more than any."""
    scores: Mapping[str, float] = item["scores"]
    lost = sum(1.0 - min(scores[name], 1.0) for name in RANKED_BY if name in scores)
    return lost + scores.get("leaks", 0.0) + sum(max(v, 0.0) for k, v in scores.items() if k.startswith("loss_"))


def _card(item: Mapping[str, Any]) -> str:
    detail: Mapping[str, Any] = item["detail"]
    title = str(detail.get("question") or detail.get("answer") or detail.get("image") or item["id"])
    lost = ", ".join(f"{n.replace('_', ' ')} {v:.2f}" for n, v in item["scores"].items() if n in RANKED_BY and v < 1)
    rows = "".join(_entry(name, value) for name, value in detail.items() if name not in HIDDEN)
    scores = ", ".join(f"{name} {value:.3g}" for name, value in item["scores"].items())
    return (
        f'<details class="item"><summary><span class="title">{escape(shortened(title, 220))}</span>'
        f'<span class="score">{escape(lost)}</span></summary><div class="inside">{_picture(detail)}'
        f"<dl>{rows}<dt>Scores</dt><dd>{escape(scores)}</dd><dt>Item</dt><dd>{escape(item['id'])}</dd></dl></div></details>"
    )


def _entry(name: str, value: object) -> str:
    shown = _shown(value)
    return f"<dt>{escape(name.replace('_', ' ').capitalize())}</dt><dd>{shown}</dd>" if shown else ""


def _shown(value: object) -> str:
    """A value of an item as HTML: lists as numbered lists, objects in one line each."""
    if isinstance(value, Mapping):
        return _line(cast("Mapping[str, object]", value))
    if isinstance(value, list):
        each = cast("list[object]", value)
        if all(isinstance(one, str) and len(one) < 60 for one in each):
            return escape(shortened(", ".join(str(one) for one in each), MOST_CHARS))
        return f"<ol>{''.join(f'<li>{_shown(one)}</li>' for one in each[:12])}</ol>" if each else ""
    if isinstance(value, str):
        return escape(shortened(value, MOST_CHARS))
    return "" if value is None else escape(json.dumps(value, ensure_ascii=False))


def _line(value: Mapping[str, object]) -> str:
    """What a hit or an answer is: its name first, the rest quieter."""
    main = str(value.get("text") or value.get("source") or value.get("title") or "")
    rest = ", ".join(
        f"{key} {each}"
        for key, each in value.items()
        if str(each) and str(each) != main and key not in ("id", "passage")
    )
    return f'{escape(shortened(main, MOST_CHARS))} <span class="reason">{escape(shortened(rest, MOST_CHARS))}</span>'


def _picture(detail: Mapping[str, Any]) -> str:
    """The picture of an item, embedded so that the page stands alone; nothing when it is gone or large."""
    path = Path(str(detail.get("picture_file", "")))
    kind = PICTURE_TYPES.get(path.suffix.lower())
    if kind is None or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return ""
    return f'<img alt="evidence" src="data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}">'
