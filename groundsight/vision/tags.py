"""Concept tags of a picture from the packaged classifier, and what of a caption they bear out.

Nothing is said about pages, charts and doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from groundsight.language.content import content_words, stems_of
from groundsight.types import Tag
from groundsight.vision.lite import Label, Lite2, labels, shows_a_page

if TYPE_CHECKING:
    from PIL.Image import Image

# Of the drawings whose best class had 0.15 to 0.25, two thirds were named wrongly.
SURE = 0.25
LISTED = 0.05
AT_MOST = 5


class LiteTagger:
    """Names ImageNet concepts, most probable first. Nouns only: no people, relations or counts."""

    fingerprint = f"{Lite2.fingerprint}+tags1"

    def __init__(self, classifier: Lite2, names: tuple[Label, ...]) -> None:
        self._classifier, self._labels = classifier, names

    @classmethod
    def open(cls, *, threads: int) -> LiteTagger:
        """Load the packaged classifier.

        Raises:
            Disabled: the package of weights is missing.
            ModelFailed: the weights are not the pinned file.
        """
        return cls(Lite2.open(threads=threads), labels())

    def tags(self, picture: Image) -> tuple[Tag, ...]:
        """Return up to five concepts with their probabilities; none for a page, a chart or a guess."""
        row = self._classifier.probabilities([picture])[0]
        if float(row.max()) < SURE or shows_a_page(row):
            return ()
        best = [int(column) for column in (-row).argsort(kind="stable")[:AT_MOST] if row[column] >= LISTED]
        return tuple(Tag(name=self._labels[column].name, probability=float(row[column])) for column in best)


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
