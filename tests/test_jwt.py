"""Tokens of an issuer at the door: what is let in, and every way of getting in without one."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from groundsight.doors.jwt_keys import AGAIN_SECONDS, LAST_SECONDS, MOST_BYTES, Keys, KeysAway, reader_of
from groundsight.doors.tokens import TokenCheck
from groundsight.errors import ConfigError
from groundsight.settings import load_settings
from tests.build import make_asset, make_unit
from tests.doors import CANARY, ScriptedSuite, settings_at
from tests.http_house import door_for
from tests.issuer import ISSUER, URL, answering, filed, forged, jwks, public_jwk, public_pem, says, token
from tests.test_server_http import own, send
from tests.weaviate_trust import certificates

STATIC = "a-long-secret-token"
METADATA = "/.well-known/oauth-protected-resource/mcp"


@contextmanager
def house(home: Path, keys: str, *, server: dict[str, Any] | None = None, **rules: Any) -> Generator[int]:
    """Serve a door for an issuer's callers and give its port; tenant one has a.txt, two has b.txt for the board."""
    told = {"issuer": ISSUER, "keys": keys, **rules}
    settings = settings_at(home, server={"port": 0, "url": URL, "token": STATIC, "jwt": told, **(server or {})})
    one, two = make_asset("docs/a.txt", tenant="one"), make_asset("docs/b.txt", tenant="two", labels=("board",))
    suite = ScriptedSuite(settings, (make_unit(one, 0, "a"), one), (make_unit(two, 0, "b"), two))
    with door_for(settings, suite, writable=True) as port:
        yield port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    """One door for all that is refused; addresses are told apart by X-Forwarded-For, so that none is slowed."""
    home = tmp_path_factory.mktemp("home")
    file = filed(home, "rsa1", "ec1", "ed1", "weak1")
    with house(home, str(file), server={"proxies": ["127.0.0.1"]}, tenant_claim="org", tenants=["one", "two"]) as port:
        yield port


def status(port: int, bearer: str, **headers: str) -> tuple[int, str]:
    """List the tools from an address of its own; give the status and what the challenge says."""
    address = hashlib.sha256(bearer.encode("utf-8", "replace")).digest()
    told = own(port, authorization=f"Bearer {bearer}", **headers)
    code, answered, _ = send(port, {**told, "x-forwarded-for": ".".join(map(str, address[:4]))})
    return code, answered.get("www-authenticate", "")


def mine(kid: str = "rsa1", algorithm: str = "RS256", **claims: Any) -> str:
    return token(kid, algorithm, **{"org": "one", **claims})


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("rsa1", "RS256"), ("rsa1", "PS256"), ("ec1", "ES256"), ("ed1", "EdDSA")]
)
def test_a_token_of_the_issuer_opens_the_door(port: int, kid: str, algorithm: str) -> None:
    assert status(port, mine(kid, algorithm)) == (200, "")
    assert status(port, mine(kid, algorithm, aud=["other", URL])) == (200, "")


def by_public_key() -> str:
    """HS256 with the public key as its secret."""
    header, claims = {"alg": "HS256", "kid": "rsa1"}, jwt.decode(mine(), options={"verify_signature": False})
    signed = forged(header, claims).rpartition(".")[0]
    return forged(header, claims, hmac.digest(public_pem("rsa1"), signed.encode(), "sha256"))


NOW = int(time.time())
GOOD_CLAIMS = {"iss": ISSUER, "aud": URL, "sub": "ann", "org": "one", "exp": NOW + 86_400, "scope": "admin"}
DEEP = b'{"alg":"RS256","kid":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
REFUSED = {
    "none": forged({"alg": "none", "kid": "rsa1"}, GOOD_CLAIMS),
    "none in capitals": forged({"alg": "nOnE", "kid": "rsa1"}, GOOD_CLAIMS),
    "no signature": forged({"alg": "RS256", "kid": "rsa1"}, GOOD_CLAIMS),
    "the public key as a secret": by_public_key(),
    "an algorithm that is not allowed": mine(algorithm="RS512"),
    "another key's algorithm": forged({"alg": "ES256", "kid": "rsa1"}, GOOD_CLAIMS, b"0" * 64),
    "another key under a known name": token("rsa2", header={"kid": "rsa1"}, org="one"),
    "a weak key": mine("weak1"),
    "an unknown key": token("rsa2", org="one"),
    "no key named": forged({"alg": "RS256"}, GOOD_CLAIMS, b"x"),
    "a key with a path": token("rsa1", header={"kid": "../../../etc/passwd"}, org="one"),
    "a key in the header": token("rsa2", header={"jwk": public_jwk("rsa2"), "kid": "rsa2"}, org="one"),
    "an address of keys in the header": token("rsa2", header={"jku": "http://127.0.0.1:1/", "kid": "rsa1"}, org="one"),
    "a header that has to be understood": token("rsa1", header={"crit": ["exp2"], "exp2": 1}, org="one"),
    "another issuer": mine(iss="https://login.example.org/other"),
    "an issuer with a slash more": mine(iss=ISSUER + "/"),
    "another audience": mine(aud="https://other.example.org/mcp"),
    "no audience": mine(aud=None),
    "expired": mine(exp=NOW - 100),
    "no expiry": mine(exp=None),
    "an expiry beyond all numbers": mine(exp=float("inf")),
    "not yet": mine(nbf=NOW + 80_000),
    "nobody": mine(sub=None),
    "a list for a name": mine(sub=None, preferred=["ann"]),
    "a name with a line end": mine(sub="ann\nlog: all is well"),
    "no tenant": token(),
    "a tenant that is guessed": mine(org="three"),
    "a list of tenants": mine(org=["one", "two"]),
    "an empty tenant": mine(org=""),
    "scopes that are no words": mine(scope={"admin": True}),
    "a scope that is a number": mine(scope=[1]),
    "a deep header": forged(DEEP, b"{}", b"x"),
    "no header": forged(b"\xff\xfe", b"{}", b"x"),
    "a list for a header": forged(b"[]", b"{}", b"x"),
    "only dots": "..",
    "very long": forged({"alg": "RS256", "kid": "rsa1", "x": "y" * 20_000}, GOOD_CLAIMS, b"x"),
    "a static token's beginning": STATIC[:-1],
}


@pytest.mark.parametrize("how", REFUSED)
def test_a_token_that_is_not_quite_right_opens_nothing(port: int, how: str) -> None:
    code, challenge = status(port, REFUSED[how])
    assert code == 401
    assert challenge.startswith('Bearer error="invalid_token", error_description="')
    assert ("expired" in challenge) == (how == "expired")
    assert f'resource_metadata="https://search.example.org{METADATA}"' in challenge
    assert status(port, STATIC)[0] == 200


def test_a_token_counts_only_in_one_header_and_nowhere_else(port: int) -> None:
    good = mine()
    with httpx2.Client(trust_env=False) as wire:
        twice = [("authorization", f"Bearer {good}"), ("authorization", "Bearer x"), *own(port).items()]
        asked = wire.post(f"http://127.0.0.1:{port}/mcp", headers=twice, content=b"{}")
        assert (asked.status_code, asked.json()["error"]) == (400, "invalid_request")
        for more in ({}, {"cookie": f"access_token={good}"}, {"authorization": f"Basic {good}"}):
            where = f"http://127.0.0.1:{port}/mcp?access_token={good}"
            asked = wire.post(where, headers={**own(port), **more}, content=b"{}")
            assert asked.status_code == 401
            assert ("error=" in asked.headers["www-authenticate"]) == ("authorization" in more)


def test_the_door_says_where_things_are_and_who_gives_out_tokens(port: int) -> None:
    with httpx2.Client(trust_env=False, base_url=f"http://127.0.0.1:{port}") as wire:
        places, told = wire.get("/"), wire.get(METADATA)
        assert wire.get("/elsewhere").status_code == 401
    assert "/mcp" in places.text
    assert "/metrics" in places.text
    assert told.json() == {
        "resource": URL,
        "resource_name": "Groundsight",
        "authorization_servers": [ISSUER],
        "scopes_supported": ["read", "ingest", "admin"],
        "bearer_methods_supported": ["header"],
    }


def asked(port: int, bearer: str, name: str, mode: str = "auto", **arguments: Any) -> Any:
    """Call a tool with a token; a refusal over HTTP is its response."""
    seen: list[httpx2.Response] = []

    async def note(answer: httpx2.Response) -> None:
        seen.append(answer)

    async def run() -> Any:
        headers = {"authorization": f"Bearer {bearer}"}
        async with httpx2.AsyncClient(headers=headers, event_hooks={"response": [note]}) as wire:
            transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
            async with Client(transport, mode=mode) as client:
                if name == "assets":
                    listed: Any = (await client.read_resource("groundsight://assets")).contents[0]
                    return [asset["source"] for asset in json.loads(listed.text)["assets"]]
                return (await client.call_tool(name, arguments)).structured_content

    try:
        return asyncio.run(run())
    except BaseExceptionGroup:
        return next(answer for answer in seen if answer.status_code >= 400)


WORDS = {"list": lambda *scopes: [*scopes], "text": lambda *scopes: " ".join(scopes)}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("shape", WORDS)
def test_scopes_gate_the_tools_and_the_one_that_is_missing_is_named(tmp_path: Path, mode: str, shape: str) -> None:
    words, ingest = WORDS[shape], {"paths": ["elsewhere"]}
    with house(tmp_path, str(filed(tmp_path, "rsa1")), scope_claim="scp", scope_prefix="gs:") as port:
        reader, writer = token(scp=words("gs:read", "openid")), token(scp=words("gs:ingest"))
        bare, admin = token(scp=words("openid", "read", "admin")), token(scp=words("gs:admin"))
        assert asked(port, reader, "search", mode, query="notice")["hits"]
        for tool, arguments in (("ingest", ingest), ("forget", {"names": ["a.txt"]}), ("stop", {})):
            refused = asked(port, reader, tool, mode, **arguments)
            assert refused.status_code == 403
            challenge = refused.headers["www-authenticate"]
            assert 'error="insufficient_scope"' in challenge
            assert 'scope="gs:read gs:ingest"' in challenge
            assert METADATA in challenge
        assert asked(port, writer, "ingest", mode, **ingest)["error"]["code"] == "E_NOT_FOUND"
        for poor in (writer, bare):
            for tool, arguments in (("search", {"query": "notice"}), ("assets", {})):
                refused = asked(port, poor, tool, mode, **arguments)
                assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
        assert asked(port, admin, "ingest", mode, **ingest)["error"]["code"] == "E_NOT_FOUND"
        assert asked(port, admin, "assets", mode) == []


def test_the_tools_refuse_by_themselves_what_hides_from_the_door(tmp_path: Path) -> None:
    with house(tmp_path, str(filed(tmp_path, "rsa1"))) as port:
        call = {"name": "ingest", "arguments": {"paths": ["elsewhere"]}}
        told = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
        # The first reader of two equal keys sees the first, the second one the last.
        hidden = told.replace('"method"', '"method": "tools/call", "method": "ping", "method"').encode()
        headers = {**own(port, authorization=f"Bearer {token()}"), "mcp-protocol-version": "2025-11-25"}
        for body in (hidden, f"[{told}]".encode(), told.replace("ingest", "\\u0069ngest").encode()):
            code, _, said = send(port, headers, body=body)
            assert code >= 400 or b"insufficient_scope" in said, said


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_claims_say_whose_documents_are_seen(tmp_path: Path, mode: str) -> None:
    rules = {"tenant_claim": "https://example.org/org", "labels_claim": "realm.roles", "user_claim": "email"}
    with house(tmp_path, str(filed(tmp_path, "rsa1")), **rules) as port:

        def sees(tenant: str, *roles: str) -> Any:
            claims = {"https://example.org/org": tenant, "realm": {"roles": [*roles]}, "email": "ann@example.org"}
            return asked(port, token(**claims), "assets", mode)

        assert sees("one") == ["docs/a.txt"]
        assert sees("two") == []
        assert sees("two", "board") == ["docs/b.txt"]
        assert sees("default", "board") == []
        assert sees("one\0two").status_code == 401
    users = {json.loads(line)["user"] for line in (tmp_path / "audit" / "audit.jsonl").read_text().splitlines()}
    assert users == {"ann@example.org"}


def test_a_claim_says_what_for_and_has_to_be_there(tmp_path: Path) -> None:
    settings = settings_at(
        tmp_path,
        server={
            "url": URL,
            "jwt": {"issuer": ISSUER, "keys": str(filed(tmp_path, "rsa1")), "purpose_claim": "usage.purpose"},
        },
    )
    payroll = make_asset("docs/pay.txt", purposes=("payroll",))
    suite = ScriptedSuite(settings, (make_unit(payroll, 0, "a"), payroll))
    with door_for(settings, suite, writable=False) as port:
        assert asked(port, token(usage={"purpose": "payroll"}), "assets", "auto") == ["docs/pay.txt"]
        assert asked(port, token(usage={"purpose": "research"}), "assets", "auto") == []
        assert asked(port, token(), "assets", "auto").status_code == 401


def test_a_session_goes_on_with_the_rights_of_the_newest_token(tmp_path: Path) -> None:
    with house(tmp_path, str(filed(tmp_path, "rsa1")), labels_claim="roles", tenant="two") as port:

        async def run() -> list[Any]:
            async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token(roles=['board'])}"}) as wire:
                transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=wire)
                async with Client(transport, mode="legacy") as client:
                    before: Any = (await client.read_resource("groundsight://assets")).contents[0]
                    wire.headers["authorization"] = f"Bearer {token(roles=[])}"
                    after: Any = (await client.read_resource("groundsight://assets")).contents[0]
                    return [len(json.loads(each.text)["assets"]) for each in (before, after)]

        assert asyncio.run(run()) == [1, 0]


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def keys_at(where: str, clock: Clock, seconds: float = 3_600) -> Keys:
    return Keys(reader_of(where), ("RS256", "ES256"), seconds, clock)


def test_keys_are_fetched_once_and_again_for_an_unknown_one_at_most_once_a_minute() -> None:
    clock, bodies = Clock(), [jwks("rsa1")]

    async def run(where: str, asked: list[str]) -> None:
        keys = keys_at(where, clock)
        assert [bool(await keys.find(kid)) for kid in ("rsa1", "rsa1", "ec1", "../etc", "rsa1")] == [1, 1, 0, 0, 1]
        assert asked == ["/certs"]
        bodies[0] = jwks("ec1")
        assert not await keys.find("ec1")
        clock.now += AGAIN_SECONDS
        found = await asyncio.gather(*(keys.find("ec1") for _ in range(20)))
        assert all(found)
        assert len(asked) == 2
        assert not await keys.find("rsa1")

    with answering(lambda request: says(bodies[0])(request)) as (where, asked):
        asyncio.run(run(where, asked))


@pytest.mark.parametrize(("host", "named"), [("127.0.0.1", True), ("127.0.0.1", False), ("192.0.2.7", True)])
def test_keys_come_only_from_whom_a_trusted_certificate_names(host: str, named: bool, tmp_path: Path) -> None:
    made = certificates(tmp_path / "issuer", host)
    with answering(says(jwks("rsa1")), made.server) as (where, asked):
        keys = Keys(reader_of(where, made.authority if named else None), ("RS256",), 3_600, Clock())
        if named and host in where:
            assert asyncio.run(keys.find("rsa1"))
            return
        with pytest.raises(KeysAway):
            asyncio.run(keys.find("rsa1"))
        assert asked == []


BROKEN = {
    "dead": None,
    "away": says(b"", 500),
    "redirecting": says(b"", 302, location="/other"),
    "giant": says(b" " * (MOST_BYTES + 1) + jwks("ec1")),
    "packed": says(gzip.compress(jwks("ec1")), **{"content-encoding": "gzip"}),
    "no JSON": says(b"<html>"),
    "no keys": says(b'{"keys": {"kid": 1}}'),
    "deep": says(b'{"keys":' + b"[" * 100_000),
    "very many keys": says(json.dumps({"keys": [public_jwk("ec1")] * 101}).encode()),
}


@pytest.mark.parametrize("how", BROKEN)
def test_an_issuer_that_answers_wrongly_lends_nothing_and_the_last_keys_count_for_a_day(how: str) -> None:
    clock, answer = Clock(), [says(jwks("rsa1"))]

    async def run(where: str, asked: list[str], close: Any) -> None:
        keys = keys_at(where, clock)
        assert await keys.find("rsa1")
        close()
        clock.now = 3_700
        assert await keys.find("rsa1")
        assert not await keys.find("ec1")
        clock.now = LAST_SECONDS + 1
        with pytest.raises(KeysAway):
            await keys.find("rsa1")
        assert set(asked) == {"/certs"}

    wrong = BROKEN[how]
    if wrong is None:
        with answering(says(jwks("rsa1"))) as (where, asked):
            pass
        with pytest.raises(KeysAway):
            asyncio.run(keys_at(where, clock).find("rsa1"))
        return
    with answering(lambda request: answer[0](request)) as (where, asked):
        asyncio.run(run(where, asked, lambda: answer.__setitem__(0, wrong)))


def test_a_slow_issuer_holds_up_nobody_whose_key_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundsight.doors.jwt_keys.FETCH_SECONDS", 0.3)
    clock = Clock()
    held: list[asyncio.Event] = []

    async def read() -> bytes:
        if not held:
            held.append(asyncio.Event())
            return jwks("rsa1")
        await held[0].wait()
        raise AssertionError("never let go")

    async def run() -> None:
        keys = Keys(read, ("RS256",), 3_600, clock)
        assert await keys.find("rsa1")
        clock.now = 100.0
        unknown = asyncio.create_task(keys.find("rsa2"))
        await asyncio.sleep(0)
        assert await keys.find("rsa1")
        assert not unknown.done()
        assert await unknown is None

    asyncio.run(run())


def test_a_door_whose_issuer_is_dead_says_so_and_still_knows_its_own_tokens(tmp_path: Path) -> None:
    with house(tmp_path, "http://127.0.0.1:1/certs") as port:
        code, headers, body = send(port, own(port, authorization=f"Bearer {token()}"))
        assert (code, headers["retry-after"]) == (503, "60")
        assert b"127.0.0.1" not in body
        assert send(port, own(port, authorization=f"Bearer {STATIC}"))[0] == 200


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"keys": "http://login.example.org/certs"}, "neither a file nor an https address"),
        ({"keys": "missing.json"}, "neither a file nor an https address"),
        ({"keys": "https://login.example.org/certs", "ca_file": "missing.pem"}, "certificates"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": ["none"]}, "algorithms"),
        ({"algorithms": []}, "algorithms"),
    ],
)
def test_settings_that_would_check_nothing_are_refused(tmp_path: Path, rules: dict[str, Any], named: str) -> None:
    told = {"issuer": ISSUER, "keys": str(filed(tmp_path, "rsa1")), **rules}
    with pytest.raises(ConfigError, match=named):
        TokenCheck.open(load_settings(tmp_path, server={"url": URL, "jwt": told}).server, load_settings().governance)


def test_tokens_for_nobody_in_particular_are_refused_at_the_start(tmp_path: Path) -> None:
    told = {"issuer": ISSUER, "keys": str(filed(tmp_path, "rsa1"))}
    settings = load_settings(tmp_path, server={"jwt": told})
    with pytest.raises(ConfigError, match="for whom"):
        TokenCheck.open(settings.server, settings.governance)
    assert CANARY not in str(settings)
