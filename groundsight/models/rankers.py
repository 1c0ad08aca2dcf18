"""Re-rankers that were trained: a small net over what is known of each candidate; nothing is encoded again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from groundsight.errors import ConfigError
from groundsight.models.candidates import CHANNELS
from groundsight.models.nets import Form, form_named, forward
from groundsight.models.store import active, card_named, weights_of
from groundsight.retrieval.recency import newest
from groundsight.retrieval.rerank import CandidateBm25, bm25_among, fractions, open_reranker
from groundsight.retrieval.words import asked_weights, quotable, terms_of
from groundsight.types.base import UnitKind

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.retrieval.rerank import Reranker
    from groundsight.settings import Settings
    from groundsight.types import Hit

KINDS: tuple[str, ...] = get_args(UnitKind)
SHARES = (*CHANNELS, "heading", "recency")
FEATURES = ("bm25", "overlap", "heading_overlap", "fused", "place", "length", "age", *SHARES, *KINDS)
LONG, YEAR = 2_000, 365.0


@dataclass(frozen=True)
class LearnedRanker:
    """A net over the features of each hit; its inputs take the place of channels, one number each."""

    form: Form
    weights: Mapping[str, Any]
    name: str = ""

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """Return one score for each hit, of any sign."""
        import numpy as np

        if not hits:
            return []
        added, _ = forward(self.form, np, self.weights, features_of(query, hits), np.ones(len(FEATURES)))
        return [float(score) for score in added.sum(1)]


def features_of(query: str, hits: Sequence[Hit]) -> NDArray[np.float64]:
    """Return float64 of shape (len(hits), len(FEATURES), 1), each about 0 to 1; hits come best first."""
    import numpy as np

    texts = [quotable(hit.unit) for hit in hits]
    asked, held = frozenset(terms_of(query)), [frozenset(terms_of(text)) for text in texts]
    weights, words = asked_weights(asked, held), fractions(bm25_among(query, texts))
    whole, latest = sum(weights.values()) or 1.0, newest(hit.asset for hit in hits)
    top = max(hit.score for hit in hits) or 1.0
    made = np.zeros((len(hits), len(FEATURES), 1))
    for row, hit in enumerate(hits):
        headed = asked & frozenset(terms_of(hit.unit.heading))
        age = (latest - hit.asset.created).days / YEAR if latest and hit.asset.created else 0.0
        known = {
            "bm25": words[row],
            "overlap": sum(weights[term] for term in asked & held[row]) / whole,
            "heading_overlap": sum(weights[term] for term in headed) / whole,
            "fused": hit.score / top,
            "place": 1.0 / (row + 1),
            "length": min(len(texts[row]), LONG) / LONG,
            "age": math.tanh(age),
            hit.unit.kind: 1.0,
        }
        known |= {part.channel: part.contribution for part in hit.channels if part.channel in SHARES}
        made[row, :, 0] = [known.get(name, 0.0) for name in FEATURES]
    return made


def first_look() -> NDArray[np.float64]:
    """Return the linear weights by which training starts: words alone, as the packaged re-ranker."""
    import numpy as np

    return np.array([[float(name == "bm25")] for name in FEATURES])


def ranker_of(settings: Settings, look: Callable[[Hit], Image]) -> Reranker | None:
    """Return the re-ranker that the settings name, None for ``none``; ``look`` gives the picture of a hit.

    A trained one is that in use, the packaged one after its last rollback.

    Raises:
        ConfigError: it is unknown, or none was promoted. Disabled, ModelFailed: as the model says.
    """
    if settings.models.rerank != "trained":
        return open_reranker(settings.models, settings.search.rerank_seconds, look)
    now = active(settings.home, "reranker")
    if now is None:
        step = "groundsight train reranker --from JUDGED.jsonl, then groundsight models promote ID"
        raise ConfigError("no trained re-ranker is in use", which="models.rerank = trained", next_step=step)
    return trained_ranker(settings.home, now.id) if now.id else CandidateBm25()


def trained_ranker(home: Path, name: str) -> LearnedRanker:
    """Return the re-ranker of a version.

    Raises:
        ConfigError: it is none. NotFound, ModelFailed: it is not there, or not whole.
    """
    card = card_named(home, name)
    if card.kind != "reranker":
        raise ConfigError("this version is no re-ranker", which=card.id, next_step="groundsight models list")
    return LearnedRanker(form_named(card.form), weights_of(home, card), card.id)
