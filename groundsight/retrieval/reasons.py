"""Why a hit is there, in words: the question's words it holds, the channels that led to it, the link."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.retrieval.words import matched_words, quotable, rarity, terms_of
from groundsight.types import ChannelScore, Hit

CHANNEL_WORDS = {
    "text": "meaning of the text",
    "caption": "meaning of the caption",
    "ocr": "meaning of the words in the picture",
    "visual": "look of the picture",
    "meta": "meaning of title and tags",
    "bm25_text": "words of the text",
    "bm25_caption": "words of the caption",
    "bm25_ocr": "words in the picture",
    "bm25_transcript": "spoken words",
    "bm25_meta": "words of title and tags",
    "heading": "its heading is named",
    "identifier": "the identifier itself",
}


def explained(question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the hits with the question's words that each holds, and a reason a person can read."""
    texts = [quotable(hit.unit) for hit in hits]
    weights = rarity([terms_of(text) for text in texts])
    matched = [matched_words(question, text, weights) for text in texts]
    return tuple(
        hit.model_copy(update={"matched": words, "reason": _reason(hit, words)})
        for hit, words in zip(hits, matched, strict=True)
    )


def _reason(hit: Hit, matched: Sequence[str]) -> str:
    words = ", ".join(f'"{word}"' for word in matched[:4])
    told = (hit.reason, f"holds {words}" if words else "", _led_by(hit.channels))
    return "; ".join(part for part in told if part)


def _led_by(channels: Sequence[ChannelScore]) -> str:
    known = [part for part in channels if part.channel in CHANNEL_WORDS and part.contribution > 0]
    best = sorted(known, key=lambda part: (-part.contribution, part.channel))[:2]
    return ", ".join(CHANNEL_WORDS[part.channel] + (f" #{part.rank}" if part.rank else "") for part in best)
