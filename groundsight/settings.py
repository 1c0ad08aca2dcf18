"""All settings: one closed tree, read from one TOML file and the environment.

Environment names are ``GROUNDSIGHT_`` plus the path with double underscores, for example
``GROUNDSIGHT_SEARCH__LIMIT=20``; they win over the file. Unknown names are refused.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError

from groundsight.errors import ConfigError
from groundsight.limits import Encoders, Folders, Incidents, Limits, Pictures, Positive, Section
from groundsight.server_settings import Server

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
# What the head of a column or a label may announce; the others are told by what they are.
Announced = Literal["email", "phone", "card", "iban", "ssn", "ip"]
PiiKind = Literal[Announced, "secret", "person", "place", "org"]
ALL_PII: tuple[PiiKind, ...] = ("email", "phone", "card", "iban", "ssn", "ip")
NAME_KINDS: tuple[PiiKind, ...] = ("person", "place", "org")
PROFILES: dict[str, tuple[PiiKind, ...]] = {
    "personal": ("card", "iban", "ssn", "secret"),
    "team": (*ALL_PII, "secret"),
    "strict": (*ALL_PII, "secret", *NAME_KINDS),
}


class Ingestion(Section):
    """How files become units. Without ``soffice``, the program of LibreOffice, doc, xls and ppt are not read."""

    partitioner: Literal["builtin", "unstructured"] = "builtin"
    chunk_chars: Positive = 900
    chunk_overlap: Annotated[int, Field(ge=0)] = 0
    ocr: bool = True
    tags: bool = True
    keep_page_pictures: bool = False
    render_dpi: Positive = 150
    hidden_files: bool = False
    soffice: str = ""


class Models(Section):
    """Which model serves each lane. A value is ``none``, a packaged name, or ``kind:where``.

    ``where`` is a local folder, or a hub id when ``allow_download`` is on; ``service:URL`` for text and visual names an
    encoder service, which is asked with ``service_token`` and given up after ``service_seconds``.
    """

    text: str = "minilm"
    visual: str = "conse"
    ocr: str = "rapidocr"
    caption: str = "none"
    rerank: str = "bm25"
    judge: str = "lexical"
    reader: str = "packaged"
    allow_download: bool = False
    device: str = "cpu"
    threads: Positive = 2
    service_token: SecretStr | None = None
    service_seconds: Positive = 30


class Weights(Section):
    """Weights of the channels in either fusion; only their ratios count.

    The BM25 channel of a text has ``lexical`` times the weight of its vectors. ``heading`` is for a unit whose
    heading the question names, shared among all that have it; ``rerank`` is for the second look.
    """

    text: float = 0.35
    visual: float = 0.15
    caption: float = 0.15
    ocr: float = 0.15
    transcript: float = 0.35
    meta: float = 0.10
    lexical: float = 0.50
    recency: float = 0.10
    heading: float = 0.30
    rerank: float = 0.20


class Search(Section):
    """The retrieval ladder. ``server`` lets the server of the index fuse, where it has one; its raw scores are of its
    own kind, so no floor holds there. ``floor`` off: whatever is nearest is shown.
    """

    limit: Positive = 10
    candidates: Positive = 200
    fusion: Literal["rrf", "weighted", "server"] = "rrf"
    scale: Literal["minmax", "zscore"] = "minmax"
    rrf_k: Positive = 10
    weights: Weights = Weights()
    recency_per_day: float = 0.03
    hops: Positive = 2
    rerank_candidates: Positive = 50
    floor: bool = True


class Grounding(Section):
    """When an answer is given: at ``target`` it passes, under ``refuse`` it is withheld."""

    target: Ratio = 0.70
    refuse: Ratio = 0.65
    revisions: Annotated[int, Field(ge=0)] = 2


class Agent(Section):
    """Budgets of one question and the optional language model: ``provider:model``, or ``client`` for the model of
    the MCP client that asks. ``review``: what a person approves over MCP before the work goes on.
    """

    llm: str | None = None
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_seconds: Positive = 60
    hops: Positive = 4
    seconds: Positive = 120
    tokens: Positive = 60_000
    evidence: Positive = 8
    review: Literal["none", "plan", "answer"] = "none"
    answerer: str = "groundsight.graphs.answer:answer_question"


class IndexSettings(Section):
    """Where the index lives."""

    backend: Literal["local", "weaviate"] = "local"


class WeaviateSettings(Section):
    """Connection and schema of the Weaviate back end.

    ``grpc_host`` is for services that serve gRPC under another name. ``secure`` is TLS on both ports; with ``ca_file``
    (PEM) only its certificates are trusted. Of ``api_key``, ``oidc_token`` and ``oidc_client_secret`` at most one is
    set; with the last a token is fetched from the server's issuer, with ``oidc_scope`` where it wants one, and renewed.
    ``binary`` is a server program to start on this machine, with its data in ``data``. ``fresh_seconds`` is how long
    after a write words are searched a second time among what was just written; 0 trusts the server. ``replication``,
    ``vector_index``, ``quantizer``, ``ef`` (-1: the server chooses), ``ef_construction``, ``max_connections`` and
    ``bm25_*`` count when an index is made and are kept in it; ``groundsight migrate --schema plan`` shows what differs.
    """

    host: str = "127.0.0.1"
    http_port: Positive = 8080
    grpc_host: str | None = None
    grpc_port: Positive = 50051
    secure: bool = False
    ca_file: Path | None = None
    api_key: SecretStr | None = None
    oidc_token: SecretStr | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scope: str | None = None
    binary: Path | None = None
    data: Path = Field(default_factory=lambda: Path.home() / ".groundsight" / "weaviate")
    collection: str = "GroundsightUnit"
    replication: Positive = 1
    consistency: Literal["ONE", "QUORUM", "ALL"] | None = None
    vector_index: Literal["hnsw", "flat", "dynamic"] = "hnsw"
    quantizer: Literal["none", "rq", "sq", "bq"] = "none"
    ef: Annotated[int, Field(ge=-1)] = -1
    ef_construction: Positive = 128
    max_connections: Positive = 32
    bm25_k1: Annotated[float, Field(ge=0.0)] = 1.2
    bm25_b: Ratio = 0.75
    connect_seconds: Positive = 2
    call_seconds: Positive = 10
    fresh_seconds: Annotated[int, Field(ge=0)] = 90
    # How long a tenant goes unused before `groundsight tenants` puts it to sleep, or away.
    sleep_days: Positive = 90
    offload_days: Positive = 365


class Governance(Section):
    """Identity of a local caller and the rules that every call passes.

    ``purpose`` is what the local caller asks for. ``probe_denied`` is how many passages a search looks at beside its
    own to write into the trail what was kept from the caller; 0: only what is asked for by its name.
    ``receipts_days`` is how long a receipt of an answer or a check is kept; 0 keeps none.
    ``policy`` is the file that narrows them (None: ``policy.toml`` in the home, where there is one). An answer with a
    sentence less sure than ``review_below`` goes to the queue of a person, and one caption of ``review_captions``.
    ``profile`` names what is redacted, or ``redact`` lists it. With ``pseudonym_key``, a file outside of ``home``, a
    value has the same stand-in in all documents, such as [PERSON-3f2a91c0].
    """

    tenant: str = "default"
    user: str = "local"
    region: str = "global"
    labels: tuple[str, ...] = ()
    purpose: str = ""
    profile: Literal["personal", "team", "strict"] | None = None
    redact: tuple[PiiKind, ...] = ALL_PII
    pseudonym_key: Path | None = None
    audit: bool = True
    probe_denied: Annotated[int, Field(ge=0, le=100)] = 0
    receipts_days: Annotated[int, Field(ge=0)] = 365
    calls_per_second: Positive = 20
    burst: Positive = 60
    policy: Path | None = None
    review_below: Ratio = 0.80
    review_captions: Positive = 20
    incidents: Incidents = Incidents()

    @model_validator(mode="after")
    def _kinds_of_profile(self) -> Governance:
        told = PROFILES[self.profile] if self.profile else self.redact
        if self.redact not in (told, ALL_PII):
            raise ValueError("profile and redact name different kinds: set one of them")
        object.__setattr__(self, "redact", told)
        return self

    def of_tenant(self, tenant: str | None) -> Governance:
        """Return the same rules for the local caller of another tenant; None: of this one.

        Raises:
            ConfigError: the name is empty, or two that differ would look alike.
        """
        if tenant is not None and not tenant.strip():
            raise ConfigError("a tenant without a name", which="--tenant", next_step="name it, or leave the option out")
        if tenant is not None and (tenant != tenant.strip() or not tenant.isprintable()):
            raise ConfigError(
                "the name of a tenant has signs that nobody sees",
                which=f"--tenant {tenant!a}",
                next_step="name it without spaces at its ends and without control characters",
            )
        return self if tenant is None else self.model_copy(update={"tenant": tenant})


class Settings(BaseSettings):
    """The whole tree. ``home`` holds the index; files are read only under ``roots``."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="GROUNDSIGHT_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    home: Path = Field(default_factory=lambda: Path.home() / ".groundsight")
    roots: tuple[Path, ...] = ()
    limits: Limits = Limits()
    folders: Folders = Folders()
    ingestion: Ingestion = Ingestion()
    pictures: Pictures = Pictures()
    models: Models = Models()
    search: Search = Search()
    grounding: Grounding = Grounding()
    agent: Agent = Agent()
    index: IndexSettings = IndexSettings()
    weaviate: WeaviateSettings = WeaviateSettings()
    governance: Governance = Governance()
    server: Server = Server()
    encoders: Encoders = Encoders()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values win over the environment, which wins over the TOML file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def load_settings(home: str | Path | None = None, file: str | Path | None = None, **values: object) -> Settings:
    """Read ``file`` (default ``<home>/groundsight.toml`` when it exists) and the environment.

    Raises:
        ConfigError: an unknown name, a value out of range or an unreadable file.
    """
    explicit: dict[str, object] = dict(values)
    if home is not None:
        explicit["home"] = Path(home).expanduser().resolve()
    toml = Path(file or Path(home or Path.home() / ".groundsight") / "groundsight.toml").expanduser()
    if file is not None and not toml.is_file():
        raise ConfigError("the settings file is not there", which=str(file), next_step="check the path after --config")
    if toml.parent.exists() and not toml.parent.is_dir():
        raise ConfigError(
            "the home is a file, not a folder", which=str(toml.parent), next_step="name a folder as --home"
        )
    reader = type("SettingsFromFile", (Settings,), {"model_config": {**Settings.model_config, "toml_file": toml}})
    try:
        return reader.model_validate(explicit)
    except (ValidationError, SettingsError, ValueError) as error:
        where = f"{toml} or a variable GROUNDSIGHT_..." if toml.is_file() else "a variable GROUNDSIGHT_..."
        raise ConfigError(_first_problem(error), which=where, next_step="correct what is named") from error


def elsewhere(home: Path) -> str:
    """Return the option by which a printed command finds a home that is not the usual one."""
    usual = (Path.home() / ".groundsight").resolve()
    return "" if home.expanduser().resolve() == usual else f" --home {shlex.quote(str(home))}"


def _first_problem(error: Exception) -> str:
    """Say which setting is wrong, without echoing its value (it may be a secret)."""
    if not isinstance(error, ValidationError):
        return str(error).splitlines()[0]
    first = error.errors(include_input=False)[0]
    if not first["loc"]:
        return f"the file is no TOML: {first['msg'].removeprefix('Value error, ')}"
    path = ".".join(str(part) for part in first["loc"])
    return f"there is no setting {path}" if first["type"] == "extra_forbidden" else f"setting {path}: {first['msg']}"
