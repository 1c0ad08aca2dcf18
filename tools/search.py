"""The search tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.limits import require_words
from groundsight.tools.bounds import RESULT_BYTES, fitting
from groundsight.tools.find import chosen_filter, picture_named
from groundsight.tools.results import (
    DATA_NOTE,
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
from groundsight.types import Degraded, Nothing, Query, UnitKind

if TYPE_CHECKING:
    from groundsight.suite import Suite


NEAREST = "Weak: no passage shown shares a word with the query, these are merely the nearest."


class SearchHits(Result):
    """Hits best first; the contributions of a hit's channels add up to its score.

    ``nothing`` says why there are none; ``absent`` are identifiers of the query that no passage holds.
    """

    query: str
    hits: tuple[Found, ...]
    tier: Answering
    degraded: tuple[Degraded, ...] = ()
    nothing: Nothing | None = None
    absent: tuple[str, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the hits."""
        return tuple(hit.id for hit in self.hits)

    def links(self) -> tuple[tuple[str, str], ...]:
        """Return the address of each hit."""
        return tuple((evidence_uri(hit.id), where_text(hit.source, hit.page)) for hit in self.hits[:10])

    def as_text(self) -> str:
        """List the hits with id, place, score and text."""
        shown = [_hit_text(hit) for hit in self.hits]
        return "\n\n".join([DATA_NOTE, *shown, *self.remarks(), degraded_line(self.degraded)]).strip()

    def remarks(self) -> tuple[str, ...]:
        """Say why there is nothing, which identifiers are nowhere, and that hits are merely nearest."""
        from groundsight.retrieval.asking import DENSE

        nothing = nothing_text(self.nothing) if self.nothing else ""
        absent = f"No passage holds {', '.join(self.absent)}." if self.absent and self.hits else ""
        lanes = {part.channel for hit in self.hits for part in hit.channels}
        weak = NEAREST if lanes and lanes <= {*DENSE, "rerank", "recency"} else ""
        return tuple(filter(None, (nothing, absent, weak)))


def search(
    suite: Suite,
    query: Annotated[str, Field(description="words or a question", max_length=8192)] = "",
    picture: Annotated[str, Field(description="find what looks like this: picture file, or id of an image")] = "",
    kinds: list[UnitKind] | None = None,
    source: Annotated[str, Field(description="only sources that start so")] = "",
    created_from: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    created_to: Annotated[str, Field(description="YYYY-MM-DD")] = "",
    limit: Annotated[int, Field(ge=1, le=100)] = 8,
    hops: Annotated[int, Field(ge=1, le=4, description="2 or more follows names and ids")] = 1,
    fusion: Literal["rrf", "weighted"] | None = None,
    pictures: Annotated[bool, Field(description="attach thumbnails")] = False,
) -> SearchHits:
    """Search the user's documents, tables, figures and pictures by meaning, words and looks.

    Returns passages with id, source, page, box and what each channel added to the score. Cite the ids;
    use `read` for context and `verify` before answering.
    """
    if not picture:
        require_words(query, "the query", "give words, a picture, or both")
    where = chosen_filter(kinds, source, created_from, created_to)
    looks = picture_named(suite, picture) if picture else None
    asked = Query(text=query, picture=looks, where=where, limit=limit, hops=hops, fusion=fusion)
    return _found(suite, asked, pictures)


def _found(suite: Suite, asked: Query, pictures: bool) -> SearchHits:
    from groundsight.retrieval.evidence import evidence_of
    from groundsight.tools.pictures import thumbnails

    result, most = suite.search(asked), suite.settings.limits.hit_chars
    shaped = [found(hit, evidence_of(hit).text, most) for hit in result.hits]
    kept = fitting(shaped, RESULT_BYTES - 8_000)
    return SearchHits(
        query=result.query,
        hits=kept,
        tier=answering(result.tier),
        degraded=result.degraded,
        nothing=result.nothing,
        absent=result.absent,
        truncated=len(kept) < len(shaped),
        pictures=thumbnails(suite, result.hits) if pictures else (),
    )


def _hit_text(hit: Found) -> str:
    where = where_text(hit.source, hit.page, hit.section, hit.stale)
    return f"[{hit.id}] {where} ({hit.kind}, score {hit.score:.4f})\n{hit.text}"
