"""Asking one channel of a view: cosine for a vector, BM25 for words; best first, ties by unit id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundsight.errors import InvalidArgument
from groundsight.index import ChannelQuery, ChannelResult, filters, modality_of
from groundsight.index.database import Connection, array_value
from groundsight.index.postings import score
from groundsight.index.vectors import candidates, checked, exact
from groundsight.index.view import View
from groundsight.tracing import span
from groundsight.types import Filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from groundsight.index.tokens import Tokeniser

LEXICAL = "bm25_"


@dataclass(frozen=True)
class Asking:
    """One search: the transaction, the view that fits it, the filter and how many hits are wanted."""

    connection: Connection
    view: View
    tokeniser: Tokeniser
    where: Filter
    limit: int

    def ask(self, query: ChannelQuery) -> ChannelResult:
        """Return the best units of one channel with their raw scores."""
        lexical = query.channel.startswith(LEXICAL)
        with span("search.channel", channel=query.channel, modality=modality_of(query.channel)) as one:
            slots, scores = self._lexical(query) if lexical else self._dense(query)
            found = ChannelResult(query.channel, self._ranked(slots, scores))
            one.told["hits"] = len(found.hits)
        return found

    def _lexical(self, query: ChannelQuery) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        terms = self.tokeniser.asked(query.text)
        field = query.channel.removeprefix(LEXICAL)
        scores = score(self.connection, field, terms, filters.tenants(self.where), self.view.slots)
        found = np.flatnonzero((scores > 0) & self._mask)
        return found, scores[found]

    def _dense(self, query: ChannelQuery) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        parts = self.view.codes.get(query.channel, ())
        if query.vector is None:
            raise InvalidArgument(
                "a dense channel is asked with a vector", which=query.channel, next_step="encode the query first"
            )
        dimension = parts[0].codes.shape[1] if parts else None
        vector = checked(np.atleast_2d(query.vector), query.channel, dimension)[0]
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0)
        slots = candidates(parts, vector, self._mask, self.limit)
        return exact(self.connection, query.channel, slots, vector)

    @property
    def _mask(self) -> NDArray[np.bool_]:
        return self.view.mask(self.connection, self.where)

    def _ranked(self, slots: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[tuple[str, float], ...]:
        slots, scores = _at_least_the_last(slots, scores, self.limit)
        if not len(slots):
            return ()
        sql = "SELECT slot, unit_id FROM unit WHERE slot IN carray(?)"
        names = dict(self.connection.execute(sql, (array_value(slots),)).fetchall())
        pairs = [(names[slot], value) for slot, value in zip(slots.tolist(), scores.tolist(), strict=True)]
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[: self.limit])


def _at_least_the_last(
    slots: NDArray[np.int64], scores: NDArray[np.float64], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Keep the best ``limit`` and all that tie with the last of them."""
    if len(slots) <= limit:
        return slots, scores
    keep = scores >= np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return slots[keep], scores[keep]
