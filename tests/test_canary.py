"""Personal data planted in every carrier is nowhere in the home after an ingest, and no door gives it out."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundsight.evals.residue import residue, values_of
from groundsight.governance.access import tenant_of
from groundsight.settings import ALL_PII, Ingestion, Models, Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from tests.canaries import CARRIERS, build, planted

QUESTIONS = ("What is the phone number of Ann?", "Ann e-mail", "SSN", "Which IBAN is in the report?", "harbour report")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home into which every carrier was read, with kept pages, an audit trail and a snapshot."""
    place = tmp_path_factory.mktemp("canary")
    light = {"models": Models(text="none", visual="none"), "ingestion": Ingestion(keep_page_pictures=True, tags=False)}
    settings = load_settings(place / "home").model_copy(update=light)
    with open_suite(settings) as suite:
        report = suite.ingest(build(place))
        assert not [each for each in report.files if each.problem], report
        for question in QUESTIONS:
            call(suite, "search", query=question)
        suite.parts.index.snapshot(place / "home" / "copy")
    return settings


def call(suite: Suite, name: str, **arguments: object) -> str:
    return Gate.open(suite.settings, "test").call(tool(name), suite, arguments).model_dump_json()


@pytest.fixture(scope="module")
def stored(settings: Settings) -> str:
    """Everything in the home as text: each file byte by byte, as UTF-16, and each cell of each database."""
    return "\n".join(_contents(settings.home))


def _contents(home: Path) -> Iterator[str]:
    for file in (path for path in home.rglob("*") if path.is_file()):
        data = file.read_bytes()
        yield str(file.relative_to(home))
        yield data.decode("latin-1")
        yield data.replace(b"\0", b"").decode("latin-1")
        if data.startswith(b"SQLite format 3"):
            yield from _cells(file)


def _cells(file: Path) -> Iterator[str]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as opened:
        for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in opened.execute(f"SELECT * FROM {name}"):
                yield " ".join(cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row)


def forms(carrier: str) -> Iterator[str]:
    """Yield every value as it is written, as JSON writes it, as bare digits, and the telling part of an address."""
    for kind, value in planted(carrier).items():
        yield value
        yield json.dumps(value)[1:-1]
        digits = re.sub(r"\D", "", value)
        yield {"email": value.partition("@")[0], "ip": value, "phone": digits[-8:]}.get(kind, digits)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_of_a_carrier_is_left_in_the_home(carrier: str, stored: str) -> None:
    assert [form for form in forms(carrier) if form.casefold() in stored.casefold()] == []
    squeezed = re.sub(r"[\s_/-]", "", planted(carrier)["card"])
    assert squeezed not in stored


def test_the_measured_coverage_is_that_of_a_search_of_the_home(settings: Settings, tmp_path: Path) -> None:
    files = sorted(path for path in (settings.home.parent / "docs").iterdir() if path.is_file())
    values = values_of(files, settings)
    assert len(values) > 100
    assert residue(settings.home, values, ALL_PII) == ()
    (tmp_path / "cache.json").write_text(json.dumps({"seen": f"card {planted('csv')['card']}"}))
    assert planted("csv")["card"].replace(" ", "") in residue(tmp_path, values, ALL_PII)


def test_no_door_gives_a_value_out(settings: Settings) -> None:
    with open_suite(settings) as suite:
        assets = suite.parts.index.assets(tenant_of(suite.principal))
        told = [call(suite, "search", query=question) for question in QUESTIONS]
        told += [call(suite, "ask", question=question) for question in QUESTIONS[:1]]
        told += [call(suite, "read", id=asset.asset_id) for asset in assets]
        told += [unit.model_dump_json() for unit, _ in suite.parts.index.scan(tenant_of(suite.principal))]
        told += [asset.model_dump_json() for asset in assets]
    everything = "\n".join(told).casefold()
    assert [form for carrier in CARRIERS for form in forms(carrier) if form.casefold() in everything] == []


def test_a_second_run_finds_every_file_again_and_a_stored_source_opens_it(settings: Settings) -> None:
    with open_suite(settings) as suite:
        assets = suite.parts.index.assets(tenant_of(suite.principal))
        sources = [asset.source for asset in assets]
        named = [source for source in sources if "[" in source]
        assert len(named) == len(set(named)) >= 19
        assert all(suite.parts.roots.stat(asset.source) for asset in assets if asset.parent is None)
        place = settings.home.parent
        again = suite.ingest([path for path in place.iterdir() if path.is_dir() and path != settings.home])
        assert again.unchanged == len(sources)
        assert again.model_calls == 0


def test_pages_are_kept_only_of_files_in_which_nothing_was_redacted(settings: Settings) -> None:
    with open_suite(settings) as suite:
        kept = {path.parent.name for path in settings.home.glob("pages/*/*")}
        assets = suite.parts.index.assets(tenant_of(suite.principal))
        assert {asset.source.rsplit("/", 1)[-1] for asset in assets if asset.sha256 in kept} == {"clean.pdf"}
