"""The Weaviate client, imported here and nowhere else: connecting, schema and sending."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from types import ModuleType
from typing import Any

from groundsight.errors import ConfigError, Disabled, IndexVersion
from groundsight.index.weaviate.faults import Unreachable
from groundsight.index.weaviate.messages import Level
from groundsight.index.weaviate.schema import Collection, Kind
from groundsight.settings import WeaviateSettings

OLDEST_SERVER = (1, 27)
# The default waits up to two minutes before it tries a server again that was away.
CHANNEL = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.min_reconnect_backoff_ms", 100),
           ("grpc.max_reconnect_backoff_ms", 1000)]  # fmt: skip


@cache
def library() -> ModuleType:
    """Import the client; its OAuth library warns about a package that we do not use."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="authlib")
            warnings.filterwarnings("ignore", message=".*authlib.*")
            import weaviate
    except ImportError as error:
        raise Disabled(
            "the Weaviate client is not installed", which="index.backend", next_step="install groundsight[weaviate]"
        ) from error
    return weaviate


def errors() -> tuple[type[BaseException], ...]:
    """Return every error type that a call of the client may raise."""
    import grpc
    import httpx

    base = library().exceptions.WeaviateBaseError
    return (base, httpx.HTTPError, grpc.RpcError, Unreachable, OSError)


def detail_of(error: BaseException) -> str:
    """Return the words of an error; of a gRPC error only status and details, never its headers."""
    import grpc

    if isinstance(error, grpc.RpcError):
        return _status(error)
    return f"{getattr(error, 'status_code', '')} {error}".strip() or type(error).__name__


def connect(settings: WeaviateSettings) -> Any:
    """Connect within ``connect_seconds`` and check the server's version and its gRPC port.

    Raises:
        IndexVersion: the server is older than 1.27.
    """
    lib = library()
    client = lib.WeaviateClient(
        connection_params=lib.connect.ConnectionParams.from_params(
            http_host=settings.host, http_port=settings.http_port, http_secure=settings.secure,
            grpc_host=settings.host, grpc_port=settings.grpc_port, grpc_secure=settings.secure,
        ),
        auth_client_secret=_credentials(settings),
        additional_config=_limits(settings),
        # The client's own checks ask a package registry for its newest version.
        skip_init_checks=True,
    )  # fmt: skip
    with ExitStack() as undo:
        undo.callback(client.close)
        client.connect()
        _require_version(str(client.get_meta()["version"]))
        _fail_fast(client)
        undo.pop_all()
    return client


def send(client: Any, method: str, request: Any, seconds: float) -> Any:
    """Make one call of the server's gRPC interface over the client's connection."""
    connection = client._connection
    return getattr(connection.grpc_stub, method)(request, metadata=connection.grpc_headers(), timeout=seconds)


def level_of(settings: WeaviateSettings) -> Level:
    """Return how many replicas must agree: those of the settings, two of three where there are several."""
    return settings.consistency or ("QUORUM" if settings.replication > 1 else "ONE")


def create(client: Any, wanted: Collection, settings: WeaviateSettings) -> None:
    """Create a collection unless it is there."""
    config = library().classes.config
    if client.collections.exists(wanted.name):
        return
    client.collections.create(
        wanted.name,
        properties=[_property(name, kind) for name, kind in wanted.fields.items()],
        vector_config=[
            config.Configure.Vectors.self_provided(name=name, vector_index_config=_vector_index(settings))
            for name in wanted.vectors
        ]
        or config.Configure.Vectors.self_provided(vector_index_config=config.Configure.VectorIndex.flat()),
        inverted_index_config=config.Configure.inverted_index(
            bm25_b=settings.bm25_b, bm25_k1=settings.bm25_k1, stopwords_preset=config.StopwordsPreset.NONE
        ),
        multi_tenancy_config=config.Configure.multi_tenancy(wanted.tenants, auto_tenant_activation=wanted.tenants),
        replication_config=config.Configure.replication(
            factor=settings.replication, async_enabled=settings.replication > 1
        ),
    )


def add_tenant(client: Any, name: str, tenant: str) -> None:
    """Create a tenant; creating it again changes nothing."""
    client.collections.use(name).tenants.create([library().classes.tenants.Tenant(name=tenant)])


def remove_tenants(client: Any, name: str) -> None:
    """Delete all tenants of a collection."""
    tenants = client.collections.use(name).tenants
    listed = list(tenants.get())
    if listed:
        tenants.remove(listed)


def _property(name: str, kind: Kind) -> Any:
    config = library().classes.config
    types = {"values": config.DataType.TEXT_ARRAY, "number": config.DataType.INT}
    words = kind == "words"
    textual = {"tokenization": config.Tokenization.WHITESPACE if words else config.Tokenization.FIELD}
    return config.Property(
        name=name,
        data_type=types.get(kind, config.DataType.TEXT),
        index_filterable=kind in ("value", "values", "number"),
        index_searchable=words,
        index_range_filters=kind == "number" or None,
        **({} if kind == "number" else textual),
    )


def _vector_index(settings: WeaviateSettings) -> Any:
    config = library().classes.config
    index, metric = config.Configure.VectorIndex, config.VectorDistances.COSINE
    quantizer = getattr(index.Quantizer, settings.quantizer)()
    hnsw = index.hnsw(
        distance_metric=metric, quantizer=quantizer, ef=settings.ef, ef_construction=settings.ef_construction,
        max_connections=settings.max_connections,
    )  # fmt: skip
    match settings.vector_index:
        case "flat":
            return index.flat(distance_metric=metric, quantizer=quantizer)
        case "dynamic":
            return index.dynamic(distance_metric=metric, hnsw=hnsw, flat=index.flat(distance_metric=metric))
        case "hnsw":
            return hnsw


def _credentials(settings: WeaviateSettings) -> Any:
    auth = library().classes.init.Auth
    if settings.api_key and settings.oidc_token:
        raise ConfigError("an API key and an OIDC token are set", which="weaviate", next_step="keep one of the two")
    if settings.api_key:
        return auth.api_key(settings.api_key.get_secret_value())
    return auth.bearer_token(settings.oidc_token.get_secret_value()) if settings.oidc_token else None


def _limits(settings: WeaviateSettings) -> Any:
    init = library().classes.init
    seconds = settings.call_seconds
    return init.AdditionalConfig(
        timeout=init.Timeout(init=settings.connect_seconds, query=seconds, insert=seconds),
        grpc_config=library().config.GrpcConfig(channel_options=CHANNEL),
        trust_env=False,
    )


def _require_version(version: str) -> None:
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    if numbers < OLDEST_SERVER:
        raise IndexVersion(
            f"the Weaviate server is version {version}", limit="1.27 or newer", next_step="upgrade the server"
        )


class _FailFast:
    """The client sleeps 31 seconds over a server that is away; behind this its calls fail at once instead."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def __getattr__(self, name: str) -> Callable[..., Any]:
        import grpc

        method = getattr(self._stub, name)

        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return method(*arguments, **named)
            except grpc.RpcError as error:
                raise Unreachable(_status(error)) from None

        return call


def _fail_fast(client: Any) -> None:
    inner = client._connection
    inner._grpc_stub = _FailFast(inner._grpc_stub)


def _status(error: Any) -> str:
    return f"{error.code().name} {error.details()}" if callable(getattr(error, "code", None)) else type(error).__name__
