"""The catalogue: what is indexed for a caller, as files with kinds, dates and sizes, and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from mimetypes import guess_type
from typing import TYPE_CHECKING, Literal

from groundsight.errors import InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.ingestion import Skipped
from groundsight.ingestion.apart import kept_as
from groundsight.ingestion.folder.ledger import Unread, skipped_by, unread_by
from groundsight.language.file_kinds import kinds
from groundsight.types import Asset, Principal, Shown, Word
from groundsight.types.showing import documents_of

if TYPE_CHECKING:
    from groundsight.parts import Parts

Order = Literal["source", "newest", "oldest", "largest"]


class Wanted(Word):
    """Which documents: a part of the source, a kind (a word of ``file_kinds.tsv``, an ending or a media type), days.

    ``hidden``: those with passages that are kept apart, and these passages.
    """

    path: str = ""
    kind: str = ""
    dated_from: date | None = None
    dated_to: date | None = None
    order: Order = "source"
    hidden: bool = False

    def passes(self, asset: Asset) -> bool:
        """Tell whether a document is one of these."""
        day = date_of(asset)
        return (
            self.path.casefold() in asset.source.casefold()
            and (not self.kind or is_of_kind(asset, self.kind))
            and (bool(asset.unseen) or not self.hidden)
            and (self.dated_from is None or (day is not None and day >= self.dated_from))
            and (self.dated_to is None or (day is not None and day <= self.dated_to))
        )

    def names(self, source: str) -> bool:
        """Tell whether a file that was not read may be one of these, by its name."""
        media_type = guess_type(source)[0] or ""
        unread = Asset(asset_id="", source=source, media_type=media_type, title="", sha256="", bytes=0)
        return self.path.casefold() in source.casefold() and (not self.kind or is_of_kind(unread, self.kind))


class ApartPassage(Word):
    """A passage that is kept apart: "hidden" from a reader of the file, or "hostile", and what it says."""

    id: str
    source: str
    page: int | None
    mark: str
    text: str


class Catalogue(Shown):
    """Documents in the order that was asked for, how many there are of each kind, copies, and what is not indexed.

    ``kept_apart`` is told where it was asked for. ``copies`` are sources that hold the same bytes. ``unread`` are
    chosen by path and ending, ``left_out`` by the path alone.
    """

    documents: tuple[Asset, ...]
    every: int
    kinds: dict[str, int]
    copies: tuple[tuple[str, ...], ...] = ()
    unread: tuple[Unread, ...] = ()
    left_out: tuple[Skipped, ...] = ()
    kept_apart: tuple[ApartPassage, ...] = ()

    def _text(self) -> str:
        head = documents_of(len(self.documents), self.every, self.kinds)
        unread = [f"not read: {each.source}: {each}" for each in self.unread]
        apart = [f"{each.mark}: {each.source}{f' page {each.page}' if each.page else ''}: {each.text}"
                 for each in self.kept_apart]  # fmt: skip
        return "\n".join([head, *(each.source for each in self.documents), *apart, *unread, *map(str, self.left_out)])


def catalogue(parts: Parts, who: Principal, wanted: Wanted | None = None) -> Catalogue:
    """List what a caller may see; another's documents are neither listed, counted nor named.

    Raises:
        InvalidArgument: there is no such kind, and nothing that the caller may see ends so.
    """
    asked, every = wanted or Wanted(), parts.index.assets(visible_to(who))
    unread = unread_by(parts, who)
    _refuse_unknown(asked.kind, [each.source for each in (*every, *unread)])
    chosen = _ordered([each for each in every if asked.passes(each)], asked.order)
    return Catalogue(
        documents=tuple(chosen),
        every=len(every),
        kinds=dict(Counter(kind_of(each) for each in chosen).most_common()),
        copies=_copies(chosen),
        unread=tuple(each for each in unread if asked.names(each.source)),
        left_out=tuple(each for each in skipped_by(parts, who) if asked.path.casefold() in each.example.casefold()),
        kept_apart=tuple(_kept_apart(parts, who, chosen)) if asked.hidden else (),
    )


def _kept_apart(parts: Parts, who: Principal, assets: Sequence[Asset]) -> Iterator[ApartPassage]:
    for asset in assets:
        for unit in parts.index.units(asset.asset_id, visible_to(who)):
            if unit.unseen:
                page = unit.place.page
                yield ApartPassage(
                    id=unit.unit_id, source=asset.source, page=page, mark=kept_as(unit), text=unit.unseen
                )


def date_of(asset: Asset) -> date | None:
    """Return the day that a document gives itself, else the day on which its file was last written (UTC)."""
    if asset.created or asset.mtime_ns is None:
        return asset.created
    return datetime.fromtimestamp(asset.mtime_ns / 1e9, UTC).date()


def kind_of(asset: Asset) -> str:
    """Return the kind of a document in one word, its media type where there is no word for it."""
    found = (name for name, types, _ in kinds() if asset.media_type.startswith(types))
    return next(found, asset.media_type)


def is_of_kind(asset: Asset, wanted: str) -> bool:
    """Tell whether a document is of a kind or of a media type, or has an ending that no kind is known by.

    What ends in .pdf and is a web page is none of the PDFs.
    """
    word = wanted.casefold().strip(" .")
    named = _types_of(word)
    by_type = asset.media_type.startswith((*named, word if "/" in word else f"{word}/"))
    return by_type or (not named and asset.source.casefold().endswith(f".{word}"))


def _types_of(word: str) -> tuple[str, ...]:
    """Return the beginnings of the media types of a kind, none where no kind is called so."""
    return tuple(each for name, types, words in kinds() if word == name or word in words for each in types)


def _refuse_unknown(kind: str, sources: Sequence[str]) -> None:
    """Refuse a word that is no kind, no media type and the ending of nothing; ``.log`` is meant as an ending."""
    word, names = kind.casefold().strip(" ."), [name for name, *_ in kinds()]
    is_type = "/" in word or any(each.startswith(f"{word}/") for _, types, _ in kinds() for each in types)
    known = is_type or bool(_types_of(word)) or (bool(word) and kind.strip().startswith("."))
    if not kind or known or any(source.casefold().endswith(f".{word}") for source in sources):
        return
    near = get_close_matches(word, [*names, *(form for *_, forms in kinds() for form in forms)], n=1, cutoff=0.7)
    hint = f"did you mean {near[0]}? " if near else ""
    step = f"{hint}kinds: {', '.join(names)}; or give an ending (.log) or a media type"
    raise InvalidArgument("there is no such kind", which=kind[:60], next_step=step)


def _ordered(assets: Sequence[Asset], order: Order) -> list[Asset]:
    match order:
        case "source":
            return sorted(assets, key=lambda each: each.source)
        case "largest":
            return sorted(assets, key=lambda each: (-each.bytes, each.source))
        case "newest":
            return sorted(assets, key=lambda each: (_since(each), each.source), reverse=True)
        case "oldest":
            return sorted(assets, key=lambda each: (date_of(each) is None, _since(each), each.source))


def _since(asset: Asset) -> tuple[int, int]:
    """The day, and among those of one day when the file was written."""
    day = date_of(asset)
    return (day.toordinal() if day else 0, asset.mtime_ns or 0)


def _copies(assets: Sequence[Asset]) -> tuple[tuple[str, ...], ...]:
    by_bytes: dict[str, list[str]] = {}
    for each in assets:
        by_bytes.setdefault(each.sha256, []).append(each.source)
    return tuple(tuple(sources) for sources in by_bytes.values() if len(sources) > 1)
