"""Files of one ingest on their way in: frozen, asked whether they may be read, and read by confined children."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from groundsight.errors import GroundsightError
from groundsight.governance.optout import OptOuts
from groundsight.ingestion import Parsed
from groundsight.ingestion.ahead.read_ahead import Read, ReadFile, in_groups
from groundsight.ingestion.ahead.together import may_be_read_together, read_together
from groundsight.ingestion.described import new_asset_id
from groundsight.ingestion.discover import Found
from groundsight.ingestion.frozen import Frozen, content_hash, freeze
from groundsight.ingestion.partition import partition
from groundsight.ingestion.sniff import size_limit
from groundsight.settings import Settings
from groundsight.tracing import Watch, span
from groundsight.types import Asset

if TYPE_CHECKING:
    from groundsight.governance.remembered import RememberedRights
    from groundsight.governance.rights import Book
    from groundsight.governance.roots import Roots
    from groundsight.parts import Parts

Result = TypeVar("Result")
Reader = Callable[[Frozen, Settings, Path, Watch], Parsed]


class Intake:
    """Freezes and reads the files of one tenant, ``known`` by source; any thread may ask.

    With a ``reader`` of the caller's own each file is read by itself.
    """

    def __init__(
        self,
        parts: Parts,
        roots: Roots,
        tenant: str,
        known: Mapping[str, Asset],
        remembered: tuple[RememberedRights, Book],
        reader: Reader | None,
    ) -> None:
        self._settings, self._sandbox, self._is_shared = parts.settings, lambda: parts.sandbox, reader is None
        self._roots, self._tenant, self._known = roots, tenant, known
        self._opted_out, self._remembered = OptOuts(parts.settings.home, tenant), remembered
        self._reader: Reader = reader or (
            lambda document, settings, scratch, watch: partition(document, settings, scratch, watch, parts.sandbox)
        )

    def grouped(self, found: Sequence[Found], sizes: Sequence[int]) -> Iterator[list[Found]]:
        """Part the files, of so many bytes, into those that one child reads."""
        size_of = {each.source: size for each, size in zip(found, sizes, strict=True)}
        return in_groups(found, lambda each: self._may_share(each.source, size_of[each.source]))

    def read(self, group: Sequence[Found], watch: Watch) -> list[Read]:
        """Read files as they are now; None for one that is as it was, an error for one that can't be read.

        Raises:
            Cancelled: by the watch.
        """
        frozen = [_or_error(lambda each=each: self._frozen(each)) for each in group]
        known = self._read_together([each for each in frozen if isinstance(each, Frozen)], watch)
        return [
            _or_error(lambda each=each: self._opened(each, watch, known.get(each.source)))
            if isinstance(each, Frozen)
            else each
            for each in frozen
        ]

    def parsed(self, document: Frozen, watch: Watch) -> ReadFile:
        """Parse the very bytes that were hashed, if they may be read."""
        self._require_free(document)
        return self._opened(document, watch)

    def is_current(self, before: Asset, sha: str) -> bool:
        """True when an asset was made of this content as it would be made now."""
        return before.asset_id == new_asset_id(self._tenant, before.source, sha, self._settings)

    def is_known(self, document: Frozen) -> bool:
        """True when this very content is in the index under this name."""
        before = self._known.get(document.source)
        return before is not None and before.sha256 == document.sha256

    def _frozen(self, found: Found) -> Frozen | None:
        if found.error is not None:
            raise found.error
        source = found.source
        most, before = getattr(self._settings.limits, size_limit(source)), self._known.get(source)
        descriptor = self._roots.open_inside(source)
        try:
            if before and self.is_current(before, content_hash(descriptor, source, most)):
                return None
            document = freeze(descriptor, source, most)
        finally:
            os.close(descriptor)
        self._require_free(document)
        return document

    def _require_free(self, document: Frozen) -> None:
        """Refuse what is opted out, and a content that comes back after its time; what is known has its own."""
        source, sha = document.source, document.sha256
        with ExitStack() as on_error:
            on_error.callback(document.copy.close)
            self._opted_out.require_free(source, sha)
            if not self.is_known(document):
                remembered, book = self._remembered
                remembered.require_free(book, self._tenant, source, sha)
            on_error.pop_all()

    def _may_share(self, source: str, size: int) -> bool:
        return self._is_shared and may_be_read_together(source, size, self._settings)

    def _read_together(self, frozen: Sequence[Frozen], watch: Watch) -> Mapping[str, Parsed]:
        """Look at the sizes again: a file may have grown since it was listed."""
        documents = [each for each in frozen if self._may_share(each.source, each.bytes)]
        if len(documents) < 2:
            return {}
        with ExitStack() as on_error:
            for each in frozen:
                on_error.callback(each.copy.close)
            with span("ingest.read", bytes=sum(each.bytes for each in documents), files=len(documents)):
                known = read_together(documents, self._settings, watch, self._sandbox())
            on_error.pop_all()
        return known

    def _opened(self, document: Frozen, watch: Watch, parsed: Parsed | None = None) -> ReadFile:
        folder = tempfile.TemporaryDirectory(prefix="groundsight-")
        with ExitStack() as on_error:
            on_error.callback(folder.cleanup)
            on_error.callback(document.copy.close)
            parsed = parsed or self._parsed(document, Path(folder.name), watch)
            on_error.pop_all()
        return ReadFile(document, parsed, folder)

    def _parsed(self, document: Frozen, scratch: Path, watch: Watch) -> Parsed:
        with span("ingest.read", bytes=document.bytes):
            return self._reader(document, self._settings, scratch, watch)


def _or_error(work: Callable[[], Result]) -> Result | GroundsightError:
    try:
        return work()
    except GroundsightError as error:
        return error
