"""The list tool: the documents themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.tools.bounds import fitting, one_line
from groundsight.tools.find import day
from groundsight.tools.results import DATA_NOTE, NAME_CHARS, QUOTE_CHARS, STALE_TEXT, Result, Shape, where_text
from groundsight.types import Asset, Stale
from groundsight.types.showing import documents_of, number_of

if TYPE_CHECKING:
    from groundsight.ingestion.folder.catalogue import ApartPassage
    from groundsight.suite import Suite

MOST_LINES, MOST_COPIES = 50, 20


class DocumentLine(Shape):
    """A document: what it is, its day (its own, else that of its file), what of it was not taken.

    ``redacted`` counts the personal values that were replaced in it.
    """

    id: str
    source: str
    title: str
    kind: str
    date: str | None = None
    pages: int | None = None
    bytes: int
    labels: tuple[str, ...] = ()
    parent: str | None = None
    stale: Stale = ""
    redacted: int = 0
    warnings: tuple[str, ...] = ()


class ApartLine(Shape):
    """A passage that is kept apart and never quoted: hidden from a reader, or hostile (orders to a model)."""

    id: str
    source: str
    page: int | None = None
    mark: str
    text: str


class UnreadLine(Shape):
    """A file that could not be read, and why."""

    source: str
    why: str


class Listing(Result):
    """The documents asked for, how many there are of each kind, copies, and what is not in the index."""

    count: int
    every: int = 0
    kinds: dict[str, int] = Field(default_factory=dict)
    documents: tuple[DocumentLine, ...] = ()
    copies: tuple[tuple[str, ...], ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    left_out: tuple[str, ...] = ()
    kept_apart: tuple[ApartLine, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the documents."""
        return tuple(each.id for each in self.documents)

    def beyond(self) -> str:
        """Say how many documents are not shown, empty where all are."""
        more = self.count - len(self.documents)
        return f"and {more} more: narrow it down, or raise the limit (200 at most)" if more else ""

    def as_text(self) -> str:
        """One line a document, after the counts."""
        head = documents_of(self.count, self.every, self.kinds)
        if not self.count:
            head += "; none is like that, list without filters shows all" if self.every else "; status says what to do"
        copies = [f"same content: {', '.join(sources)}" for sources in self.copies]
        unread = [f"not read: {each.source}: {each.why}" for each in self.unread]
        apart = [f"[{each.mark}, {where_text(each.source, each.page)}] {each.text}" for each in self.kept_apart]
        apart = [DATA_NOTE, *apart] if apart else []
        return "\n".join(
            [
                head,
                *map(_line, self.documents),
                *filter(None, [self.beyond()]),
                *apart,
                *copies,
                *unread,
                *self.left_out,
            ]
        )


def list(
    suite: Suite,
    path: Annotated[str, Field(description="only sources that hold this text", max_length=300)] = "",
    kind: Annotated[str, Field(description="pdf, word, spreadsheet, picture, mail, or an ending", max_length=60)] = "",
    dated_from: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    dated_to: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    order: Literal["source", "newest", "oldest", "largest"] = "source",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    hidden: Annotated[bool, Field(description="only those with hidden text or orders to a model")] = False,
) -> Listing:
    """For which files there are: their number, kinds and dates, copies, and what could not be read."""
    from groundsight.ingestion.folder.catalogue import Wanted

    days = {"dated_from": day("dated_from", dated_from), "dated_to": day("dated_to", dated_to)}
    found = suite.list(Wanted(path=path, kind=kind, order=order, hidden=hidden, **days))
    kept = fitting([_document(suite, asset) for asset in found.documents[:limit]], 60_000)
    return Listing(
        count=len(found.documents),
        every=found.every,
        kinds=found.kinds,
        documents=kept,
        copies=tuple(tuple(one_line(source, NAME_CHARS) for source in same[:5]) for same in found.copies[:MOST_COPIES]),
        unread=tuple(
            UnreadLine(source=one_line(each.source, NAME_CHARS), why=one_line(str(each), QUOTE_CHARS))
            for each in found.unread[:MOST_LINES]
        ),
        left_out=tuple(one_line(str(each), QUOTE_CHARS) for each in found.left_out[:MOST_LINES]),
        kept_apart=fitting([_apart(each) for each in found.kept_apart[:MOST_LINES]], 20_000),
        truncated=len(kept) < len(found.documents) or len(found.kept_apart) > MOST_LINES,
    )


def _apart(each: ApartPassage) -> ApartLine:
    text = one_line(each.text, QUOTE_CHARS)
    return ApartLine(id=each.id, source=one_line(each.source, NAME_CHARS), page=each.page, mark=each.mark, text=text)


def _document(suite: Suite, asset: Asset) -> DocumentLine:
    from groundsight.ingestion.folder.catalogue import date_of, kind_of
    from groundsight.ingestion.stale import stale_of

    dated = date_of(asset)
    return DocumentLine(
        id=asset.asset_id,
        source=one_line(asset.source, NAME_CHARS),
        title=one_line(asset.title, NAME_CHARS),
        kind=one_line(kind_of(asset), 100),
        date=dated.isoformat() if dated else None,
        pages=asset.pages,
        bytes=asset.bytes,
        labels=asset.labels,
        parent=one_line(asset.parent, NAME_CHARS) if asset.parent else None,
        stale=stale_of(suite.parts, asset),
        redacted=sum(asset.redactions.values()),
        warnings=tuple(one_line(warning, QUOTE_CHARS) for warning in asset.warnings[:5]),
    )


def _line(each: DocumentLine) -> str:
    size = f"{each.bytes / 1024:,.0f} KB" if each.bytes >= 1024 else number_of(each.bytes, "byte")
    pages = number_of(each.pages, "page") if each.pages else ""
    told = [each.kind, each.date or "no date", pages, size, STALE_TEXT.get(each.stale, ""), *each.warnings]
    return f"{each.source}: {', '.join(filter(None, told))}"
