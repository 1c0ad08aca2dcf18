"""Limits: of what is read, asked and answered, and of the encoder service. They are part of the settings.

The least that may be asked or checked is one word.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundsight.errors import InvalidArgument

Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
MIB = 1024 * 1024
# How many characters count as a token where nobody counts tokens.
CHARS_A_TOKEN = 4
# How pydantic begins: Input should, String should, List should.
_SHOULD = re.compile(r"^\w+ should")
# Letters by their category that no font shows: the fillers of Hangul.
_UNSEEN_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
# A letter with two digits or more, whatever marks part them: P-300, B7731/4.
_NUMBERED = re.compile(r"(?=\S*[^\W\d_])(?=\S*\d\d)\S+")


def misfit(error: ValidationError, kind: str) -> str:
    """Say what is wrong with the first of what was given: "argument 'limit' should be less than or equal to 100"."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    said = _SHOULD.sub("should", first["msg"].removeprefix("Value error, "))
    return f"{kind}{f' {name!r}' if name else ''}{' ' if said.startswith('should') else ': '}{said}"


class Section(BaseModel):
    """Base of every section: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(Section):
    """Hard limits; each is named in the error that it causes. Bytes, pixels, seconds, characters."""

    file_bytes: Positive = 50 * MIB
    text_bytes: Positive = 10 * MIB
    picture_bytes: Positive = 20 * MIB
    media_bytes: Positive = 500 * MIB
    media_seconds: Positive = 4 * 3600
    clip_frames: Positive = 200
    clip_pixels: Positive = 50_000_000_000
    media_parse_seconds: Positive = 600
    picture_pixels: Positive = 50_000_000
    picture_side: Positive = 16_384
    picture_frames: Positive = 16
    pdf_pages: Positive = 500
    page_inches: Positive = 200
    render_pixels: Positive = 25_000_000
    archive_members: Positive = 5_000
    archive_bytes: Positive = 200 * MIB
    archive_ratio: Positive = 200
    inside_depth: Positive = 3
    inside_files: Positive = 1_000
    table_rows: Positive = 250_000
    document_chars: Positive = 20_000_000
    document_units: Positive = 30_000
    parse_seconds: Positive = 60
    parse_cpu_seconds: Positive = 45
    parse_memory_bytes: Positive = 2 * 1024 * MIB
    query_chars: Positive = 8_192
    answer_chars: Positive = 200_000
    answer_sentences: Positive = 2_000
    evidence_chars: Positive = 5_000_000
    verify_seconds: Positive = 120
    results: Positive = 100
    candidates: Positive = 1_000
    hit_chars: Positive = 2_000


DEFAULT_LIMITS = Limits()


class Incidents(Section):
    """When a rule opens an incident, and in how many hours one of each kind is due.

    ``denials`` of one caller within ``denial_minutes``. ``spike`` and the policy's parity gap are held against the
    lower 95 % bound of a difference, so that chance opens nothing; the latest ``recent_answers`` count as now, and what
    has fewer than ``least`` sentences or answers on a side says nothing. The rules are asked every ``look_minutes``, by
    a server or the next question or ingest; a server measures redaction and drift every ``rescan_hours``. 0: never.
    ``drift`` is how far from the baseline documents or answers may move (energy distance, 0 to 1).
    """

    look_minutes: Annotated[float, Field(ge=0.0)] = 10
    rescan_hours: NotNegative = 24
    denials: Positive = 20
    denial_minutes: Positive = 60
    recent_answers: Positive = 50
    spike: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    least: Positive = 20
    data_leak_hours: Positive = 24
    unsafe_image_hours: Positive = 24
    hallucination_spike_hours: Positive = 72
    drift: Annotated[float, Field(ge=0.0, le=1.0)] = 0.02
    bias_drift_hours: Positive = 168
    drift_hours: Positive = 168
    target_missed_hours: Positive = 72


MaskKind = Literal["faces", "plates", "badges", "screens"]
SensitiveKind = Literal["nudity", "identity", "medical"]


class Pictures(Section):
    """What is filled in pictures before anything reads, keeps or shows them, and which pictures are withheld.

    ``detectors`` name a model of the user's own for a kind, as ``FILE.onnx@SHA256``; faces have a packaged one.
    """

    mask: tuple[MaskKind, ...] = ()
    withhold: tuple[SensitiveKind, ...] = ()
    detectors: dict[MaskKind, str] = Field(default_factory=dict[MaskKind, str])


class Encoders(Section):
    """Limits of ``groundsight serve encoders``: of one request, of one batch, and of what may wait."""

    request_items: Positive = 256
    request_chars: Positive = 1_000_000
    request_bytes: Positive = 160 * MIB
    batch_texts: Positive = 64
    batch_chars: Positive = 60_000
    batch_pictures: Positive = 16
    queue_items: Positive = 1_024
    queue_bytes: Positive = 512 * MIB


class Folders(Section):
    """What of a folder is read, and how it is watched.

    ``gitignore`` leaves out what a .gitignore names, ``skip_junk`` packages, caches and unfinished files. A changed
    file is read when it was left alone for ``quiet_seconds``, or, while a program keeps it open for writing, after
    ``open_seconds``; every ``sweep_minutes`` the whole folder is compared, in case the system lost a change.
    """

    gitignore: bool = True
    skip_junk: bool = True
    quiet_seconds: Annotated[float, Field(ge=0.0)] = 1.0
    open_seconds: Positive = 60
    sweep_minutes: Positive = 60


class Prices(Section):
    """What work costs, in ``operation.currency``: 1,000 tokens of a language model (of one by its name in ``models``),
    an hour of processor time, a page or picture read by OCR, a caption, a minute that is transcribed, a kWh.
    """

    tokens: Money = Decimal(0)
    models: dict[str, Money] = Field(default_factory=dict[str, Money])
    cpu_hour: Money = Decimal(0)
    page: Money = Decimal(0)
    caption: Money = Decimal(0)
    minute: Money = Decimal(0)
    kwh: Money = Decimal(0)


class Operation(Section):
    """What is measured and booked of the work, and what is done about it.

    ``traces`` is the address to which spans go over OTLP/HTTP; None: nowhere. An answer is given again to the same
    question in other words for ``cache_minutes``; 0: never. The ledger of costs is kept for ``ledger_days``; 0: none.
    ``tags`` are the labels that name a business unit: the first that a caller holds, else ``tag``, is what its work is
    booked on. A budget of a day or of a month, counted over the whole home, warns or stops.
    """

    traces: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    cache_minutes: NotNegative = 0
    ledger_days: NotNegative = 400
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"
    prices: Prices = Prices()
    tag: str = ""
    tags: tuple[str, ...] = ()
    budget_day: Money | None = None
    budget_month: Money | None = None
    over_budget: Literal["warn", "stop"] = "warn"


def has_words(text: str) -> bool:
    """True when a text holds a letter or digit that can be seen."""
    return any(char.isalnum() and char not in _UNSEEN_LETTERS for char in text)


def require_words(text: str, what: str, next_step: str) -> None:
    """Refuse a text without words: a search for nothing finds whatever lies nearest.

    Raises:
        InvalidArgument: ``what`` holds no word, or is no text.
    """
    if not (isinstance(text, str) and has_words(text)):  # pyright: ignore[reportUnnecessaryIsInstance] - a program may give any
        raise InvalidArgument(f"{what} holds no word", next_step=next_step)


def require_question(text: str) -> None:
    """Refuse a question without a word of two letters or an identifier: any passage with that digit would answer it.

    One sign is a word where a script has no capitals, as in Chinese.

    Raises:
        InvalidArgument: the question holds no such word.
    """
    require_words(text, "the question", "ask in words")
    plain = unicodedata.normalize("NFC", "".join(char for char in text if char not in _UNSEEN_LETTERS))
    signs = any(unicodedata.category(char) == "Lo" for char in plain)
    if not (signs or _TWO_LETTERS.search(plain) or _NUMBERED.search(plain)):
        raise InvalidArgument("the question holds no word of two letters", next_step="ask in words")
