"""Keys, tokens, certificates and roles, against a real server that asks for them; no secret is ever shown."""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from groundsight.bench.weaviate_nodes import Node
from groundsight.bench.weaviate_proxy import Proxy
from groundsight.errors import BackendDown, ConfigError, GroundsightError
from groundsight.index import ChannelQuery
from groundsight.index.weaviate import WeaviateIndex
from groundsight.index.weaviate.client import library
from groundsight.index.weaviate.login import Login
from groundsight.settings import WeaviateSettings
from tests.index_workers import ALL, WORDS, entries, turns_of
from tests.weaviate_house import NEEDS_SERVER, settings_for, start
from tests.weaviate_trust import SECRET, Issuer, certificates

ROOT_KEY, WRITER_KEY, READER_KEY = "key-of-the-root-user", "key-of-a-writer", "key-of-a-reader"
SCALING = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
COLLECTION = "Held"
BOTH = [ChannelQuery("bm25_text", text="common"), ChannelQuery("text", vector=WORDS.encode(["common"])[0])]


@dataclass(frozen=True)
class Guarded:
    """A server with keys, roles and OIDC."""

    node: Node
    issuer: Issuer

    def settings(self, **values: object) -> WeaviateSettings:
        return settings_for(self.node, **values)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with Issuer() as issuer:
        (node,) = start(
            tmp_path_factory.mktemp("guarded"),
            environment={
                "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
                "AUTHENTICATION_APIKEY_ENABLED": "true",
                "AUTHENTICATION_APIKEY_ALLOWED_KEYS": f"{ROOT_KEY},{WRITER_KEY},{READER_KEY}",
                "AUTHENTICATION_APIKEY_USERS": "root,writer,reader",
                "AUTHORIZATION_RBAC_ENABLED": "true",
                "AUTHORIZATION_RBAC_ROOT_USERS": "root,service",
                **issuer.server_settings(),
            },
        )
        yield Guarded(node, issuer)
        node.kill()


@pytest.fixture(scope="module")
def roles(guarded: Guarded) -> None:
    """The roles of docs/scaling.md, made by the snippet that stands there."""
    (snippet,) = re.findall(r"```python\n(.*?)```", SCALING.read_text("utf-8"), re.S)
    made: dict[str, Any] = {}
    exec(compile(snippet, SCALING.name, "exec"), made)  # noqa: S102
    weaviate = library()
    with weaviate.connect_to_local(
        port=guarded.node.http_port, grpc_port=guarded.node.grpc_port, skip_init_checks=True,
        auth_credentials=weaviate.classes.init.Auth.api_key(ROOT_KEY),
    ) as administrator:  # fmt: skip
        made["make_roles"](administrator, COLLECTION)
        administrator.users.db.assign_roles(user_id="writer", role_names=[f"{COLLECTION}-ingests"])
        administrator.users.db.assign_roles(user_id="reader", role_names=[f"{COLLECTION}-searches"])


def failure_of(what: Callable[[], object], seconds: float = 5) -> GroundsightError:
    """Do what must fail, with one of our errors, within the seconds."""
    begun = time.monotonic()
    with pytest.raises(GroundsightError) as raised:
        what()
    assert time.monotonic() - begun < seconds
    return raised.value


def everything_said(error: BaseException) -> str:
    """An error with all that it carries, hidden chains too."""
    said = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    chained = [each for each in (error.__cause__, error.__context__) if each is not None]
    return "\n".join([*said, *map(everything_said, chained)])


def works(settings: WeaviateSettings) -> bool:
    """Open, write and read."""
    index = WeaviateIndex.open(settings)
    index.upsert(entries(1))
    found = index.search(BOTH, ALL, 5)
    index.close()
    return all(result.hits for result in found)


@NEEDS_SERVER
def test_a_key_a_token_and_a_client_secret_each_open_the_index(guarded: Guarded):
    assert works(guarded.settings(api_key=ROOT_KEY))
    assert works(guarded.settings(oidc_token=guarded.issuer.token()))
    given = len(guarded.issuer.given)
    assert works(guarded.settings(oidc_client_secret=SECRET))
    assert len(guarded.issuer.given) == given + 1


@NEEDS_SERVER
def test_a_token_that_the_server_refuses_is_renewed_within_the_call(guarded: Guarded):
    issuer, ended, brief = guarded.issuer, (-60, 3600), (3600, 1)
    given, issuer.lives = len(issuer.given), [ended, brief, ended]
    index = WeaviateIndex.open(guarded.settings(oidc_client_secret=SECRET))
    deadline = time.monotonic() + 10
    while issuer.lives:
        assert index.count(ALL).assets == 0
        assert time.monotonic() < deadline
    assert index.count(ALL).assets == 0
    assert len(issuer.given) == given + 4
    index.close()


def test_a_login_fetches_one_token_for_its_life_and_another_when_it_is_refused():
    now, tokens = [0.0], iter(["first", "second", "third"])
    login = Login(lambda: (next(tokens), 600.0), clock=lambda: now[0])
    assert [login.header(), login.header()] == ["Bearer first", "Bearer first"]
    now[0] = 541.0
    assert login.header() == "Bearer second"
    login.forget("Bearer first")
    assert login.header() == "Bearer second"
    login.forget("Bearer second")
    assert login.header() == "Bearer third"


@NEEDS_SERVER
@pytest.mark.parametrize(
    ("setting", "secret", "said"),
    [
        ("api_key", "a-wrong-secret", "refuses these credentials"),
        ("api_key", "a-wrong-secret\n", "line break"),
        ("oidc_token", "a-wrong-secret", "refuses these credentials"),
        ("oidc_client_secret", "a-wrong-secret", "invalid_client"),
        (None, "", "refuses these credentials"),
    ],
)
def test_wrong_credentials_are_a_setting_to_correct_and_are_never_shown(
    guarded: Guarded, setting: str | None, secret: str, said: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    settings = guarded.settings(**({setting: secret} if setting else {}))
    error = failure_of(lambda: WeaviateIndex.open(settings))
    assert isinstance(error, ConfigError)
    assert said in str(error)
    assert "a-wrong-secret" not in everything_said(error) + caplog.text + repr(settings)


@NEEDS_SERVER
def test_an_expired_token_is_said_to_be_expired_and_is_never_shown(guarded: Guarded):
    token = guarded.issuer.token(seconds=-60)
    error = failure_of(lambda: WeaviateIndex.open(guarded.settings(oidc_token=token)))
    assert isinstance(error, ConfigError)
    assert "expired" in str(error)
    assert token not in everything_said(error)


@NEEDS_SERVER
def test_a_login_that_breaks_off_says_where(guarded: Guarded):
    with Proxy(guarded.node.http_port) as http:
        settings = guarded.settings(http_port=http.port, oidc_client_secret=SECRET)
        http.fault = "cut"
        error = failure_of(lambda: WeaviateIndex.open(settings))
    assert isinstance(error, BackendDown)
    assert error.which == f"fetching a token, at 127.0.0.1:{http.port}"
    assert SECRET not in everything_said(error)


def test_two_credentials_at_once_are_refused_by_name():
    settings = WeaviateSettings.model_validate({"api_key": "one", "oidc_client_secret": "two"})
    error = failure_of(lambda: WeaviateIndex.open(settings))
    assert isinstance(error, ConfigError)
    assert error.which == "weaviate.api_key, weaviate.oidc_client_secret"


@pytest.fixture
def with_tls(guarded: Guarded, tmp_path: Path) -> Iterator[Callable[..., WeaviateSettings]]:
    """Settings for the same server behind TLS on both ports."""
    known = certificates(tmp_path / "known")
    with Proxy(guarded.node.http_port, known.server) as http, Proxy(guarded.node.grpc_port, known.server) as grpc:
        yield lambda **values: guarded.settings(
            **{
                "http_port": http.port, "grpc_port": grpc.port, "secure": True, "api_key": ROOT_KEY,
                "ca_file": known.authority, **values,
            }
        )  # fmt: skip


@NEEDS_SERVER
def test_tls_with_a_private_authority_covers_both_ports(with_tls: Callable[..., WeaviateSettings]):
    assert works(with_tls())


@NEEDS_SERVER
def test_a_certificate_of_somebody_else_is_refused_on_either_port(
    guarded: Guarded, with_tls: Callable[..., WeaviateSettings], tmp_path: Path
):
    strange = certificates(tmp_path / "strange")
    for settings in (with_tls(ca_file=None), with_tls(ca_file=strange.authority)):
        refused_certificate(settings)
    with Proxy(guarded.node.grpc_port, strange.server) as grpc:
        refused_certificate(with_tls(grpc_port=grpc.port))


@NEEDS_SERVER
def test_a_certificate_for_another_host_is_refused_on_either_port(
    guarded: Guarded, with_tls: Callable[..., WeaviateSettings]
):
    refused_certificate(with_tls(host="localhost"))
    refused_certificate(with_tls(grpc_host="localhost"))


@NEEDS_SERVER
def test_a_secret_goes_over_tls_or_nowhere(with_tls: Callable[..., WeaviateSettings], guarded: Guarded, tmp_path: Path):
    given = len(guarded.issuer.given)
    as_service = {"api_key": None, "oidc_client_secret": SECRET}
    error = failure_of(lambda: WeaviateIndex.open(with_tls(**as_service)))
    assert isinstance(error, ConfigError)
    assert "over TLS" in str(error)
    strange = certificates(tmp_path / "strange").authority
    error = failure_of(lambda: WeaviateIndex.open(with_tls(**as_service, ca_file=strange)))
    assert isinstance(error, ConfigError)
    assert "certificate" in str(error)
    assert len(guarded.issuer.given) == given


def refused_certificate(settings: WeaviateSettings) -> None:
    error = failure_of(lambda: WeaviateIndex.open(settings))
    assert isinstance(error, ConfigError)
    assert "certificate" in str(error)
    assert "weaviate.ca_file" in error.which


@NEEDS_SERVER
def test_tls_on_one_side_only_is_named_and_nothing_falls_back_to_plain_text(
    guarded: Guarded, with_tls: Callable[..., WeaviateSettings]
):
    plain = with_tls(http_port=guarded.node.http_port)
    assert isinstance(failure_of(lambda: WeaviateIndex.open(plain)), ConfigError)
    half = with_tls(grpc_port=guarded.node.grpc_port)
    assert isinstance(failure_of(lambda: WeaviateIndex.open(half)), ConfigError)
    other = with_tls(secure=False, ca_file=None)
    assert isinstance(failure_of(lambda: WeaviateIndex.open(other)), BackendDown)


def test_a_useless_authority_is_a_setting_to_correct(tmp_path: Path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for values in (
        {"secure": True, "ca_file": empty},
        {"secure": True, "ca_file": tmp_path / "none"},
        {"ca_file": empty},
    ):
        error = failure_of(lambda values=values: WeaviateIndex.open(WeaviateSettings.model_validate(values)))
        assert isinstance(error, ConfigError)
        assert error.which == "weaviate.ca_file"


@NEEDS_SERVER
@pytest.mark.usefixtures("roles")
def test_the_ingesting_role_does_all_its_work_and_nothing_elsewhere(guarded: Guarded, tmp_path: Path):
    index = WeaviateIndex.open(guarded.settings(collection=COLLECTION, api_key=WRITER_KEY))
    index.claim({"text": "words"})
    for turn in (1, 2, 6):
        index.upsert(entries(turn))
    assert index.delete([next(iter(index.assets(ALL))).asset_id], ALL) == 1
    assert index.check().problems == ()
    index.snapshot(tmp_path / "snapshot")
    index.restore(tmp_path / "snapshot")
    assert turns_of(list(index.scan(ALL))) == {"left2": 2, "right1": 6, "right2": 2}
    index.close()
    error = failure_of(lambda: WeaviateIndex.open(guarded.settings(collection="Other", api_key=WRITER_KEY)))
    assert isinstance(error, ConfigError)
    assert "lack a right" in str(error)
    assert "_collections" in str(error)


@NEEDS_SERVER
@pytest.mark.usefixtures("roles")
def test_the_searching_role_reads_everything_and_a_write_names_the_missing_right(guarded: Guarded, tmp_path: Path):
    filled = WeaviateIndex.open(guarded.settings(collection=COLLECTION, api_key=WRITER_KEY))
    filled.upsert(entries(3))
    before = filled.version()
    index = WeaviateIndex.open(guarded.settings(collection=COLLECTION, api_key=READER_KEY))
    assert all(result.hits for result in index.search(BOTH, ALL, 5))
    (unit, asset), *_ = index.scan(ALL)
    assert index.get([unit.unit_id], ALL) == ((unit, asset),)
    assert unit in index.units(asset.asset_id, ALL)
    assert index.count(ALL).assets == len(index.assets(ALL))
    assert [each.asset for each in index.export(ALL)] == sorted(index.assets(ALL), key=lambda each: each.asset_id)
    index.claim(filled.fingerprints())
    index.snapshot(tmp_path / "snapshot")
    assert filled.version() == before
    for write in (lambda: index.upsert(entries(4)), lambda: index.delete([asset.asset_id], ALL)):
        error = failure_of(write)
        assert isinstance(error, ConfigError)
        assert "lack a right" in str(error)
        assert "update_data" in str(error)
    assert filled.version() == before
    index.close()
    filled.close()
