"""The search tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from groundsight.governance.pii import PLACEHOLDER
from groundsight.limits import require_words
from groundsight.sessions import Labels
from groundsight.tools import kinds_made
from groundsight.tools.bounds import RESULT_BYTES, excerpt, fair_shares, fitting, one_line
from groundsight.tools.find import chosen_filter, picture_named
from groundsight.tools.ingest import reading_text
from groundsight.tools.results import (
    DATA_NOTE,
    HIDDEN_NOTE,
    Answering,
    Found,
    Result,
    answering,
    degraded_line,
    evidence_uri,
    found,
    nothing_text,
    where_text,
)
from groundsight.types import ChannelScore, Hit, Nothing, Query, UnitKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundsight.suite import Suite


NEAREST = "Weak: no passage shown shares a word with the query, these are merely the nearest."
# Eight hits stay under 4,000 bytes as text and 8,000 as data.
HIT_CHARS, LEAST_CHARS, REASON_CHARS, SECTION_CHARS = 430, 120, 100, 80


class SearchHits(Result):
    """Hits best first, each with the part of it that holds most of the query.

    ``nothing`` says why there are none; ``absent`` are identifiers of the query that no passage holds; ``reading``
    says how far files are read that may hold more; ``degraded`` names the lanes that are off.
    """

    query: str
    hits: tuple[Found, ...]
    tier: Answering
    degraded: tuple[str, ...] = ()
    nothing: Nothing | None = None
    absent: tuple[str, ...] = ()
    reading: str = ""

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the hits."""
        return tuple(hit.id for hit in self.hits)

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each hit."""
        return tuple(
            (evidence_uri(hit.id), where_text(hit.source, hit.page, second=hit.second)) for hit in self.hits[:10]
        )

    def as_text(self) -> str:
        """List the hits with label, place, strength, reason and text."""
        shown = [f"{hit_head(hit)}\n{hit.text}" for hit in self.hits]
        return "\n\n".join(filter(None, [DATA_NOTE, *shown, *self.remarks(), degraded_line(self.degraded)]))

    def remarks(self) -> tuple[str, ...]:
        """Say why there is nothing, which identifiers are nowhere, that hits are merely nearest, and what is hidden."""
        nothing = nothing_text(self.nothing) if self.nothing else ""
        absent = f"No passage holds {', '.join(self.absent)}." if self.absent and self.hits else ""
        weak = NEAREST if self.hits and all(hit.strength == "near" for hit in self.hits) else ""
        hidden = HIDDEN_NOTE if any(PLACEHOLDER.search(hit.text) for hit in self.hits) else ""
        reading = self.reading if self.hits else ""
        return tuple(filter(None, (nothing, absent, weak, hidden, reading)))


def _offered(schema: dict[str, Any]) -> None:
    schema["anyOf"][0]["items"]["enum"] = list(kinds_made())


def search(
    suite: Suite,
    query: Annotated[str, Field(description="words or a question", max_length=8192)] = "",
    picture: Annotated[str, Field(description="find alike: file, or label of an image")] = "",
    kinds: Annotated[list[UnitKind] | None, Field(json_schema_extra=_offered)] = None,
    source: Annotated[str, Field(description="only sources that start so")] = "",
    created_from: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    created_to: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    limit: Annotated[int, Field(ge=1, le=100)] = 8,
    hops: Annotated[int, Field(ge=1, le=4, description="2 or more follows names and ids")] = 1,
    fusion: Literal["rrf", "weighted"] | None = None,
    pictures: Annotated[bool, Field(description="attach thumbnails")] = False,
    explain: Annotated[bool, Field(description="how each score adds up")] = False,
) -> SearchHits:
    """For anything about my files: PDFs, invoices, receipts, contracts, notes, mails, spreadsheets, scans, photos.

    Finds passages, tables and pictures by meaning, words and looks, each with a label (E1), file, page, box and why.
    """
    if not picture:
        require_words(query, "the query", "give words, a picture, or both")
    where = chosen_filter(suite, kinds, source, created_from, created_to)
    looks = picture_named(suite, picture) if picture else None
    asked = Query(text=query, picture=looks, where=where, limit=limit, hops=hops, fusion=fusion)
    return _found(suite, asked, pictures=pictures, explain=explain)


def _found(suite: Suite, asked: Query, *, pictures: bool, explain: bool) -> SearchHits:
    from groundsight.tools.pictures import thumbnails

    result = suite.search(asked)
    labels = Labels(suite.settings.home, suite.principal).give([hit.unit.unit_id for hit in result.hits])
    shaped = [found(hit, "", labels[hit.unit.unit_id], result.query, explain=explain) for hit in result.hits]
    shaped = _with_texts(result.hits, shaped, suite.settings.limits.hit_chars)
    kept = fitting(shaped, RESULT_BYTES - 8_000)
    return SearchHits(
        query=result.query,
        hits=kept,
        tier=answering(result.tier),
        degraded=tuple(dict.fromkeys(one_line(lane.lane, 60) for lane in result.degraded)),
        nothing=result.nothing,
        absent=result.absent,
        reading=reading_text(suite),
        truncated=len(kept) < len(shaped),
        pictures=thumbnails(suite, result.hits) if pictures else (),
    )


def _with_texts(hits: Sequence[Hit], shaped: Sequence[Found], most: int) -> list[Found]:
    """Give each hit its part of what the heads leave."""
    from groundsight.retrieval.evidence import evidence_of

    texts = [evidence_of(hit).text for hit in hits]
    left = sum(max(LEAST_CHARS, HIT_CHARS - len(hit_head(one).encode())) for one in shaped)
    sizes = [len(text.encode("utf-8", "replace")) for text in texts]
    chars = [
        min(most, share * len(text) // max(1, size))
        for share, text, size in zip(fair_shares(sizes, left), texts, sizes, strict=True)
    ]
    return [
        one.model_copy(update={"text": excerpt(text, hit.matched, share)})
        for one, hit, text, share in zip(shaped, hits, texts, chars, strict=True)
    ]


def hit_head(hit: Found) -> str:
    """Say where a hit lies, what it is, how sure, and why it is there."""
    section = one_line(hit.section, SECTION_CHARS) if hit.section else None
    box = f"box {' '.join(f'{side:.2f}' for side in hit.box)}" if hit.box else ""
    tags = f"tags: {', '.join(hit.tags)}" if hit.tags else ""
    told = "; ".join(filter(None, [hit.kind, hit.strength, box, tags]))
    score = f"\n{hit.score:.4f} = {channel_sum(hit)}" if hit.channels else ""
    why = f"\nwhy: {one_line(hit.reason, REASON_CHARS)}" if hit.reason else ""
    return f"[{hit.label}] {where_text(hit.source, hit.page, section, hit.stale, hit.second)} ({told}){score}{why}"


def channel_sum(hit: Found) -> str:
    """Write the arithmetic of a score."""
    return " + ".join(f"{part.channel} {part.contribution:.4f}{_gate(part)}" for part in hit.channels or ())


def _gate(part: ChannelScore) -> str:
    return "" if part.gate is None else f" (gate {part.gate:.2f})"
