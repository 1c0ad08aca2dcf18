"""Is something asked at all? A bare word is met by any passage that holds it, and would be answered by whichever."""

from __future__ import annotations

import re

from groundsight.agent.question import Asked
from groundsight.agent.words import MONTHS, content_words, stem, stem_set

NOTHING_NAMED = "The question names nothing that could be looked for: any passage would fit it."
_ASKING = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|should)\b"
    r"|^(?:please\s+)?(?:list|name|give|show|tell|find|explain|describe|count|compare)\s+\w",
    re.I,
)
_QUANTITY = re.compile(r"[\d.,]+\s?[^\W\d_]{1,3}")
_NO_THING = stem_set(" ".join(MONTHS)) | stem_set("EUR USD GBP CHF JPY CAD AUD")


def asks_nothing(asked: Asked) -> str:
    """Say why a question asks nothing, empty when it asks something.

    It asks by a question word, by a verb, by naming one thing (a name, an identifier, a quoted phrase), or by a topic
    of two words. Scripts without capitals may run their words together: what they ask is not told here.
    """
    if not asked.needs:
        return NOTHING_NAMED
    topic = {stem(word) for word in content_words(asked.text) if not word[0].isdigit()}
    named = [need for need in asked.of("quoted", "id", "name") if not _QUANTITY.fullmatch(need.shown)]
    thing = any(not set(need.stems) <= _NO_THING for need in named)
    if thing or len(topic) > 1 or _ASKING.search(asked.text) or _caseless(asked.text):
        return ""
    return f'The question names "{asked.text.strip(" ?!.")}" but asks nothing of it: ask a whole question.'


def _caseless(text: str) -> bool:
    return any(char.isalpha() and char.lower() == char.upper() for char in text)
