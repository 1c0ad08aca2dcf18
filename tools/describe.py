"""The describe tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.errors import Disabled, InputRequired
from groundsight.ingestion.reach import pictured
from groundsight.limits import require_words
from groundsight.rounds import CLIENT
from groundsight.tools.bounds import clip, one_line
from groundsight.tools.find import picture_meant
from groundsight.tools.results import NAME_CHARS, Answering, Result, answering, degraded_line
from groundsight.types import Degraded, Tag, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL.Image import Image

    from groundsight.settings import Models
    from groundsight.suite import Suite

NO_TAG = "none, since nothing that the classifier knows is sure enough"
NO_LABEL = "none can be told, since the picture encoder abstains from what it knows nothing in"
PICTURE_LANES = ("caption", "visual")
CAPTION_TOKENS = 400


class Description(Result):
    """What a picture shows: tags of a classifier, shares of the labels that were asked about, and a caption only if a
    captioner wrote one; ``unconfirmed`` are words of it that no tag, label or word in the picture bears out."""

    picture: str
    page: int | None = None
    caption: str = ""
    captioner: str = ""
    unconfirmed: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    tagger: str = ""
    labels: tuple[Tag, ...] = ()
    labeller: str = ""
    tier: Answering
    degraded: tuple[Degraded, ...] = ()

    def as_text(self) -> str:
        """Caption, tags, and what is missing."""
        none = "no caption" if self.captioner else "no caption: no captioner is on"
        caption = f"caption ({self.captioner}): {self.caption}" if self.caption else none
        doubt = f"nothing else bears out: {', '.join(self.unconfirmed)}" if self.unconfirmed else ""
        labels = f"labels ({self.labeller}): {_listed(self.labels) or NO_LABEL}" if self.labeller else ""
        tags = f"tags ({self.tagger}): {_listed(self.tags) or NO_TAG}" if self.tagger else "no tags: no tagger is on"
        return "\n".join(filter(None, [caption, doubt, tags, labels, degraded_line(self.degraded)]))


def describe(
    suite: Suite,
    picture: Annotated[str, Field(description="label (E1), id, picture or PDF file", min_length=1)],
    page: Annotated[int | None, Field(ge=1, le=100_000)] = None,
    candidates: Annotated[list[str] | None, Field(description="which label fits?", max_length=50)] = None,
) -> Description:
    """For what a photo, figure or page shows: tags, fitting labels, a caption if configured."""
    from groundsight.tools.pictures import opened, rendered

    picture = picture_meant(suite, picture)
    document, place = pictured(suite.parts, suite.principal, picture, page)
    with document:
        tagger, captioner = suite.parts.tagger, suite.parts.captioner
        if tagger is None and captioner is None and not candidates and not _asks_client(suite):
            raise Disabled("no tagger and no captioner are on", next_step="set ingestion.tags = true or models.caption")
        image = opened(rendered(suite, document, place))
    suite.watch.check()
    tags = tagger.tags(image)[:20] if tagger else ()
    fitting, labeller = _labelled(suite, image, candidates or [])
    written, by = _caption_by_client(suite, image) if _asks_client(suite) else ("", "")
    if captioner:
        written, by = captioner.caption(image), captioner.fingerprint
    caption = _redacted(suite, written)
    return Description(
        picture=one_line(picture, NAME_CHARS),
        page=place.page,
        caption=caption,
        captioner=by,
        unconfirmed=_unconfirmed(suite, image, caption, (*tags, *fitting[:1])) if caption else (),
        tags=tags,
        tagger=tagger.fingerprint if tagger else "",
        labels=fitting,
        labeller=labeller,
        tier=_tier(
            suite.settings.models, {"caption": by, "tags": tagger.fingerprint if tagger else "", "labels": labeller}
        ),
        degraded=tuple(lane for lane in suite.parts.degraded() if lane.lane in PICTURE_LANES),
    )


def _tier(models: Models, told: Mapping[str, str]) -> Answering:
    """Name those that said something; a picture is tagged by what is packaged."""
    chosen = {"caption": models.caption, "tags": "", "labels": models.visual}
    named = {lane: model for lane, model in told.items() if model}
    return answering(Tier.of([chosen[lane] for lane in named], named))


def _asks_client(suite: Suite) -> bool:
    client = suite.watch.client
    return suite.settings.models.caption == CLIENT and client is not None and client.samples


def _caption_by_client(suite: Suite, image: Image) -> tuple[str, str]:
    """Return what the client's own model writes, and its name; nothing where it declined.

    Raises:
        InputRequired: the client has to let its model write, and then repeat the call.
    """
    from groundsight.ingestion.enrich import glance
    from groundsight.prompts import render
    from groundsight.tools.pictures import jpeg_block

    client = suite.watch.client
    assert client is not None
    if client.ticket:
        client.shelf.take(suite.principal.model_dump_json(), client.ticket)
        reply = client.reply or {}
        return one_line(str(reply.get("text", "")), 600), f"{CLIENT}:{one_line(str(reply.get('model', '')), 60)}"
    prompt = render("caption", told=suite.settings.models.caption_prompt or "Describe what it shows.")
    blocks = [{"type": "text", "text": "Describe it."}, jpeg_block(glance(image, suite.parts, suite.watch).picture)]
    told = {"system": prompt.text, "tokens": CAPTION_TOKENS, "seconds": suite.settings.agent.llm_seconds}
    raise InputRequired.of(
        {"sample": {**told, "user": "", "blocks": blocks}}, client.shelf.put(suite.principal.model_dump_json(), None)
    )


def _listed(tags: Sequence[Tag]) -> str:
    return ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in tags)


def _labelled(suite: Suite, image: Image, labels: Sequence[str]) -> tuple[tuple[Tag, ...], str]:
    """Return how well each label fits, and the encoder that says so.

    Raises:
        InvalidArgument: a label without a word. Disabled: the picture encoder is switched off.
    """
    from groundsight.encoders.zero_shot import zero_shot

    if not labels:
        return (), ""
    for label in labels:
        require_words(label, "a label", "name things, such as 'a bicycle'")
    encoder = suite.parts.picture_encoder
    if encoder is None:
        raise Disabled("labels need a picture encoder", next_step="set models.visual = 'conse' or 'open_clip:FOLDER'")
    return zero_shot(encoder, [image], [one_line(label, NAME_CHARS) for label in labels])[0], encoder.fingerprint


def _unconfirmed(suite: Suite, image: Image, caption: str, tags: Sequence[Tag]) -> tuple[str, ...]:
    from groundsight.vision.tags import unconfirmed

    lines = suite.parts.ocr.read(image) if suite.parts.ocr else ()
    return unconfirmed(caption, tags, [line.text for line in lines])


def _redacted(suite: Suite, caption: str) -> str:
    from groundsight.governance.pii import redact
    from groundsight.ingestion.names.reader import memory_of

    memory = memory_of(suite.parts, [caption], suite.watch)
    return clip(redact(caption, suite.settings.governance.redact, memory).text, 2_000)
