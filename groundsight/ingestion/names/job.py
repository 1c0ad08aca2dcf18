"""What runs in the confined child: texts in, the names that stand in them out, as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from groundsight.governance.pii_entities import FoundName
from groundsight.ingestion.names.model import packaged_names
from groundsight.ingestion.names.rules import WORD, mended, recased
from groundsight.language.stems import word_list

TEXTS, NAMES = TypeAdapter(tuple[str, ...]), TypeAdapter(tuple[FoundName, ...])
_ADDRESS = re.compile(r"\S+@\S+")
_SHORTEST_ALONE = 3
_BESIDE = word_list("titles.txt") | word_list("name_particles.txt")


def find_names_in(_document: Path, body: str) -> str:
    """Find the names of these texts, which are one document or a part of it."""
    return NAMES.dump_json(tuple(_names(TEXTS.validate_json(body)))).decode()


def _names(texts: Sequence[str]) -> Iterator[FoundName]:
    written = {word for text in texts for word in WORD.findall(_ADDRESS.sub(" ", text))}
    found = packaged_names().find([recased(text) for text in texts])
    for text, names in zip(texts, found, strict=True):
        for each in mended(text, names):
            shown = text[each.start : each.end].removesuffix("'s").removesuffix("’s")
            yield FoundName(each.kind, shown, _alone(shown, written) if each.kind == "person" else ())


def _alone(shown: str, written: set[str]) -> tuple[str, ...]:
    """Return the words of a person that stand for the person; what the text writes small as well is a word."""
    words = [word for word in WORD.findall(shown) if word.casefold() not in _BESIDE]
    told = [word for word in words if len(word) >= _SHORTEST_ALONE and word[0].isupper()]
    return tuple(word for word in told if word.lower() not in written) if len(WORD.findall(shown)) > 1 else ()
