"""Why a hit is there, in words: the question's words it holds, the channels that led to it, the link."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.retrieval.asking import DENSE
from groundsight.retrieval.copies import LANE, is_copy
from groundsight.retrieval.identifiers import is_named
from groundsight.retrieval.words import matched_words, quotable, rarity, terms_of
from groundsight.types import ChannelScore, Hit
from groundsight.types.showing import number_of

CHANNEL_WORDS = {
    "text": "meaning of the text",
    "caption": "meaning of the caption",
    "ocr": "meaning of the words in the picture",
    "visual": "look of the picture",
    "meta": "meaning of title and tags",
    "sound": "sound of the recording",
    "bm25_text": "words of the text",
    "bm25_caption": "words of the caption",
    "bm25_ocr": "words in the picture",
    "bm25_transcript": "spoken words",
    "bm25_meta": "words of title and tags",
    "heading": "its heading is named",
    "identifier": "the identifier itself",
    LANE: "the same at a glance, by its perceptual hash",
}
_MEANING = {*DENSE, "rerank", "recency"}


def explained(question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the hits with the question's words that each holds, and a reason a person can read."""
    texts = [quotable(hit.unit) for hit in hits]
    weights = rarity([terms_of(text) for text in texts])
    matched = [matched_words(question, text, weights) for text in texts]
    return tuple(
        hit.model_copy(update={"matched": words, "reason": _reason(hit, words)})
        for hit, words in zip(hits, matched, strict=True)
    )


def strength_of(question: str, hit: Hit) -> str:
    """Say how sure a hit is by what can be counted, since a score has no meaning beyond its search.

    ``named``: it holds an identifier of the question; ``copy``: it looks the same at a glance;
    ``3 of 4 words``: of those that tell something; ``linked``: it was reached over a link; ``near``: in meaning alone;
    ``alike``: by its look, or by other forms of the words.
    """
    asked = set(terms_of(question))
    held = asked.intersection(terms_of(quotable(hit.unit)))
    if is_named(hit):
        return "named"
    if is_copy(hit):
        return "copy"
    if held:
        return f"{len(held)} of {number_of(len(asked), 'word')}"
    if hit.hop > 1:
        return "linked"
    return "near" if {part.channel for part in hit.channels} <= _MEANING else "alike"


def _reason(hit: Hit, matched: Sequence[str]) -> str:
    words = ", ".join(f'"{word}"' for word in matched[:4])
    told = (hit.reason, f"holds {words}" if words else "", _led_by(hit.channels))
    return "; ".join(part for part in told if part)


def _led_by(channels: Sequence[ChannelScore]) -> str:
    known = [part for part in channels if part.channel in CHANNEL_WORDS and part.contribution > 0]
    best = sorted(known, key=lambda part: (-part.contribution, part.channel))[:2]
    return ", ".join(CHANNEL_WORDS[part.channel] + (f" #{part.rank}" if part.rank else "") for part in best)
