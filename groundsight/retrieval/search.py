"""The retrieval ladder: from a query to hits whose contributions add up to their scores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from groundsight.audio import NARROW
from groundsight.governance.access import matches, tenant_of, visible_to
from groundsight.governance.events import note_denied
from groundsight.index import ChannelQuery, ChannelResult
from groundsight.language.stems import phrases
from groundsight.retrieval.asking import Asked, asked_of, normalised
from groundsight.retrieval.cache import CacheKey
from groundsight.retrieval.copies import copies_first
from groundsight.retrieval.diversity import spread_out
from groundsight.retrieval.emptiness import emptiness
from groundsight.retrieval.floor import too_far
from groundsight.retrieval.fusion import Shares, best_first, by_score, fuse, total_of, total_weight, without_tails
from groundsight.retrieval.graph import follow
from groundsight.retrieval.headings import Named, headings_named
from groundsight.retrieval.identifiers import Held, held_in, levelled, lifted
from groundsight.retrieval.reasons import explained
from groundsight.retrieval.recency import newest, recency_share
from groundsight.retrieval.rerank import fractions
from groundsight.retrieval.served import fused_by_server
from groundsight.tracing import tell
from groundsight.types import ChannelScore, Degraded, Hit, Nothing, Query, SearchResult, Tier

if TYPE_CHECKING:
    from datetime import date

    from groundsight.parts import Parts
    from groundsight.settings import Search
    from groundsight.tracing import Watch
    from groundsight.types import Filter, Principal


def search(
    parts: Parts, query: Query, principal: Principal, watch: Watch, *, today: date | None = None
) -> SearchResult:
    """Climb the ladder and return the hits, best first, with the lanes that were off.

    ``today`` is the reference day of recency; without it the newest date among the candidates.

    Raises:
        InvalidArgument, LimitExceeded: the query itself.
        NotFound: the query's picture is not there, or not under the roots.
        IndexVersion: the index was written by another encoder.
    """
    asked = normalised(query, parts.settings.limits)
    where = visible_to(principal).also(*asked.where.conditions)
    if parts.settings.governance.probe_denied and asked.text:
        _probe(parts, asked.text, principal)
    key = CacheKey(where, parts.index.version(), _settings_print(parts, today), asked)
    kept = parts.searches.get(key) if asked.picture is None else None
    tell(cache_hit=kept is not None)
    if kept is not None:
        return kept
    spaces = parts.index.fingerprints()
    result = _Climb(parts, asked, principal, where, watch).result(today)
    if parts.index.version() != key.version and parts.index.fingerprints() != spaces:
        # Another encoder was put in place on the way, so that this query and these vectors are of two spaces.
        return search(parts, query, principal, watch, today=today)
    if asked.picture is None:
        parts.searches.put(key, result)
    return result


def _probe(parts: Parts, text: str, principal: Principal) -> None:
    """Write into the trail which documents among the best by words are kept from the caller."""
    most, everything = parts.settings.governance.probe_denied, tenant_of(principal)
    (best,) = parts.index.search([ChannelQuery("bm25_text", text=text)], everything, most)
    found = parts.index.get([unit_id for unit_id, _ in best.hits], everything)
    note_denied(parts.settings, principal, {asset.asset_id: asset for _, asset in found}.values(), "search")


class _Climb:
    """One query on its way up."""

    def __init__(self, parts: Parts, query: Query, principal: Principal, where: Filter, watch: Watch) -> None:
        self._parts, self._query, self._principal, self._where, self._watch = parts, query, principal, where, watch
        self._search = _leaning(parts.settings.search, query.text)

    def result(self, today: date | None) -> SearchResult:
        with self._watch.span("search.encode"):
            asked = asked_of(self._parts, self._query, self._principal, self._watch)
        with self._watch.span("search.index"):
            held = self._identified()
            hits, total = self._candidates(asked, held)
        hits = self._dated(hits, today, total)
        with self._watch.span("search.rerank"):
            hits = self._reranked(asked.words, hits, total)
        self._watch.check()
        far = self._too_far(asked, hits, held)
        hits = () if far else hits
        with self._watch.span("search.hops"):
            hits = lifted(self._followed(asked, levelled(hits, held)), held)
        if asked.phash and "visual" in (self._query.channels or ("visual",)):
            hits = copies_first(hits, asked.phash, self._parts.index, self._where, self._query.limit)
        hits = spread_out(self._allowed(hits), self._query.limit)
        nothing = self._nothing(hits, far)
        return SearchResult(
            query=self._query.text or asked.words,
            hits=explained(asked.words, hits),
            tier=tier_of(self._parts),
            degraded=tuple(dict.fromkeys((*self._parts.degraded(), *_gaps(asked, nothing), *_narrow(hits)))),
            nothing=nothing,
            absent=held.absent,
        )

    def _identified(self) -> Held:
        """Look the query's identifiers up; whoever names channels wants only these."""
        named = self._query.text if self._query.channels is None else ""
        return held_in(named, self._parts.index, self._where)

    def _too_far(self, asked: Asked, hits: Sequence[Hit], held: Held) -> str:
        """Whoever names channels, or shows a picture that has a look here, gets the nearest there is.

        The embedded picture encoder gives noise a cosine of 0.89 to 0.94 and a cut-out of a stored picture 0.83 to
        0.98, so a picture has no floor.
        """
        looked = self._query.picture and any(ask.channel == "visual" for ask in asked.channels)
        server = (self._query.fusion or self._search.fusion) == "server"
        if not self._search.floor or server or looked or self._query.channels is not None:
            return ""
        text, visual = self._parts.text_encoder, self._parts.picture_encoder
        prints = text.fingerprint if text else None, visual.fingerprint if visual else None
        return too_far(asked.words, hits, held, *prints)

    def _nothing(self, hits: Sequence[Hit], far: str) -> Nothing | None:
        """Say why there are no hits; what another may see counts as not there."""
        if hits:
            return None
        missing = emptiness(self._parts, self._principal, self._where)
        why = far or "nothing shares a word with the query or is near to it"
        return missing or Nothing(reason="below_floor", why=why, remedy="try other words")

    def _candidates(self, asked: Asked, held: Held) -> tuple[tuple[Hit, ...], float]:
        """Ask every channel at once, fuse, and fetch the best candidates with the headings that were named."""
        most = min(self._search.candidates, self._parts.settings.limits.candidates)
        weights = self._search.weights
        method = self._query.fusion or self._search.fusion
        if method == "server":
            shares, total = fused_by_server(self._parts.index, asked.channels, self._where, most, weights)
        else:
            results = without_tails(self._parts.index.search(asked.channels, self._where, most))
            total = total_weight(results, weights) or 1.0
            shares = self._fused(results)
        shares = {**shares, **self._named(asked.words, shares, total)}
        shares |= {unit_id: shares.get(unit_id, ()) for unit_id in held.units()}
        best = by_score(shares)[: max(self._search.rerank_candidates, 2 * self._query.limit)]
        best = tuple(dict.fromkeys((*best, *sorted(held.units()))))
        found = self._parts.index.get(best, self._where)
        hits = [
            Hit(unit=unit, asset=asset, score=total_of(shares[unit.unit_id]), channels=shares[unit.unit_id])
            for unit, asset in found
        ]
        return self._allowed(hits), total

    def _fused(self, results: Sequence[ChannelResult]) -> Shares:
        """Fuse by the rule that the query names, else by the fuser of the settings."""
        rules, named = self._search, self._query.fusion
        if named is None:
            return self._parts.fuser.fuse(results)
        return fuse(results, rules.weights, named, k=rules.rrf_k, scale=rules.scale)

    def _named(
        self, words: str, shares: Mapping[str, tuple[ChannelScore, ...]], total: float
    ) -> Mapping[str, tuple[ChannelScore, ...]]:
        """Give the units whose heading the question names a share of their own."""
        weight = self._search.weights.heading / total
        if weight <= 0 or self._query.channels is not None:
            return {}
        named = headings_named([words], self._parts.index, self._where)[0]
        return {name.unit_id: (*shares.get(name.unit_id, ()), _heading_share(name, weight)) for name in named}

    def _dated(self, hits: Sequence[Hit], today: date | None, total: float) -> tuple[Hit, ...]:
        day = today or newest(hit.asset for hit in hits)
        if day is None:
            return tuple(hits)
        weight = self._search.weights.recency / total
        shares = [recency_share(hit.asset, day, self._search.recency_per_day, weight) for hit in hits]
        return _with_shares(hits, shares)

    def _reranked(self, words: str, hits: Sequence[Hit], total: float) -> tuple[Hit, ...]:
        ranker, weight = self._parts.reranker, self._search.weights.rerank / total
        if ranker is None or not hits or not words or weight <= 0:
            return best_first(hits)
        hits = best_first(hits)
        raw = ranker.score(words, hits)
        shares = [
            ChannelScore(channel="rerank", raw=score, weight=weight, contribution=weight * worth)
            for score, worth in zip(raw, fractions(raw), strict=True)
        ]
        return best_first((*_with_shares(hits[: len(raw)], shares), *hits[len(raw) :]))

    def _followed(self, asked: Asked, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        if self._query.hops == 1:
            return tuple(hits)
        links = self._query.hops - 1
        return follow(
            self._parts, asked.words, hits, self._principal, self._watch, links, self._query.where, asked.channels
        )

    def _allowed(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Check access again, by the reference evaluator: before links, reasons or twins can name anything."""
        return tuple(hit for hit in hits if matches(self._where, hit.asset, hit.unit))


def _leaning(search: Search, text: str) -> Search:
    """For what goes on in a recording its summaries weigh as much as its words; they stand in the metadata."""
    if not phrases(("narrative",), "topic_words.tsv").search(text.casefold()):
        return search
    weights = search.weights.model_copy(update={"meta": max(search.weights.meta, search.weights.text)})
    return search.model_copy(update={"weights": weights})


def _gaps(asked: Asked, nothing: Nothing | None) -> tuple[Degraded, ...]:
    """Name the lanes that stayed silent; over an empty index nothing else needs saying."""
    if nothing is None or nothing.reason != "empty_index":
        return asked.degraded
    return (Degraded(lane="index", reason=nothing.why, remedy=nothing.remedy),)


def _narrow(hits: Sequence[Hit]) -> Iterator[Degraded]:
    """Name the speech of what was found in recordings that are heard less well."""
    for hit in hits:
        if hit.unit.transcript and NARROW in hit.asset.warnings:
            remedy = "listen to it, or ingest a recording of 16,000 samples a second or more"
            yield Degraded(lane="speech", reason=f"{hit.asset.source}: {NARROW}", remedy=remedy)


def tier_of(parts: Parts) -> Tier:
    """Name the models that answer a search; an opened model by its fingerprint."""
    models = parts.settings.models
    encoders = {"text": parts.text_encoder, "visual": parts.picture_encoder, "sound": parts.audio_encoder}
    lanes = {"text": models.text, "visual": models.visual, "sound": models.sound, "rerank": models.rerank}
    named = {lane: encoder.fingerprint if encoder else "none" for lane, encoder in encoders.items()}
    named["rerank"] = parts.reranker.name if models.rerank == "trained" and parts.reranker else models.rerank
    if (trained := parts.fuser.name) not in ("rrf", "weighted"):
        named["fusion"] = trained
    return Tier.of(lanes.values(), named)


def _heading_share(name: Named, weight: float) -> ChannelScore:
    """A heading that several units have names each of them so much less: ``Revenue`` is in every report."""
    raw = 1.0 / name.holders
    return ChannelScore(channel="heading", raw=raw, weight=weight, contribution=weight * raw)


def _with_shares(hits: Sequence[Hit], shares: Sequence[ChannelScore | None]) -> tuple[Hit, ...]:
    return tuple(_with_share(hit, share) if share else hit for hit, share in zip(hits, shares, strict=True))


def _with_share(hit: Hit, share: ChannelScore) -> Hit:
    channels = (*hit.channels, share)
    return hit.model_copy(update={"channels": channels, "score": total_of(channels)})


def _settings_print(parts: Parts, today: date | None) -> str:
    settings, ranker = parts.settings, parts.reranker
    trained = (parts.fuser.name, ranker.name if ranker else "")
    told = f"{settings.search.model_dump_json()}{settings.models.model_dump_json()}{settings.limits}{today}{trained}"
    return hashlib.sha256(told.encode()).hexdigest()
