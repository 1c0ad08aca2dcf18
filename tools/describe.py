"""The describe tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import Disabled
from groundsight.ingestion.reach import pictured
from groundsight.tools.bounds import clip, one_line
from groundsight.tools.find import meant
from groundsight.tools.results import NAME_CHARS, Result, degraded_text
from groundsight.types import Degraded, Tag

if TYPE_CHECKING:
    from groundsight.suite import Suite

PICTURE_LANES = ("caption", "visual")


class Description(Result):
    """What a picture shows: tags of a classifier, and a caption only if a captioner wrote one."""

    picture: str
    page: int | None = None
    caption: str = ""
    captioner: str = ""
    tags: tuple[Tag, ...] = ()
    tagger: str = ""
    degraded: tuple[Degraded, ...] = ()

    def as_text(self) -> str:
        """Caption, tags, and what is missing."""
        caption = f"caption ({self.captioner}): {self.caption}" if self.caption else "no caption"
        tags = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in self.tags) or "none"
        return "\n".join([caption, f"tags ({self.tagger or 'off'}): {tags}", degraded_text(self.degraded)]).strip()


def describe(
    suite: Suite,
    picture: Annotated[str, Field(description="a label (E1) or id, or a picture or PDF file", min_length=1)],
    page: Annotated[int, Field(ge=1, le=100_000)] = 1,
) -> Description:
    """For what a photo, figure or page shows: concept tags, and a caption where a captioner is configured."""
    from groundsight.tools.pictures import opened, rendered

    picture = meant(suite, picture)
    document, place = pictured(suite.parts, suite.principal, picture, page)
    with document:
        tagger, captioner = suite.parts.tagger, suite.parts.captioner
        if tagger is None and captioner is None:
            raise Disabled("no tagger and no captioner are on", next_step="set ingestion.tags = true or models.caption")
        image = opened(rendered(suite, document, place))
    suite.watch.check()
    return Description(
        picture=one_line(picture, NAME_CHARS),
        page=place.page,
        caption=_redacted(suite, captioner.caption(image)) if captioner else "",
        captioner=captioner.fingerprint if captioner else "",
        tags=tagger.tags(image)[:20] if tagger else (),
        tagger=tagger.fingerprint if tagger else "",
        degraded=tuple(lane for lane in suite.parts.degraded() if lane.lane in PICTURE_LANES),
    )


def _redacted(suite: Suite, caption: str) -> str:
    from groundsight.governance.pii import redact
    from groundsight.ingestion.names.reader import memory_of

    memory = memory_of(suite.parts, [caption], suite.watch)
    return clip(redact(caption, suite.settings.governance.redact, memory).text, 2_000)
