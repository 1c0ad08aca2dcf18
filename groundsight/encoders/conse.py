"""ConSE: a picture as the mean of its concepts' word vectors, so that words find pictures without CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from groundsight.encoders.weights import unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.encoders import TextEncoder
    from groundsight.vision.lite import Lite2

CONCEPTS = 10
SURE = 0.05


class ConSe:
    """Pictures in the space of a text encoder, through the packaged classifier.

    The ten best classes count with the square root of their probability. Strong on nouns that
    ImageNet knows, weak on others, blind to people, relations and counts.
    Source: Norouzi et al., Zero-Shot Learning by Convex Combination of Semantic Embeddings, 2014.
    """

    def __init__(self, text: TextEncoder, classifier: Lite2) -> None:
        self._text, self._classifier = text, classifier

    @classmethod
    def open(cls, text: TextEncoder, *, threads: int) -> ConSe:
        """Load the packaged classifier beside a text encoder that is already open.

        Raises:
            Disabled: the package of weights is missing.
            ModelFailed: the weights are not the pinned file.
        """
        from groundsight.vision.lite import Lite2

        return cls(text, Lite2.open(threads=threads))

    @property
    def fingerprint(self) -> str:
        """The classifier and the text encoder: both shape the space."""
        return f"conse1:{self._classifier.fingerprint}:{self._text.fingerprint}"

    @property
    def dimension(self) -> int:
        """The dimension of the text encoder."""
        return self._text.dimension

    def encode_pictures(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return float32 rows of length 1; zeros for pages, charts and pictures of nothing known."""
        import numpy as np

        from groundsight.vision.lite import shows_a_page

        rows = self._classifier.probabilities(pictures)
        weights = np.zeros_like(rows)
        for number, row in enumerate(rows):
            if float(row.max()) >= SURE and not shows_a_page(row):
                best = (-row).argsort(kind="stable")[:CONCEPTS]
                weights[number, best] = np.sqrt(row[best])
        return unit_rows(weights @ self._concepts)

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the text encoder's vectors of these words."""
        return self._text.encode(texts, role="query")

    @cached_property
    def _concepts(self) -> NDArray[np.float32]:
        """Word vectors of the 1000 classes; those of MiniLM ship with us and save 5 s of CPU."""
        from groundsight.encoders.minilm import MiniLm
        from groundsight.vision.lite import labels

        if self._text.fingerprint == MiniLm.fingerprint:
            return _shipped()
        return self._text.encode([label.text for label in labels()], role="passage")


def _shipped() -> NDArray[np.float32]:
    import numpy as np

    with (files("groundsight.encoders") / "data" / "concepts.npy").open("rb") as stream:
        return unit_rows(np.load(stream).astype(np.float32))
