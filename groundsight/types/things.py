"""What is kept: assets and their units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from groundsight.types.base import Box, Lineage, Link, Place, Tag, TextField, TextLine, UnitKind, Word

UsageRights = Literal["approved", "restricted", "denied"]


class LeftOut(Word):
    """Parts of one kind that a reader met and did not take in; neither word quotes the file.

    ``kind`` names one part in the singular ("chart sheet"), ``why`` is the true reason.
    """

    kind: str
    why: str
    count: int = 1

    def __str__(self) -> str:
        number = f" ({self.count})" if self.count > 1 else ""
        return f"not read: {self.kind}{number}, {self.why}"


class Asset(Word):
    """One source file or record. ``asset_id`` is derived from tenant, source and content hash.

    ``labels`` are the groups that may read it (none: everyone in the tenant), its ``owner`` reads it without them.
    ``purposes`` are what it may be used for (none: anything). ``usage_rights``: only what is approved is shown, and
    what is denied is not read again. ``consent_until`` is the last day on which it may be used, ``retain_until`` the
    last on which it is kept (None: no limit). ``mtime_ns`` is when the file had last
    been written when it was read (None: not known, as in indexes of before). ``parent`` is the source of the file that
    it lies in (a mail, an archive), ``left_out`` what its reader did not take in; each of those is a warning, too.
    ``language`` is the ISO 639-1 code of most of its text, empty where it can't be told. ``lineage`` tells what read,
    redacted and encoded it (none: not recorded, as in indexes of before). ``unseen`` counts its units that are kept
    apart, by mark: "hidden" from its readers, or "hostile".
    """

    asset_id: str
    source: str
    media_type: str
    title: str
    sha256: str
    bytes: int
    mtime_ns: int | None = None
    created: date | None = None
    tenant: str = "default"
    region: str = "global"
    labels: tuple[str, ...] = ()
    owner: str = ""
    purposes: tuple[str, ...] = ()
    usage_rights: UsageRights = "approved"
    consent_until: date | None = None
    retain_until: date | None = None
    phash: str | None = None
    pages: int | None = None
    redactions: Mapping[str, int] = Field(default_factory=dict)
    parent: str | None = None
    language: str = ""
    left_out: tuple[LeftOut, ...] = ()
    unseen: Mapping[str, int] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    lineage: tuple[Lineage, ...] = ()


class Unit(Word):
    """The smallest thing that is retrieved and cited: a chunk, a table, a figure, a picture, a page.

    The five text fields are its channels. ``cells`` (tables only) is row by row, the header first; ``boxes`` are those
    of its cells on the page, row by row as well, None where a place is not known. ``mark`` says what
    its text is when it is not the document speaking now: "comment", "quoted", "hidden", "deleted", "hostile" (it gives
    orders to a language model); of a "sensitive" picture nothing else is told. What is hidden or hostile stands in
    ``unseen`` alone, which no channel reads.
    """

    unit_id: str
    asset_id: str
    ordinal: int
    kind: UnitKind
    place: Place = Place()
    heading: str = ""
    text: str = ""
    caption: str = ""
    ocr: str = ""
    transcript: str = ""
    meta: str = ""
    cells: tuple[tuple[str, ...], ...] = ()
    boxes: tuple[tuple[Box | None, ...], ...] = ()
    mark: str = ""
    unseen: str = ""
    lines: tuple[TextLine, ...] = ()
    tags: tuple[Tag, ...] = ()
    links: tuple[Link, ...] = ()
    lineage: tuple[Lineage, ...] = ()

    def field(self, name: TextField) -> str:
        """Return the text of one channel, empty when the unit has none."""
        return str(getattr(self, name))
