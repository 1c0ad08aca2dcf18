"""Second look at the fused candidates: BM25 among themselves, or a cross-encoder where one is configured.

Its part is a share of its own (``rerank``), so that contributions still add up. Among few candidates
BM25 knows which of the question's words tell them apart; 24 ms of CPU for 200 passages of 150 words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast

from groundsight.errors import ConfigError, NotFound
from groundsight.retrieval.words import quotable, terms_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.encoders.cross_encoder import CrossEncoder, PictureCrossEncoder
    from groundsight.settings import Models
    from groundsight.types import Hit

READ_AT_ONCE = 8


class Reranker(Protocol):
    """Scores candidates, which come best first, against the question; higher is better, any scale.

    It may score a leading part only, where its time is up: what it has not read keeps its place below.
    """

    @property
    def name(self) -> str: ...

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]: ...


class CandidateBm25:
    """Okapi BM25 whose document frequencies are those of the candidates alone."""

    name = "bm25"

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """Return one score from 0 for each hit; 0 when no word of the query is in it."""
        return bm25_among(query, [quotable(hit.unit) for hit in hits])


class CrossRanker:
    """A cross-encoder that reads the best candidates, some at a time, until its seconds are over."""

    def __init__(self, model: CrossEncoder, seconds: float) -> None:
        self._model, self._seconds, self.name = model, seconds, model.fingerprint

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """Return one score for each hit that was read in time; the first batch always is."""
        scores: list[float] = []
        end = time.monotonic() + self._seconds
        while len(scores) < len(hits) and (not scores or time.monotonic() < end):
            some = hits[len(scores) : len(scores) + READ_AT_ONCE]
            scores += self._model.score(query, [quotable(hit.unit) for hit in some])
        return scores


class PictureRanker:
    """Words for every candidate; for pictures, best first until the seconds are over, a model that looks at them."""

    def __init__(self, model: PictureCrossEncoder, look: Callable[[Hit], Image], seconds: float) -> None:
        self._model, self._look, self._seconds = model, look, seconds
        self._words, self.name = CandidateBm25(), model.fingerprint

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """Return one score from 0 to 1 for each hit; a picture whose file is gone is known by its words."""
        scores, end = fractions(self._words.score(query, hits)), time.monotonic() + self._seconds
        for place, hit in enumerate(hits):
            if hit.unit.kind == "image" and time.monotonic() < end:
                with suppress(NotFound):
                    scores[place] = max(scores[place], self._model.match(query, self._look(hit)))
        return scores


def bm25_among(query: str, texts: Sequence[str]) -> list[float]:
    """Return the BM25 of each text among these texts, 0 where it shares no word with the query."""
    documents = [list(terms_of(text)) for text in texts]
    if not any(documents):
        return [0.0 for _ in texts]
    return _okapi(documents, list(dict.fromkeys(terms_of(query))))


def _okapi(documents: list[list[str]], question: list[str]) -> list[float]:
    """BM25Plus with delta 0 is Okapi with an idf that stays above zero among few documents."""
    from rank_bm25 import BM25Plus  # pyright: ignore[reportMissingTypeStubs]

    ranker = BM25Plus(documents, delta=0)
    scores = cast("NDArray[np.float64]", ranker.get_scores(question))  # pyright: ignore[reportUnknownMemberType]
    return [float(score) for score in scores]


def open_reranker(models: Models, seconds: float, look: Callable[[Hit], Image]) -> Reranker | None:
    """Open the re-ranker that the settings name, None for ``none``; ``look`` gives the picture of a hit."""
    match models.rerank.partition(":"):
        case ("none", _, _):
            return None
        case ("bm25", _, ""):
            return CandidateBm25()
        case ("transformers", _, where) if where:
            from groundsight.encoders.cross_encoder import CrossEncoder

            model = CrossEncoder.open(where, device=models.device, allow_download=models.allow_download)
            return CrossRanker(model, seconds)
        case ("blip", _, where) if where:
            from groundsight.encoders.cross_encoder import PictureCrossEncoder

            seer = PictureCrossEncoder.open(where, device=models.device, allow_download=models.allow_download)
            return PictureRanker(seer, look, seconds)
        case _:
            raise ConfigError(
                "unknown re-ranker",
                which=models.rerank,
                next_step="use bm25, none, trained, transformers:FOLDER or blip:FOLDER",
            )


def fractions(scores: Sequence[float]) -> list[float]:
    """Return the scores on a scale from 0 to 1: by the best when none is negative, else by the range."""
    low, high = min(0.0, *scores), max(scores)
    return [(score - low) / (high - low) if high > low else 0.0 for score in scores]
