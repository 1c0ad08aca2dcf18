"""From a query to channel queries: every modality that is present is encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.errors import Disabled, IndexVersion, InvalidArgument, LimitExceeded, ModelFailed
from groundsight.index import ChannelQuery
from groundsight.limits import require_words
from groundsight.retrieval.expansion import pseudo_caption, spelled, telling, words_read
from groundsight.types import Channel, Degraded, Principal, Query
from groundsight.vision.phash import perceptual_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.parts import Parts
    from groundsight.settings import Limits
    from groundsight.tracing import Watch

DENSE: tuple[Channel, ...] = ("text", "caption", "ocr", "meta")
LEXICAL: tuple[Channel, ...] = ("bm25_text", "bm25_caption", "bm25_ocr", "bm25_transcript", "bm25_meta")
MOST_HOPS = 6


@dataclass(frozen=True)
class Asked:
    """A query ready for the index: words, channel queries, lanes that stayed silent, and the hash of its picture."""

    words: str
    channels: tuple[ChannelQuery, ...]
    degraded: tuple[Degraded, ...] = ()
    phash: str = ""


def normalised(query: Query, limits: Limits) -> Query:
    """Return the query with single spaces, refusing what is empty, too long or out of range.

    Raises:
        InvalidArgument: neither words nor a picture; limit or hops out of range.
        LimitExceeded: ``E_LIMIT_QUERY`` or ``E_LIMIT_RESULTS``.
    """
    _require_within(len(query.text), limits.query_chars, "E_LIMIT_QUERY", "the query is too long", "characters")
    _require_within(query.limit, limits.results, "E_LIMIT_RESULTS", "too many results were asked for", "results")
    text = " ".join(query.text.replace("\0", " ").split())
    if not query.picture:
        require_words(text, "the query", "give words, a picture, or both")
    if query.limit < 1:
        raise InvalidArgument("at least one result has to be asked for", which="limit", next_step="use 1 or more")
    if not 1 <= query.hops <= MOST_HOPS:
        raise InvalidArgument("hops out of range", which="hops", limit=f"1 to {MOST_HOPS}", next_step="use 1, 2 or 3")
    return query.model_copy(update={"text": text})


def asked_of(parts: Parts, query: Query, who: Principal, watch: Watch) -> Asked:
    """Read the query's picture, encode words and picture, and name the lanes that have nothing to say.

    Raises:
        Disabled: every lane that could answer is off; an empty result would hide that.
    """
    picture = parts.load_picture(query.picture, who, watch) if query.picture else None
    # OCR costs a second, and a search by look alone asks for no words.
    read = None if query.channels == ("visual",) else picture
    caption, uncaptioned = _caption(parts, read, watch)
    words = _all_words(parts, query, read, caption)
    watch.check()
    text, text_gaps = _text_queries(parts, words)
    visual, visual_gaps = _visual_queries(parts, query.text, picture)
    sound, sound_gaps = _sound_queries(parts, query.text)
    lexical = tuple(ChannelQuery(channel, text=telling(words)) for channel in LEXICAL) if words else ()
    wanted = tuple(
        ask for ask in (*text, *visual, *sound, *lexical) if query.channels is None or ask.channel in query.channels
    )
    gaps = tuple(
        gap for gap in (*text_gaps, *visual_gaps, *sound_gaps) if query.channels is None or gap[0] in query.channels
    )
    if not wanted and not gaps:
        raise Disabled(
            "no lane can answer this query",
            which=", ".join(query.channels or ("picture",)),
            next_step="ask in words, name other channels, or switch on models.visual or models.ocr",
        )
    silent = (*(gap for _, gap in gaps), *uncaptioned)
    return Asked(words, wanted, silent, perceptual_hash(picture) if picture else "")


def _caption(parts: Parts, picture: Image | None, watch: Watch) -> tuple[str, tuple[Degraded, ...]]:
    """What a captioner writes of the picture; a search goes on without one that does not answer."""
    if picture is None:
        return "", ()
    try:
        return parts.caption_of(picture, watch), ()
    except ModelFailed as away:
        return "", (Degraded(lane="caption", reason=away.what, remedy=away.next_step),)


def _all_words(parts: Parts, query: Query, picture: Image | None, caption: str) -> str:
    if picture is None:
        return spelled(query.text)
    read = words_read(parts.ocr.read(picture), parts.settings.limits.query_chars) if parts.ocr else ""
    seen = pseudo_caption(parts.tagger.tags(picture)) if parts.tagger else ""
    return "\n".join(part for part in (spelled(query.text), read, seen, caption) if part)


def _text_queries(parts: Parts, words: str) -> tuple[tuple[ChannelQuery, ...], tuple[tuple[Channel, Degraded], ...]]:
    encoder = parts.text_encoder
    if encoder is None or not words:
        return (), ()
    if not _holds_vectors(parts, "text", encoder.fingerprint):
        return (), (("text", _no_vectors("text vectors", "text")),)
    vector = encoder.encode([words], role="query")[0]
    return tuple(ChannelQuery(channel, vector=vector) for channel in DENSE), ()


def _visual_queries(
    parts: Parts, text: str, picture: Image | None
) -> tuple[tuple[ChannelQuery, ...], tuple[tuple[Channel, Degraded], ...]]:
    encoder = parts.picture_encoder
    if encoder is None:
        return (), ()
    if not _holds_vectors(parts, "visual", encoder.fingerprint):
        return (), (("visual", _no_vectors("visual", "visual")),)
    rows = [encoder.encode_pictures([picture])[0]] if picture is not None else []
    rows += [encoder.encode_words([text])[0]] if text else []
    vector = _mean_direction(rows)
    if vector is None:
        return (), (("visual", _abstained()),)
    return (ChannelQuery("visual", vector=vector),), ()


def _sound_queries(parts: Parts, text: str) -> tuple[tuple[ChannelQuery, ...], tuple[tuple[Channel, Degraded], ...]]:
    encoder = parts.audio_encoder
    if encoder is None or not text:
        return (), ()
    if not _holds_vectors(parts, "sound", encoder.fingerprint):
        return (), (("sound", _no_vectors("sound", "sound")),)
    return (ChannelQuery("sound", vector=encoder.encode_words([text])[0]),), ()


def _holds_vectors(parts: Parts, lane: str, fingerprint: str) -> bool:
    """True when the index holds this lane, written by the same encoder.

    Raises:
        IndexVersion: another encoder wrote it; comparing the two would give meaningless scores.
    """
    stored = parts.index.fingerprints().get(lane)
    if stored is not None and stored != fingerprint:
        raise IndexVersion(
            f"the index holds {lane} vectors of another encoder",
            which=f"stored {stored}, configured {fingerprint}",
            next_step="set the former encoder again, then groundsight models promote ENCODER --from JUDGED, which "
            "measures the other and encodes anew; or ingest into another home",
        )
    return stored is not None


def _mean_direction(rows: list[NDArray[np.float32]]) -> NDArray[np.float32] | None:
    """Return the mean of the rows that say something, of length 1; None when all abstain."""
    telling = [row for row in rows if float(row @ row) > 0.0]
    if not telling:
        return None
    mean = sum(telling[1:], start=telling[0])
    length = float(mean @ mean) ** 0.5
    return (mean / length).astype(mean.dtype) if length > 0 else None


def _no_vectors(lane: str, setting: str) -> Degraded:
    return Degraded(
        lane=lane,
        reason="the index holds no vectors of this lane",
        remedy=f"ingest the files again with models.{setting} switched on",
    )


def _abstained() -> Degraded:
    return Degraded(
        lane="visual",
        reason="the picture encoder has no opinion on this query",
        remedy="name visible things, or configure models.visual = 'open_clip:MODEL@PRETRAINED'",
    )


def _require_within(size: int, most: int, code: str, what: str, unit: str) -> None:
    if size > most:
        raise LimitExceeded(what, which=f"{size} {unit}", limit=f"{most} {unit}", next_step="ask for less", code=code)
