"""The page to search on: words and filters, hits with pictures, and what each channel added to the score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from groundsight.doors.view.answer import silent
from groundsight.doors.view.drawing import bar, hue
from groundsight.doors.view.markup import Markup, choice, el, field, page, png
from groundsight.retrieval.reasons import CHANNEL_WORDS
from groundsight.tools import kinds_made
from groundsight.tools.results import evidence_uri, where_text
from groundsight.tools.search import SearchHits

if TYPE_CHECKING:
    from groundsight.doors.view.desk import Desk
    from groundsight.tools.results import Found
    from groundsight.types import ChannelScore

KIND_WORDS = {
    "text": "Text", "table": "Tables", "figure": "Figures", "image": "Pictures", "page": "Scanned pages",
    "audio": "Recordings", "video": "Clips",
}  # fmt: skip
CHARS = 500
FILTERS = ("source", "created_from", "created_to")


def search_page(desk: Desk, given: Mapping[str, str], kinds: list[str]) -> str:
    """Return the page of a search; without words only the form."""
    query = given.get("q", "").strip()
    found = _asked(desk, query, given, kinds) if query else None
    title = f"Search: {query}" if query else "Search"
    return page(title, "/search", el("h1", "Search"), _form(given, kinds), listed_hits(found) if found else None)


def listed_hits(found: SearchHits) -> Markup:
    """Return hits best first, why there are none, and what did not take part."""
    pictures = {each.uri: each.data for each in found.pictures}
    best = max((hit.score for hit in found.hits), default=1.0)
    asked = f"?{urlencode({'asked': found.query})}"
    hits = [_hit(hit, best, pictures.get(evidence_uri(hit.id)), asked) for hit in found.hits]
    remarks = [el("p", remark, class_="note") for remark in found.remarks()]
    count = el("h2", f"{len(hits)} found in your documents")
    lanes = silent([el("li", lane) for lane in found.degraded])
    return el("section", count, remarks, el("ol", hits, class_="hits") if hits else None, lanes)


def _asked(desk: Desk, query: str, given: Mapping[str, str], kinds: list[str]) -> SearchHits:
    filters = {name: given[name] for name in FILTERS if given.get(name)}
    numbers = {"hops": given.get("hops") or 1, "limit": given.get("limit") or 8}
    shown = {"pictures": True, "explain": True}
    return desk.call(SearchHits, "search", query=query, kinds=kinds or None, **shown, **filters, **numbers)


def _form(given: Mapping[str, str], kinds: list[str]) -> Markup:
    boxes = [
        el(
            "label",
            el("input", type="checkbox", name="kind", value=kind, checked=kind in kinds),
            f" {KIND_WORDS[kind]}",
        )
        for kind in kinds_made()
    ]
    narrowed = bool(kinds) or any(given.get(name) for name in FILTERS) or given.get("hops", "1") != "1"
    filters = el(
        "details",
        el("summary", "Filters"),
        el("fieldset", el("legend", "Only"), boxes),
        field("Source begins with", "source", value=given.get("source", "")),
        field("Created from", "created_from", type="date", value=given.get("created_from", "")),
        field("Created until", "created_to", type="date", value=given.get("created_to", "")),
        choice(
            "Follow names and ids", "hops", (("1", "no"), ("2", "one step"), ("3", "two steps")), given.get("hops", "1")
        ),
        choice("At most", "limit", ((each, each) for each in ("8", "20", "50")), given.get("limit", "8")),
        open=narrowed,
        class_="filters",
    )
    words = field("Words or a question", "q", type="search", value=given.get("q", ""), required=True)
    return el(
        "form",
        words,
        filters,
        el("p", el("button", "Search", type="submit")),
        method="get",
        action="/search",
        role="search",
    )


def _hit(hit: Found, best: float, picture: bytes | None, asked: str) -> Markup:
    where = where_text(hit.source, hit.page, hit.section, hit.stale, hit.second)
    head = el("h3", el("a", where, href=f"/passage/{hit.id}{asked}"))
    seen = el("p", png(picture, f"{hit.kind} in {hit.source}"), class_="thumb") if picture else None
    text = el("p", hit.text[:CHARS] + ("…" if len(hit.text) > CHARS else ""), class_="text")
    about = "; ".join(filter(None, [hit.kind, f"hop {hit.hop}" if hit.hop > 1 else "", hit.created or "", hit.reason]))
    return el("li", head, el("p", about, class_="soft"), seen, text, bar(hit, best), _parts(hit))


def _parts(hit: Found) -> Markup:
    head = el("tr", [el("th", name, scope="col") for name in ("Channel", "Rank", "Raw", "Gate", "Added")])
    rows = [_part(number, part) for number, part in enumerate(hit.channels or ())]
    total = el("tr", el("th", "Score", scope="row"), el("td"), el("td"), el("td"), el("td", f"{hit.score:.4f}"))
    listed = el("table", el("thead", head), el("tbody", rows, total))
    return el("details", el("summary", f"Score {hit.score:.4f}"), listed)


def _part(number: int, part: ChannelScore) -> Markup:
    name = el("th", el("span", class_=f"key {hue(number)}"), CHANNEL_WORDS.get(part.channel, part.channel), scope="row")
    gate = "-" if part.gate is None else f"{part.gate:.2f}"
    numbers = (part.rank or "-", f"{part.raw:.3f}", gate, f"{part.contribution:.4f}")
    return el("tr", name, [el("td", number) for number in numbers])


def nothing_given() -> Markup:
    """Say what is missing."""
    return el("p", "Give words, a picture, or both.", class_="error", role="alert")
