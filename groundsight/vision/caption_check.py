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
    held = stems_of(" ".join([*map(kinds_of, tags), *words]))
    said = dict.fromkeys(word for word in content_words(caption) if not stems_of(word) <= held)
    return tuple(sorted(said, key=lambda word: not any(map(str.isdigit, word))))


def kinds_of(tag: Tag) -> str:
    """Return what else a tag is called and which kinds it is of, behind its name: "beagle, hound, dog"."""
    return ", ".join(dict.fromkeys([tag.name, *filter(None, _kinds().get(tag.name, "").split(", "))]))


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return {label.name: label.text for label in labels()}
