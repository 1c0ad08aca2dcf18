"""Encoders that run elsewhere: the client of ``groundsight serve encoders``.

The fingerprint is that of the served model, so an index made with the same weights in process is accepted.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from weakref import finalize

from groundsight.encoders.wire import MODEL, ROWS_TYPE, pack_pictures, packed_size, unpack_rows
from groundsight.errors import ConfigError, GroundsightError, InvalidArgument, LimitExceeded, ModelFailed

if TYPE_CHECKING:
    import httpx2
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from groundsight.settings import Models

TRIES = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
KEPT_QUERIES = 64
BUSY = 503
START = "see that it runs (groundsight serve encoders), then try again"


@dataclass(frozen=True)
class Served:
    """A model of the service and how much one request may hold."""

    fingerprint: str
    dimension: int
    items: int
    chars: int
    bytes: int


class Service:
    """Calls to one service. Any number of threads may use it at once."""

    def __init__(self, client: httpx2.Client, where: str, seconds: float, pause: Callable[[float], None]) -> None:
        self._client, self.where, self._seconds, self._pause = client, where, seconds, pause
        finalize(self, client.close)

    @classmethod
    def connect(cls, where: str, models: Models, *, pause: Callable[[float], None] = time.sleep) -> Service:
        """Prepare calls to ``http://HOST:PORT``; nothing is sent yet.

        Raises:
            ConfigError: that is no address.
        """
        import httpx2

        if not where.startswith(("http://", "https://")):
            raise ConfigError("this is no address of an encoder service", which=where, next_step="use http://HOST:PORT")
        token = models.service_token
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        limits = httpx2.Timeout(models.service_seconds, connect=min(5.0, models.service_seconds))
        client = httpx2.Client(base_url=where, headers=headers, timeout=limits, trust_env=False)
        return cls(client, where, models.service_seconds, pause)

    def served(self, lane: Literal["text", "visual"]) -> Served:
        """Ask which model serves a lane.

        Raises:
            ModelFailed: the service is away or still loading.
            ConfigError: it refuses the token, or serves no such lane.
        """
        said = _object(self._answer("GET", "/v1/models", b"", {}).content, self.where)
        if not said.get(lane):
            raise ConfigError(
                f"the encoder service serves no {lane} encoder",
                which=self.where,
                next_step=f"set models.{lane} there, or another encoder here",
            )
        return Served(**said[lane], **said["limits"])

    def rows(self, kind: str, model: Served, body: bytes, count: int) -> NDArray[np.float32]:
        """Send one request and return its rows; the answer must name the model that was asked.

        Raises:
            ModelFailed: the service is away, failed, or serves another model by now.
            LimitExceeded: the request is larger than the service allows.
        """
        answer = self._answer("POST", f"/v1/{kind}", body, {MODEL: model.fingerprint, "content-type": ROWS_TYPE})
        if answer.headers.get(MODEL) != model.fingerprint:
            raise _other_model(self.where)
        try:
            return unpack_rows(answer.content, count, model.dimension)
        except InvalidArgument as error:
            raise _failed(self.where, str(error)) from error

    def _answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """Try a lost call once more, and wait while the service is busy, within ``service_seconds``."""
        waited, lost = 0.0, 0
        while True:
            answer = self._sent(method, path, body, headers)
            if isinstance(answer, Exception):
                lost += 1
                if lost == TRIES:
                    raise _away(self.where, answer)
                pause = FIRST_PAUSE
            elif answer.status_code != BUSY:
                return _checked(answer, self.where)
            elif waited >= self._seconds:
                raise _refused(answer, self.where)
            else:
                pause = _asked_pause(answer)
            pause *= random.uniform(0.5, 1.5)
            self._pause(pause)
            waited += pause

    def _sent(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx2.Response | Exception:
        import httpx2

        try:
            return self._client.request(method, path, content=body, headers=headers)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return error


class _Remote:
    """A model of a service; the last questions are kept."""

    lane: ClassVar[Literal["text", "visual"]]
    question: ClassVar[str]

    def __init__(self, service: Service, model: Served) -> None:
        self._service, self._model = service, model
        self._asked = lru_cache(maxsize=KEPT_QUERIES)(self._question)

    @classmethod
    def open(cls, where: str, models: Models) -> Self:
        """Ask the service which model it serves; errors as of ``Service.served``."""
        service = Service.connect(where, models)
        return cls(service, service.served(cls.lane))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the served model."""
        return self._model.fingerprint

    @property
    def dimension(self) -> int:
        """Width of the served vectors."""
        return self._model.dimension

    def _question(self, text: str) -> NDArray[np.float32]:
        return self._rows(self.question, [text])

    def _rows(self, kind: str, texts: Sequence[str]) -> NDArray[np.float32]:
        groups = _groups(texts, len, self._model.items, self._model.chars)
        return self._joined(kind, ((json.dumps({"texts": some}).encode(), len(some)) for some in groups))

    def _joined(self, kind: str, requests: Iterable[tuple[bytes, int]]) -> NDArray[np.float32]:
        import numpy as np

        answers = [self._service.rows(kind, self._model, body, count) for body, count in requests]
        return np.concatenate(answers) if answers else np.zeros((0, self.dimension), np.float32)


class ServiceTexts(_Remote):
    """A text encoder of a service."""

    lane, question = "text", "query"

    def encode(self, texts: Sequence[str], *, role: Literal["query", "passage"] = "passage") -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension), rows of length 1; a request holds many texts."""
        return self._asked(texts[0]).copy() if role == "query" and len(texts) == 1 else self._rows(role, texts)


class ServicePictures(_Remote):
    """A picture encoder of a service, with its words."""

    lane, question = "visual", "words"

    def encode_pictures(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Return float32 of shape (len(pictures), dimension); whole pictures travel, so vectors are as in process."""
        from groundsight.vision.lite import on_white

        flat = [on_white(picture) for picture in pictures]
        groups = _groups(flat, packed_size, self._model.items, self._model.bytes)
        return self._joined("pictures", ((pack_pictures(some), len(some)) for some in groups))

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (len(texts), dimension)."""
        return self._asked(texts[0]).copy() if len(texts) == 1 else self._rows("words", texts)


def _groups(items: Sequence[Any], size: Callable[[Any], int], most: int, most_size: int) -> Generator[list[Any]]:
    """Cut into requests that the service accepts; an item that alone is too large goes by itself and is refused."""
    group: list[Any] = []
    total = 0
    for item in items:
        if group and (len(group) == most or total + size(item) > most_size):
            yield group
            group, total = [], 0
        group.append(item)
        total += size(item)
    if group:
        yield group


def _checked(answer: httpx2.Response, where: str) -> httpx2.Response:
    """Return a good answer; map any other status to our errors."""
    match answer.status_code:
        case 200:
            return answer
        case 401 | 403 | 421:
            raise ConfigError(
                "the encoder service refuses this caller",
                which=where,
                limit=f"status {answer.status_code}",
                next_step="set models.service_token here, and server.allowed_hosts there",
            )
        case 409:
            raise _other_model(where)
        case 413:
            said = _error(answer)
            raise LimitExceeded(
                said.get("what") or "the request is too large", which=where, limit=said.get("limit", ""),
                code=said.get("code", "E_LIMIT_BYTES"), next_step=said.get("next_step", ""),
            )  # fmt: skip
        case _:
            raise _refused(answer, where)


def _refused(answer: httpx2.Response, where: str) -> GroundsightError:
    said = _error(answer)
    return _failed(where, said.get("what") or f"status {answer.status_code}", said.get("next_step", ""))


def _error(answer: httpx2.Response) -> dict[str, str]:
    try:
        error = json.loads(answer.content)["error"]
        return {name: str(value)[:200] for name, value in error.items()}
    except (ValueError, TypeError, LookupError, AttributeError):
        return {}


def _object(body: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
        return {**found, "limits": {name: int(found["limits"][name]) for name in ("items", "chars", "bytes")}}
    except (ValueError, TypeError, LookupError) as error:
        raise ConfigError(
            "what answers is no encoder service",
            which=where,
            next_step="name the address of groundsight serve encoders",
        ) from error


def _asked_pause(answer: httpx2.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), LONGEST_PAUSE) if asked.isdigit() else FIRST_PAUSE


def _away(where: str, error: Exception) -> ModelFailed:
    return ModelFailed("the encoder service does not answer", which=where, limit=type(error).__name__, next_step=START)


def _failed(where: str, what: str, next_step: str = "") -> ModelFailed:
    return ModelFailed(f"the encoder service failed: {what}", which=where, next_step=next_step or START)


def _other_model(where: str) -> ModelFailed:
    return ModelFailed(
        "the encoder service serves another model than at the start",
        which=where,
        next_step="serve the model that the index was made with, or start this process again",
    )
