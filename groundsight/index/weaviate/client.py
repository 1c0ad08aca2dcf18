"""The Weaviate client, imported here and nowhere else: connecting, schema, filters and batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from groundsight.errors import ConfigError, Disabled, IndexVersion
from groundsight.index.weaviate.faults import Unreachable
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.schema import K1, B, Collection, Kind
from groundsight.settings import WeaviateSettings

if TYPE_CHECKING:
    from groundsight.index.weaviate.wire import Row

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


def filters_of(tests: Sequence[Test]) -> Any:
    """Return the client's filter for tests that must all hold; None for none."""
    by = library().classes.query.Filter.by_property
    parts = [getattr(by(test.field), _METHODS[test.op])(_argument(test)) for test in tests]
    return library().classes.query.Filter.all_of(parts) if parts else None


def with_score() -> Any:
    """Ask for the BM25 score."""
    return library().classes.query.MetadataQuery(score=True)


def with_distance() -> Any:
    """Ask for the cosine distance."""
    return library().classes.query.MetadataQuery(distance=True)


def totals(at: Any, tests: Sequence[Test], summed: str | None) -> tuple[int, int]:
    """Count objects that pass the tests and add up one of their numbers."""
    metrics = library().classes.aggregate.Metrics(summed).integer(sum_=True) if summed else None
    found = at.aggregate.over_all(filters=filters_of(tests), total_count=True, return_metrics=metrics)
    return int(found.total_count or 0), int(found.properties[summed].sum_ or 0) if summed else 0


def insert(at: Any, rows: Sequence[Row]) -> Mapping[int, str]:
    """Store objects in one call; return what was refused by position."""
    lib = library()
    objects = [
        lib.classes.data.DataObject(properties=row.fields, uuid=row.uuid, vector=dict(row.vectors) or None)
        for row in rows
    ]
    try:
        return {number: str(error.message) for number, error in at.data.insert_many(objects).errors.items()}
    except lib.exceptions.WeaviateInsertManyAllFailedError as error:
        return dict.fromkeys(range(len(rows)), str(error))


def collection(client: Any, name: str, tenant: str | None, settings: WeaviateSettings) -> Any:
    """Return a collection, within a tenant where it has any, at the consistency of the settings."""
    opened = client.collections.use(name)
    level = settings.consistency or ("QUORUM" if settings.replication > 1 else "ONE")
    opened = opened.with_consistency_level(library().classes.config.ConsistencyLevel[level])
    return opened.with_tenant(tenant) if tenant else opened


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
            bm25_b=B, bm25_k1=K1, stopwords_preset=config.StopwordsPreset.NONE
        ),
        multi_tenancy_config=config.Configure.multi_tenancy(wanted.tenants, auto_tenant_activation=wanted.tenants),
        replication_config=config.Configure.replication(
            factor=settings.replication, async_enabled=settings.replication > 1
        ),
    )


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


_METHODS = {"equal": "equal", "any": "contains_any", "ge": "greater_or_equal", "le": "less_or_equal",
            "gt": "greater_than", "lt": "less_than", "prefix": "like"}  # fmt: skip


def _argument(test: Test) -> Any:
    if test.op == "prefix":
        return f"{test.value}*"
    return list(test.value) if isinstance(test.value, tuple) else test.value


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
    match settings.vector_index:
        case "flat":
            return index.flat(distance_metric=metric, quantizer=quantizer)
        case "dynamic":
            return index.dynamic(
                distance_metric=metric,
                hnsw=index.hnsw(distance_metric=metric, quantizer=quantizer),
                flat=index.flat(distance_metric=metric),
            )
        case "hnsw":
            return index.hnsw(distance_metric=metric, quantizer=quantizer)


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
