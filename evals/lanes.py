"""One lane at a time, so that a broken one can't hide behind the others: BM25 alone, vectors alone, filters, chance.

The product fuses its lanes, and a fused ranking survives much: shuffled vectors, lost postings, a filter applied
after the search. Each of these has its own figure here, and its own gate.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from groundsight.evals.metrics import Estimate, bootstrap, recall_at
from groundsight.governance.access import visible_to
from groundsight.index import ChannelQuery
from groundsight.suite import Suite
from groundsight.types import Channel, Condition, Query

LEXICAL: tuple[Channel, ...] = ("bm25_text", "bm25_ocr", "bm25_caption", "bm25_meta")
DENSE: tuple[Channel, ...] = ("text", "ocr", "caption", "meta")
LANES = {"bm25_only": LEXICAL, "vectors_only": DENSE}
FIRST = 10
Rank = Callable[[Sequence[str]], tuple[Sequence[str], Collection[str]]]


def fingerprint_of(suite: Suite) -> str:
    """Name the encoders that filled the index: results of two indexes compare only where this is equal."""
    found = sorted(suite.parts.index.fingerprints().items())
    return " · ".join(f"{lane}: {model}" for lane, model in found) or "no encoder"


@dataclass(frozen=True)
class Lane:
    """How a task names what was found: from unit ids, best first, to ranked names and the gold names."""

    named: Rank
    at: int = FIRST

    def scores(self, text: str, suite: Suite, *, limit: int = 20) -> dict[str, float]:
        """Recall of BM25 alone and of the text vectors alone."""
        found: dict[str, float] = {}
        for name, channels in LANES.items():
            if name == "vectors_only" and suite.parts.text_encoder is None:
                continue
            hits = suite.search(Query(text=text, limit=limit, channels=channels)).hits
            ranked, gold = self.named([hit.unit.unit_id for hit in hits])
            found[f"{name}_recall_at_{self.at}"] = recall_at(ranked, gold, self.at)
        return found


def filter_exactness(text: str, source: str, suite: Suite) -> float | None:
    """Share of the ten best units of one file that a search restricted to the file finds at once.

    The reference asks for so many that nothing is cut. A filter that is applied after the search loses whatever
    other files pushed out of the first ten. None when the file has no vector, or there is no text encoder.
    """
    encoder = suite.parts.text_encoder
    if encoder is None:
        return None
    where = visible_to(suite.principal).also(Condition(field="source", op="prefix", value=source))
    ask = (ChannelQuery("text", vector=encoder.encode([text], role="query")[0]),)
    everything = suite.parts.index.count(visible_to(suite.principal)).units
    wanted = [unit for unit, _ in suite.parts.index.search(ask, where, max(everything, 1))[0].hits[:FIRST]]
    found = {unit for unit, _ in suite.parts.index.search(ask, where, FIRST)[0].hits}
    return sum(unit in found for unit in wanted) / len(wanted) if wanted else None


def chance(names: Sequence[str], golds: Sequence[Collection[Collection[str]]], at: int, seed: int = 0) -> Estimate:
    """Recall of ``at`` names drawn blindly; each gold group counts when any of its holders is drawn."""
    rng = random.Random(seed)
    ordered = sorted(set(names))
    recalls: list[float] = []
    for groups in golds:
        drawn = set(rng.sample(ordered, min(at, len(ordered))))
        recalls.append(sum(not drawn.isdisjoint(group) for group in groups) / len(groups))
    return bootstrap(recalls, seed=seed)
