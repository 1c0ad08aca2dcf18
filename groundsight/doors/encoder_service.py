"""The encoder service: text and picture encoders over HTTP, so that the machines with GPUs scale by themselves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from prometheus_client import Counter, Gauge, Histogram
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from groundsight.doors.call_metrics import SECONDS, new_registry
from groundsight.doors.encoder_batches import Batcher, Busy, Lane
from groundsight.doors.http import status_of
from groundsight.encoders.wire import MODEL, ROWS_TYPE, SHAPE, pack_rows, packed_size, too_many, unpack_pictures
from groundsight.errors import Cancelled, ConfigError, GroundsightError, InvalidArgument, LimitExceeded, ModelFailed
from groundsight.tools.gate import internal_error

if TYPE_CHECKING:
    from groundsight.encoders import PictureEncoder, TextEncoder
    from groundsight.settings import Encoders, Settings

Kind = Literal["query", "passage", "words", "pictures"]
MODELS: dict[str, Literal["text", "visual"]] = {
    "query": "text", "passage": "text", "words": "visual", "pictures": "visual",
}  # fmt: skip
Opened = tuple["TextEncoder | None", "PictureEncoder | None"]
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class OtherModel(ModelFailed):
    """The caller asks for a model that is not served here."""


class Loading(ModelFailed):
    """The models are not loaded yet."""


class EncoderService:
    """The models of the settings, each with a batcher. Answers 503 until ``load`` is done."""

    def __init__(self, settings: Settings, open_encoders: Callable[[Settings], Opened] | None = None) -> None:
        self.settings = settings
        self._limits: Encoders = settings.encoders
        self._open = open_encoders or _opened
        self.metrics, self._bytes = new_registry(), 0
        to, name = self.metrics, "groundsight_encoder"
        told = "Seconds from request to answer."
        self._requests = Counter(f"{name}_requests", "Requests by outcome.", ("kind", "outcome"), registry=to)
        self._seconds = Histogram(f"{name}_request_seconds", told, ("kind",), buckets=SECONDS, registry=to)
        self._sizes = Histogram(f"{name}_batch_items", "Items of a batch.", ("model",), buckets=SIZES, registry=to)
        Gauge(f"{name}_bytes", "Bytes of the requests under way.", registry=to).set_function(lambda: self._bytes)
        queue = Gauge(f"{name}_queue_items", "Items that wait for a batch.", ("model",), registry=to)
        for one in ("text", "visual"):
            queue.labels(one).set_function(lambda one=one: self._waiting(one))
        self._models: dict[str, TextEncoder | PictureEncoder] = {}
        self._batchers: dict[str, Batcher] = {}
        self.loaded = False

    def load(self) -> None:
        """Load the models and run each once.

        Raises:
            ConfigError: the settings name no encoder, or one of another service.
            ModelFailed: a model can't be loaded.
        """
        text, visual = self._open(self.settings)
        if text is None and visual is None:
            raise ConfigError(
                "there is nothing to serve", which="models.text, models.visual", next_step="name an encoder"
            )
        if text is not None:
            text.encode(["ready"], role="query")
            self._add("text", text, {"query": _texts(text, "query"), "passage": _texts(text, "passage")})
        if visual is not None:
            visual.encode_words(["ready"])
            self._add("visual", visual, {"words": visual.encode_words, "pictures": visual.encode_pictures})
        self.loaded = True

    def app(self) -> Starlette:
        """Return the application without the checks of callers."""
        models = Route("/v1/models", self._serve_models, methods=["GET"])
        return Starlette(routes=[models, Route("/v1/{kind}", self._serve_rows, methods=["POST"])])

    def _waiting(self, name: str) -> int:
        return self._batchers[name].waiting() if name in self._batchers else 0

    def close(self) -> None:
        """Finish what waits and stop the threads."""
        for batcher in self._batchers.values():
            batcher.close()

    def _add(self, name: str, model: TextEncoder | PictureEncoder, kinds: Mapping[str, Callable[..., Any]]) -> None:
        limits = self._limits
        sizes = dict.fromkeys(kinds, (limits.batch_texts, limits.batch_chars))
        if "pictures" in kinds:
            sizes["pictures"] = (limits.batch_pictures, limits.request_bytes)
        lanes = {
            kind: Lane(encode, packed_size if kind == "pictures" else len, *sizes[kind])
            for kind, encode in kinds.items()
        }
        self._models[name] = model
        self._batchers[name] = Batcher(name, lanes, limits.queue_items, self._sizes.labels(name).observe)

    async def _serve_models(self, _: Request) -> Response:
        if not self.loaded:
            return _error(_loading())
        limits = self._limits
        served = {
            name: {"fingerprint": model.fingerprint, "dimension": model.dimension}
            for name, model in self._models.items()
        }
        most = {"items": limits.request_items, "chars": limits.request_chars, "bytes": limits.request_bytes}
        return JSONResponse({**served, "limits": most})

    async def _serve_rows(self, request: Request) -> Response:
        kind, start, outcome = request.path_params["kind"], time.perf_counter(), "OK"
        if kind not in MODELS:
            return Response(status_code=404)
        try:
            return await self._rows(cast("Kind", kind), request)
        except GroundsightError as error:
            outcome = error.error_code
            return _error(error)
        except ClientDisconnect:
            outcome = Cancelled.code
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - the outermost door
            outcome = "E_INTERNAL"
            return _error(internal_error(kind, error))
        finally:
            self._requests.labels(kind, outcome).inc()
            self._seconds.labels(kind).observe(time.perf_counter() - start)

    async def _rows(self, kind: Kind, request: Request) -> Response:
        if not self.loaded:
            raise _loading()
        model = self._models.get(MODELS[kind])
        if model is None or request.headers.get(MODEL) != model.fingerprint:
            raise OtherModel("another model is served here", which=MODELS[kind], next_step="ask /v1/models")
        length = self._admitted(kind, request.headers.get("content-length", ""))
        self._bytes += length
        try:
            items = await asyncio.to_thread(self._items, kind, await request.body())
            future = self._batchers[MODELS[kind]].submit(kind, items)
            rows = await asyncio.wrap_future(future)
        finally:
            self._bytes -= length
        shape = f"{rows.shape[0]},{model.dimension}"
        return Response(pack_rows(rows), media_type=ROWS_TYPE, headers={MODEL: model.fingerprint, SHAPE: shape})

    def _admitted(self, kind: Kind, length: str) -> int:
        """Return the length of a body that may be read: within the limit, and room for it."""
        # JSON may spell a character with up to 12 bytes.
        most = self._limits.request_bytes if kind == "pictures" else 12 * self._limits.request_chars + 1_000
        if not length.isdigit():
            raise InvalidArgument("a request needs a content-length", which=kind, next_step="send it whole")
        if int(length) > most:
            raise LimitExceeded(
                "the request is too large", limit=f"{most} bytes", code="E_LIMIT_BYTES", next_step="send fewer items"
            )
        if self._bytes and self._bytes + int(length) > self._limits.queue_bytes:
            raise Busy(
                "the encoder service is busy",
                limit=f"{self._limits.queue_bytes} bytes (encoders.queue_bytes)",
                next_step="try again in a second",
            )
        return int(length)

    def _items(self, kind: Kind, body: bytes) -> Sequence[Any]:
        most = self._limits.request_items
        if kind == "pictures":
            items: Sequence[Any] = unpack_pictures(body, most, self.settings.limits.picture_pixels)
        else:
            items = _listed(body, most, self._limits.request_chars)
        if not items:
            raise InvalidArgument("a request without items", which=kind, next_step="send one at least")
        return items


def _texts(encoder: TextEncoder, role: Literal["query", "passage"]) -> Callable[[Sequence[str]], Any]:
    return lambda texts: encoder.encode(texts, role=role)


def _opened(settings: Settings) -> Opened:
    from groundsight.parts import Parts

    named = {"models.text": settings.models.text, "models.visual": settings.models.visual}
    if remote := next((f"{lane} = {name}" for lane, name in named.items() if name.startswith("service:")), ""):
        raise ConfigError(
            "an encoder service can't be served by another", which=remote, next_step="name the models themselves"
        )
    parts = Parts(settings)
    return parts.text_encoder, parts.picture_encoder


def _listed(body: bytes, most: int, most_chars: int) -> list[str]:
    wrong = InvalidArgument("this is no list of texts", which="texts", next_step='send {"texts": ["..."]}')
    try:
        found: object = json.loads(body)["texts"]
    except (ValueError, TypeError, LookupError, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in cast("list[object]", found)):
        raise wrong
    texts = cast("list[str]", found)
    if len(texts) > most:
        raise too_many(most)
    if sum(map(len, texts)) > most_chars:
        raise LimitExceeded(
            "the texts are too long for one request",
            limit=f"{most_chars} characters (encoders.request_chars)",
            code="E_LIMIT_TEXT",
            next_step="send fewer or shorter texts",
        )
    return texts


def _loading() -> Loading:
    return Loading("the models are still loading", next_step="try again in a second")


def _error(error: GroundsightError) -> Response:
    status = 409 if isinstance(error, OtherModel) else 503 if isinstance(error, Loading) else status_of(error)
    # A kept connection leads to the same process behind a balancer; a new one may lead to one that is idle.
    headers = {"retry-after": "1", "connection": "close"} if status == 503 else {}
    return JSONResponse({"error": error.as_data()}, status_code=status, headers=headers)
