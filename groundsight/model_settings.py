"""Settings of the models: which serves each lane, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from groundsight.limits import Positive, Section


class Models(Section):
    """Which model serves each lane. A value is ``none``, a packaged name, or ``kind:where``.

    ``where`` is a local folder, or a hub id when ``allow_download`` is on; ``service:URL`` for text and visual names an
    encoder service, which is asked with ``service_token`` and given up after ``service_seconds``. ``caption`` may be
    ``llm``, the chat model of ``agent.llm``, or ``client``, that of the MCP client, for ``describe`` alone. A picture
    whose perceptual hash is within ``caption_bits`` of one that was captioned, and looks the same, costs no call.
    ``sound`` finds sounds by words, ``speakers`` tells voices apart: one voice where the cosine of two utterances is
    at least ``speakers_alike``.
    """

    text: str = "minilm"
    visual: str = "conse"
    ocr: str = "rapidocr"
    caption: str = "none"
    caption_prompt: str = ""
    caption_bits: Annotated[int, Field(ge=0, le=3)] = 2
    speech: str = "base"
    sound: str = "none"
    speakers: str = "none"
    # The threshold that the makers of WavLM for speakers name; it was not measured here.
    speakers_alike: Annotated[float, Field(ge=0.0, le=1.0)] = 0.86
    rerank: str = "bm25"
    judge: str = "lexical"
    reader: str = "packaged"
    verifier: str = "packaged"
    allow_download: bool = False
    device: str = "cpu"
    threads: Positive = 2
    service_token: SecretStr | None = None
    service_seconds: Positive = 30
