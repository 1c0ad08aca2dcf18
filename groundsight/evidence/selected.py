"""Of many sentences the few that say most of a claim: what a small net is shown, and what an overlap is measured on."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.language.content import content_of, words_of
from groundsight.language.licences import related

# Word overlap with the best 40 words instead of a whole article: AUROC .75 against .63 on summaries. The packaged
# reader was trained on selections of this size.
MOST_WORDS, MOST = 95, 6
LICENSED = 0.5


class Lines:
    """Sentences, rows and lines of pictures in the order of their text, their words read once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = [line.replace("\n", " ").rstrip() for line in lines]
        self._said = [frozenset(word for *_, word in words_of(line)) for line in lines]
        self._licensed = [frozenset(like for word in one for like in related(word).licensed) for one in self._said]

    def selected(self, claim: str) -> str:
        """Return the lines that say most of a claim, each adding something to those before; "" for no lines."""
        wanted = content_of(claim)
        weights = {word: (1 + sum(word in one for one in self._said)) ** -0.5 for word in wanted}
        open_, chosen, room = set(wanted), list[int](), MOST_WORDS
        rest = {at for at in range(len(self._lines)) if wanted & (self._said[at] | self._licensed[at])}
        while rest and len(chosen) < MOST and room > 0:
            best = max(sorted(rest), key=lambda at: self._gain(at, open_, weights))
            rest.discard(best)
            length = len(self._lines[best].split())
            if not open_ & (self._said[best] | self._licensed[best]):
                break
            if not chosen or length <= room:
                chosen.append(best)
                room -= length
                open_ -= self._said[best] | self._licensed[best]
        parts = [self._lines[at] for at in sorted(chosen or [0]) if self._lines]
        return " ".join(part if part[-1:] in ".!?;:" else f"{part}." for part in parts)

    def _gain(self, at: int, wanted: set[str], weights: dict[str, float]) -> float:
        new, alike = wanted & self._said[at], wanted & self._licensed[at] - self._said[at]
        return sum(weights[word] for word in new) + LICENSED * sum(weights[word] for word in alike)
