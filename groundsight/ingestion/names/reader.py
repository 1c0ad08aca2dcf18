"""The names of a document, found by a confined child; no model is loaded in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from groundsight.governance.pii import Memory
from groundsight.governance.pii_entities import FoundName, KnownNames
from groundsight.governance.pseudonyms import pseudonym_key
from groundsight.ingestion import Element
from groundsight.ingestion.names.job import NAMES, TEXTS
from groundsight.ingestion.outcome import Confines
from groundsight.ingestion.sandbox import Sandbox
from groundsight.language.stems import word_list
from groundsight.settings import Settings
from groundsight.tracing import Watch

if TYPE_CHECKING:
    from groundsight.parts import Parts

_JOB = "groundsight.ingestion.names.job:find_names_in"
# 6,000 words a CPU second: a batch takes 6 of the 45 s that a child has.
_MOST_CHARS = 200_000


class NameReader(Protocol):
    """Finds the names of persons, places and organisations in the texts of one document."""

    def names(self, texts: Iterable[str], watch: Watch, which: str = "") -> KnownNames: ...


class ConfinedNames:
    """Asks the packaged model in a confined child, a batch of texts at a time."""

    def __init__(self, settings: Settings, sandbox: Sandbox) -> None:
        self._confines, self._sandbox = Confines.of(settings.limits), sandbox

    def names(self, texts: Iterable[str], watch: Watch, which: str = "") -> KnownNames:
        """Return the names of all these texts.

        Raises:
            TimedOut, OutOfResources, ParseFailed, ModelFailed: nothing may be stored without them.
        """
        return KnownNames(name for batch in _batches(texts) for name in self._names(batch, watch, which))

    def _names(self, batch: Sequence[str], watch: Watch, which: str) -> tuple[FoundName, ...]:
        with tempfile.TemporaryFile() as nothing:
            answer = self._sandbox.run(
                _JOB, TEXTS.dump_json(tuple(batch)).decode(), document=nothing.fileno(), confines=self._confines,
                watch=watch, which=which, libraries=("groundsight.ingestion.names.loaded",),
            )  # fmt: skip
        return NAMES.validate_json(answer)


def memory_of(parts: Parts, texts: Iterable[str], watch: Watch) -> Memory:
    """Return what is needed to redact texts that belong together: their names, and the key of pseudonyms."""
    names = parts.names.names(texts, watch) if parts.names else KnownNames()
    return Memory(names=names, key=pseudonym_key(parts.settings))


def texts_of(element: Element) -> Iterator[str]:
    """Yield what a reader sees of an element: its texts, and its cells; what heads a column of persons says so."""
    yield from (text for text in (element.section, element.text, element.meta) if text)
    head, *rows = element.cells or ((),)
    yield "\n".join(head)
    for row in rows:
        yield "\n".join(f"{_announced(label)}{cell}" for label, cell in zip(head, row, strict=False) if cell)


def _announced(head: str) -> str:
    words = head.casefold().split()
    return f"{head}: " if words and words[-1] in word_list("person_labels.txt") else ""


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _MOST_CHARS:
            yield batch
            batch, size = [], 0
        if text.strip():
            batch.append(text)
            size += len(text)
    if batch:
        yield batch
