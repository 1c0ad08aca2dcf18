"""What a caption says that nothing else bears out: a model that writes captions adds things and numbers freely."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.language.content import content_words, stems_of
from groundsight.vision.lite import labels

if TYPE_CHECKING:
    from groundsight.types import Tag


def unconfirmed(caption: str, tags: Sequence[Tag], words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a caption, numbers first, that neither a tag or label nor the words in the picture hold.

    A tag bears out its synonyms and its kinds as well: "dog" is borne out by "beagle".
    """
    kinds = " ".join(text for tag in tags for text in (tag.name, _kinds().get(tag.name, "")))
    held = stems_of(" ".join([kinds, *words]))
    said = dict.fromkeys(word for word in content_words(caption) if not stems_of(word) <= held)
    return tuple(sorted(said, key=lambda word: not any(map(str.isdigit, word))))


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return {label.name: label.text for label in labels()}
