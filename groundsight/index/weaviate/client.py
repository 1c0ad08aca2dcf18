"""The Weaviate client, imported here and nowhere else: connecting, schema and sending."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from types import ModuleType
from typing import Any

from groundsight.errors import ConfigError, Disabled, IndexVersion
from groundsight.index.weaviate.faults import Unreachable
from groundsight.index.weaviate.login import fixed_key, login_for
from groundsight.index.weaviate.messages import Level
from groundsight.index.weaviate.schema import Collection, Kind
from groundsight.index.weaviate.transport import (
    CHANNEL,
    FailFast,
    Trust,
    channel_credentials,
    http_client,
    status,
    trust,
)
from groundsight.settings import WeaviateSettings

OLDEST_SERVER = (1, 27)


@cache
def library() -> ModuleType:
    """Import the client; its OAuth library warns about a package that we do not use.

    Its log stays silent: it writes out whole objects that the server refused, and we say it ourselves.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="authlib")
            warnings.filterwarnings("ignore", message=".*authlib.*")
            import weaviate
    except ImportError as error:
        raise Disabled(
            "the Weaviate client is not installed",
            which="index.backend",
            next_step="pip install 'groundsight[weaviate]'",
        ) from error
    logging.getLogger("weaviate-client").disabled = True
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
        return status(error)
    reason = _root(error)
    said = [str(getattr(error, "status_code", "")), str(reason), str(error) if reason is not error else ""]
    return " ".join(part for part in said if part) or type(error).__name__


def connect(settings: WeaviateSettings) -> Any:
    """Connect within ``connect_seconds`` and check the server's version.

    Raises:
        ConfigError: credentials, certificates or addresses can't be used.
        IndexVersion: the server is older than 1.27.
    """
    key, trusted = fixed_key(settings), trust(settings)
    login = login_for(settings, trusted.http)
    client = _client(settings, key, trusted)
    inner = client._connection

    def make_client(_: str) -> Any:
        return http_client(settings, inner._headers, trusted, login)

    inner._make_client = make_client
    with ExitStack() as undo:
        undo.callback(client.close)
        _connect(client)
        inner._grpc_stub = FailFast(inner._grpc_stub, login)
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
    """Create a collection unless it is there, also when another process creates it at the same moment.

    One of before is given the vectors that it lacks, from version 1.31 of the server on.
    """
    if client.collections.exists(wanted.name):
        _add_vectors(client.collections.use(wanted.name).config, wanted, settings)
        return
    try:
        _create(client, wanted, settings)
    except library().exceptions.UnexpectedStatusCodeError as error:
        if "already exists" not in str(error):
            raise


def _create(client: Any, wanted: Collection, settings: WeaviateSettings) -> None:
    config = library().classes.config
    client.collections.create(
        wanted.name,
        properties=[_property(name, kind) for name, kind in wanted.fields.items()],
        vector_config=_vectors(wanted.vectors, settings)
        or config.Configure.Vectors.self_provided(vector_index_config=config.Configure.VectorIndex.flat()),
        inverted_index_config=config.Configure.inverted_index(
            bm25_b=settings.bm25_b, bm25_k1=settings.bm25_k1, stopwords_preset=config.StopwordsPreset.NONE
        ),
        multi_tenancy_config=config.Configure.multi_tenancy(wanted.tenants, auto_tenant_activation=wanted.tenants),
        replication_config=config.Configure.replication(
            factor=settings.replication, async_enabled=settings.replication > 1
        ),
    )


def _add_vectors(held: Any, wanted: Collection, settings: WeaviateSettings) -> None:
    there: set[str] = {*(held.get().vector_config or ())} if wanted.vectors else set()
    if missing := [name for name in wanted.vectors if name not in there]:
        held.add_vector(vector_config=_vectors(missing, settings))


def _vectors(names: Sequence[str], settings: WeaviateSettings) -> list[Any]:
    vectors = library().classes.config.Configure.Vectors
    return [vectors.self_provided(name=name, vector_index_config=_vector_index(settings)) for name in names]


def add_tenant(client: Any, name: str, tenant: str) -> None:
    """Create a tenant; creating it again changes nothing."""
    client.collections.use(name).tenants.create([library().classes.tenants.Tenant(name=tenant)])


def tenant_states(client: Any, name: str) -> dict[str, str]:
    """Return the state of every tenant of a collection, such as ``ACTIVE``."""
    found = client.collections.use(name).tenants.get()
    return {tenant: str(each.activity_status.value) for tenant, each in found.items()}


def move_tenants(client: Any, name: str, tenants: tuple[str, ...], state: str) -> None:
    """Give tenants of a collection another state."""
    kinds = library().classes.tenants
    status = kinds.TenantUpdateActivityStatus[state]
    moved = [kinds.TenantUpdate(name=tenant, activity_status=status) for tenant in tenants]
    client.collections.use(name).tenants.update(moved)


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


def _client(settings: WeaviateSettings, key: str | None, trusted: Trust) -> Any:
    """Describe the connection. A fixed token travels as a key does; the library would look its issuer up."""
    lib = library()
    http = {"http_host": settings.host, "http_port": settings.http_port, "http_secure": settings.secure}
    grpc = {"grpc_host": settings.grpc_host or settings.host, "grpc_port": settings.grpc_port,
            "grpc_secure": settings.secure}  # fmt: skip
    try:
        parameters = lib.connect.ConnectionParams.from_params(**http, **grpc)
    except ValueError as error:
        raise ConfigError(
            "the addresses of the server can't be used",
            which="weaviate.host, weaviate.http_port, weaviate.grpc_host, weaviate.grpc_port",
            next_step="give HTTP and gRPC of one host two ports",
        ) from error
    return lib.WeaviateClient(
        connection_params=parameters,
        auth_client_secret=lib.classes.init.Auth.api_key(key) if key else None,
        additional_config=_limits(settings, trusted),
        # The client's own checks ask a package registry for its newest version.
        skip_init_checks=True,
    )


def _limits(settings: WeaviateSettings, trusted: Trust) -> Any:
    init = library().classes.init
    seconds = settings.call_seconds
    return init.AdditionalConfig(
        timeout=init.Timeout(init=settings.connect_seconds, query=seconds, insert=seconds),
        grpc_config=library().config.GrpcConfig(channel_options=CHANNEL, credentials=channel_credentials(trusted)),
        trust_env=False,
    )


def _root(error: BaseException) -> BaseException:
    """Return what an error came from: the library keeps the reason of a failed connection there."""
    while error.__cause__ is not None and str(error.__cause__):
        error = error.__cause__
    return error


def _connect(client: Any) -> None:
    try:
        client.connect()
        version = str(client.get_meta()["version"])
        numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    except (KeyError, TypeError, ValueError):
        raise Unreachable("what answers at this address is no Weaviate server") from None
    if numbers < OLDEST_SERVER:
        raise IndexVersion(
            f"the Weaviate server is version {version}", limit="1.27 or newer", next_step="upgrade the server"
        )
