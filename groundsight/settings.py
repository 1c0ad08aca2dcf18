"""All settings: one closed tree, read from one TOML file and the environment.

Environment names are ``GROUNDSIGHT_`` plus the path with double underscores, for example
``GROUNDSIGHT_SEARCH__LIMIT=20``; they win over the file. Unknown names are refused.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError

from groundsight.errors import ConfigError
from groundsight.governance_settings import ALL_PII as ALL_PII
from groundsight.governance_settings import NAME_KINDS as NAME_KINDS
from groundsight.governance_settings import PROFILES as PROFILES
from groundsight.governance_settings import Announced as Announced
from groundsight.governance_settings import Governance as Governance
from groundsight.governance_settings import PiiKind as PiiKind
from groundsight.governance_settings import Ratio as Ratio
from groundsight.limits import Encoders, Folders, Limits, Operation, Pictures, Positive, Section
from groundsight.model_settings import Models
from groundsight.quality_settings import Flag, FlagName, Slo, require_changes
from groundsight.server_settings import Server


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


class Weights(Section):
    """Weights of the channels in either fusion; only their ratios count.

    The BM25 channel of a text has ``lexical`` times the weight of its vectors. ``heading`` is for a unit whose
    heading the question names, shared among all that have it; ``rerank`` is for the second look.
    """

    text: float = 0.35
    visual: float = 0.15
    sound: float = 0.15
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
    own kind, so no floor holds there. ``floor`` off: whatever is nearest is shown. ``stacking``, ``early``, ``gated``
    and ``cross_attention`` are trained: ``groundsight train fuser``.
    """

    limit: Positive = 10
    candidates: Positive = 200
    fusion: Literal["rrf", "weighted", "server", "stacking", "early", "gated", "cross_attention"] = "rrf"
    scale: Literal["minmax", "zscore"] = "minmax"
    rrf_k: Positive = 10
    weights: Weights = Weights()
    recency_per_day: float = 0.03
    hops: Positive = 2
    rerank_candidates: Positive = 50
    rerank_seconds: Annotated[float, Field(gt=0.0)] = 2.0
    floor: bool = True


class Grounding(Section):
    """When an answer is given: at ``target`` it passes, under ``refuse`` it is withheld."""

    target: Ratio = 0.70
    refuse: Ratio = 0.65
    revisions: Annotated[int, Field(ge=0)] = 2


class Agent(Section):
    """Budgets of one question and the optional language model: ``provider:model``, or ``client`` for the model of
    the MCP client that asks. ``pictures``: how many it sees at most with a question about a picture, that one first.
    ``review``: what a person approves over MCP before the work goes on. ``prompts`` is a folder of own wordings: its
    ``draft.md`` takes the place of the packaged prompt of that name, as do ``plan.md`` and ``revise.md``.
    """

    llm: str | None = None
    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_seconds: Positive = 60
    hops: Positive = 4
    seconds: Positive = 120
    tokens: Positive = 60_000
    evidence: Positive = 8
    pictures: Annotated[int, Field(ge=1)] = 4
    review: Literal["none", "plan", "answer"] = "none"
    prompts: Path | None = None
    answerer: str = "groundsight.graphs.answer:answer_question"
    captioner: str = "groundsight.agent.caption:chat_captioner"


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
    operation: Operation = Operation()
    slo: Slo = Slo()
    flags: Mapping[FlagName, Flag] = {}

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
    there = next(one for one in (toml.parent, *toml.absolute().parents) if one.exists())
    if not there.is_dir():
        raise ConfigError("the home is a file, not a folder", which=str(there), next_step="name a folder as --home")
    reader = type("SettingsFromFile", (Settings,), {"model_config": {**Settings.model_config, "toml_file": toml}})
    try:
        return require_changes(reader.model_validate(explicit))
    except (ValidationError, SettingsError, ValueError, RecursionError) as error:
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
