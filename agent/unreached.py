"""What a refusal may not claim: documents whose language the text encoder is not known to read are found by words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.encoders import is_multilingual
from groundsight.governance.access import visible_to
from groundsight.index.tokens import stemmers
from groundsight.language.sayings import saying

if TYPE_CHECKING:
    from groundsight.suite import Suite


def by_words_alone(suite: Suite, language: str) -> list[str]:
    """Say in the ``language`` of a question which languages of the documents were not searched by meaning."""
    encoder = suite.parts.text_encoder
    if encoder is not None and is_multilingual(encoder):
        return []
    held = {asset.language for asset in suite.parts.index.assets(visible_to(suite.principal))}
    foreign = sorted((held & stemmers().keys()) - {"en"})
    return [saying("by_words_alone", language, languages=", ".join(foreign))] if foreign else []
