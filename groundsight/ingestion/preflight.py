"""The lanes of models that an ingest needs: opened before any file, and the index claimed for their encoders."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from typing import TYPE_CHECKING

from groundsight.audio import PACKAGED
from groundsight.errors import ConfigError, IndexVersion, StorageFailed
from groundsight.governance.policy import require_setting

if TYPE_CHECKING:
    from groundsight.parts import Parts


def open_lanes(parts: Parts) -> None:
    """Open what reading needs beside the package's own, so that a wrong setting fails once and before any file.

    Raises:
        PolicyRefused: the policy demands more than the settings. ConfigError: a setting can't be met here.
        StorageFailed: no folder for temporary files can be written.
    """
    settings = parts.settings
    require_setting(settings, "governance.redact")
    if settings.ingestion.partitioner == "unstructured" and find_spec("unstructured") is None:
        raise ConfigError(
            "unstructured is not installed",
            which="ingestion.partitioner = unstructured",
            next_step="pip install 'groundsight[documents]', or set ingestion.partitioner = 'builtin'",
        )
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise StorageFailed(
            "no folder for temporary files can be written", which="TMPDIR", next_step="set TMPDIR to one that can"
        ) from error
    own_ocr = settings.models.ocr == "rapidocr" or not settings.ingestion.ocr
    own_speech = settings.models.speech in (*PACKAGED, "none")
    lanes = (*(() if own_ocr else ("ocr",)), *(() if own_speech else ("transcriber",)))
    for lane in ("text_encoder", "picture_encoder", "captioner", "audio_encoder", "voice_encoder", *lanes):
        getattr(parts, lane)


def claim_lanes(parts: Parts) -> None:
    """Claim the index for the encoders.

    Raises:
        IndexVersion: it holds vectors of others; the next step is the command that re-indexes beside it.
    """
    lanes = {"text": parts.text_encoder, "visual": parts.picture_encoder, "sound": parts.audio_encoder}
    try:
        parts.index.claim({lane: encoder.fingerprint for lane, encoder in lanes.items() if encoder is not None})
    except IndexVersion as error:
        next_step = "re-index beside it: groundsight ingest --home NEWHOME FOLDER"
        raise IndexVersion(error.what, which=error.which, limit=error.limit, next_step=next_step) from error
