"""The library: the documents, what was left out of them or could not be read, what is hidden, and what lies twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from groundsight.doors.view.answer import silent_lanes
from groundsight.doors.view.evidence import page_of, player
from groundsight.doors.view.markup import Markup, choice, el, field, page, together
from groundsight.errors import NotFound
from groundsight.tools.library import ASSET, Document
from groundsight.tools.lineage import LINEAGE, Origin
from groundsight.tools.list import Listing
from groundsight.tools.read import Reading
from groundsight.tools.results import STALE_TEXT, where_text
from groundsight.tools.status import Status
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.doors.view.desk import Desk
    from groundsight.tools.list import DocumentLine
    from groundsight.tools.read import Passage

MOST = 200
ORDERS = (("source", "by name"), ("newest", "newest first"), ("oldest", "oldest first"), ("largest", "largest first"))
HEADS = ("Document", "Kind", "Date", "Pages", "Size", "Hidden values", "Remarks")


def library_page(desk: Desk, given: Mapping[str, str]) -> str:
    """Return the page of all documents that were asked for."""
    names = ("path", "kind", "dated_from", "dated_to", "order")
    chosen = {name: given[name] for name in names if given.get(name)}
    listing, told = desk.call(Listing, "list", limit=MOST, **chosen), desk.call(Status, "status")
    return page(
        "Library",
        "/library",
        el("h1", "Library"),
        _counts(listing, told),
        _form(given),
        _documents(listing),
        _section("Not read", [f"{each.source}: {each.why}" for each in listing.unread]),
        _section("Left out of folders by rule", listing.left_out),
        _section("Same content more than once", [", ".join(same) for same in listing.copies]),
        _models(told),
    )


def document(desk: Desk, asset_id: str, number: int, second: float = 0.0) -> str:
    """Return the page of one document: its remarks, a player or one page as a picture, and what was read of it."""
    one = desk.call(Document, ASSET, asset_id=asset_id)
    hidden = [f"{kind.lower()}: {count}" for kind, count in one.redactions.items()]
    shown = one.asset
    about = [
        shown.media_type,
        f"created {shown.created}" if shown.created else "",
        number_of(len(one.units), "passage"),
    ]
    return page(
        shown.title,
        "/library",
        el("h1", shown.title),
        el("p", shown.source),
        el("p", "; ".join(filter(None, about)), class_="soft"),
        _section("Remarks", one.warnings),
        _section("Hidden personal values", hidden),
        _lineage(desk.call(Origin, LINEAGE, id=asset_id)),
        _pages(asset_id, number, shown.pages or 1),
        _played(one, second),
        _text(desk, asset_id, number, shown.source),
    )


def _counts(listing: Listing, told: Status) -> Markup:
    kinds = ", ".join(f"{kind} {count}" for kind, count in listing.kinds.items())
    hidden = sum(each.redacted for each in listing.documents)
    facts = (
        ("Documents", [str(listing.count), el("div", kinds, class_="soft")]),
        ("Passages", told.units),
        ("Folders", ", ".join(told.roots) or "none yet"),
        ("Read in part", number_of(told.warned, "document")),
        ("Not read", number_of(told.unread, "file")),
        ("Hidden personal values", hidden),
    )
    nothing = el("p", f"{told.nothing.why}. Next: {told.nothing.remedy}", class_="note") if told.nothing else None
    return together(nothing, el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in facts]))


def _form(given: Mapping[str, str]) -> Markup:
    fields = (
        field("Name holds", "path", value=given.get("path", "")),
        field("Kind", "kind", value=given.get("kind", ""), hint="pdf, word, spreadsheet, picture, mail"),
        field("Dated from", "dated_from", type="date", value=given.get("dated_from", "")),
        field("Dated until", "dated_to", type="date", value=given.get("dated_to", "")),
        choice("Order", "order", ORDERS, given.get("order", "source")),
        el("p", el("button", "Show", type="submit")),
    )
    narrowed = any(given.get(name) for name in ("path", "kind", "dated_from", "dated_to"))
    inside = el("details", el("summary", "Filters"), fields, open=narrowed, class_="filters")
    return el("form", inside, method="get", action="/library")


def _documents(listing: Listing) -> Markup:
    if not listing.documents:
        return el("p", "No document is like that.")
    head = el("thead", el("tr", [el("th", name, scope="col") for name in HEADS]))
    body = el("tbody", map(_row, listing.documents))
    more = el("p", listing.beyond(), class_="note") if listing.beyond() else None
    return together(
        el("h2", "Documents"),
        el(
            "div",
            el("table", head, body, class_="facts"),
            class_="scroll",
            tabindex=0,
            role="group",
            aria_label="Documents",
        ),
        more,
    )


def _row(each: DocumentLine) -> Markup:
    size = f"{each.bytes / 1024:,.0f} KB" if each.bytes >= 1024 else f"{each.bytes} B"
    remarks = [*([STALE_TEXT[each.stale]] if each.stale else []), *each.warnings]
    name = el("th", el("a", each.source, href=f"/document/{each.id}"), scope="row")
    facts = (each.kind, each.date or "-", each.pages or "-", size, each.redacted or "-", "; ".join(remarks) or "-")
    return el("tr", name, [el("td", fact) for fact in facts])


def _section(title: str, lines: Sequence[str]) -> Markup | None:
    return together(el("h2", title), el("ul", [el("li", line) for line in lines])) if lines else None


def _lineage(told: Origin) -> Markup:
    """Where the document comes from, folded: few look for it."""
    return el("details", el("summary", "Where it comes from"), el("pre", told.as_text()))


def _models(told: Status) -> Markup:
    lanes = [el("li", f"{lane}: {model}") for lane, model in told.tier.models.items()]
    return together(el("h2", "Models"), el("p", f"Tier {told.tier.name}"), el("ul", lanes), silent_lanes(told.degraded))


def _pages(asset_id: str, number: int, count: int) -> Markup | None:
    if count == 1:
        return None
    links = [
        el("a", word, href=f"/document/{asset_id}?page={to}")
        for word, to in (("Previous page", number - 1), ("Next page", number + 1)) if 1 <= to <= count
    ]  # fmt: skip
    return el("nav", el("p", f"Page {number} of {count} ", [[link, " "] for link in links]), aria_label="Pages of it")


def _played(one: Document, second: float) -> Markup | None:
    """Return what plays a recording or a clip; one in which anything was redacted is not played."""
    kind = one.asset.media_type.partition("/")[0]
    return player(kind, one.asset.id, second) if kind in ("audio", "video") and not one.redactions else None


def _moment(asset_id: str, each: Passage) -> Markup | None:
    if each.second is None:
        return None
    return el("a", where_text(each.kind, None, second=each.second), href=f"/document/{asset_id}?second={each.second:g}")


def _text(desk: Desk, asset_id: str, number: int, source: str) -> Markup:
    try:
        read = desk.call(Reading, "read", id=asset_id, page=number)
    except NotFound as empty:
        passages: Markup = el("p", empty.what, class_="note")
        paged = True
    else:
        passages = together(
            [_moment(asset_id, each), el("p", each.text, class_="text", id=f"e-{each.id}")] for each in read.passages
        )
        paged = any(each.page or each.kind == "image" for each in read.passages)
    shown = page_of(desk, asset_id, number, f"Page {number} of {source}") if paged else None
    return together(el("h2", "What was read"), el("div", el("div", passages), shown, class_="beside"))
